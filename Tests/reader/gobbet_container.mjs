// The sections of a .gobbet file, everything verified: Spec/Container.md, Reading.md and Names.md.
import { Fields, aligned, ascii, attempt, crc32c, hex, isUnique, isZero, joined, require, sha256,
  text, unhex } from "./gobbet_fields.mjs";
import { outsideNames } from "./gobbet_tables.mjs";
import { frameContent } from "./gobbet_zstd.mjs";

// Magics are in hexadecimal: \x97GBT\r\n\x1a\n, SECT, TABL, GBTEND\r\n.
const VERSION = "major:2[1-1] minor:2 leastReader:2[0-1] reserved:z2";
const HEADER = `magic:=974742540d0a1a0a ${VERSION}
  profile:4[1-5] flags:z4 tableOffset:z8 reserved:z28 checksum:c4`;
const SECTION = "magic:=53454354 shared:h32 nameChecksum:4 reserved:z20 checksum:c4";
const SHARED = `kind:b4 codec:1[0-1] alignment:1[6-14] nameByteCount:2[0-512]
  blockByteCount:4[1-8388608] storedByteCount:8 byteCount:8 blockTableChecksum:4`;
const TABLE = "magic:=5441424c count:4 byteCount:8[0-67108864]";
const ENTRY = "shared:h32 at:8 reserved:z8 digest:h32";
const NAMED = "magic:=474254454e440d0a tableOffset:8[64-1152921504606846976] tableByteCount:8";
const TRAILER = `${NAMED} tableChecksum:4 reserved:z4 previousOffset:8 ${VERSION}
  reserved:z12 checksum:c4`;

const outside = outsideNames.replace(/\w+/g, "\\u{$&}").replace(/\s/g, "");
const badInNames = new RegExp(`[\\0-\\x1f\\x7f-\\x9f/\\\\${outside}]|\\.\\.`, "u");

export function checkedName(bytes) {
  const name = text(bytes, "name");
  require(bytes.length <= 512 && !badInNames.test(name), "name");
  return name;
}

/** The section at `offset`; whether its padding is zero and its payload right is checked later. */
function sectionAt(file, offset) {
  const fields = new Fields(file, "section", offset);
  const { shared, nameChecksum } = fields.record(SECTION);
  const section = { offset, shared, ...new Fields(unhex(shared), "section").record(SHARED) };
  const { codec, alignment, nameByteCount, blockByteCount, storedByteCount, byteCount } = section;
  const nameBytes = fields.bytes(nameByteCount);
  require(crc32c(nameBytes) === nameChecksum, "section.nameChecksum");
  const [name, kind] = [checkedName(nameBytes), text(section.kind, "section.kind")];
  Object.assign(section, { name, kind, named: hex(nameBytes), byteCount: Number(byteCount) });
  require(/^[A-Za-z]{4}$/.test(kind), "section.kind");
  require(codec || storedByteCount === byteCount, "section.storedByteCount: unlike a raw one's");
  const blockCount = (byteCount + BigInt(blockByteCount - 1)) / BigInt(blockByteCount);
  section.isPadded = fields.skip(2 ** alignment);
  section.payload = new Fields(fields.bytes(storedByteCount), "section.payload");
  section.blockTable = new Fields(fields.bytes(8n * blockCount), "blockTable");
  section.isPadded = fields.skip() && section.isPadded;
  section.end = fields.offset;
  return section;
}

/** The decoded payload of a section. */
async function contentOf({ codec, isPadded, payload, blockTable, digest, ...section }) {
  require(isPadded, "section.padding");
  require(crc32c(blockTable.all) === section.blockTableChecksum, "blockTable.checksum");
  const blocks = [];
  for (let left = section.byteCount; left > 0; left -= section.blockByteCount) {
    const { count, checksum } = blockTable.record("count:4[1-4294967295] checksum:4");
    const [bytes, length] = [payload.bytes(count), Math.min(left, section.blockByteCount)];
    require(codec || count === length, "blockTable.storedByteCount");
    require(crc32c(bytes) === checksum, "section.payload: its checksum");
    blocks.push(codec ? frameContent(bytes, length) : bytes);
  }
  payload.finish();
  const content = joined(blocks);
  require(await sha256(content) === digest, "table.digest");
  return content;
}

/** The table at `offset` with the trailer at `place`, and which of the sections before it lists. */
function generationAt(file, offset, place, known) {
  const trailer = new Fields(file, "trailer", place).record(TRAILER);
  const end = offset + Number(trailer.tableByteCount);
  const fields = new Fields(file.subarray(offset, end), "table");
  const { count, byteCount } = fields.record(TABLE);
  require(trailer.tableOffset === BigInt(offset), "trailer.tableOffset");
  require(trailer.tableByteCount === byteCount, "trailer.tableByteCount");
  require(crc32c(fields.all) === trailer.tableChecksum, "trailer.tableChecksum");
  require(isZero(file.subarray(end, place)), "table.padding");
  let last = 0;
  const sections = Array.from({ length: count }, () => {
    const { shared, at, digest } = fields.record(ENTRY);
    const section = known.get(Number(at));
    require(section && at > last && section.shared === shared, "table.offset");
    require(hex(fields.bytes(section.nameByteCount)) === section.named, "table.name");
    require((section.digest ??= digest) === digest, "table.digest: generations disagree");
    last = at;
    return section;
  });
  fields.finish();
  require(isUnique(sections.map(({ kind, name }) => kind + name)), "table.name: twice");
  return { sections, place, end: place + 64, previous: trailer.previousOffset };
}

/** The section, or the table with its trailer, at `offset`; null where the walk ends. */
function recordAt(file, offset, known) {
  const section = attempt(() => sectionAt(file, offset));
  if (section) return section;
  const table = attempt(() => new Fields(file, "table", offset).record(TABLE));
  if (!table || 16 + 80 * table.count > table.byteCount) return null;
  const place = aligned(offset + Number(table.byteCount));
  const isWritten = place + 64 <= file.length && !isZero(file.subarray(place, place + 64));
  return isWritten ? generationAt(file, offset, place, known) : null;
}

/** Whether the last 64 bytes are the trailer of a table, valid or not. */
const endsWithTrailer = (file) => attempt(() => {
  const fields = new Fields(file, "trailer", file.length - 64);
  const { tableOffset, tableByteCount } = fields.record(`${NAMED} others:b36 checksum:c4`);
  const end = aligned(Number(tableOffset + tableByteCount));
  return tableOffset % 64n === 0n && end === file.length - 64;
});

/** The sections of the last generation with what they hold; those of earlier ones are verified too.
 * Records fill a whole file, so that to verify it is to walk from one to the next. */
export async function readContainer(file) {
  require(file.length >= 128, "header: too short");
  const { profile } = new Fields(file, "header").record(HEADER);
  const [known, generations] = [new Map(), []];
  for (let offset = 64, record; (record = recordAt(file, offset, known)); offset = record.end) {
    if (!record.sections) known.set(offset, record);
    else generations.push(record);
  }
  const places = generations.map(({ place }) => BigInt(place));
  const isChain = generations.every(({ previous }, i) => previous === (places[i - 1] ?? 0n));
  const last = generations.at(-1);
  require(last && isChain, "trailer.previousOffset, or no trailer");
  const rest = hex(file.subarray(last.end, last.end + 4));
  require(["53454354", "5441424c"].some((magic) => magic.startsWith(rest)), "trailer.magic");
  require(rest === "" || !endsWithTrailer(file), "trailer.magic: where the walk does not lead");
  for (const section of known.values()) {
    if (section.offset > last.place) continue;
    require(section.digest, "table.offset: a section that no table lists");
    section.content = await contentOf(section);
  }
  const signed = last.sections.filter(({ kind }) => kind !== "sign");
  // Of each its kind, the length of its name in four bytes, the name, its length and its digest.
  const told = signed.map(({ shared, named, digest }) =>
    `${shared.slice(0, 8)}${shared.slice(12, 16)}0000${named}${shared.slice(40, 56)}${digest}`);
  const contentID = await sha256(joined([ascii("gobbet content 1\n"), unhex(told.join(""))]));
  return { profile, contentID, generationCount: generations.length,
    unfinishedByteCount: file.length - last.end, sections: last.sections };
}
