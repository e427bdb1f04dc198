// The sections of a .gobbet file, everything verified: Spec/Container.md and Spec/Names.md.
import { crc32c, sha256 } from "./gobbet_digests.mjs";
import { outsideNames } from "./gobbet_names.mjs";
import { ZstdError, decodeFrame, frameHeader } from "./gobbet_zstd.mjs";

/** The minor version of this reader. */
const MINOR = 1;

export class FormatError extends Error {}

export function require(condition, cause) {
  if (!condition) throw new FormatError(cause);
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const ascii = (bytes) => String.fromCharCode(...bytes);
export const letters = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const aligned = (offset, alignment = 64) => Math.ceil(offset / alignment) * alignment;
export const isZero = (bytes) => bytes.every((byte) => byte === 0);
const isEqual = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
export const joined = (parts) => {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) { all.set(part, end); end += part.length; }
  return all;
};

export function text(bytes, field) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError(`${field}: not UTF-8`);
  }
}

/** Fields from the front of some bytes. */
export class Fields {
  constructor(bytes, name) {
    this.all = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.name = name;
    this.offset = 0;
  }
  bytes(count) {
    require(count <= this.all.length - this.offset, `${this.name}: ends early`);
    this.offset += Number(count);
    return this.all.subarray(this.offset - Number(count), this.offset);
  }
  u8() { return this.bytes(1)[0]; }
  u16() { this.bytes(2); return this.view.getUint16(this.offset - 2, true); }
  u32() { this.bytes(4); return this.view.getUint32(this.offset - 4, true); }
  /** 64 bits, as a BigInt. */
  u64() { this.bytes(8); return this.view.getBigUint64(this.offset - 8, true); }
  /** A number of 63 bits. */
  count() {
    const value = this.u64();
    require(value < 1n << 63n, `${this.name}: a number that is out of range`);
    return value;
  }
  zeros(count) { require(isZero(this.bytes(count)), `${this.name}: reserved bytes`); }
  flag() {
    const value = this.u8();
    require(value <= 1, `${this.name}: a flag`);
    return value;
  }
  /** A number (4) and as many bytes. */
  string(least = 0) {
    const count = this.u32();
    require(count >= least, `${this.name}: an empty string`);
    return this.bytes(count);
  }
  /** A number in groups of seven bits, below 2 to the power `bits`. */
  groups(bits = 63n) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 127) << shift;
      require(value < 1n << 64n && shift < 70n, `${this.name}: not a number of groups`);
      if (byte < 128) {
        require(byte > 0 || shift === 0n, `${this.name}: not the shortest form`);
        require(value < 1n << bits, `${this.name}: a number that is out of range`);
        return value;
      }
    }
  }
  finish() { require(this.offset === this.all.length, `${this.name}: ends late`); }
}

function version(fields) {
  const [major, minor, least, reserved] = [fields.u16(), fields.u16(), fields.u16(), fields.u16()];
  require(major === 1 && least <= Math.min(minor, MINOR) && reserved === 0, `${fields.name}.major`);
}

/** Whether the checksum at the end of a record of 64 bytes is right. */
const hasChecksum = (bytes) =>
  new DataView(bytes.buffer, bytes.byteOffset, 64).getUint32(60, true) === crc32c(bytes.subarray(0, 60));

export function checkedName(bytes) {
  require(bytes.length <= 512, "name: too long");
  const name = text(bytes, "name");
  require(!name.includes(".."), "name: two full stops");
  for (const letter of name) {
    const scalar = letter.codePointAt(0);
    const isBad = scalar < 0x20 || scalar >= 0x7f && scalar <= 0x9f || letter === "/" || letter === "\\"
      || outsideNames.some(([first, last]) => first <= scalar && scalar <= last);
    require(!isBad, "name: a scalar that names may not have");
  }
  return name;
}

/** The content of a zstd frame that Container.md allows, of `length` bytes. */
export function frameContent(frame, length) {
  try {
    const header = frameHeader(frame);
    require(header.size === BigInt(length), "zstd: a frame of another size");
    require(header.windowSize <= 1n << 23n, "zstd: too large a window");
    require(header.dictionary === 0n, "zstd: a dictionary");
    return decodeFrame(frame);
  } catch (error) {
    if (error instanceof ZstdError) throw new FormatError(`zstd: ${error.message}`);
    throw error;
  }
}

/** What the header of a section and its entry in the table both say. */
class Section {
  constructor(shared, nameBytes, offset, limit) {
    const fields = new Fields(shared, "section");
    this.shared = shared;
    this.kind = ascii(fields.bytes(4));
    this.codec = fields.u8();
    const alignment = fields.u8();
    const nameLength = fields.u16();
    this.blockSize = fields.u32();
    const [stored, decoded] = [fields.count(), fields.count()];
    this.checksum = fields.u32();
    require(/^[A-Za-z]{4}$/.test(this.kind), "section.kind");
    require(this.codec <= 1, "section.codec");
    require(alignment >= 6 && alignment <= 14, "section.alignment");
    require(nameLength === nameBytes.length, "section.nameByteCount");
    require(this.blockSize >= 1 && this.blockSize <= 1 << 23, "section.blockByteCount");
    require(this.codec === 1 || stored === decoded, "section.storedByteCount");
    // Each block takes eight bytes of the file at least, so that all numbers below are exact.
    require(stored < BigInt(limit) && decoded / BigInt(this.blockSize) < BigInt(limit),
      "section.storedByteCount");
    this.name = checkedName(nameBytes);
    [this.nameBytes, this.offset] = [nameBytes, offset];
    [this.stored, this.decoded] = [Number(stored), Number(decoded)];
    this.payload = aligned(offset + 64 + nameLength, 2 ** alignment);
    this.blockCount = Math.ceil(this.decoded / this.blockSize);
    this.tableEnd = this.payload + this.stored + 8 * this.blockCount;
    this.end = aligned(this.tableEnd);
    require(this.end <= limit, "section.storedByteCount");
  }

  /** The decoded payload, everything about the section checked. */
  content(file, digest) {
    const head = new Uint8Array(this.payload - this.offset);
    const view = new DataView(head.buffer);
    head.set(letters("SECT"));
    head.set(this.shared, 4);
    view.setUint32(36, crc32c(this.nameBytes), true);
    view.setUint32(60, crc32c(head.subarray(0, 60)), true);
    head.set(this.nameBytes, 64);
    require(isEqual(file.subarray(this.offset, this.payload), head), "section.header");
    const tableBytes = file.subarray(this.tableEnd - 8 * this.blockCount, this.tableEnd);
    require(crc32c(tableBytes) === this.checksum, "blockTable.checksum");
    require(isZero(file.subarray(this.tableEnd, this.end)), "section.padding");
    const table = new Fields(tableBytes, "blockTable");
    const content = [];
    let place = this.payload;
    for (let block = 0; block < this.blockCount; block++) {
      const [stored, checksum] = [table.u32(), table.u32()];
      const length = Math.min(this.blockSize, this.decoded - block * this.blockSize);
      require(stored > 0 && (this.codec === 1 || stored === length)
        && stored <= this.payload + this.stored - place, "blockTable.storedByteCount");
      const bytes = file.subarray(place, place += stored);
      require(crc32c(bytes) === checksum, "section.payload: its checksum");
      content.push(this.codec === 1 ? frameContent(bytes, length) : bytes);
    }
    require(place === this.payload + this.stored, "blockTable.storedByteCount");
    const all = content.length === 1 ? content[0] : joined(content);
    require(isEqual(sha256(all), digest), "table.digest");
    return all;
  }
}

/** Bytes that are not the trailer of the table in front of them. */
class NotATrailer extends FormatError {}

class Trailer {
  constructor(file, offset) {
    if (offset < 64 || offset + 64 > file.length) throw new NotATrailer("trailer.magic");
    const bytes = file.subarray(offset, offset + 64);
    const fields = new Fields(bytes, "trailer");
    const magic = ascii(fields.bytes(8));
    const [table, size] = [fields.u64(), fields.u64()];
    const isPlaced = magic === "GBTEND\r\n" && hasChecksum(bytes) && size <= 1n << 26n && table >= 64n
      && table % 64n === 0n && table <= BigInt(offset) && aligned(Number(table + size)) === offset;
    if (!isPlaced) throw new NotATrailer("trailer: not of the table in front of it");
    this.checksum = fields.u32();
    fields.zeros(4);
    const previous = fields.count();
    version(fields);
    fields.zeros(12);
    require(previous === 0n || previous > 64n && previous % 64n === 0n && previous <= table - 64n,
      "trailer.previousOffset");
    [this.offset, this.end, this.table] = [offset, offset + 64, Number(table)];
    [this.size, this.previous] = [Number(size), Number(previous)];
  }

  readTable(file) {
    const bytes = file.subarray(this.table, this.table + this.size);
    require(crc32c(bytes) === this.checksum, "trailer.tableChecksum");
    require(isZero(file.subarray(this.table + this.size, this.offset)), "table.padding");
    const fields = new Fields(bytes, "table");
    require(ascii(fields.bytes(4)) === "TABL", "table.magic");
    const count = fields.u32();
    require(fields.u64() === BigInt(this.size), "table.byteCount");
    require(80 * count <= this.size, "table.sectionCount");
    const identities = new Set();
    let end = 64;
    this.entries = [];
    for (let i = 0; i < count; i++) {
      const shared = fields.bytes(32);
      const offset = fields.count();
      fields.zeros(8);
      const digest = fields.bytes(32);
      const name = fields.bytes(shared[6] | shared[7] << 8);
      require(offset >= BigInt(end) && offset < BigInt(this.table) && offset % 64n === 0n, "table.offset");
      const section = new Section(shared, name, Number(offset), this.table);
      identities.add(`${section.kind} ${section.name}`);
      this.entries.push({ section, digest, said: bytes.subarray(fields.offset - 80 - name.length, fields.offset) });
      end = section.end;
    }
    fields.finish();
    require(identities.size === count, "table.name: twice");
    return this;
  }
}

/** The last trailer that counts, without its table; Container.md, "Generations". */
function lastTrailer(file) {
  try {
    return new Trailer(file, file.length - 64);
  } catch (error) {
    if (!(error instanceof NotATrailer)) throw error;
  }
  let [offset, last] = [64, null];
  while (offset + 64 <= file.length) {
    const head = new Fields(file.subarray(offset, offset + 64), "record");
    const magic = ascii(head.bytes(4));
    if (magic === "SECT") {
      try {
        require(hasChecksum(head.all), "section.checksum");
        const nameLength = head.all[10] | head.all[11] << 8;
        const name = file.subarray(offset + 64, offset + 64 + nameLength);
        head.offset = 36;
        require(head.u32() === crc32c(name), "section.nameChecksum");
        head.zeros(20);
        offset = new Section(head.all.subarray(4, 36), name, offset, file.length).end;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        break;
      }
    } else if (magic === "TABL") {
      const [count, size] = [head.u32(), head.u64()];
      const place = size <= 1n << 26n ? aligned(offset + Number(size)) : Infinity;
      if (size < 16n + 80n * BigInt(count) || place + 64 > file.length
        || isZero(file.subarray(place, place + 64))) break;
      last = new Trailer(file, place);
      require(last.table === offset, "trailer.tableOffset: of another table");
      offset = last.end;
    } else {
      break;
    }
  }
  require(last !== null, "trailer.magic: no trailer at the end");
  const rest = ascii(file.subarray(last.end, last.end + 4));
  require("SECT".startsWith(rest) || "TABL".startsWith(rest), "trailer.magic: something follows");
  return last;
}

/** All sections of the last generation with what they hold; those of earlier ones are verified too. */
export function readContainer(file) {
  require(file.length >= 128 && ascii(file.subarray(0, 8)) === "\x97GBT\r\n\x1a\n", "header.magic");
  const header = new Fields(file.subarray(8, 60), "header");
  version(header);
  const profile = header.u32();
  header.zeros(40);
  require(hasChecksum(file.subarray(0, 64)), "header.checksum");
  require(profile >= 1 && profile <= 5, "header.profile");
  const last = lastTrailer(file).readTable(file);
  const [generations, sections, extents] = [[], new Map(), []];
  for (let one = last; one; one = one.previous ? new Trailer(file, one.previous).readTable(file) : null) {
    generations.push(one);
    extents.push([one.table, one.end]);
    for (const { section, digest, said } of one.entries) {
      const known = sections.get(section.offset);
      require(!known || isEqual(known.said, said), "table.offset: generations disagree");
      if (known) continue;
      sections.set(section.offset, { section, digest, said });
      extents.push([section.offset, section.end]);
    }
  }
  let end = 64;
  for (const [first, next] of extents.sort((a, b) => a[0] - b[0])) {
    require(first === end, "table.offset: a hole, or an overlap");
    end = next;
  }
  const contents = new Map();
  for (const { section, digest } of sections.values()) {
    contents.set(section.offset, section.content(file, digest));
  }
  const parts = [letters("gobbet content 1\n")];
  for (const { section, digest } of last.entries) {
    if (section.kind === "sign") continue;
    const head = new DataView(new ArrayBuffer(8));
    head.setUint32(0, section.nameBytes.length, true);
    const count = new DataView(new ArrayBuffer(8));
    count.setBigUint64(0, BigInt(section.decoded), true);
    parts.push(letters(section.kind), new Uint8Array(head.buffer, 0, 4), section.nameBytes,
      new Uint8Array(count.buffer), digest);
  }
  return {
    profile, generationCount: generations.length, unfinishedByteCount: file.length - last.end,
    contentID: sha256(joined(parts)),
    sections: last.entries.map(({ section, digest }) => (
      { kind: section.kind, name: section.name, codec: section.codec, byteCount: section.decoded,
        digest: hex(digest), content: contents.get(section.offset) })),
  };
}
