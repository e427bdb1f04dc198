// The sections of a .gobbet file, everything verified: Spec/Container.md, Reading.md and Names.md.
import { Fields, FormatError, aligned, bytesOf, crc32c, isEqual, isZero, joined, letters, require, sha256, text, u32 }
  from "./gobbet_fields.mjs";
import { outsideNames } from "./gobbet_tables.mjs";
import { frameContent } from "./gobbet_zstd.mjs";

const VERSION = "major:2[1-1] minor:2 leastReader:2[0-1] reserved:z2";
const HEADER = `magic:b8 ${VERSION} profile:4[1-5] flags:z4 tableOffset:z8 reserved:z28 checksum:4`;
const SHARED = "kind:b4 codec:1[0-1] alignment:1[6-14] nameByteCount:2[0-512] blockByteCount:4[1-8388608]"
  + " storedByteCount:8 byteCount:8 blockTableChecksum:4";
const TRAILER = `magic:b8 tableOffset:8 tableByteCount:8 tableChecksum:4 reserved:z4 previousOffset:8 ${VERSION}`
  + " reserved:z12 checksum:4";

const outside = outsideNames.replace(/\w+/g, "\\u{$&}").replace(/\s/g, "");
const badInNames = new RegExp(`[\\0-\\x1f\\x7f-\\x9f/\\\\${outside}]|\\.\\.`, "u");

export function checkedName(bytes) {
  const name = text(bytes, "name");
  require(bytes.length <= 512 && !badInNames.test(name), "name");
  return name;
}

/** A record of 64 bytes that ends in its checksum. */
function checkedRecord(file, offset, words, name) {
  const fields = new Fields(file.subarray(offset, offset + 64), name);
  const found = fields.record(words);
  require(found.checksum === crc32c(fields.all.subarray(0, 60)), `${name}.checksum`);
  require((found.leastReader ?? 0) <= (found.minor ?? 0), `${name}.leastReader`);
  return found;
}

/** What the header of a section says that begins at `offset`. */
function sectionAt(file, offset) {
  const words = `magic:b4 shared:b32 nameChecksum:4 reserved:z20 checksum:4`;
  const { shared, nameChecksum } = checkedRecord(file, offset, words, "section");
  const section = new Fields(shared, "section").record(SHARED);
  const { storedByteCount, byteCount } = section;
  const nameEnd = offset + 64 + section.nameByteCount;
  const nameBytes = file.subarray(offset + 64, nameEnd);
  Object.assign(section, { shared, nameBytes, nameEnd, kind: letters(section.kind), name: checkedName(nameBytes) });
  require(crc32c(nameBytes) === nameChecksum && nameEnd <= file.length, "section.nameChecksum");
  require(/^[A-Za-z]{4}$/.test(section.kind), "section.kind");
  require(section.codec || storedByteCount === byteCount, "section.storedByteCount: unlike a raw one's");
  const blockCount = (byteCount + BigInt(section.blockByteCount) - 1n) / BigInt(section.blockByteCount);
  require(storedByteCount + 8n * blockCount <= file.length, "section.storedByteCount: past the end");
  section.byteCount = Number(byteCount);
  section.payload = aligned(nameEnd, 2 ** section.alignment);
  section.payloadEnd = section.payload + Number(storedByteCount);
  section.tableEnd = section.payloadEnd + 8 * Number(blockCount);
  section.end = aligned(section.tableEnd);
  require(section.end <= file.length, "section.storedByteCount: past the end");
  return section;
}

/** The decoded payload of a section, everything about it verified. */
async function contentOf(file, section) {
  const { nameEnd, payload, payloadEnd, tableEnd, end, codec, digest } = section;
  require(isZero(file.subarray(nameEnd, payload)) && isZero(file.subarray(tableEnd, end)), "section.padding");
  const stored = new Fields(file.subarray(payload, payloadEnd), "section.payload");
  const table = new Fields(file.subarray(payloadEnd, tableEnd), "blockTable");
  require(crc32c(table.all) === section.blockTableChecksum, "blockTable.checksum");
  const blocks = [];
  for (let left = section.byteCount; left > 0; left -= section.blockByteCount) {
    const { count, checksum } = table.record("count:4[1-8388608] checksum:4");
    const [bytes, length] = [stored.bytes(count), Math.min(left, section.blockByteCount)];
    require(codec || count === length, "blockTable.storedByteCount");
    require(crc32c(bytes) === checksum, "section.payload: its checksum");
    blocks.push(codec ? frameContent(bytes, length) : bytes);
  }
  stored.finish();
  const content = joined(blocks);
  require(isEqual(await sha256(content), digest), "table.digest");
  return content;
}

/** The trailer of the table at `offset`, and the sections of `known` that the table lists. */
function generationAt(file, offset, known) {
  const size = Number(new Fields(file.subarray(offset + 8), "table").number(8));
  const place = aligned(offset + size);
  const trailer = checkedRecord(file, place, TRAILER, "trailer");
  const fields = new Fields(file.subarray(offset, offset + size), "table");
  require(letters(trailer.magic) === "GBTEND\r\n" && trailer.tableOffset === BigInt(offset)
    && trailer.tableByteCount === BigInt(size), "trailer.tableOffset");
  require(crc32c(fields.all) === trailer.tableChecksum, "trailer.tableChecksum");
  require(isZero(file.subarray(offset + size, place)), "table.padding");
  let last = 0;
  const sections = Array.from({ length: fields.record("magic:b4 count:4 byteCount:8").count }, () => {
    const { shared, at, digest } = fields.record("shared:b32 at:8 reserved:z8 digest:b32");
    const section = known.get(Number(at));
    require(section && at > last && isEqual(section.shared, shared), "table.offset");
    require(isEqual(fields.bytes(section.nameByteCount), section.nameBytes), "table.name");
    require(isEqual(section.digest ??= digest, digest), "table.digest: generations disagree");
    last = at;
    return section;
  });
  fields.finish();
  require(new Set(sections.map(({ kind, name }) => kind + name)).size === sections.length, "table.name: twice");
  return { sections, offset: place, end: place + 64, previous: trailer.previousOffset };
}

/** The section, or the table with its trailer, at `offset`; null where the walk of Reading.md ends. */
function recordAt(file, offset, known) {
  const head = new Fields(file.subarray(offset, offset + 64), "record");
  if (head.all.length < 64) return null;
  const [magic, count, size] = [letters(head.bytes(4)), head.number(4), Number(head.number(8, 0, 2n ** 64n))];
  if (magic === "SECT") {
    try {
      return sectionAt(file, offset);
    } catch (error) {
      if (error instanceof FormatError) return null;
      throw error;
    }
  }
  const trailer = file.subarray(aligned(offset + size)).subarray(0, 64);
  const isWhole = magic === "TABL" && 16 + 80 * count <= size && size <= 2 ** 26 && trailer.length === 64;
  return isWhole && !isZero(trailer) ? generationAt(file, offset, known) : null;
}

/** Whether the last 64 bytes are the trailer of a table. */
function endsWithTrailer(file) {
  try {
    const words = "magic:b8 tableOffset:8 tableByteCount:8 others:b36 checksum:4";
    const { magic, tableOffset, tableByteCount } = checkedRecord(file, file.length - 64, words, "trailer");
    return letters(magic) === "GBTEND\r\n" && tableOffset >= 64n && tableOffset % 64n === 0n
      && aligned(Number(tableOffset + tableByteCount)) === file.length - 64;
  } catch {
    return false;
  }
}

/** All sections of the last generation with what they hold; those of earlier ones are verified too. Records fill a
 * whole file, so that to verify it is to walk from one to the next. */
export async function readContainer(file) {
  require(file.length >= 128, "header: too short");
  const { magic, profile } = checkedRecord(file, 0, HEADER, "header");
  require(letters(magic) === "\x97GBT\r\n\x1a\n", "header.magic");
  const known = new Map();
  let [generationCount, last] = [0, null];
  for (let offset = 64, record; (record = recordAt(file, offset, known)); offset = record.end) {
    if (record.sections) {
      require(record.previous === BigInt(last?.offset ?? 0), "trailer.previousOffset");
      [generationCount, last] = [generationCount + 1, record];
    } else {
      known.set(offset, record);
    }
  }
  require(last, "trailer.magic: none");
  const rest = letters(file.subarray(last.end, last.end + 4));
  require("SECT".startsWith(rest) || "TABL".startsWith(rest), "trailer.magic: something follows");
  require(rest === "" || !endsWithTrailer(file), "trailer.magic: what the walk does not lead to");
  for (const [offset, section] of known) {
    if (offset > last.offset) continue;
    require(section.digest, "table.offset: a section that no table lists");
    section.content = await contentOf(file, section);
  }
  const said = last.sections.filter(({ kind }) => kind !== "sign").flatMap((section) => [
    section.shared.subarray(0, 4), u32([section.nameByteCount]), section.nameBytes, section.shared.subarray(20, 28),
    section.digest]);
  const contentID = await sha256(joined([bytesOf("gobbet content 1\n"), ...said]));
  const unfinishedByteCount = file.length - last.end;
  return { profile, contentID, generationCount, unfinishedByteCount, sections: last.sections };
}
