// What the sections of tokens, weights and counts mean: Spec/Tokens.md, Weights.md and Counts.md.
import { checkedName } from "./gobbet_container.mjs";
import { Fields, ascii, crc32c, hex, isRising, isZero, joined, readFlatJSON, require, sha256, sum,
  text, u32 } from "./gobbet_fields.mjs";
import { elementBits, quantizedBlocks } from "./gobbet_tables.mjs";
import { checkPattern } from "./gobbet_vocabulary.mjs";
import { frameContent } from "./gobbet_zstd.mjs";

/** A function that takes the next block off `data`, as a table of so many blocks says. */
function blockReader(data, { all: table, name }, count) {
  require(BigInt(table.length) === 12n * count, `${name}.blocks`);
  const columns = [0, 1, 2].map((i) => new Fields(table, name, i * table.length / 3));
  return () => {
    const [stored, length, checksum] = columns.map((column) => column.number(4));
    const bytes = data.bytes(stored);
    require(crc32c(bytes) === checksum, `${name}.block: its checksum`);
    return [bytes, length];
  };
}

/** A decoder of blocks of codecs 1 to 3, whose ids have so many bits. */
const unpacking = (width) => (bytes, length, count) => {
  require(length === bytes.length && length === Math.ceil(count * width / 8), "tokens.block");
  const ids = new Array(count + 1).fill(0);
  for (let i = 0; i < 8 * length; i++) {
    const bit = bytes[i >> 3] >> (i & 7) & 1;
    ids[Math.min(count, Math.floor(i / width))] += bit * 2 ** (i % width);
  }
  require(ids.pop() === 0, "tokens.block: unused bits");
  return ids;
};

/** A decoder of blocks of codecs 4 and 5, of ranks: by falling class, then by rising id. */
function unranking(classes, idBound) {
  require(classes.length === idBound, "tokens.ranks");
  const ids = Array.from(classes.keys()).sort((a, b) => classes[b] - classes[a]);
  return (bytes, length, count) => {
    require(length <= 4 * count, "tokens.block: its length");
    const fields = new Fields(frameContent(bytes, length), "tokens.block");
    const unit = () => 256 * fields.number(1) + fields.number(1);
    const found = Array.from({ length: count }, () => {
      const rank = unit();
      return ids[rank < 0xff00 ? rank : 0xff00 + 65536 * (rank - 0xff00) + unit()];
    });
    fields.finish();
    return found;
  };
}

const TOKH = `tokenCount:8 documentCount:8 idBound:4[1-4294967295] size:4[8-2097152] codec:1[1-5]
  reserved:z7 fingerprint:h32`;

export async function readTokens(sections) {
  const head = sections.open("TOKH", "tokens").whole(TOKH);
  const { tokenCount, documentCount, idBound, size, codec, fingerprint } = head;
  const bound = { 1: 2 ** 16, 2: 2 ** 32, 3: 2 ** 32 }[codec] ?? 2 ** 24 + 65280;
  require(idBound <= bound && size % 8 === 0, "tokens.idBound");
  const width = { 1: 16, 2: 32, 3: Math.max(1, 32 - Math.clz32(idBound - 1)) }[codec];
  const decode = width ? unpacking(width) : unranking(sections.open("TOKR", "tokens").all, idBound);
  const data = sections.open("TOKN", "tokens", 0);
  const blockCount = (tokenCount + BigInt(size - 1)) / BigInt(size);
  const [next, blocks] = [blockReader(data, sections.open("TOKB", "tokens"), blockCount), []];
  for (let left = Number(tokenCount); left > 0; left -= size) {
    blocks.push(decode(...next(), Math.min(left, size)));
  }
  data.finish();
  const ids = blocks.flat();
  require(ids.every((id) => id < idBound), "tokens.block: an id that is too large");
  const [lengths, sources, byteCounts, masks] = ["DOCL", "dsrc", "dbyt", "LMSK"].map((kind) =>
    kind === "DOCL" || sections.has(kind) ? sections.open(kind, "documents") : null);
  const runsOf = masks && maskReader(masks, idBound);
  const documents = [];
  let end = 0n;
  for (let i = 0n; i < documentCount; i++) {
    const [begin, count] = [end, lengths.groups()];
    end += count;
    require(end <= tokenCount, "documents.length");
    const own = ids.slice(Number(begin), Number(end));
    const document = { tokenCount: count, digest: await sha256(u32(own)) };
    if (masks) document.runs = runsOf(own);
    if (byteCounts) document.byteCount = byteCounts.groups();
    if (sources) document.source = text(sources.bytes(sources.groups()), "documents.source");
    documents.push(document);
  }
  for (const column of [lengths, sources, byteCounts, masks]) column?.finish();
  require(end === tokenCount, "documents.length");
  return { tokens: { fingerprint, tokenCount, documents } };
}

/** A function that returns the runs of the next document, of these ids: Tokens.md, "Masks". */
function maskReader(fields, idBound) {
  const number = (most) => {
    const value = Number(fields.groups());
    require(value <= most, "masks.rule");
    return value;
  };
  const list = (most, next) => Array.from({ length: number(most) }, next);
  const openings = list(64, () => list(16, () => number(idBound - 1)));
  const closings = list(openings.length && 64, () => number(2 * idBound - 1));
  const counts = new Map(closings.map((value) => [Math.floor(value / 2), value % 2 === 1]));
  const ends = [...counts.keys()];
  require(openings.every((ids) => ids.length > 0), "masks.rule");
  require(ends.length === closings.length && isRising(ends), "masks.rule");

  return (ids) => {
    const count = Number(fields.groups());
    require(count <= (ids.length && ids.length + 1), "masks.runs");
    const runs = Array.from({ length: Math.max(0, count - 1) }, () => Number(fields.groups()));
    if (count) {
      runs.push(ids.length - sum(runs));
      require(runs.at(-1) > 0 && runs.slice(1).every((run) => run > 0), "masks.runs");
      return runs;
    }
    let isCounting = openings.length === 0;
    ids.forEach((id, i) => {
      const isCounted = isCounting && (counts.get(id) ?? true);
      // Every second run counts.
      while (runs.length % 2 === (isCounted ? 1 : 0) || runs.length === 0) runs.push(0);
      runs[runs.length - 1] += 1;
      const opens = openings.some((opening) => opening.length <= i + 1
        && opening.every((wanted, k) => ids[i + 1 - opening.length + k] === wanted));
      if (opens || counts.has(id)) isCounting = opens;
    });
    return runs;
  };
}

const BLOCK = 2 ** 19;
const PLANES = { 8: [1], 16: [1, 1], 32: [1, 1, 2], 64: [1, 1, 2, 4] };

/** How elements of a type lie: so many in so many bits, and the planes of them if compact. */
function layoutOf(type) {
  require(type in elementBits || type in quantizedBlocks, "tensors.elementType");
  const [per, ...planes] = quantizedBlocks[type] ?? [1, ...PLANES[elementBits[type]] ?? []];
  const bits = elementBits[type] ?? 8 * sum(planes);
  // A block has as many elements of types in blocks as fit, in 256s.
  return { per, bits, planes, block: BLOCK - (per > 1 ? BLOCK % (bits * 32 / per) : 0) };
}

/** The elements of a compact block. */
function fromPlanes(block, { bits, planes, per }, length) {
  const fields = new Fields(block, "tensors.block");
  const [elements, width] = [new Uint8Array(length), bits / 8];
  require(length % width === 0, "tensors.block: half an element");
  const stored = planes.map(() => fields.number(4));
  let start = 0;
  planes.forEach((count, k) => {
    const plain = length / width * count;
    require(stored[k] <= plain, "tensors.block: a plane that is too long");
    const bytes = fields.bytes(stored[k]);
    const plane = stored[k] < plain ? frameContent(bytes, plain) : bytes;
    // The first plane has the first bytes of quantized blocks, and the top bytes of numbers.
    const place = per > 1 ? start : width - start - count;
    plane.forEach((byte, i) => {
      elements[Math.floor(i / count) * width + place + i % count] = byte;
    });
    start += count;
  });
  fields.finish();
  // Numbers are rotated left by one bit.
  for (let first = 0; per === 1 && first < length; first += width) {
    let carry = elements[first] & 1;
    for (let i = first + width - 1; i >= first; i--) {
      [elements[i], carry] = [elements[i] >> 1 | carry << 7, elements[i] & 1];
    }
  }
  return elements;
}

/** A name that a tensor, or a base, may have. */
function fileName(bytes) {
  const name = checkedName(bytes);
  require(name !== "" && name !== ".", "name: empty, or a folder");
  return name;
}

const TENSOR = "nameByteCount:2 type:1 codec:1[0-2] rank:4[0-8] offset:8";

/** The table of tensors, and how many blocks they have. */
function readTable(fields, hasBase) {
  const { count } = fields.record("count:4 blockByteCount:4[524288-524288]");
  const tensors = new Map();
  let blockCount = 0n;
  while (tensors.size < count) {
    const { nameByteCount, type, codec, rank, offset } = fields.record(TENSOR);
    const shape = Array.from({ length: rank }, () => fields.number(8));
    const name = fileName(fields.bytes(nameByteCount));
    require(!tensors.has(name), "tensors.name: twice");
    const layout = layoutOf(type);
    require(codec === 0 || type <= 6 || type in quantizedBlocks, "tensors.codec");
    require(codec < 2 || hasBase, "table: no section BASE");
    // Zeros do not excuse an overflow of the other axes.
    const elements = shape.reduce((product, axis) => product * (axis || 1n), 1n);
    const [per, bits, block] = [layout.per, layout.bits, layout.block].map(BigInt);
    const length = shape.includes(0n) ? 0n : (elements / per * bits + 7n) / 8n;
    require(elements < 2n ** 63n && length < 2n ** 63n, "tensors.shape");
    require((shape.at(-1) ?? 1n) % per === 0n, "tensors.shape: part of a quantized block");
    blockCount += (length + block - 1n) / block;
    tensors.set(name, { name, type, shape, codec, layout, offset, length });
  }
  fields.finish();
  return [tensors, blockCount];
}

/** The tensors of one generation, by name. */
async function readTensors(sections, generation) {
  const [tensors, count] =
    readTable(sections.open(`TENS${generation}`, "tensors"), sections.has("BASE"));
  const data = sections.open(`TDAT${generation}`, "tensors.data", 0);
  const next = blockReader(data, sections.open(`TBLK${generation}`, "tensors"), count);
  for (const [name, { type, shape, codec, layout, offset, length: all }] of tensors) {
    require(data.skip() && offset === BigInt(data.offset), "tensors.offset");
    const parts = [];
    for (let left = Number(all); left > 0; left -= layout.block) {
      const [bytes, length] = next();
      require(length === Math.min(left, layout.block), "tensors.blocks");
      require(codec || bytes.length === length, "tensors.blocks");
      parts.push(codec ? fromPlanes(bytes, layout, length) : bytes);
    }
    const digest = await sha256(joined(parts));
    tensors.set(name, { name, type, shape, [codec === 2 ? "difference" : "digest"]: digest });
  }
  data.finish();
  return tensors;
}

/** The tensors of all generations: those of later ones take the places of earlier ones. */
export async function readWeights(sections) {
  const tensors = new Map();
  const kinds = [...sections.values()].map(({ kind }) => kind);
  const count = kinds.filter((kind) => kind === "TENS").length;
  for (let i = 0; i < count; i++) {
    for (const [name, tensor] of await readTensors(sections, i || "")) tensors.set(name, tensor);
  }
  const others = kinds.filter((kind) => kind === "TDAT" || kind === "TBLK");
  require(others.length === 2 * count, "tensors: sections of no generation");
  if (sections.has("wset")) {
    const set = sections.open("wset", "set").whole("number:4[1-4294967295] count:4 chain:b32");
    require(set.number <= set.count && (set.number > 1 || isZero(set.chain)), "set.number");
  }
  const found = { tensors: [...tensors.values()] };
  found.metadata = readFlatJSON(sections.get("meta")?.content ?? ascii("{}"));
  if (sections.has("BASE")) {
    // The file that tensors are stored as differences from.
    const fields = sections.open("BASE", "base");
    found.base = { ...fields.record("contentID:h32"), fileName: fileName(fields.bytes()) };
  }
  return found;
}

export function readCounts(sections) {
  const [head, entries] = ["CNTH", "CNTS"].map((kind) => sections.open(kind, "counts"));
  const count = head.number(8);
  const origin = Array.from({ length: 6 }, () => head.number(8, 0, 2n ** 64n));
  const { pattern } = head.whole("pattern:s0");
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
  return { counts: { pattern: hex(pattern), origin, pretokens } };
}
