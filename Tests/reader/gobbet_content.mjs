// What the sections of a .gobbet file mean: Spec/Vocabulary.md, Tokens.md, Weights.md, Counts.md.
import {
  Fields, checkedName, frameContent, hex, isZero, joined, letters, require, text,
} from "./gobbet_container.mjs";
import { crc32c, sha256 } from "./gobbet_digests.mjs";

const ID_BOUND = (1 << 21) - 1;
/** Bytes as a string of their own, so that they can be a key. */
const key = (bytes) => String.fromCharCode(...bytes);
/** Numbers of 32 bits as bytes, the lowest first. */
function u32(numbers) {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, i) => view.setUint32(4 * i, number, true));
  return new Uint8Array(view.buffer);
}

/** A section by kind and name, which there must be. */
export function part(sections, kind, name = "", isRaw = false) {
  const found = sections.find((section) => section.kind === kind && section.name === name);
  require(found, `table: no section ${kind} ${name}`);
  require(!isRaw || found.codec === 0, `${kind}: compressed as a whole`);
  return found.content;
}

/** Whether there is a section of that kind and name. */
const has = (sections, kind, name = "") =>
  sections.some((section) => section.kind === kind && section.name === name);

/** Whether settings are an expression: FF, dialect, behaviour, inverted, its text. */
const isExpression = (settings) => settings[0] === 0xff;

function checkPattern(settings) {
  if (isExpression(settings)) {
    require(settings.length > 4 && settings[1] <= 1 && settings[2] <= 4 && settings[3] <= 1, "pattern");
    text(settings.subarray(4), "pattern");
    return;
  }
  const [contractions, words, prefix, digits, taken, newlines, space] = settings;
  require(settings.length === 7 && contractions <= 3 && words <= 4 && prefix <= 1 && digits <= 3
    && taken <= 2 && newlines <= 1 && space <= 1, "pattern");
  require(words !== 3 || contractions === 0 && prefix === 1 && digits > 0 && taken === 1
    && newlines === 1 && space === 0, "pattern");
  require(words !== 4 || settings.every((setting, i) => i === 1 || setting === 0), "pattern");
}

function planes(bytes, count) {
  require(bytes.length === 3 * count, "vocabulary.merges");
  return Array.from({ length: count },
    (_, i) => bytes[i] | bytes[count + i] << 8 | bytes[2 * count + i] << 16);
}

/** The last step by which each token comes about, by rank: Vocabulary.md, "Merges that follow". */
function derivedMerges(tokens, ids) {
  const merges = [];
  for (const id of [...tokens.keys()].sort((a, b) => a - b)) {
    if (tokens.get(id).length < 2) continue;
    const parts = Array.from(key(tokens.get(id)));
    while (parts.length > 2) {
      let best = -1;
      let lowest = id;
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = ids.get(parts[i] + parts[i + 1]);
        if (rank < lowest) [best, lowest] = [i, rank];
      }
      if (best < 0) break;
      parts.splice(best, 2, parts[best] + parts[best + 1]);
    }
    if (parts.length === 2 && parts.every((part) => ids.has(part))) merges.push([ids.get(parts[0]), ids.get(parts[1]), id]);
  }
  return merges;
}

// What follows each code of PIPE: b bytes, B bytes of which there is one, f a flag, 4 a number, P one
// above 0, E an expression, T a table of characters, or the bound of a byte.
const NORMALIZERS = { 1: [], 2: [], 3: [], 4: [], 5: ["b"], 6: ["B", "b"], 7: [4], 16: [], 17: [], 18: [16],
  19: [], 20: ["T"], 21: [] };
const PRETOKENIZERS = { 1: ["f"], 2: [], 3: [3, "f", "B"], 4: [5, "f", "B"], 5: ["E"], 13: [], 14: [5], 15: [], 16: [],
  17: ["P"], 18: [] };
const DECODERS = { 1: ["B", "b"], 2: [], 3: [], 4: ["4", "4", "B"], 5: ["f", "B"], 14: ["f", "b"],
  15: ["B"] };

const READ = {
  b: (fields) => fields.string(),
  B: (fields) => fields.string(1),
  f: (fields) => fields.flag(),
  4: (fields) => fields.u32(),
  E: (fields) => {
    const settings = fields.string(1);
    require(isExpression(settings), "pipeline.code");
    checkPattern(settings);
    return settings;
  },
  T: (fields) => {
    const data = fields.string(8);
    const size = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
    require(size >= 4 && size <= data.length - 5 && size % 4 === 0 && data[data.length - 1] === 0,
      "pipeline.normalizer");
    text(data.subarray(4 + size), "pipeline.normalizer");
    return data;
  },
  P: (fields) => {
    const value = fields.u32();
    require(value > 0, "pipeline.count");
    return value;
  },
};

function steps(fields, kinds) {
  return Array.from({ length: fields.u8() }, () => {
    const code = fields.u8();
    require(code in kinds, "pipeline.code");
    return { code, values: kinds[code].map((kind) => {
      if (typeof kind === "string") return READ[kind](fields);
      const value = fields.u8();
      require(value < kind, "pipeline.code");
      return value;
    }) };
  });
}

/** Whether PIPE lets bytes be without a token; checks that its ids are those of tokens. */
function isComplete(content, special, isToken) {
  const fields = new Fields(content, "pipeline");
  let last = -1;
  const count = fields.u32();
  for (let i = 0; i < count; i++) {
    const [id, options] = [fields.u32(), fields.u8()];
    require(id > last && options > 0 && options < 32 && special.has(id), "pipeline.matching");
    last = id;
  }
  const [unit, flags, unknown] = [fields.u8(), fields.u8(), fields.u32()];
  const isComplete = (flags & 1) === 1;
  const hasPieces = unit === 2;
  require(unit <= 2 && flags < 32 && !(isComplete && (unit > 0 || flags > 1)), "pipeline.symbols");
  require(!(hasPieces && flags > 0) && !(flags & 8 && flags & 5) && !(flags & 16 && unit !== 1),
    "pipeline.symbols");
  require(unknown === 0xffffffff ? !hasPieces : !isComplete && isToken(unknown), "pipeline.symbols.unknown");
  if (flags & 8) fields.string(1);
  if (flags & 16) {
    const wholes = Array.from({ length: fields.u32() }, () => fields.u32());
    require(wholes.length > 0 && wholes.every((id, i) => i === 0 || wholes[i - 1] < id)
      && wholes.every(isToken), "pipeline.symbols.wholes");
  }
  if (hasPieces) {
    fields.string();
    fields.u32();
  }
  const [normalizers, pretokenizers, decoders] =
    [steps(fields, NORMALIZERS), steps(fields, PRETOKENIZERS), steps(fields, DECODERS)];
  fields.finish();
  const fuse = decoders.findIndex(({ code }) => code === 3);
  require(fuse < 0 || decoders.slice(fuse).every(
    ({ code, values }) => code === 3 || code === 4 && values[1] === 0), "pipeline.decoders");
  require(count + normalizers.length + pretokenizers.length + decoders.length > 0 || !isComplete,
    "pipeline: says nothing");
  return isComplete;
}

function checkPost(content, isToken) {
  const fields = new Fields(content, "post");
  const hasTemplate = fields.flag();
  for (let i = 0; i < 2 * hasTemplate; i++) {
    const count = fields.u32();
    for (let k = 0; k < count; k++) require(isToken(fields.u32()), "post: an id of no token");
  }
  const kept = Array.from({ length: fields.u8() }, () => {
    const [name, value] = [fields.string(), fields.string()];
    text(value, "post.kept.text");
    return [text(name, "post.kept.key"), hex(name)][1];
  });
  require(kept.every((name, i) => i === 0 || kept[i - 1] < name), "post.kept.key");
  fields.finish();
  require(hasTemplate || kept.length > 0, "post: says nothing");
}

export function readVocabulary(sections) {
  const fields = new Fields(part(sections, "VOCB"), "vocabulary");
  const [fingerprint, layout, rule] = [fields.bytes(32), fields.u8(), fields.u8()];
  const [settingCount, idBound] = [fields.u16(), fields.u32()];
  const [mergeCount, specialCount] = [fields.u32(), fields.u32()];
  const pattern = fields.bytes(settingCount);
  require((layout === 1 || layout === 2) && rule <= 2 && mergeCount < ID_BOUND, "vocabulary.layout");
  checkPattern(pattern);
  const [firstID, order] = layout === 1 ? [fields.u32(), fields.bytes(256)] : [0, []];
  const special = new Map();
  let lastID = -1;
  let specialLength = 0;
  for (let i = 0; i < specialCount; i++) {
    const id = fields.u32();
    const bytes = fields.string(1);
    require(id > lastID && id < ID_BOUND, "vocabulary.special.id");
    special.set(id, bytes);
    lastID = id;
    specialLength += bytes.length;
  }
  fields.finish();
  require(specialLength <= 1 << 20, "vocabulary.special: too long");
  require(new Set([...special.values()].map(key)).size === specialCount, "vocabulary.special: twice");
  const left = planes(part(sections, "LEFT"), mergeCount);
  const right = planes(part(sections, "RGHT"), mergeCount);
  const [tokens, ids, result] = [new Map(), new Map(), []];
  let mergedLength = 0;
  const merged = (i) => {
    const [a, b] = [tokens.get(left[i]), tokens.get(right[i])];
    require(a && b && a.length + b.length < 1 << 16, "vocabulary: a merge");
    mergedLength += a.length + b.length;
    require(mergedLength <= 1 << 28, "vocabulary: tokens too long");
    return joined([a, b]);
  };
  if (layout === 1) {
    require(new Set(order).size === 256, "vocabulary.byteOrder");
    order.forEach((byte, i) => {
      tokens.set(firstID + i, order.subarray(i, i + 1));
      ids.set(key([byte]), firstID + i);
    });
    for (const [id, bytes] of special) if (!ids.has(key(bytes))) ids.set(key(bytes), id);
    let next = firstID + 256;
    for (let i = 0; i < mergeCount; i++) {
      const bytes = merged(i);
      if (!ids.has(key(bytes))) ids.set(key(bytes), next++);
      result.push(ids.get(key(bytes)));
      tokens.set(result[i], bytes);
    }
  } else {
    result.push(...planes(part(sections, "RSLT"), mergeCount));
    const strings = new Fields(part(sections, "TSTR"), "tokenStrings");
    const count = strings.u32();
    require(count < ID_BOUND, "tokenStrings.count");
    const table = strings.bytes(2 * count);
    for (let id = 0; id < count; id++) {
      const bytes = strings.bytes(table[2 * id] | table[2 * id + 1] << 8);
      if (bytes.length) tokens.set(id, bytes);
    }
    strings.finish();
    for (let i = 0; i < mergeCount; i++) {
      const bytes = tokens.get(result[i]);
      require(bytes && key(merged(i)) === key(bytes), "vocabulary: a merge of other bytes");
    }
  }
  const pairs = new Set(left.map((id, i) => id * 2 ** 21 + right[i]));
  require(pairs.size === mergeCount, "vocabulary: a merge that comes twice");
  const byBytes = new Map([...tokens].map(([id, bytes]) => [key(bytes), id]));
  require(byBytes.size === tokens.size, "vocabulary: two tokens of the same bytes");
  const isToken = (id) => tokens.has(id) || special.has(id);
  const needsBytes =
    !has(sections, "PIPE") || isComplete(part(sections, "PIPE"), special, isToken);
  if (has(sections, "post")) checkPost(part(sections, "post"), isToken);
  for (let byte = 0; byte < 256 && needsBytes; byte++) {
    require(byBytes.has(key([byte])), "vocabulary: a byte without a token");
  }
  for (const [id, bytes] of special) {
    require(!tokens.has(id) || key(tokens.get(id)) === key(bytes), "vocabulary: a special token");
  }
  const sorted = [...tokens.keys()].sort((a, b) => a - b);
  const length = sorted.reduce((length, id) => length + tokens.get(id).length, 0);
  require(sorted.length === 0 || sorted[sorted.length - 1] < ID_BOUND, "vocabulary: an id too large");
  require(length <= 1 << 26, "vocabulary: tokens too long");
  require(idBound === 1 + Math.max(lastID, sorted[sorted.length - 1] ?? 0), "vocabulary.idBound");
  const merges = left.map((id, i) => [id, right[i], result[i]]);
  require(rule !== 0 || String(merges) === String(derivedMerges(tokens, byBytes)), "vocabulary.merges");
  const canonical = joined([
    letters("gobbet vocabulary 1\n"), [rule], isExpression(pattern) ? joined([[0], u32([settingCount])]) : [settingCount], pattern,
    u32([sorted.length]),
    u32(sorted), u32(sorted.map((id) => tokens.get(id).length)),
    joined(sorted.map((id) => tokens.get(id))), u32([mergeCount]), u32(merges.flat()),
    u32([special.size]),
    joined([...special].flatMap(([id, bytes]) => [u32([id, bytes.length]), bytes])),
    has(sections, "PIPE") ? part(sections, "PIPE") : [],
  ]);
  require(hex(sha256(canonical)) === hex(fingerprint), "vocabulary.fingerprint");
  return {
    fingerprint: hex(fingerprint), idBound, mergeRule: rule, pattern: hex(pattern), mergeCount,
    tokenCount: tokens.size,
    special: [...special].map(([id, bytes]) => ({ id, bytes: hex(bytes) })),
  };
}

/** Stored and decoded lengths and checksums of `count` blocks, a BigInt. */
function blockTable(bytes, count, name) {
  require(BigInt(bytes.length) === 12n * count, `${name}.blocks`);
  const fields = new Fields(bytes, `${name}.blocks`);
  const column = () => Array.from({ length: Number(count) }, () => fields.u32());
  return [column(), column(), column()];
}

function checkedBlock(data, start, length, checksum, field) {
  const block = data.subarray(start, start + length);
  require(block.length === length && crc32c(block) === checksum, field);
  return block;
}

function unpacked(bytes, count, width) {
  require(bytes.length === Math.ceil(count * width / 8), "tokens.block: its length");
  const ids = new Uint32Array(count);
  for (let i = 0; i < count * width; i++) {
    if (bytes[i >> 3] >> (i & 7) & 1) ids[Math.floor(i / width)] += 2 ** (i % width);
  }
  require(count * width % 8 === 0 || bytes[bytes.length - 1] >> count * width % 8 === 0,
    "tokens.block: unused bits");
  return ids;
}

function fromRanks(units, count, ids) {
  require(units.length % 2 === 0, "tokens.block: half a unit");
  const found = [];
  for (let i = 0; i < units.length; i += 2) {
    let rank = units[i] << 8 | units[i + 1];
    if (rank >= 0xff00) {
      require(i + 4 <= units.length, "tokens.block: half an escape");
      i += 2;
      rank = 0xff00 + ((rank - 0xff00) << 16 | units[i] << 8 | units[i + 1]);
    }
    require(rank < ids.length, "tokens.block: a rank past the table");
    found.push(ids[rank]);
  }
  require(found.length === count, "tokens.block: more or fewer tokens");
  return found;
}

export function readTokens(sections) {
  const fields = new Fields(part(sections, "TOKH"), "tokens");
  const [tokenCount, documentCount] = [fields.count(), fields.count()];
  const [idBound, size, codec] = [fields.u32(), fields.u32(), fields.u8()];
  fields.zeros(7);
  const fingerprint = hex(fields.bytes(32));
  fields.finish();
  require(codec >= 1 && codec <= 5, "tokens.codec");
  require(idBound > 0 && idBound <= [2 ** 16, 2 ** 32, 2 ** 32, 2 ** 24 + 65280, 2 ** 24 + 65280][codec - 1],
    "tokens.idBound");
  require(size >= 8 && size <= 1 << 21 && size % 8 === 0, "tokens.blockTokenCount");
  const width = [16, 32, Math.max(1, 32 - Math.clz32(idBound - 1))][codec - 1];
  let ranks = [];
  if (codec >= 4) {
    const classes = part(sections, "TOKR");
    require(classes.length === idBound, "tokens.ranks");
    const members = Array.from({ length: 256 }, () => []);
    classes.forEach((value, id) => members[255 - value].push(id));
    ranks = members.flat();
  }
  const data = part(sections, "TOKN", "", true);
  const blockCount = (tokenCount + BigInt(size) - 1n) / BigInt(size);
  const [stored, decoded, checksums] = blockTable(part(sections, "TOKB"), blockCount, "tokens");
  const ids = [];
  let start = 0;
  stored.forEach((length, i) => {
    const block = checkedBlock(data, start, length, checksums[i], "tokens.block: its checksum");
    const count = Math.min(size, Number(tokenCount) - i * size);
    start += length;
    if (codec >= 4) {
      require(decoded[i] <= 4 * count, "tokens.block: too many units");
      for (const id of fromRanks(frameContent(block, decoded[i]), count, ranks)) ids.push(id);
    } else {
      require(decoded[i] === length, "tokens.block: its length");
      for (const id of unpacked(block, count, width)) ids.push(id);
    }
  });
  require(start === data.length, "tokens.blocks");
  require(ids.every((id) => id < idBound), "tokens.block: an id that is too large");
  const columns = ["DOCL", "dsrc", "dbyt"].map((kind) =>
    (kind === "DOCL" || has(sections, kind) ? new Fields(part(sections, kind), "documents") : null));
  const documents = [];
  let end = 0n;
  for (let i = 0n; i < documentCount; i++) {
    const [count, begin] = [columns[0].groups(), end];
    end += count;
    require(end <= tokenCount, "documents.length");
    documents.push({
      tokenCount: count, digest: hex(sha256(u32(ids.slice(Number(begin), Number(end))))),
      ...columns[2] ? { byteCount: columns[2].groups() } : {},
      ...columns[1] ? { source: text(columns[1].bytes(columns[1].groups()), "documents.source") } : {},
    });
  }
  columns.forEach((column) => column?.finish());
  require(end === tokenCount, "documents.length");
  return { fingerprint, tokenCount, documents };
}

/** Bits of an element by its code. */
const WIDTHS = { 1: 64, 2: 32, 3: 16, 4: 16, 5: 8, 6: 8, 8: 8, 9: 8, 10: 8, 11: 6, 12: 6, 13: 4, 16: 64,
  17: 32, 18: 16, 19: 8, 20: 4, 32: 64, 33: 32, 34: 16, 35: 8, 36: 4, 48: 8, 64: 64 };
/** Bytes of an element that each plane of a compact block holds, from the top. */
const PLANES = { 8: [1, 1, 2, 4], 4: [1, 1, 2], 2: [1, 1], 1: [1] };
const BLOCK = 1 << 19;
/** Elements of a quantized block, and bytes of its fields, by the code of a type in blocks. */
const QUANTIZED = {
  130: [32, 1, 1, 16], 131: [32, 1, 1, 1, 1, 16], 134: [32, 1, 1, 4, 16], 135: [32, 1, 1, 1, 1, 4, 16],
  136: [32, 1, 1, 32], 138: [256, 16, 64, 1, 1, 1, 1], 139: [256, 32, 64, 12, 1, 1],
  140: [256, 1, 1, 1, 1, 12, 128], 141: [256, 1, 1, 1, 1, 12, 32, 128], 142: [256, 128, 64, 16, 1, 1],
  144: [256, 1, 1, 64], 145: [256, 1, 1, 64, 8], 146: [256, 1, 1, 64, 32], 147: [256, 1, 1, 32, 16],
  148: [32, 1, 1, 16], 149: [256, 1, 1, 64, 8, 32, 4], 150: [256, 1, 1, 64, 8, 8],
  151: [256, 1, 1, 2, 4, 128], 157: [256, 32, 16, 8], 162: [256, 48, 4, 1, 1], 163: [256, 64, 1, 1],
  167: [32, 1, 16], 168: [64, 4, 32],
};

/** How elements of a type lie: so many in so many bytes, in planes of these bytes if compact. */
function layout(type) {
  if (!(type in QUANTIZED)) {
    const bytes = WIDTHS[type] / 8;
    return { elements: 1, bytes, planes: PLANES[bytes], block: BLOCK, isRotated: true };
  }
  const [elements, ...planes] = QUANTIZED[type];
  const bytes = planes.reduce((sum, width) => sum + width, 0);
  const group = bytes * 256 / elements;
  return { elements, bytes, planes, block: BLOCK - BLOCK % group, isRotated: false };
}

/** The elements of a compact block. */
function fromPlanes(block, { bytes: width, planes, isRotated }, length) {
  const fields = new Fields(block, "tensors.block");
  require(length % width === 0, "tensors.block: half an element");
  const lengths = planes.map(() => fields.u32());
  const elements = new Uint8Array(length);
  let start = isRotated ? width : 0;
  planes.forEach((planeWidth, k) => {
    const plain = length / width * planeWidth;
    require(lengths[k] <= plain, "tensors.block: a plane that is too long");
    const stored = fields.bytes(lengths[k]);
    const plane = lengths[k] === plain ? stored : frameContent(stored, plain);
    // From the top byte of an element down, or from the first byte of a quantized block on.
    if (isRotated) start -= planeWidth;
    plane.forEach((byte, i) => {
      elements[Math.floor(i / planeWidth) * width + start + i % planeWidth] = byte;
    });
    if (!isRotated) start += planeWidth;
  });
  fields.finish();
  if (!isRotated) return elements;
  for (let first = 0; first < length; first += width) {
    let carry = elements[first] & 1;
    for (let i = first + width - 1; i >= first; i--) {
      [elements[i], carry] = [elements[i] >> 1 | carry << 7, elements[i] & 1];
    }
  }
  return elements;
}

/** The tensors of one generation. */
function readTensors(sections, name) {
  const data = part(sections, "TDAT", name, true);
  const fields = new Fields(part(sections, "TENS", name), "tensors");
  const count = fields.u32();
  require(fields.u32() === BLOCK, "tensors.blockByteCount");
  const tensors = new Map();
  let blockCount = 0n;
  for (let i = 0; i < count; i++) {
    const [nameLength, type, codec, rank] = [fields.u16(), fields.u8(), fields.u8(), fields.u32()];
    const offset = fields.count();
    require(type in WIDTHS || type in QUANTIZED, "tensors.elementType");
    require(codec === 0 || codec === 1 && (type <= 6 || type in QUANTIZED), "tensors.codec");
    require(rank <= 8, "tensors.rank");
    const shape = Array.from({ length: rank }, () => fields.count());
    const tensorName = checkedName(fields.bytes(nameLength));
    require(tensorName !== "" && tensorName !== "." && !tensors.has(tensorName), "tensors.name");
    // Zeros do not excuse an overflow of the other axes.
    const elements = shape.reduce((product, axis) => product * (axis || 1n), 1n);
    const kind = layout(type);
    const [bits, per, block] = [BigInt(8 * kind.bytes), BigInt(kind.elements), BigInt(kind.block)];
    const length = shape.includes(0n) ? 0n : (elements / per * bits + 7n) / 8n;
    require(elements < 1n << 63n && length < 1n << 63n, "tensors.shape");
    require((shape[shape.length - 1] ?? 1n) % per === 0n, "tensors.shape: part of a quantized block");
    blockCount += (length + block - 1n) / block;
    tensors.set(tensorName, { kind, type, codec, shape, offset, length });
  }
  fields.finish();
  const [stored, decoded, checksums] = blockTable(part(sections, "TBLK", name), blockCount, "tensors");
  const found = [];
  let [next, end] = [0, 0];
  for (const [tensorName, { kind, type, codec, shape, offset, length }] of tensors) {
    const start = Math.ceil(end / 64) * 64;
    require(offset === BigInt(start), "tensors.offset");
    require(isZero(data.subarray(end, start)), "tensors.padding");
    const blocks = [];
    end = start;
    for (let left = Number(length); left > 0; left -= kind.block, next++) {
      const block = checkedBlock(data, end, stored[next], checksums[next], "tensors.block");
      require(decoded[next] === Math.min(left, kind.block), "tensors.blocks");
      require(codec === 1 || stored[next] === decoded[next], "tensors.blocks");
      blocks.push(codec ? fromPlanes(block, kind, decoded[next]) : block);
      end += stored[next];
    }
    found.push({ name: tensorName, type, shape, digest: hex(sha256(joined(blocks))) });
  }
  require(end === data.length, "tensors.data");
  return found;
}

export function readWeights(sections) {
  const tensors = new Map();
  let generation = 0;
  do {
    const found = readTensors(sections, generation ? String(generation) : "");
    for (const tensor of found) tensors.set(tensor.name, tensor);
    generation++;
  } while (has(sections, "TENS", String(generation)));
  for (const kind of ["TENS", "TDAT", "TBLK"]) {
    const count = sections.filter((section) => section.kind === kind).length;
    require(count === generation, `tensors: ${count} sections ${kind}, not ${generation}`);
  }
  return [...tensors.values()];
}

/** The keys and values of a flat JSON object of strings, in their order. */
export function readMetadata(bytes) {
  const json = text(bytes, "metadata");
  const pairs = [];
  const keys = new Set();
  let place = 0;
  const next = () => {
    while (place < json.length && " \t\n\r".includes(json[place])) place++;
    return json[place];
  };
  const expect = (letter) => {
    require(next() === letter, `metadata: no ${letter} where one must be`);
    place++;
  };
  const string = () => {
    expect("\"");
    const start = place - 1;
    while (json[place] !== "\"") {
      require(place < json.length && json[place] >= " ", "metadata: a string");
      place += json[place] === "\\" ? 2 : 1;
    }
    place++;
    try {
      const value = JSON.parse(json.slice(start, place));
      encodeURIComponent(value); // refuses half a surrogate pair
      return value;
    } catch {
      require(false, "metadata: a string");
    }
  };
  expect("{");
  if (next() === "}") {
    place++;
  } else {
    for (;;) {
      const name = (next(), string());
      require(!keys.has(name), "metadata: a key that comes twice");
      keys.add(name);
      expect(":");
      pairs.push([name, string()]);
      if (next() !== ",") break;
      place++;
    }
    expect("}");
  }
  next();
  require(place === json.length, "metadata: text behind the object");
  return pairs;
}

export function readCounts(sections) {
  const fields = new Fields(part(sections, "CNTH"), "counts");
  const count = fields.count();
  const origin = Array.from({ length: 6 }, () => fields.u64());
  const pattern = fields.bytes(fields.u32());
  fields.finish();
  checkPattern(pattern);
  const entries = new Fields(part(sections, "CNTS"), "counts");
  const pretokens = [];
  let last = new Uint8Array(0);
  for (let i = 0n; i < count; i++) {
    const shared = Number(entries.groups());
    const rest = entries.bytes(entries.groups());
    const times = entries.groups(64n);
    require(shared <= last.length && rest.length > 0 && times > 0n && shared + rest.length < 1 << 16
      && (shared === last.length || last[shared] < rest[0]), "counts.pretoken");
    last = joined([last.subarray(0, shared), rest]);
    pretokens.push({ bytes: hex(last), count: times });
  }
  entries.finish();
  return { pattern: hex(pattern), origin, pretokens };
}
