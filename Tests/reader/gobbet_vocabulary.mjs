// What the sections of a vocabulary mean: Spec/Vocabulary.md and Pretokenization.md. Tokens are strings
// with one letter for each byte.
import { Fields, bytesOf, hex, joined, letters, require, sha256, text, u32 } from "./gobbet_fields.mjs";

const LAST_ID = 2 ** 21 - 2;
const isExpression = (settings) => settings[0] === 0xff;

export function checkPattern(settings) {
  if (isExpression(settings)) {
    const fields = new Fields(settings, "pattern");
    fields.record("mark:1 dialect:1[0-1] behaviour:1[0-4] inverted:1[0-1]");
    const expression = fields.rest();
    text(expression, "pattern");
    require(expression.length >= 1 && expression.length <= 32768, "pattern: no expression, or one too long");
  } else {
    // Words of codes 3 and 4 ask for these other settings.
    const known = /^([0-3],[0-2],[01],[0-3],[0-2],[01],[01]|0,3,1,[123],1,1,0|0,4,0,0,0,0,0)$/;
    require(known.test(settings.join()), "pattern");
  }
}

// What follows each code of PIPE.
const NORMALIZERS = { 1: "", 2: "", 3: "", 4: "", 5: "front:s0", 6: "from:s1 to:s0", 7: "ends:1[0-3]", 16: "", 17: "",
  18: "options:1[0-15]", 19: "", 20: "characters:s8", 21: "",
  22: "expression:s1 by:s0" };
const PRETOKENIZERS = { 1: "alone:1[0-1]", 2: "", 3: "scheme:1[0-2] cuts:1[0-1] by:s1",
  4: "behaviour:1[0-4] inverted:1[0-1] at:s1", 5: "expression:s1", 13: "", 14: "behaviour:1[0-4]", 15: "", 16: "",
  17: "count:4[1-4294967295]", 18: "" };
const DECODERS = { 1: "from:s1 to:s0", 2: "", 3: "", 4: "start:4 stop:4 off:s1", 5: "isNothing:1[0-1] space:s1",
  14: "replaces:1[0-1] prefix:s0", 15: "space:s1" };

/** Steps, each with its code and what follows that. */
const steps = (fields, kinds) => fields.list(1, () => {
  const code = fields.number(1);
  require(code in kinds, "pipeline.code");
  const step = { code, ...fields.record(kinds[code]) };
  require(!step.expression || isExpression(step.expression), "pipeline.code");
  if (step.expression) checkPattern(step.expression);
  // One that is replaced keeps its matches, and only these.
  require(code !== 22 || step.expression[2] === 1 && step.expression[3] === 0, "pipeline.normalizer");
  if (step.characters) {
    const table = new Fields(step.characters, "pipeline.normalizer");
    const [trie, texts] = [table.string(4), table.rest()];
    require(trie.length % 4 === 0 && text(texts, table.name).endsWith("\0"), "pipeline.normalizer");
  }
  return step;
});

/** Whether numbers or strings rise. */
const isRising = (values) => values.every((value, i) => i === 0 || values[i - 1] < value);
const idList = (fields) => fields.list(4, () => fields.number(4));

/** Checks PIPE; returns whether each byte has a token, and the ids that must be those of tokens. */
function readPipeline(content, special, tokens) {
  const fields = new Fields(content, "pipeline");
  const matching = fields.list(4, () => fields.record("id:4 options:1[1-31]").id);
  require(isRising(matching) && matching.every((id) => special.has(id)), "pipeline.matching");
  const { unit, flags, unknown } = fields.record("unit:1[0-2] flags:1[0-31] unknown:4");
  const [isComplete, isLeftOut] = [flags === 1, unknown === 0xffffffff];
  // Flags that go together: 1 alone; of 2, 4 and 8 any but 4 with 8; 16 with scalars only.
  const isAllowed = isComplete ? unit === 0 : !(flags & 1) && (flags & 12) !== 12 && (flags < 16 || unit === 1);
  require(unit === 2 ? flags === 0 && !isLeftOut : isAllowed && (isLeftOut || !isComplete), "pipeline.symbols");
  if (flags & 8) fields.string(1);
  const wholes = flags & 16 ? idList(fields) : [];
  require(isRising(wholes) && wholes.length >= flags >> 4, "pipeline.symbols.wholes");
  require(wholes.every((id) => tokens.has(id)), "pipeline.symbols.wholes: not of ordinary tokens");
  if (unit === 2) fields.record("prefix:s0 maximumScalarCount:4");
  const [normalizers, pretokenizers, decoders] =
    [NORMALIZERS, PRETOKENIZERS, DECODERS].map((kinds) => steps(fields, kinds));
  fields.finish();
  const isFusing = decoders.findIndex(({ code }) => code === 3);
  const fused = isFusing < 0 ? [] : decoders.slice(isFusing);
  require(fused.every(({ code, stop }) => code === 3 || code === 4 && stop === 0), "pipeline.decoders");
  const parts = [matching, normalizers, pretokenizers, decoders];
  require(!isComplete || parts.some((part) => part.length > 0), "pipeline: says nothing");
  return { isComplete, named: isLeftOut ? [] : [unknown] };
}

/** Checks post; returns the ids that must be those of tokens. */
function readPost(content) {
  const fields = new Fields(content, "post");
  const ids = fields.number(1, 0, 1) ? [idList(fields), idList(fields)] : [];
  const kept = fields.list(1, () => fields.record("name:s0 text:s0"));
  fields.finish();
  require(isRising(kept.map(({ name }) => hex(name))) && ids.length + kept.length > 0, "post");
  kept.forEach(({ name, text: value }) => [text(name, "post.kept.key"), text(value, "post.kept.text")]);
  return ids.flat();
}

/** The last step by which each token comes about, by rank: Vocabulary.md, "Merges that follow". */
export function derivedMerges(tokens) {
  const ids = new Map(Array.from(tokens, ([id, bytes]) => [bytes, id]));
  return [...ids.values()].sort((a, b) => a - b).flatMap((id) => {
    const parts = Array.from(tokens.get(id));
    while (parts.length > 2) {
      const ranks = parts.slice(1).map((part, i) => ids.get(parts[i] + part) ?? id);
      const lowest = ranks.reduce((a, b) => Math.min(a, b));
      if (lowest >= id) return [];
      const place = ranks.indexOf(lowest);
      parts.splice(place, 2, parts[place] + parts[place + 1]);
    }
    const [left, right] = parts.map((part) => ids.get(part));
    return parts.length === 2 && left !== undefined && right !== undefined ? [[left, right, id]] : [];
  });
}

/** The ids of a section of three planes. */
function planes(content, count) {
  require(content.length === 3 * count, "vocabulary.merges");
  const at = (i) => content[i] | content[count + i] << 8 | content[2 * count + i] << 16;
  return Array.from({ length: count }, (_, i) => at(i));
}

/** The ordinary tokens by id, and the merges with what they yield; `first` are the single bytes of layout 1. */
function readTokens(sections, mergeCount, first, special) {
  const [left, right] = ["LEFT", "RGHT"].map((kind) => planes(sections.content(kind), mergeCount));
  const tokens = new Map(first);
  let mergedLength = 0;
  const merged = (i) => {
    require(tokens.has(left[i]) && tokens.has(right[i]), "vocabulary: a merge of what is no token");
    const bytes = tokens.get(left[i]) + tokens.get(right[i]);
    mergedLength += bytes.length;
    require(bytes.length < 2 ** 16 && mergedLength <= 2 ** 28, "vocabulary: tokens too long");
    return bytes;
  };
  if (first.length === 0) {
    const result = planes(sections.content("RSLT"), mergeCount);
    const strings = sections.fields("TSTR", "tokenStrings");
    const lengths = new Fields(strings.bytes(2 * strings.number(4, 0, LAST_ID)), "tokenStrings");
    for (let id = 0; lengths.offset < lengths.all.length; id++) {
      const bytes = letters(strings.bytes(lengths.number(2)));
      if (bytes) tokens.set(id, bytes);
    }
    strings.finish();
    require(result.every((id, i) => merged(i) === tokens.get(id)), "vocabulary: a merge of other bytes");
    return { tokens, merges: left.map((id, i) => [id, right[i], result[i]]) };
  }
  const ids = new Map([...special, ...first].map(([id, bytes]) => [bytes, id]));
  let next = first[0][0] + 256;
  const merges = left.map((id, i) => {
    const bytes = merged(i);
    if (!ids.has(bytes)) ids.set(bytes, next++);
    tokens.set(ids.get(bytes), bytes);
    return [id, right[i], ids.get(bytes)];
  });
  return { tokens, merges };
}

/** What the fingerprint is the digest of. */
const canonical = ({ pattern, mergeRule, sorted, merges, special, pipeline }) => joined([
  bytesOf("gobbet vocabulary 1\n"), [mergeRule],
  ...isExpression(pattern) ? [[0], u32([pattern.length])] : [[pattern.length]], pattern,
  u32([sorted.length, ...sorted.map(([id]) => id), ...sorted.map(([, bytes]) => bytes.length)]),
  bytesOf(sorted.map(([, bytes]) => bytes).join("")), u32([merges.length, ...merges.flat(), special.size]),
  ...[...special].flatMap(([id, bytes]) => [u32([id, bytes.length]), bytesOf(bytes)]), pipeline]);

export async function readVocabulary(sections) {
  const fields = sections.fields("VOCB", "vocabulary");
  const head = fields.record("fingerprint:b32 layout:1[1-2] mergeRule:1[0-2] settingCount:2 idBound:4"
    + " mergeCount:4[0-2097150] specialCount:4");
  const { mergeRule, idBound, mergeCount } = head;
  const pattern = fields.bytes(head.settingCount);
  checkPattern(pattern);
  const { firstID, order } = head.layout === 1 ? fields.record(`firstID:4[0-${LAST_ID}] order:b256`) : { order: [] };
  const special = new Map();
  for (let id = 0; special.size < head.specialCount; id++) {
    id = fields.number(4, id, LAST_ID);
    special.set(id, letters(fields.string(1)));
  }
  fields.finish();
  const first = Array.from(order, (byte, i) => [firstID + i, String.fromCharCode(byte)]);
  const { tokens, merges } = readTokens(sections, mergeCount, first, special);
  const hasPipeline = sections.has("PIPE");
  const pipeline = hasPipeline ? sections.content("PIPE") : [];
  const plain = { isComplete: true, named: [] };
  const { isComplete, named } = hasPipeline ? readPipeline(pipeline, special, tokens) : plain;
  if (sections.has("post")) named.push(...readPost(sections.content("post")));
  require(named.every((id) => tokens.has(id) || special.has(id)), "pipeline: an id of no token");
  const sorted = [...tokens].sort(([a], [b]) => a - b);
  const bytes = new Set(tokens.values());
  const length = (strings) => strings.reduce((length, bytes) => length + bytes.length, 0);
  require(bytes.size === tokens.size, "vocabulary: two tokens of the same bytes");
  require(length([...bytes]) <= 2 ** 26 && length([...special.values()]) <= 2 ** 20, "vocabulary: tokens too long");
  const single = [...bytes].filter((one) => one.length === 1);
  require(!isComplete || single.length === 256, "vocabulary: a byte without a token");
  require(new Set(special.values()).size === special.size, "vocabulary.special: twice");
  require([...special].every(([id, bytes]) => (tokens.get(id) ?? bytes) === bytes), "vocabulary: a special token");
  require(new Set(merges.map(([a, b]) => `${a} ${b}`)).size === mergeCount, "vocabulary: a merge twice");
  const last = Math.max(sorted.at(-1)?.[0] ?? 0, [...special.keys()].at(-1) ?? 0);
  require(last <= LAST_ID && idBound === 1 + last, "vocabulary.idBound");
  require(mergeRule > 0 || String(merges) === String(derivedMerges(tokens)), "vocabulary.merges");
  const fingerprint = hex(await sha256(canonical({ pattern, mergeRule, sorted, merges, special, pipeline })));
  require(fingerprint === hex(head.fingerprint), "vocabulary.fingerprint");
  return { fingerprint, idBound, mergeRule, pattern: hex(pattern), mergeCount, tokenCount: tokens.size,
    special: Array.from(special, ([id, bytes]) => ({ id, bytes: hex(bytesOf(bytes)) })) };
}
