// Bytes, fields of records and JSON, with the checks that all pages of Spec/ ask for. Bytes that
// are compared or are keys, digests too, are strings of hexadecimal digits.

export class FormatError extends Error {}

export function require(condition, cause) {
  if (!condition) throw new FormatError(cause);
}

/** What `body` returns; undefined if it throws an error of that kind. */
export function attempt(body, kind = FormatError) {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
  }
}

const digitsOf = Array.from({ length: 256 }, (_, byte) => (256 + byte).toString(16).slice(1));
const byteOf = new Map(digitsOf.map((digits, byte) => [digits, byte]));
export const hex = (bytes) => bytes.reduce((digits, byte) => digits + digitsOf[byte], "");
export const unhex = (digits) =>
  Uint8Array.from(digits.match(/../g) ?? [], (two) => byteOf.get(two));
export const ascii = (text) => new TextEncoder().encode(text);
/** Numbers as bytes, four of each, the lowest first, as they lie on all platforms of JavaScript. */
export const u32 = (numbers) => new Uint8Array(Uint32Array.from(numbers).buffer);
export const isZero = (bytes) => bytes.every((byte) => byte === 0);
export const isRising = (values) => values.every((value, i) => i === 0 || values[i - 1] < value);
export const isUnique = (values) => new Set(values).size === values.length;
export const sum = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
export const aligned = (offset, alignment = 64) => Math.ceil(offset / alignment) * alignment;
export const sha256 = async (bytes) =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

export function joined(parts) {
  const all = new Uint8Array(sum(parts.map((part) => part.length)));
  parts.reduce((end, part) => (all.set(part, end), end + part.length), 0);
  return all;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function text(bytes, field) {
  const found = attempt(() => utf8.decode(bytes), TypeError);
  require(found !== undefined, `${field}: not UTF-8`);
  return found;
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

/** How the fields of a record are read, by the letter before their size; false if one is wrong. */
const KINDS = {
  // A number, with its bounds if they follow; bytes; bytes as digits; at least so many in a string.
  "": (fields, size, least = 0, most) => fields.number(+size, +least, most && +most),
  b: (fields, size) => fields.bytes(+size),
  h: (fields, size) => hex(fields.bytes(+size)),
  s: (fields, least) => fields.string(+least),
  // Zeros; the bytes of these digits; the checksum of the record up to here.
  z: (fields, size) => isZero(fields.bytes(+size)),
  "=": (fields, digits) => hex(fields.bytes(digits.length / 2)) === digits,
  c: (fields, size) =>
    crc32c(fields.all.subarray(fields.start, fields.offset)) === fields.number(+size),
};
const WORD = /(\w+):([bhszc=]?)(\w+)(?:\[(\d+)-(\d+)\])?/g;
const parsedWords = new Map();

/** Fields from the front of some bytes, or from an offset on. */
export class Fields {
  constructor(bytes, name, offset = 0) {
    Object.assign(this, { all: bytes, name, offset });
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  bytes(count = this.all.length - this.offset) {
    require(count <= this.all.length - this.offset, `${this.name}: ends early`);
    this.offset += Number(count);
    return this.all.subarray(this.offset - Number(count), this.offset);
  }
  /** A number of 1, 2, 4 or, as a BigInt, 8 bytes that is from `least` to `most`. */
  number(size, least = 0, most = size === 8 ? 2n ** 63n - 1n : 2 ** 32) {
    this.bytes(size);
    const method = size === 8 ? "getBigUint64" : `getUint${8 * size}`;
    const value = this.view[method](this.offset - size, true);
    require(least <= value && value <= most, `${this.name}: ${value} is out of range`);
    return value;
  }
  /** A number in groups of seven bits, below 2 to the power `bits`. */
  groups(bits = 63n) {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = this.number(1);
      value |= BigInt(byte & 127) << shift;
      require(value < 1n << bits && shift < 70n, `${this.name}: a number that is out of range`);
      require(byte > 0 || shift === 0n, `${this.name}: not the shortest form`);
      if (byte < 128) return value;
    }
  }
  /** A number (4) and as many bytes. */
  string(least = 0) { return this.bytes(this.number(4, least)); }
  /** What `next` returns, as often as a number of `size` bytes says; each takes a byte at least. */
  list(size, next) { return Array.from({ length: this.number(size, 0, this.all.length) }, next); }
  /** The fields of a record by name, of which each has a word for KINDS. */
  record(words) {
    if (!parsedWords.has(words)) parsedWords.set(words, [...words.matchAll(WORD)]);
    const found = {};
    this.start = this.offset;
    for (const [, name, kind, ...rest] of parsedWords.get(words)) {
      found[name] = KINDS[kind](this, ...rest);
      require(found[name] !== false, `${this.name}.${name}`);
    }
    require(!(found.leastReader > found.minor), `${this.name}.leastReader`);
    return found;
  }
  /** The same of a record with nothing after it. */
  whole(words) {
    const found = this.record(words);
    this.finish();
    return found;
  }
  finish() { require(this.offset === this.all.length, `${this.name}: ends late`); }
  /** Steps to the next multiple of `alignment`; whether there are zeros up to it. */
  skip(alignment = 64) {
    return isZero(this.bytes(aligned(this.offset, alignment) - this.offset));
  }
}

// A string of a JSON text, once its escapes are covered: then every quote begins or ends one.
const STRING = /"[^"]*"/g;
const covered = (source) => source.replace(/\\./g, "__");
export const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value of a JSON text, in which no object has a member twice, nested at most `depth` deep. */
export function readJSON(bytes, depth) {
  const source = text(bytes, "JSON");
  const value = attempt(() => JSON.parse(source), SyntaxError);
  require(value !== undefined, "JSON: malformed");
  let memberCount = 0;
  const check = (value, depth) => {
    require(typeof value !== "string" || value.isWellFormed(), "JSON: half a surrogate pair");
    if (typeof value !== "object" || value === null) return;
    require(depth > 0, "JSON: nested too deep");
    for (const pair of Object.entries(value)) pair.forEach((part) => check(part, depth - 1));
    memberCount += isObject(value) ? Object.keys(value).length : 0;
  };
  check(value, depth);
  // JSON.parse keeps the last of several; each has a colon, which is in no string.
  const colons = covered(source).replace(STRING, "").match(/:/g) ?? [];
  require(memberCount === colons.length, "JSON: a member that comes twice");
  return value;
}

/** The names and values of a flat JSON object of strings, in the order of the text. */
export function readFlatJSON(bytes) {
  const value = readJSON(bytes, 1);
  const isFlat = isObject(value) && Object.values(value).every((one) => typeof one === "string");
  require(isFlat, "JSON: no flat object of strings");
  const source = text(bytes, "JSON");
  const strings = Array.from(covered(source).matchAll(STRING), ({ 0: { length }, index }) =>
    JSON.parse(source.slice(index, index + length)));
  return strings.flatMap((string, i) => i % 2 ? [] : [[string, strings[i + 1]]]);
}
