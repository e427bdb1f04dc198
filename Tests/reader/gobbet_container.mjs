// The sections of a .gobbet file, everything verified: Spec/Container.md and Reading.md.
import { Fields, ascii, attempt, crc32c, hex, isUnique, isZero, joined, require, sha256, text, u32,
  unhex, whole } from "./gobbet_fields.mjs";
import { frameContent } from "./gobbet_zstd.mjs";

const aligned = (offset) => Math.ceil(offset / 64) * 64;

/** The decoded payload of a section. */
async function contentOf({ codec, byteCount, blockByteCount, blockTable, ...section }) {
  require(isZero(section.padding) && isZero(section.endPadding), "C28 or C33");
  require(crc32c(joined(blockTable)) === section.blockTableChecksum, "C29");
  const payload = new Fields(section.payload, "section.payload");
  const content = payload.finish(joined(blockTable.map((entry, i) => {
    const { storedByteCount, checksum } = whole(entry, "block");
    const length = Math.min(byteCount - i * blockByteCount, blockByteCount);
    require(codec || storedByteCount === length, "C30");
    const bytes = payload.bytes(storedByteCount, checksum);
    return codec ? frameContent(bytes, length) : bytes;
  })));
  require(await sha256(content) === section.digest, "C32");
  return content;
}

/** The section at `offset`; whether its padding is zero and its payload right is checked later. */
function sectionAt(file, offset) {
  const fields = new Fields(file, "section", offset);
  const section = attempt(() => fields.record("section"));
  if (!section) return undefined;
  return { ...section, key: text(section.kind) + text(section.name), offset, end: fields.offset };
}

/** The table at `offset` with its trailer, and the sections before it that it lists; undefined
 * where the walk ends. */
function generationAt(file, offset, known) {
  const table = attempt(() => new Fields(file, "table", offset).record("tableStart"));
  if (!table || 16 + 80 * table.sectionCount > table.byteCount) return undefined;
  const [end, place] = [offset + table.byteCount, aligned(offset + table.byteCount)];
  if (place + 64 > file.length || isZero(file.subarray(place, place + 64))) return undefined;
  const trailer = new Fields(file, "trailer", place).record("trailer");
  const isNamed = trailer.tableOffset === offset && trailer.tableByteCount === table.byteCount;
  require(isNamed && isZero(file.subarray(end, place)), "C9 or C15");
  require(crc32c(file.subarray(offset, end)) === trailer.tableChecksum, "C14");
  const sections = whole(file.subarray(offset, end), "table").sections.map((entry) => {
    const [section, digest] = [known.get(entry.offset), hex(entry.digest)];
    require(section && hex(section.shared) === hex(entry.shared), "C25 or C28");
    require(hex(section.name) === hex(entry.name), "C28");
    require((section.digest ??= digest) === digest, "C40");
    return section;
  });
  require(isUnique(sections.map(({ key }) => key)), "C27");
  return { sections, place, end: place + 64, previous: trailer.previousOffset };
}

/** The sections of the last generation with what they hold; those of earlier ones are verified too.
 * Records fill a whole file, so that to verify it is to walk from one to the next. */
export async function readContainer(file) {
  require(file.length >= 128, "C2");
  const { profile } = new Fields(file, "header").record("header");
  const [known, generations] = [new Map(), []];
  let record = { end: 64 };
  while ((record = sectionAt(file, record.end) ?? generationAt(file, record.end, known))) {
    if (record.sections) generations.push(record);
    else known.set(record.offset, record);
  }
  const [last, places] = [generations.at(-1), [0, ...generations.map(({ place }) => place)]];
  require(last && generations.every(({ previous }, i) => previous === places[i]), "C7 or C12");
  const rest = hex(file.subarray(last.end, last.end + 4));
  require(["53454354", "5441424c"].some((magic) => magic.startsWith(rest)), "C7");
  const trailer = attempt(
    () => new Fields(file, "trailer", file.length - 64).record("trailerOfATable"));
  const end = trailer && aligned(Number(trailer.tableOffset) + trailer.tableByteCount) + 64;
  require(rest === "" || end !== file.length, "C7: a trailer where the walk does not lead");
  for (const section of [...known.values()].filter(({ offset }) => offset < last.place)) {
    require(section.digest, "C39");
    section.content = await contentOf(section);
  }
  const told = last.sections.filter(({ kind }) => text(kind) !== "sign").flatMap(
    ({ kind, name, byteCount, digest }) => [
      kind, u32([name.length]), name, u32([byteCount, byteCount / 2 ** 32]), unhex(digest)]);
  return { profile, contentID: await sha256(joined([ascii("gobbet content 1\n"), ...told])),
    generationCount: generations.length, unfinishedByteCount: file.length - last.end,
    sections: last.sections };
}
