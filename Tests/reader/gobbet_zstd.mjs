// Decodes one zstd frame, written from RFC 8878: neither browsers nor node before 22.15 can.
import { FormatError } from "./gobbet_fields.mjs";

function require(condition, cause) {
  if (!condition) throw new FormatError(`zstd: ${cause}`);
}

/** What the header of a frame says, and how long it is. */
function frameHeader(bytes) {
  require(bytes.length >= 6 && bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f
    && bytes[3] === 0xfd, "not a frame");
  const flags = bytes[4];
  require(!(flags & 8), "a reserved bit");
  let offset = 5;
  const number = (size) => {
    require(offset + size <= bytes.length, "a header that is cut");
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = value << 8n | BigInt(bytes[offset + i]);
    offset += size;
    return value;
  };
  const single = flags >> 5 & 1;
  const window = single ? 0 : Number(number(1));
  const dictionary = number([0, 1, 2, 4][flags & 3]);
  const sizes = [single, 2, 4, 8][flags >> 6];
  const size = sizes ? number(sizes) + (sizes === 2 ? 256n : 0n) : null;
  const windowSize = single ? size : (8n + BigInt(window & 7)) << BigInt(7 + (window >> 3));
  return { size, windowSize, dictionary, hasChecksum: flags >> 2 & 1, end: offset };
}

/** Bits from the end of some bytes towards their start; behind the start they are zero. */
class BackwardBits {
  constructor(bytes) {
    const last = bytes[bytes.length - 1];
    require(last > 0, "a stream without an end");
    this.bytes = bytes;
    this.left = 8 * bytes.length - Math.clz32(last) + 23;
  }
  read(count) {
    const value = this.peek(count);
    this.left -= count;
    return value;
  }
  peek(count) {
    if (count === 0) return 0;
    const from = this.left - count;
    if (from < 0) return this.left > 0 ? this.bits(0, this.left) * 2 ** -from : 0;
    return this.bits(from, count);
  }
  bits(from, count) {
    let value = 0;
    for (let i = Math.min(this.bytes.length - 1, from + count - 1 >> 3); i >= from >> 3; i--) {
      value = value * 256 + this.bytes[i];
    }
    return Math.floor(value / 2 ** (from & 7)) % 2 ** count;
  }
}

/** The table of states for these probabilities, whose sum is 2 to the power `log`. */
function stateTable(counts, log) {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  let high = size - 1;
  counts.forEach((count, symbol) => { if (count < 0) symbols[high--] = symbol; });
  let place = 0;
  counts.forEach((count, symbol) => {
    for (let i = 0; i < count; i++) {
      symbols[place] = symbol;
      do place = place + (size >> 1) + (size >> 3) + 3 & size - 1; while (place > high);
    }
  });
  require(place === 0, "a distribution");
  const next = counts.map((count) => Math.abs(count));
  const states = Array.from(symbols, (symbol) => {
    const state = next[symbol]++;
    const bits = log - (31 - Math.clz32(state));
    return { symbol, bits, base: (state << bits) - size };
  });
  return { log, states };
}

/** A table whose one symbol takes no bits. */
const constantTable = (symbol) => ({ log: 0, states: [{ symbol, bits: 0, base: 0 }] });

/** Reads a distribution from the front of `bytes`; returns its table and its length. */
function readTable(bytes, maximumLog, maximumSymbol) {
  let place = 0;
  const read = (count) => {
    let value = 0;
    for (let i = 0; i < count; i++, place++) value |= (bytes[place >> 3] >> (place & 7) & 1) << i;
    return value;
  };
  require(bytes.length > 0, "a distribution that is cut");
  const log = read(4) + 5;
  require(log <= maximumLog, "a distribution of too many bits");
  const counts = [];
  let left = 1 << log;
  while (left > 0) {
    require(counts.length <= maximumSymbol, "a distribution of too many symbols");
    const bits = 32 - Math.clz32(left + 1);
    let value = read(bits);
    const mask = (1 << bits - 1) - 1;
    const threshold = (1 << bits) - 1 - (left + 1);
    if ((value & mask) < threshold) {
      place--;
      value &= mask;
    } else if (value > mask) {
      value -= threshold;
    }
    const count = value - 1;
    left -= Math.abs(count);
    counts.push(count);
    if (count === 0) {
      let zeros;
      do {
        zeros = read(2);
        for (let i = 0; i < zeros; i++) counts.push(0);
        require(place <= 8 * bytes.length, "a distribution that is cut");
      } while (zeros === 3);
    }
  }
  require(left === 0 && counts.length <= maximumSymbol + 1 && place <= 8 * bytes.length,
    "a distribution");
  return { table: stateTable(counts, log), length: place + 7 >> 3 };
}

/** Reads the weights of a Huffman code; returns its table and their length. */
function readCode(bytes) {
  require(bytes.length > 0, "a code that is cut");
  const head = bytes[0];
  const weights = [];
  let length;
  if (head >= 128) {
    length = 1 + (head - 126 >> 1);
    require(length <= bytes.length, "a code that is cut");
    for (let i = 0; i < head - 127; i++) {
      weights.push(i & 1 ? bytes[1 + (i >> 1)] & 15 : bytes[1 + (i >> 1)] >> 4);
    }
  } else {
    length = 1 + head;
    require(head > 0 && length <= bytes.length, "a code that is cut");
    const { table, length: start } = readTable(bytes.subarray(1, length), 6, 255);
    require(1 + start < length, "a code that is cut");
    const stream = new BackwardBits(bytes.subarray(1 + start, length));
    const states = [stream.read(table.log), stream.read(table.log)];
    require(stream.left >= 0, "a code that is cut");
    for (let i = 0; ; i ^= 1) {
      const { symbol, bits, base } = table.states[states[i]];
      weights.push(symbol);
      require(weights.length < 255, "a code of too many symbols");
      states[i] = base + stream.read(bits);
      if (stream.left < 0) {
        weights.push(table.states[states[i ^ 1]].symbol);
        break;
      }
    }
  }
  require(weights.every((weight) => weight <= 12) && weights.length < 256, "a code");
  const sum = weights.reduce((sum, weight) => sum + (weight ? 2 ** (weight - 1) : 0), 0);
  require(sum > 0, "a code without symbols");
  const log = 32 - Math.clz32(sum);
  const rest = 2 ** log - sum;
  require(log <= 11 && Number.isInteger(Math.log2(rest)), "a code");
  weights.push(Math.log2(rest) + 1);
  const ones = weights.filter((weight) => weight === 1).length;
  require(ones >= 2 && ones % 2 === 0, "a code");
  const symbols = new Uint8Array(1 << log);
  const lengths = new Uint8Array(1 << log);
  let place = 0;
  for (let weight = 1; weight <= log; weight++) {
    weights.forEach((other, symbol) => {
      if (other !== weight) return;
      const end = place + (1 << weight - 1);
      symbols.fill(symbol, place, end);
      lengths.fill(log + 1 - weight, place, end);
      place = end;
    });
  }
  return { code: { log, symbols, lengths }, length };
}

function decodeStream(bytes, code, output) {
  require(bytes.length > 0, "a stream that is empty");
  const stream = new BackwardBits(bytes);
  for (let i = 0; i < output.length; i++) {
    const place = stream.peek(code.log);
    output[i] = code.symbols[place];
    stream.left -= code.lengths[place];
    require(stream.left >= 0, "a stream that is cut");
  }
  require(stream.left === 0, "a stream that goes on");
}

const lengths = (bases, bits) => bases.map((base, i) => ({ base, bits: bits[i] }));
const range = (count, start) => Array.from({ length: count }, (_, i) => i + start);
const zeros = (count) => new Array(count).fill(0);
const LITERALS = lengths(
  [...range(16, 0), 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192,
    16384, 32768, 65536],
  [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MATCHES = lengths(
  [...range(32, 3), 35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099,
    8195, 16387, 32771, 65539],
  [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
// Literal lengths, offsets, match lengths: bits and symbols at most, and the table of mode 0.
const KINDS = [
  { log: 9, last: 35, usual: stateTable([4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1], 6) },
  { log: 8, last: 31, usual: stateTable([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, -1, -1, -1, -1, -1], 5) },
  { log: 9, last: 52, usual: stateTable([1, 4, 3, 2, 2, 2, 2, 2, 2, ...new Array(37).fill(1), -1, -1,
    -1, -1, -1, -1, -1], 6) },
];

/** The blocks of one frame. */
class Decoder {
  constructor(size) {
    this.output = new Uint8Array(size);
    this.end = 0;
    this.code = null;
    this.tables = [null, null, null];
    this.offsets = [1, 4, 8];
  }
  put(bytes) {
    require(bytes.length <= this.output.length - this.end, "content that is too long");
    this.output.set(bytes, this.end);
    this.end += bytes.length;
  }
  block(bytes, limit) {
    require(bytes.length >= 2, "a block that is cut");
    const [literals, start] = this.literals(bytes, limit);
    this.sequences(bytes.subarray(start), literals);
  }
  literals(bytes, limit) {
    const kind = bytes[0] & 3;
    const format = bytes[0] >> 2 & 3;
    const head = kind < 2 ? [1, 2, 1, 3][format] : [3, 3, 4, 5][format];
    require(head <= bytes.length, "literals that are cut");
    let value = 0;
    for (let i = head - 1; i >= 0; i--) value = value * 256 + bytes[i];
    if (kind < 2) {
      const size = Math.floor(value / (format & 1 ? 16 : 8));
      require(size <= limit, "too many literals");
      if (kind === 1) {
        require(head < bytes.length, "literals that are cut");
        return [new Uint8Array(size).fill(bytes[head]), head + 1];
      }
      require(head + size <= bytes.length, "literals that are cut");
      return [bytes.subarray(head, head + size), head + size];
    }
    const bits = [10, 10, 14, 18][format];
    const size = Math.floor(value / 16) % 2 ** bits;
    const end = head + Math.floor(value / 2 ** (4 + bits)) % 2 ** bits;
    require(size <= limit && end <= bytes.length, "literals that are cut");
    let start = head;
    if (kind === 2) {
      const { code, length } = readCode(bytes.subarray(head, end));
      this.code = code;
      start += length;
    }
    require(this.code !== null && size > 0, "literals without a code");
    const literals = new Uint8Array(size);
    if (format === 0) {
      decodeStream(bytes.subarray(start, end), this.code, literals);
      return [literals, end];
    }
    require(size >= 6 && end - start >= 10, "literals that are cut");
    const part = size + 3 >> 2;
    let place = start + 6;
    for (let i = 0; i < 4; i++) {
      const length = i < 3 ? bytes[start + 2 * i] | bytes[start + 2 * i + 1] << 8 : end - place;
      require(length > 0 && place + length <= end && part * i <= size, "literals that are cut");
      decodeStream(
        bytes.subarray(place, place + length), this.code, literals.subarray(part * i, part * (i + 1)));
      place += length;
    }
    return [literals, end];
  }
  sequences(bytes, literals) {
    require(bytes.length > 0, "sequences that are cut");
    let place = bytes[0] < 128 ? 1 : bytes[0] < 255 ? 2 : 3;
    require(place <= bytes.length, "sequences that are cut");
    const count = place === 1 ? bytes[0] : place === 2 ? (bytes[0] - 128 << 8) + bytes[1]
      : bytes[1] + (bytes[2] << 8) + 0x7f00;
    if (count === 0) {
      require(place === bytes.length, "bytes behind the sequences");
      return this.put(literals);
    }
    require(place < bytes.length && !(bytes[place] & 3), "modes of sequences");
    const modes = bytes[place++];
    KINDS.forEach(({ log, last, usual }, i) => {
      const mode = modes >> 6 - 2 * i & 3;
      if (mode === 0) this.tables[i] = usual;
      if (mode === 1) {
        require(place < bytes.length && bytes[place] <= last, "a symbol of sequences");
        this.tables[i] = constantTable(bytes[place++]);
      }
      if (mode === 2) {
        const { table, length } = readTable(bytes.subarray(place), log, last);
        this.tables[i] = table;
        place += length;
      }
      require(this.tables[i] !== null, "sequences without a table");
    });
    require(place < bytes.length, "sequences that are cut");
    const stream = new BackwardBits(bytes.subarray(place));
    const states = this.tables.map((table) => stream.read(table.log));
    let used = 0;
    for (let i = 0; i < count; i++) {
      const [literal, offset, match] = this.tables.map((table, k) => table.states[states[k]]);
      const value = 2 ** offset.symbol + stream.read(offset.symbol);
      const { base, bits } = MATCHES[match.symbol];
      const matchLength = base + stream.read(bits);
      const length = LITERALS[literal.symbol].base + stream.read(LITERALS[literal.symbol].bits);
      if (i < count - 1) {
        for (const k of [0, 2, 1]) {
          const state = [literal, offset, match][k];
          states[k] = state.base + stream.read(state.bits);
        }
      }
      require(stream.left >= 0 && used + length <= literals.length, "sequences that are cut");
      this.put(literals.subarray(used, used + length));
      used += length;
      this.match(this.offset(value, length === 0), matchLength);
    }
    require(stream.left === 0, "bits behind the sequences");
    this.put(literals.subarray(used));
  }
  offset(value, withoutLiterals) {
    const recent = this.offsets;
    if (value > 3) {
      this.offsets = [value - 3, recent[0], recent[1]];
    } else {
      const index = value - 1 + (withoutLiterals ? 1 : 0);
      const offset = index < 3 ? recent[index] : recent[0] - 1;
      if (index === 1) this.offsets = [offset, recent[0], recent[2]];
      if (index > 1) this.offsets = [offset, recent[0], recent[1]];
    }
    return this.offsets[0];
  }
  match(offset, length) {
    require(offset > 0 && offset <= this.end, "a match in front of the content");
    require(length <= this.output.length - this.end, "content that is too long");
    for (let i = 0; i < length; i++, this.end++) this.output[this.end] = this.output[this.end - offset];
  }
}

/** The content of a frame that Container.md allows, of `length` bytes. */
export function frameContent(frame, length) {
  const { size, windowSize, dictionary } = frameHeader(frame);
  require(size === BigInt(length), "a frame of another size");
  require(windowSize <= 1n << 23n, "too large a window");
  require(dictionary === 0n, "a dictionary");
  return decodeFrame(frame);
}

/** The content of a frame that fills `bytes`, with its checksum checked where it has one. */
function decodeFrame(bytes) {
  const header = frameHeader(bytes);
  require(header.size !== null && header.size <= 1n << 31n, "a frame without its size");
  const limit = Math.min(1 << 17, Number(header.windowSize));
  const decoder = new Decoder(Number(header.size));
  let place = header.end;
  let isLast = false;
  while (!isLast) {
    require(place + 3 <= bytes.length, "a block that is cut");
    const head = bytes[place] | bytes[place + 1] << 8 | bytes[place + 2] << 16;
    const kind = head >> 1 & 3;
    const size = head >> 3;
    isLast = (head & 1) === 1;
    place += 3;
    const length = kind === 1 ? 1 : size;
    require(kind < 3 && length <= limit && place + length <= bytes.length, "a block that is cut");
    const block = bytes.subarray(place, place + length);
    if (kind === 0) decoder.put(block);
    if (kind === 1) {
      require(size <= decoder.output.length - decoder.end, "content that is too long");
      decoder.put(new Uint8Array(size).fill(block[0]));
    }
    if (kind === 2) decoder.block(block, limit);
    place += length;
  }
  require(decoder.end === decoder.output.length, "content that is too short");
  if (header.hasChecksum) {
    require(place + 4 <= bytes.length, "a checksum that is cut");
    const stored = new DataView(bytes.buffer, bytes.byteOffset + place).getUint32(0, true);
    require(stored === Number(xxh64(decoder.output) & 0xffffffffn), "another checksum");
    place += 4;
  }
  require(place === bytes.length, "bytes behind the frame");
  return decoder.output;
}

const MASK = (1n << 64n) - 1n;
const PRIMES = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n];
const turned = (value, bits) => (value << bits | value >> 64n - bits) & MASK;
const round = (sum, lane) => turned(sum + lane * PRIMES[1] & MASK, 31n) * PRIMES[0] & MASK;

/** XXH64 of some bytes, with seed 0. */
function xxh64(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let place = 0;
  let hash;
  if (bytes.length >= 32) {
    let sums = [PRIMES[0] + PRIMES[1] & MASK, PRIMES[1], 0n, -PRIMES[0] & MASK];
    for (; place + 32 <= bytes.length; place += 32) {
      sums = sums.map((sum, i) => round(sum, view.getBigUint64(place + 8 * i, true)));
    }
    hash = turned(sums[0], 1n) + turned(sums[1], 7n) + turned(sums[2], 12n) + turned(sums[3], 18n) & MASK;
    for (const sum of sums) hash = (hash ^ round(0n, sum)) * PRIMES[0] + PRIMES[3] & MASK;
  } else {
    hash = PRIMES[4];
  }
  hash = hash + BigInt(bytes.length) & MASK;
  for (; place + 8 <= bytes.length; place += 8) {
    hash = turned(hash ^ round(0n, view.getBigUint64(place, true)), 27n) * PRIMES[0] + PRIMES[3] & MASK;
  }
  if (place + 4 <= bytes.length) {
    hash = turned(hash ^ BigInt(view.getUint32(place, true)) * PRIMES[0] & MASK, 23n);
    hash = hash * PRIMES[1] + PRIMES[2] & MASK;
    place += 4;
  }
  for (; place < bytes.length; place++) {
    hash = turned(hash ^ BigInt(bytes[place]) * PRIMES[4] & MASK, 11n) * PRIMES[0] & MASK;
  }
  hash = (hash ^ hash >> 33n) * PRIMES[1] & MASK;
  hash = (hash ^ hash >> 29n) * PRIMES[2] & MASK;
  return hash ^ hash >> 32n;
}
