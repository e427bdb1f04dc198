// What the sections of tokens, weights and counts mean: Spec/Tokens.md, Weights.md and Counts.md.
import { checkedName } from "./gobbet_container.mjs";
import { Fields, aligned, crc32c, hex, isZero, joined, require, sha256, text, u32 } from "./gobbet_fields.mjs";
import { maskReader } from "./gobbet_masks.mjs";
import { readJSON } from "./gobbet_json.mjs";
import { elementBits, quantizedBlocks } from "./gobbet_tables.mjs";
import { checkPattern } from "./gobbet_vocabulary.mjs";
import { frameContent } from "./gobbet_zstd.mjs";

/** A function that takes the next block off `data`, as a table of `count` blocks, a BigInt, says. */
function blockReader(data, table, count, name) {
  require(BigInt(table.length) === 12n * count, `${name}.blocks`);
  const columns = [0, 1, 2].map((i) => new Fields(table.subarray(i * table.length / 3), name));
  return () => {
    const [stored, length, checksum] = columns.map((column) => column.number(4));
    const bytes = data.bytes(stored);
    require(crc32c(bytes) === checksum, `${name}.block: its checksum`);
    return { bytes, length };
  };
}

/** The ids of a block of codecs 1 to 3. */
function unpacked(bytes, count, width) {
  require(bytes.length === Math.ceil(count * width / 8), "tokens.block: its length");
  const ids = new Array(count + 1).fill(0);
  for (let i = 0; i < 8 * bytes.length; i++) {
    ids[Math.min(count, Math.floor(i / width))] += (bytes[i >> 3] >> (i & 7) & 1) * 2 ** (i % width);
  }
  require(ids.pop() === 0, "tokens.block: unused bits");
  return ids;
}

/** The ids of a block of codecs 4 and 5. */
function fromRanks(units, ids) {
  const [fields, found] = [new Fields(units, "tokens.block"), []];
  const unit = () => 256 * fields.number(1) + fields.number(1);
  while (fields.offset < units.length) {
    let rank = unit();
    if (rank >= 0xff00) rank = 0xff00 + 65536 * (rank - 0xff00) + unit();
    require(rank < ids.length, "tokens.block: a rank past the table");
    found.push(ids[rank]);
  }
  return found;
}

export async function readTokens(sections) {
  const fields = sections.fields("TOKH", "tokens");
  const { tokenCount, documentCount, idBound, size, codec, fingerprint } = fields.record("tokenCount:8"
    + " documentCount:8 idBound:4[1-4294967295] size:4[8-2097152] codec:1[1-5] reserved:z7 fingerprint:b32");
  fields.finish();
  const [hasRanks, bound] = [codec >= 4, [2 ** 16, 2 ** 32, 2 ** 32, 2 ** 24 + 65280][Math.min(codec, 4) - 1]];
  require(idBound <= bound && size % 8 === 0, "tokens.idBound");
  const width = [16, 32, Math.max(1, 32 - Math.clz32(idBound - 1))][codec - 1];
  const classes = hasRanks ? sections.content("TOKR") : [];
  require(!hasRanks || classes.length === idBound, "tokens.ranks");
  const ranks = Array.from(classes.keys()).sort((a, b) => classes[b] - classes[a]);
  const data = sections.fields("TOKN", "tokens.blocks", "", 0);
  const blockCount = (tokenCount + BigInt(size) - 1n) / BigInt(size);
  const next = blockReader(data, sections.content("TOKB"), blockCount, "tokens");
  const ids = [];
  for (let left = Number(tokenCount); left > 0; left -= size) {
    const [{ bytes, length }, count] = [next(), Math.min(left, size)];
    require(hasRanks ? length <= 4 * count : length === bytes.length, "tokens.block: its length");
    const found = hasRanks ? fromRanks(frameContent(bytes, length), ranks) : unpacked(bytes, count, width);
    require(found.length === count && found.every((id) => id < idBound), "tokens.block: its ids");
    for (const id of found) ids.push(id);
  }
  data.finish();
  const [lengths, sources, byteCounts] = ["DOCL", "dsrc", "dbyt"].map((kind) =>
    kind === "DOCL" || sections.has(kind) ? sections.fields(kind, "documents") : null);
  const masks = sections.has("LMSK") ? sections.fields("LMSK", "masks") : null;
  const runsOf = masks && maskReader(masks, idBound);
  const documents = [];
  let end = 0n;
  for (let i = 0n; i < documentCount; i++) {
    const [begin, count] = [end, lengths.groups()];
    end += count;
    require(end <= tokenCount, "documents.length");
    const own = ids.slice(Number(begin), Number(end));
    const document = { tokenCount: count, digest: hex(await sha256(u32(own))) };
    if (runsOf) document.runs = runsOf(own);
    if (byteCounts) document.byteCount = byteCounts.groups();
    if (sources) document.source = text(sources.bytes(sources.groups()), "documents.source");
    documents.push(document);
  }
  for (const column of [lengths, masks, sources, byteCounts]) column?.finish();
  require(end === tokenCount, "documents.length");
  return { fingerprint: hex(fingerprint), tokenCount, documents };
}

const BLOCK = 2 ** 19;

/** How elements of a type lie: so many in so many bytes, which planes of these bytes hold if compact. */
function layoutOf(type) {
  if (type in elementBits) {
    const bytes = elementBits[type] / 8;
    return { per: 1, bytes, planes: [1, 1, 2, 4].slice(0, 1 + Math.log2(bytes)), block: BLOCK, isRotated: true };
  }
  require(type in quantizedBlocks, "tensors.elementType");
  const [per, ...planes] = quantizedBlocks[type];
  const bytes = planes.reduce((a, b) => a + b);
  return { per, bytes, planes, block: BLOCK - BLOCK % (bytes * 256 / per), isRotated: false };
}

/** The elements of a compact block. */
function fromPlanes(block, { bytes: width, planes, isRotated }, length) {
  const fields = new Fields(block, "tensors.block");
  const [elements, stored] = [new Uint8Array(length), planes.map(() => fields.number(4))];
  require(length % width === 0, "tensors.block: half an element");
  let start = 0;
  planes.forEach((count, k) => {
    const plain = length / width * count;
    const plane = stored[k] < plain ? frameContent(fields.bytes(stored[k]), plain) : fields.bytes(plain);
    require(stored[k] <= plain, "tensors.block: a plane that is too long");
    // From the top byte of an element down, or from the first byte of a quantized block on.
    const place = isRotated ? width - start - count : start;
    plane.forEach((byte, i) => { elements[Math.floor(i / count) * width + place + i % count] = byte; });
    start += count;
  });
  fields.finish();
  for (let first = 0; isRotated && first < length; first += width) {
    let carry = elements[first] & 1;
    for (let i = first + width - 1; i >= first; i--) {
      [elements[i], carry] = [elements[i] >> 1 | carry << 7, elements[i] & 1];
    }
  }
  return elements;
}

/** The tensors of one generation, by name. */
async function readTensors(sections, generation) {
  const fields = sections.fields("TENS", "tensors", generation);
  const { count } = fields.record("count:4 blockByteCount:4[524288-524288]");
  const tensors = new Map();
  let blockCount = 0n;
  while (tensors.size < count) {
    const { nameByteCount, type, codec, rank, offset } =
      fields.record("nameByteCount:2 type:1 codec:1[0-2] rank:4[0-8] offset:8");
    const layout = layoutOf(type);
    require(codec === 0 || type <= 6 || type in quantizedBlocks, "tensors.codec");
    require(codec < 2 || sections.has("BASE"), "table: no section BASE");
    const shape = Array.from({ length: rank }, () => fields.number(8));
    const name = checkedName(fields.bytes(nameByteCount));
    require(name !== "" && name !== "." && !tensors.has(name), "tensors.name");
    // Zeros do not excuse an overflow of the other axes.
    const elements = shape.reduce((product, axis) => product * (axis || 1n), 1n);
    const [per, bits, block] = [layout.per, 8 * layout.bytes, layout.block].map(BigInt);
    const length = shape.includes(0n) ? 0n : (elements / per * bits + 7n) / 8n;
    require(elements < 2n ** 63n && length < 2n ** 63n, "tensors.shape");
    require((shape.at(-1) ?? 1n) % per === 0n, "tensors.shape: part of a quantized block");
    blockCount += (length + block - 1n) / block;
    tensors.set(name, { name, type, shape, codec, layout, offset, length });
  }
  fields.finish();
  const data = sections.fields("TDAT", "tensors.data", generation, 0);
  const next = blockReader(data, sections.content("TBLK", generation), blockCount, "tensors");
  for (const [name, { type, shape, codec, layout, offset, length: all }] of tensors) {
    require(isZero(data.bytes(aligned(data.offset) - data.offset)), "tensors.padding");
    require(offset === BigInt(data.offset), "tensors.offset");
    const parts = [];
    for (let left = Number(all); left > 0; left -= layout.block) {
      const { bytes, length } = next();
      require(length === Math.min(left, layout.block) && (codec || bytes.length === length), "tensors.blocks");
      parts.push(codec ? fromPlanes(bytes, layout, length) : bytes);
    }
    const digest = hex(await sha256(joined(parts)));
    tensors.set(name, { name, type, shape, [codec === 2 ? "difference" : "digest"]: digest });
  }
  data.finish();
  return tensors;
}

/** The file that tensors are stored as differences from. */
export function readBase(sections) {
  const fields = sections.fields("BASE", "base");
  const contentID = hex(fields.bytes(32));
  const fileName = checkedName(fields.rest());
  require(fileName !== "" && fileName !== ".", "base.fileName");
  return { contentID, fileName };
}

export async function readWeights(sections) {
  const tensors = new Map();
  const count = sections.all.filter(({ kind }) => kind === "TENS").length;
  for (let i = 0; i < count; i++) {
    for (const [name, tensor] of await readTensors(sections, i ? String(i) : "")) tensors.set(name, tensor);
  }
  const parts = sections.all.filter(({ kind }) => kind === "TDAT" || kind === "TBLK");
  require(parts.length === 2 * count, "tensors: sections of no generation");
  if (sections.has("wset")) checkPlace(sections.fields("wset", "set"));
  return [...tensors.values()];
}

/** Checks which file of a set a file is. */
function checkPlace(fields) {
  const { number, count, chain } = fields.record("number:4[1-4294967295] count:4 chain:b32");
  fields.finish();
  require(number <= count && (number > 1 || isZero(chain)), "set.number");
}

/** The keys and values of a flat JSON object of strings, in their order. */
export function readMetadata(bytes) {
  const json = readJSON(text(bytes, "metadata"), 1);
  const isText = (value) => typeof value === "string" && value.isWellFormed();
  require(json instanceof Map && [...json].flat().every(isText), "metadata: no flat object of strings");
  return [...json];
}

export function readCounts(sections) {
  const [fields, entries] = [sections.fields("CNTH", "counts"), sections.fields("CNTS", "counts")];
  const count = fields.number(8);
  const origin = Array.from({ length: 6 }, () => fields.number(8, 0, 2n ** 64n));
  const pattern = fields.string();
  fields.finish();
  checkPattern(pattern);
  const pretokens = [];
  let last = new Uint8Array(0);
  for (let i = 0n; i < count; i++) {
    const shared = entries.groups();
    const rest = entries.bytes(entries.groups());
    const times = entries.groups(64n);
    require(shared <= last.length && rest.length > 0 && times > 0n, "counts.pretoken");
    require(!(rest[0] <= last[shared]), "counts.pretoken: shares too little, or comes too late");
    last = joined([last.subarray(0, Number(shared)), rest]);
    require(last.length < 2 ** 16, "counts.pretoken: too long");
    pretokens.push({ bytes: hex(last), count: times });
  }
  entries.finish();
  return { pattern: hex(pattern), origin, pretokens };
}
