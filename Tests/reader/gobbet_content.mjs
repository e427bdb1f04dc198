// What the sections of tokens, weights and counts mean: Spec/Tokens.md, Weights.md and Counts.md.
import { Fields, ascii, hex, isUnique, isZero, joined, readJSON, require, sha256, sum, table, text,
  u32, whole } from "./gobbet_fields.mjs";
import { frameContent } from "./gobbet_zstd.mjs";

/** The ids of a block of codecs 1 to 3, of so many bits each. */
function unpacked(bytes, length, count, width) {
  require(length === bytes.length && length === Math.ceil(count * width / 8), "T8");
  const bits = Uint8Array.from({ length: 8 * length }, (_, i) => bytes[i >> 3] >> (i & 7) & 1);
  require(isZero(bits.subarray(count * width)), "T9");
  return Array.from({ length: count }, (_, i) =>
    bits.subarray(i * width, (i + 1) * width).reduceRight((id, bit) => 2 * id + bit, 0));
}

/** The ids of a block of codecs 4 and 5, which holds the ranks of ids of these classes. */
function unranked(bytes, length, count, classes) {
  require(length <= 4 * count, "T12");
  const fields = new Fields(frameContent(bytes, length), "tokens.block");
  const ids = Array.from(classes.keys()).sort((a, b) => classes[b] - classes[a]);
  const unit = () => fields.bytes(2).reduce((high, low) => 256 * high + low);
  const found = Array.from({ length: count }, () => {
    const rank = unit();
    return ids[rank < 0xff00 ? rank : 0xff00 + 65536 * (rank - 0xff00) + unit()];
  });
  return fields.finish(found);
}

/** The runs of a document of these ids, which in turn don't count in a loss and do. */
function runsOf(ids, { runCount, runs }, openings, closings) {
  if (runCount > 0) {
    const all = [...runs, ids.length - sum(runs)];
    require(all.every((run, i) => run > 0 || i === 0 && runCount > 1), "T18");
    return all;
  }
  let isCounting = openings.length === 0;
  const counts = ids.map((id, i) => {
    const isCounted = isCounting && (closings.get(id) ?? true);
    const opens = openings.some(
      (opening) => String(opening) === String(ids.slice(i + 1 - opening.length, i + 1)));
    if (opens || closings.has(id)) isCounting = opens;
    return isCounted;
  });
  const ends = counts.flatMap((isCounted, i) => isCounted === counts[i + 1] ? [] : [i + 1]);
  const found = ends.map((end, i) => end - (ends[i - 1] ?? 0));
  return counts[0] ? [0, ...found] : found;
}

export async function readTokens(sections) {
  const head = sections.read("TOKH");
  const { tokenCount, idBound, blockTokenCount: size, codec } = head;
  const { idBound: most, bits } = table.codes.tokenCodecs[codec];
  require(idBound <= most, "T3");
  const [decoded, detail] = codec > 3 ? [unranked, sections.read("TOKR", head).classes]
    : [unpacked, bits ?? Math.max(1, 32 - Math.clz32(idBound - 1))];
  const lists = sections.read("TOKB", head);
  const ids = sections.read("TOKN", lists).blocks.flatMap((block, i) =>
    decoded(block, lists.plainByteCounts[i], Math.min(tokenCount - i * size, size), detail));
  require(ids.every((id) => id < idBound), "T10");
  const { lengths } = sections.read("DOCL", head);
  require(sum(lengths) === tokenCount, "T14");
  const [{ sources }, { byteCounts }, { masks, openings = [], closings = [] }] =
    ["dsrc", "dbyt", "LMSK"].map((kind) => sections.find(kind, head));
  const counts = new Map(closings.map((value) => [Math.floor(Number(value) / 2), value % 2 === 1]));
  require(counts.size === closings.length && !(closings.at(-1) >= 2 * idBound), "T17");
  require(openings.length > 0 || counts.size === 0, "T17");
  let end = 0;
  const documents = await Promise.all(lengths.map(async (tokenCount, i) => {
    end += tokenCount;
    const own = ids.slice(end - tokenCount, end);
    return { tokenCount, digest: await sha256(u32(own)), byteCount: byteCounts?.[i],
      source: sources && text(sources[i]), runs: masks && runsOf(own, masks[i], openings, counts) };
  }));
  return { tokens: { fingerprint: hex(head.fingerprint), tokenCount, documents } };
}

/** The elements of a block of planes. */
function fromPlanes(block, { elements: per, bits, planes }, length) {
  const width = bits / 8;
  const { planes: stored } = whole(block, "compactBlock", { planeCount: planes.length });
  const columns = planes.map((count, k) => {
    const plain = length / width * count;
    require(stored[k].length <= plain, "W13");
    const plane = stored[k].length < plain ? frameContent(stored[k], plain) : stored[k];
    return Array.from({ length: count }, (_, i) => (element) => plane[element * count + i]);
  });
  // The first plane has the first bytes of quantized blocks, and the top bytes of numbers.
  const places = (per > 1 ? columns : columns.reverse()).flat();
  const byte = (i, place = i) => places[place % width](Math.floor(i / width));
  // Numbers are rotated left by one bit.
  return Uint8Array.from({ length },
    per > 1 ? (_, i) => byte(i) : (_, i) => byte(i) >> 1 | byte(i, i + 1) << 7);
}

/** The bytes that elements of a type take. */
function byteCountOf(shape, { elements, bits }) {
  // Zeros do not excuse an overflow of the other axes.
  const count = shape.reduce((product, axis) => product * BigInt(axis || 1), 1n);
  const byteCount = shape.includes(0) ? 0n : (count * BigInt(bits) / BigInt(elements) + 7n) / 8n;
  require(count < 2n ** 63n && byteCount < 2n ** 63n, "W7");
  require(BigInt(shape.at(-1) ?? 1) % BigInt(elements) === 0n, "W18");
  return Number(byteCount);
}

/** Reads the tensors of one generation, which take the places of those of earlier ones. */
async function readTensors(sections, generation, found) {
  const { tensors } = sections.read("TENS", null, generation);
  require(isUnique(tensors.map(({ name }) => text(name))), "W8");
  const types = tensors.map(({ elementType }) => table.codes.elementTypes[elementType]);
  const byteCounts = tensors.map(({ shape }, i) => byteCountOf(shape, types[i]));
  const blockCount = sum(byteCounts.map((count, i) => Math.ceil(count / types[i].blockByteCount)));
  const blocks = sections.read("TBLK", { blockCount }, generation);
  const data = new Fields(sections.read("TDAT", null, generation).data, "tensors.data");
  let block = 0;
  for (const [i, { name, elementType, codec, shape, offset }] of tensors.entries()) {
    const [{ planes, blockByteCount }, parts] = [types[i], []];
    require(isZero(data.padding()) && offset === data.offset, "W6 or W10");
    require(codec === 0 || planes && (codec < 2 || sections.has("BASE")), "W4");
    for (let left = byteCounts[i]; left > 0; left -= blockByteCount, block++) {
      const bytes = data.bytes(blocks.storedByteCounts[block], blocks.checksums[block]);
      const length = Math.min(left, blockByteCount);
      require(blocks.plainByteCounts[block] === length, "W9");
      require(codec || bytes.length === length, "W9");
      parts.push(codec ? fromPlanes(bytes, types[i], length) : bytes);
    }
    found.set(text(name), { name: text(name), type: elementType, shape,
      [codec === 2 ? "difference" : "digest"]: await sha256(joined(parts)) });
  }
  data.finish();
}

/** The tensors of all generations, and what stands beside them. */
export async function readWeights(sections) {
  const tensors = new Map();
  // Of each generation there are three.
  const parts = [...sections.keys()].filter((key) => /^(TENS|TDAT|TBLK)/.test(key));
  for (let i = 0; 3 * i < parts.length; i++) await readTensors(sections, i || "", tensors);
  sections.find("wset");
  const metadata = readJSON(sections.get("meta")?.content ?? ascii("{}"), 1);
  require(metadata instanceof Map, "W16");
  require([...metadata.values()].every((value) => typeof value === "string"), "W16");
  const { contentID, fileName } = sections.find("BASE");
  return { tensors: [...tensors.values()], metadata: [...metadata],
    base: contentID && { contentID: hex(contentID), fileName: text(fileName) } };
}

export function readCounts(sections) {
  const head = sections.read("CNTH");
  let last = new Uint8Array(0);
  const pretokens = sections.read("CNTS", head).pretokens.map(({ shared, rest, count }) => {
    // The first byte that it does not share is greater.
    require(shared <= last.length && !(rest[0] <= last[shared]), "K4");
    last = joined([last.subarray(0, shared), rest]);
    require(last.length < 2 ** 16, "K5");
    return { bytes: hex(last), count };
  });
  return { counts: { pattern: hex(head.pattern), origin: head.origin, pretokens } };
}
