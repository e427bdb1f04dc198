// What the sections of a vocabulary mean: Spec/Vocabulary.md and Pretokenization.md.
import { Fields, ascii, hex, isRising, isUnique, joined, require, sha256, sum, text, u32, unhex }
  from "./gobbet_fields.mjs";

const LAST_ID = 2 ** 21 - 2;
const HEAD = `fingerprint:h32 layout:1[1-2] mergeRule:1[0-2] patternByteCount:2 idBound:4
  mergeCount:4[0-2097150] specialCount:4`;
const FIRST = `firstID:4[0-${LAST_ID}] order:b256`;
const EXPRESSION = "mark:=ff dialect:1[0-1] behaviour:1[0-4] isInverted:1[0-1]";
// Words of codes 3 and 4 ask for these other settings.
const SETTINGS = /^([0-3],[0-2],[01],[0-3],[0-2],[01],[01]|0,3,1,[123],1,1,0|0,4,0,0,0,0,0)$/;

/** Checks the settings of a pattern; returns what an expression begins with. */
export function checkPattern(settings) {
  if (settings[0] !== 0xff) return require(SETTINGS.test(settings.join()), "pattern");
  const fields = new Fields(settings, "pattern");
  const head = fields.record(EXPRESSION);
  const length = text(fields.bytes(), "pattern") && settings.length - 4;
  require(length >= 1 && length <= 32768, "pattern: no expression, or one too long");
  return head;
}

// What follows each code of PIPE.
const NORMALIZERS = { 1: "", 2: "", 3: "", 4: "", 5: "front:s0", 6: "from:s1 to:s0",
  7: "ends:1[0-3]", 16: "", 17: "", 18: "options:1[0-15]", 19: "", 20: "characters:s8", 21: "",
  22: "expression:s1 by:s0", 23: "characters:s8" };
const PRETOKENIZERS = { 1: "alone:1[0-1]", 2: "", 3: "scheme:1[0-2] cuts:1[0-1] by:s1",
  4: "behaviour:1[0-4] inverted:1[0-1] at:s1", 5: "expression:s1", 13: "", 14: "behaviour:1[0-4]",
  15: "", 16: "", 17: "count:4[1-4294967295]", 18: "" };
const DECODERS = { 1: "from:s1 to:s0", 2: "", 3: "", 4: "start:4 stop:4 off:s1",
  5: "isNothing:1[0-1] space:s1", 14: "replaces:1[0-1] prefix:s0", 15: "space:s1" };

/** Steps, each with its code and what follows that. */
const steps = (fields, kinds) => fields.list(1, () => {
  const code = fields.number(1);
  require(code in kinds, "pipeline.code");
  const step = { code, ...fields.record(kinds[code]) };
  const head = step.expression && checkPattern(step.expression);
  require(!step.expression || head, "pipeline: settings that are no expression");
  // Of an expression that is replaced, matches are kept, and only these.
  require(code !== 22 || head.behaviour === 1 && !head.isInverted, "pipeline.normalizer");
  if (step.characters) {
    const table = new Fields(step.characters, "pipeline.normalizer");
    const [trie, texts] = [table.string(4), table.bytes()];
    require(trie.length % 4 === 0 && text(texts, table.name).endsWith("\0"), "pipeline.normalizer");
  }
  return step;
});

/** Bytes of a string of digits. */
const length = (digits) => digits.length / 2;
const idList = (fields) => fields.list(4, () => fields.number(4));

/** Checks PIPE; returns whether each byte has a token, and the ids that must be those of tokens. */
function readPipeline(fields, special, tokens) {
  const matching = fields.list(4, () => fields.record("id:4 options:1[1-31]").id);
  require(isRising(matching) && matching.every((id) => special.has(id)), "pipeline.matching");
  const { unit, flags, unknown } = fields.record("unit:1[0-2] flags:1[0-63] unknown:4");
  const [isComplete, isLeftOut] = [flags === 1, unknown === 0xffffffff];
  // Flags that go together: 1 alone; of 2, 4 and 8 any but 4 with 8; 16 and 32 with scalars only,
  // 32 not with 8.
  const isAllowed = isComplete ? unit === 0 && isLeftOut
    : unit === 2 ? flags === 0 && !isLeftOut
    : !(flags & 1) && (flags & 12) !== 12 && (flags & 40) !== 40 && (flags < 16 || unit === 1);
  require(isAllowed, "pipeline.symbols");
  if (flags & 8) fields.string(1);
  const wholes = flags & 16 ? idList(fields) : [];
  require(isRising(wholes) && wholes.length >= (flags >> 4 & 1), "pipeline.symbols.wholes");
  require(wholes.every((id) => tokens.has(id)), "pipeline.symbols.wholes: not of ordinary tokens");
  if (flags & 32) {
    // Of each piece the highest bit says whether it ties with the one before it.
    const [order, unused] = [idList(fields), idList(fields)];
    const pieces = order.map((piece) => piece % 2 ** 31);
    const isOrder = isUnique(pieces) && !(order[0] >= 2 ** 31);
    require(isOrder, "pipeline.symbols.order");
    require(isRising(unused), "pipeline.symbols.unused");
    const isHere = [...pieces, ...unused].every((id) => tokens.has(id));
    require(isHere, "pipeline.symbols.order: not of ordinary tokens");
  }
  if (unit === 2) fields.record("prefix:s0 maximumScalarCount:4");
  const parts = [NORMALIZERS, PRETOKENIZERS, DECODERS].map((kinds) => steps(fields, kinds));
  fields.finish();
  const fusing = parts[2].findIndex(({ code }) => code === 3);
  const fused = fusing < 0 ? [] : parts[2].slice(fusing);
  const isLegal = fused.every(({ code, stop }) => code === 3 || code === 4 && stop === 0);
  require(isLegal, "pipeline.decoders");
  require(!isComplete || [matching, ...parts].flat().length > 0, "pipeline: says nothing");
  return { isComplete, named: isLeftOut ? [] : [unknown] };
}

/** Checks post; returns the ids that must be those of tokens. */
function readPost(fields) {
  const ids = fields.number(1, 0, 1) ? [idList(fields), idList(fields)] : [];
  const kept = fields.list(1, () => fields.record("key:s0 text:s0"));
  fields.finish();
  require(isRising(kept.map(({ key }) => hex(key))) && ids.length + kept.length > 0, "post");
  for (const part of kept) [part.key, part.text].forEach((bytes) => text(bytes, "post.kept"));
  return ids.flat();
}

/** The last step by which each token comes about, by rank: Vocabulary.md, "Merges that follow". */
function derivedMerges(tokens) {
  const ids = new Map(tokens.map(([id, bytes]) => [bytes, id]));
  return tokens.flatMap(([id, bytes]) => {
    const parts = bytes.match(/../g);
    while (parts.length > 2) {
      const ranks = parts.slice(1).map((part, i) => ids.get(parts[i] + part) ?? id);
      const lowest = ranks.reduce((a, b) => Math.min(a, b));
      if (lowest >= id) return [];
      const place = ranks.indexOf(lowest);
      parts.splice(place, 2, parts[place] + parts[place + 1]);
    }
    const [left, right] = parts.map((part) => ids.get(part));
    return parts.length > 1 && left !== undefined && right !== undefined ? [[left, right, id]] : [];
  });
}

/** The ids of a section of three planes. */
function planes(content, count) {
  require(content.length === 3 * count, "vocabulary.merges");
  return Array.from({ length: count }, (_, i) =>
    content[i] | content[count + i] << 8 | content[2 * count + i] << 16);
}

/** The ordinary tokens of layout 2, by id. */
function readStrings(fields) {
  const lengths = new Fields(fields.bytes(2 * fields.number(4, 0, LAST_ID)), fields.name);
  const tokens = [];
  for (let id = 0; 2 * id < lengths.all.length; id++) {
    const length = lengths.number(2);
    if (length > 0) tokens.push([id, hex(fields.bytes(length))]);
  }
  fields.finish();
  return tokens;
}

/** The merges with what they yield, which goes to `tokens` unless `results` are there. */
function readMerges(left, right, results, tokens, special) {
  const ids = new Map([...special, ...tokens].map(([id, bytes]) => [bytes, id]));
  let [next, mergedLength] = [results ? 0 : tokens.keys().next().value + 256, 0];
  return left.map((id, i) => {
    require(tokens.has(id) && tokens.has(right[i]), "vocabulary: a merge of what is no token");
    const bytes = tokens.get(id) + tokens.get(right[i]);
    mergedLength += length(bytes);
    require(length(bytes) < 2 ** 16 && mergedLength <= 2 ** 28, "vocabulary: tokens too long");
    if (!results && !ids.has(bytes)) ids.set(bytes, next++);
    const result = results ? results[i] : ids.get(bytes);
    if (!results) tokens.set(result, bytes);
    require(tokens.get(result) === bytes, "vocabulary: a merge of other bytes");
    return [id, right[i], result];
  });
}

/** What the fingerprint is the digest of. */
function canonical(pattern, mergeRule, tokens, merges, special, pipeline) {
  const [ids, strings] = [0, 1].map((column) => tokens.map((token) => token[column]));
  return joined([
    ascii("gobbet vocabulary 1\n"), [mergeRule],
    ...pattern[0] === 0xff ? [[0], u32([pattern.length])] : [[pattern.length]], pattern,
    u32([ids.length, ...ids, ...strings.map(length)]), unhex(strings.join("")),
    u32([merges.length, ...merges.flat(), special.size]),
    ...[...special].flatMap(([id, bytes]) => [u32([id, length(bytes)]), unhex(bytes)]), pipeline]);
}

export async function readVocabulary(sections) {
  const fields = sections.open("VOCB", "vocabulary");
  const head = fields.record(HEAD);
  const { layout, mergeRule, idBound, mergeCount } = head;
  const pattern = fields.bytes(head.patternByteCount);
  checkPattern(pattern);
  const { firstID, order } = layout === 1 ? fields.record(FIRST) : {};
  const special = new Map();
  for (let id = 0; special.size < head.specialCount; id++) {
    id = fields.number(4, id, LAST_ID);
    special.set(id, hex(fields.string(1)));
  }
  fields.finish();
  const [left, right, results] = ["LEFT", "RGHT", "RSLT"].map((kind) =>
    kind === "RSLT" && layout === 1 ? null : planes(sections.open(kind, "merges").all, mergeCount));
  const tokens = new Map(layout === 2 ? readStrings(sections.open("TSTR", "tokenStrings"))
    : Array.from(order, (byte, i) => [firstID + i, hex([byte])]));
  const merges = readMerges(left, right, results, tokens, special);
  const pipe = sections.has("PIPE") ? sections.open("PIPE", "pipeline") : null;
  const plain = { isComplete: true, named: [] };
  const { isComplete, named } = pipe ? readPipeline(pipe, special, tokens) : plain;
  if (sections.has("post")) named.push(...readPost(sections.open("post", "post")));
  require(named.every((id) => tokens.has(id) || special.has(id)), "pipeline: an id of no token");
  const [ordinary, others] = [tokens, special].map((tokens) => [...tokens.values()]);
  require(isUnique(ordinary) && isUnique(others), "vocabulary: two tokens of the same bytes");
  const isShort = sum(ordinary.map(length)) <= 2 ** 26 && sum(others.map(length)) <= 2 ** 20;
  require(isShort, "vocabulary: tokens that are too long together");
  const single = ordinary.filter((bytes) => length(bytes) === 1);
  require(!isComplete || single.length === 256, "vocabulary: a byte without a token");
  const isSame = ([id, bytes]) => (tokens.get(id) ?? bytes) === bytes;
  require([...special].every(isSame), "vocabulary: a special token in the place of another");
  require(isUnique(merges.map(([a, b]) => `${a} ${b}`)), "vocabulary: a merge that comes twice");
  const sorted = [...tokens].sort(([a], [b]) => a - b);
  const last = Math.max(sorted.at(-1)?.[0] ?? 0, [...special.keys()].at(-1) ?? 0);
  require(last <= LAST_ID && idBound === 1 + last, "vocabulary.idBound");
  require(mergeRule > 0 || String(merges) === String(derivedMerges(sorted)), "vocabulary.merges");
  const fingerprint = await sha256(
    canonical(pattern, mergeRule, sorted, merges, special, pipe?.all ?? []));
  require(fingerprint === head.fingerprint, "vocabulary.fingerprint");
  return { vocabulary: {
    fingerprint, idBound, mergeRule, pattern: hex(pattern), mergeCount, tokenCount: tokens.size,
    special: Array.from(special, ([id, bytes]) => ({ id, bytes })) } };
}
