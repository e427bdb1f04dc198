// Bytes, the fields of records as Spec/records.json describes them, and JSON. Bytes that are keys
// or are compared, digests too, are strings of hexadecimal digits.
import table from "../../Spec/records.json" with { type: "json" };

export { table };

export class FormatError extends Error {}

/** Refuses a file; `cause` names the rules of Spec/Rules.md that it breaks, or the field. */
export function require(condition, cause) {
  if (!condition) throw new FormatError(cause);
}

/** What `body` returns; where it throws an error of that kind, undefined, or one of that cause. */
export function attempt(body, kind = FormatError, cause = undefined) {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
    require(!cause, cause);
  }
}

const digitsOf = Array.from({ length: 256 }, (_, byte) => (256 + byte).toString(16).slice(1));
export const hex = (bytes) => bytes.reduce((digits, byte) => digits + digitsOf[byte], "");
export const unhex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
export const ascii = (text) => new TextEncoder().encode(text);
/** Numbers as bytes, four of each, the lowest first, as they lie on all platforms of JavaScript. */
export const u32 = (numbers) => new Uint8Array(Uint32Array.from(numbers).buffer);
export const isZero = (bytes) => bytes.every((byte) => byte === 0);
const isRising = (values) => values.every((value, i) => i === 0 || values[i - 1] < value);
export const isUnique = (values) => new Set(values).size === values.length;
export const sum = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
export const sha256 = async (bytes) =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

export function joined(parts) {
  const all = new Uint8Array(sum(parts.map((part) => part.length)));
  parts.reduce((end, part) => (all.set(part, end), end + part.length), 0);
  return all;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const text = (bytes) => attempt(() => utf8.decode(bytes), TypeError, "text: not UTF-8");

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  for (let i = 0; i < 8; i++) index = index >>> 1 ^ (index & 1 ? 0x82f63b78 : 0);
  return index;
});

export const crc32c = (bytes) =>
  ~bytes.reduce((crc, byte) => CRC_TABLE[(crc ^ byte) & 255] ^ crc >>> 8, -1) >>> 0;

/** The regular expressions that texts of a form match. */
const forms = new Map(Object.entries(table.forms).map(([id, form]) => [id, new RegExp(form, "u")]));

/** What decides about the order of elements: a number, or digits of bytes. */
const orderOf = (value) => value instanceof Uint8Array ? hex(value) : value;

/** Fields from the front of some bytes, or from an offset on. */
export class Fields {
  constructor(bytes, name, offset = 0) { Object.assign(this, { all: bytes, name, offset }); }
  get left() { return this.all.length - this.offset; }
  /** So many bytes, of that checksum if there is one. */
  bytes(count, checksum) {
    require(count <= this.left, `${this.name}: ends early`);
    this.offset += Number(count);
    const bytes = this.all.subarray(this.offset - Number(count), this.offset);
    require(checksum === undefined || crc32c(bytes) === checksum, `${this.name}: its checksum`);
    return bytes;
  }
  /** The room up to the next multiple of 2 to the power `exponent`. */
  padding(exponent = 6) { return this.bytes(-this.offset & 2 ** exponent - 1); }
  /** Returns `found`, if that is all. */
  finish(found) {
    require(this.left === 0, `${this.name}: ends late`);
    return found;
  }
  /** The number of these digits, the lowest first; a BigInt if it has more than 53 bits. */
  exact(digits, base, bits) {
    const value = digits.reduceRight((value, digit) => value * base + BigInt(digit) % base, 0n);
    require(value < 2n ** BigInt(bits), `${this.name}: a number that is out of range`);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
  number(size, bits = 63) { return this.exact([...this.bytes(size)], 256n, bits); }
  /** A number in groups of seven bits, of which all but the last have the eighth set. */
  groups(bits) {
    const end = this.all.subarray(this.offset, this.offset + 10).findIndex((byte) => byte < 128);
    const groups = this.bytes(end < 0 ? Infinity : end + 1);
    require(end === 0 || groups[end] > 0, `${this.name}: not the shortest form`);
    return this.exact([...groups], 128n, bits);
  }
  /** A size, which may be that of an earlier field or stand in front of the field. */
  size(of, found) {
    if (of === "rest") return this.left;
    const [dividend, divisor] = of.quotient?.map((part) => this.size(part, found)) ?? [];
    if (divisor) return Math.ceil(dividend / divisor);
    return Number(typeof of === "object" ? this.value(of, found) : found[of] ?? of);
  }
  /** Elements, of which each takes a byte at least. */
  list({ list: element, count, fewer = 0 }, found) {
    const length = this.size(count, found) - fewer;
    require(length <= this.left, `${this.name}: ends early`);
    return Array.from({ length: Math.max(0, length) }, () => this.value(element, found));
  }
  /** The value of a field; `found` has those before it in its record, which began at `start`. */
  value(field, found, start) {
    if ("in" in field) return whole(found[field.in], field.record);
    if ("record" in field) return this.record(field.record, found);
    const choices = table.codes[field.choice];
    if (choices) return this.record((choices[found[field.by]] ?? choices.other).fields, found);
    const value = "number" in field ? this.number(field.number, field.bits)
      : "groups" in field ? this.groups(field.groups)
      : "bytes" in field ? this.bytes(this.size(field.bytes, found), found[field.checksum])
      : "align" in field ? this.padding(this.size(field.align, found))
      : "list" in field ? this.list(field, found)
      : found[field.cut].map((count, i) => this.bytes(count, found[field.checksums]?.[i]));
    const { least = 0, most = Infinity, below, multiple = 1, is, form, codes, holds, sums } = field;
    const [amount, bound] = [value.length ?? value, (limit) => found[limit] ?? limit];
    const isRight = bound(least) <= amount && [most].flat().every((one) => amount <= bound(one))
      && !(bound(below) <= amount) && (multiple === 1 || Number(amount) % multiple === 0)
      && (!is || hex(value) === is) && (!codes || value in table.codes[codes])
      && (!form || forms.get(form).test(text(value)))
      && (!holds || holds.some((name) => attempt(() => whole(value, name))))
      && (!field.rising || isRising(value.map((one) => orderOf(one[field.rising] ?? one))))
      && (!sums || value === crc32c(this.all.subarray(start, this.offset - 4)));
    require(isRight, `${this.name}.${field.name}`);
    return value;
  }
  /** The fields of a record by name; those of an outer one may be sizes and bounds in it. */
  record(record, outer = null) {
    const [found, start] = [Object.create(outer), this.offset];
    for (const field of table.records[record] ?? record) {
      if (field.if && !(found[field.if.field] & field.if.bit)) continue;
      const value = this.value(field, found, start);
      Object.assign(found, field.name ? { [field.name]: value } : value);
    }
    return found;
  }
}

/** The fields of a record that takes all of these bytes. */
export function whole(bytes, record, outer) {
  const fields = new Fields(bytes, record);
  return fields.finish(fields.record(record, outer));
}

/** A value of a JSON text in which names have a number in front; objects become Maps. */
function plain(value, depth) {
  require(typeof value !== "string" || value.isWellFormed(), "JSON: half a surrogate pair");
  if (typeof value !== "object" || value === null) return value;
  require(depth > 0, "JSON: nested too deep");
  if (Array.isArray(value)) return value.map((element) => plain(element, depth - 1));
  const members = new Map(Object.entries(value).map(([name, member]) =>
    [plain(name.slice(name.indexOf(" ") + 1)), plain(member, depth - 1)]));
  require(members.size === Object.keys(value).length, "JSON: a member that comes twice");
  return members;
}

/** The value of a JSON text nested at most `depth` deep, its objects as Maps in their order. */
export function readJSON(bytes, depth) {
  let count = 0;
  // JSON.parse sorts names that are numbers, and keeps the last of several. Where no quote is
  // escaped any more, each begins or ends a string, and a string in front of a colon is a name.
  const source = text(bytes).replace(/\\./gs, (escape) => escape === "\\\"" ? "\\u0022" : escape)
    .replace(/"([^"]*)"(\s*:)?/g, (string, name, colon) =>
      colon ? `"${count++} ${name}"${colon}` : string);
  return plain(attempt(() => JSON.parse(source), SyntaxError, "JSON: malformed"), depth);
}
