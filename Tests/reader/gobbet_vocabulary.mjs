// What the sections of a vocabulary mean: Spec/Vocabulary.md. Bytes of tokens are digits here.
import { ascii, hex, isUnique, joined, require, sha256, sum, u32, unhex }
  from "./gobbet_fields.mjs";

const length = (digits) => digits.length / 2;

/** Checks PIPE, or what is so without it; returns the ids that must be those of any tokens. */
function checkPipeline(pipe, tokens, special) {
  const { matching = [], wholes = [], order = [], unused = [], decoders = [] } = pipe;
  // Of each piece the highest bit says whether it ties with the one before it.
  const pieces = order.map((piece) => piece % 2 ** 31);
  require(isUnique(pieces) && !(order[0] >= 2 ** 31), "V23");
  require(matching.every(({ id }) => special.has(id)), "V25");
  require([...wholes, ...pieces, ...unused].every((id) => tokens.has(id)), "V25");
  const fused = decoders.slice(decoders.findIndex(({ code }) => code === 3) >>> 0);
  require(fused.every(({ code, stop }) => code === 3 || code === 4 && stop === 0), "V26");
  return pipe.unknown < 2 ** 32 - 1 ? [pipe.unknown] : [];
}

/** The last step by which each token comes about, by rank: Vocabulary.md, "Merges that follow". */
function derivedMerges(tokens) {
  const ids = new Map(tokens.map(([id, bytes]) => [bytes, id]));
  return tokens.flatMap(([id, bytes]) => {
    const parts = bytes.match(/../g);
    while (parts.length > 2) {
      const ranks = parts.slice(1).map((part, i) => ids.get(parts[i] + part) ?? id);
      const place = ranks.indexOf(Math.min(...ranks));
      if (ranks[place] >= id) return [];
      parts.splice(place, 2, parts[place] + parts[place + 1]);
    }
    const [left, right] = parts.map((part) => ids.get(part));
    return left === undefined || right === undefined ? [] : [[left, right, id]];
  });
}

/** The merges with what they yield: without `results`, tokens from `next` on that join `tokens`. */
function readMerges([left, right, results], next, tokens, special) {
  const ids = new Map([...special, ...tokens].map(([id, bytes]) => [bytes, id]));
  let mergedLength = 0;
  return left.map((id, i) => {
    require(tokens.has(id) && tokens.has(right[i]), "V13");
    const bytes = tokens.get(id) + tokens.get(right[i]);
    mergedLength += length(bytes);
    require(length(bytes) < 2 ** 16 && mergedLength <= 2 ** 28, "V15");
    if (!ids.has(bytes)) ids.set(bytes, next++);
    const result = results?.[i] ?? ids.get(bytes);
    if (!results) tokens.set(result, bytes);
    require(tokens.get(result) === bytes, "V19");
    return [id, right[i], result];
  });
}

/** What the fingerprint is the digest of. */
function canonical({ pattern, mergeRule }, tokens, merges, special, pipeline) {
  const [ids, strings] = [0, 1].map((column) => tokens.map((token) => token[column]));
  return joined([
    ascii("gobbet vocabulary 1\n"), [mergeRule],
    ...pattern[0] === 0xff ? [[0], u32([pattern.length])] : [[pattern.length]], pattern,
    u32([ids.length, ...ids, ...strings.map(length)]), unhex(strings.join("")),
    u32([merges.length, ...merges.flat(), special.size]),
    ...[...special].flatMap(([id, bytes]) => [u32([id, length(bytes)]), unhex(bytes)]), pipeline]);
}

export async function readVocabulary(sections) {
  const head = sections.read("VOCB");
  const { layout, mergeRule, firstID = 0, idBound, mergeCount } = head;
  const planes = ["LEFT", "RGHT", "RSLT"].slice(0, 1 + layout).map((kind) => {
    const { low, middle, high } = sections.read(kind, head);
    return Array.from(low, (byte, i) => byte | middle[i] << 8 | high[i] << 16);
  });
  const strings = layout === 1 ? head.byteOrder : sections.read("TSTR").strings;
  const tokens = new Map(strings.flatMap((one, i) => one.length ? [[firstID + i, hex(one)]] : []));
  const special = new Map(head.special.map(({ id, bytes }) => [id, hex(bytes)]));
  const merges = readMerges(planes, firstID + 256, tokens, special);
  const pipe = sections.find("PIPE");
  const { front = [], behind = [] } = sections.find("post");
  const named = [...checkPipeline(pipe, tokens, special), ...front, ...behind];
  require(named.every((id) => tokens.has(id) || special.has(id)), "V25");
  const [ordinary, others] = [tokens, special].map((tokens) => [...tokens.values()]);
  require(isUnique(ordinary) && isUnique(others), "V11 or V17");
  require([...special].every(([id, bytes]) => (tokens.get(id) ?? bytes) === bytes), "V11");
  require(sum(ordinary.map(length)) <= 2 ** 26 && sum(others.map(length)) <= 2 ** 20, "V15");
  const single = ordinary.filter((bytes) => length(bytes) === 1);
  require(single.length === 256 || (pipe.flags ?? 1) !== 1, "V18");
  require(isUnique(merges.map(([a, b]) => `${a} ${b}`)), "V14");
  const sorted = [...tokens].sort(([a], [b]) => a - b);
  const last = Math.max(sorted.at(-1)?.[0] ?? 0, [...special.keys()].at(-1) ?? 0);
  require(last < 2 ** 21 - 1 && idBound === 1 + last, "V6 or V8");
  require(mergeRule > 0 || String(merges) === String(derivedMerges(sorted)), "V20");
  const pipeline = sections.get("PIPE")?.content ?? [];
  const fingerprint = await sha256(canonical(head, sorted, merges, special, pipeline));
  require(fingerprint === hex(head.fingerprint), "V21");
  return { vocabulary: { fingerprint, idBound, mergeRule, mergeCount, pattern: hex(head.pattern),
    tokenCount: tokens.size, special: Array.from(special, ([id, bytes]) => ({ id, bytes })) } };
}
