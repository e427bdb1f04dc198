// Fields of records, and the checks that all pages of Spec/ ask for.

export class FormatError extends Error {}

export function require(condition, cause) {
  if (!condition) throw new FormatError(cause);
}

/** Bytes as a string with one letter for each, so that they can be compared and be keys; and back. */
export const letters = (bytes) => bytes.reduce((text, byte) => text + String.fromCharCode(byte), "");
export const bytesOf = (letters) => Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
export const hex = (bytes) => bytes.reduce((text, byte) => text + (256 + byte).toString(16).slice(1), "");
export const isEqual = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
export const isZero = (bytes) => bytes.every((byte) => byte === 0);
export const aligned = (offset, alignment = 64) => Math.ceil(offset / alignment) * alignment;
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export function joined(parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((end, part) => (all.set(part, end), end + part.length), 0);
  return all;
}

/** Numbers as bytes, four of each, the lowest first. */
export function u32(numbers) {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, i) => view.setUint32(4 * i, number, true));
  return new Uint8Array(view.buffer);
}

export function text(bytes, field) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError(`${field}: not UTF-8`);
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  for (let i = 0; i < 8; i++) index = index >>> 1 ^ (index & 1 ? 0x82f63b78 : 0);
  return index;
});

export function crc32c(bytes) {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ crc >>> 8;
  return ~crc >>> 0;
}

const recordFields = new Map();

/** Fields from the front of some bytes. */
export class Fields {
  constructor(bytes, name) {
    [this.all, this.name, this.offset] = [bytes, name, 0];
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  bytes(count) {
    require(count <= this.all.length - this.offset, `${this.name}: ends early`);
    this.offset += Number(count);
    return this.all.subarray(this.offset - Number(count), this.offset);
  }
  /** A number of 1, 2, 4 or, as a BigInt, 8 bytes that is from `least` to `most`. */
  number(size, least = 0, most = size === 8 ? 2n ** 63n - 1n : 2 ** 32) {
    this.bytes(size);
    const value = this.view[size === 8 ? "getBigUint64" : `getUint${8 * size}`](this.offset - size, true);
    require(least <= value && value <= most, `${this.name}: ${value} is out of range`);
    return value;
  }
  /** A number (4) and as many bytes. */
  string(least = 0) { return this.bytes(this.number(4, least)); }
  rest() { return this.bytes(this.all.length - this.offset); }
  /** What `next` gives as often as a number of `size` bytes says. */
  list(size, next) {
    // Each takes a byte at least.
    return Array.from({ length: this.number(size, 0, this.all.length) }, next);
  }
  /** The fields of a record, in words of name and size: numbers, with their bounds in brackets, b bytes, z zeros,
   * s a string of at least so many bytes. */
  record(words) {
    const pattern = /(\w+):([bzs]?)(\d+)(?:\[(\d+)-(\d+)\])?/g;
    if (!recordFields.has(words)) recordFields.set(words, [...words.matchAll(pattern)]);
    const found = {};
    for (const [, name, kind, size, least, most] of recordFields.get(words)) {
      if (!kind) found[name] = this.number(Number(size), least && Number(least), most && Number(most));
      else found[name] = kind === "s" ? this.string(size) : this.bytes(size);
      require(kind !== "z" || isZero(found[name]), `${this.name}.${name}: not zero`);
    }
    return found;
  }
  /** A number in groups of seven bits, below 2 to the power `bits`. */
  groups(bits = 63n) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.number(1);
      value |= BigInt(byte & 127) << shift;
      require(value < 1n << bits && shift < 70n, `${this.name}: a number that is out of range`);
      if (byte >= 128) continue;
      require(byte > 0 || shift === 0n, `${this.name}: not the shortest form`);
      return value;
    }
  }
  finish() { require(this.offset === this.all.length, `${this.name}: ends late`); }
}
