// CRC-32C, SHA-256, SHA-512 and Ed25519, as RFC 3720, FIPS 180-4 and RFC 8032 describe them: where a
// browser has these at all, they answer later, and a reader cannot wait.

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  for (let i = 0; i < 8; i++) index = index >>> 1 ^ (index & 1 ? 0x82f63b78 : 0);
  return index;
});

export function crc32c(bytes) {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ crc >>> 8;
  return ~crc >>> 0;
}

/** The first `count` prime numbers. */
const primes = (count) => {
  const found = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime)) found.push(n);
  return found;
};

/** The first 64 bits behind the point of a root of a number. */
function rootBits(number, degree) {
  const target = BigInt(number) << BigInt(64 * degree);
  let root = 0n;
  for (let bit = 1n << 67n; bit > 0n; bit >>= 1n) {
    if ((root | bit) ** BigInt(degree) <= target) root |= bit;
  }
  return root & (1n << 64n) - 1n;
}

const LONG_STEPS = primes(80).map((prime) => rootBits(prime, 3));
const LONG_START = primes(8).map((prime) => rootBits(prime, 2));
const STEPS = Int32Array.from(LONG_STEPS.slice(0, 64), (step) => Number(step >> 32n) | 0);
const START = Int32Array.from(LONG_START, (word) => Number(word >> 32n) | 0);

/** The bytes, a one bit, zeros, and their number in bits. */
function padded(bytes, block) {
  const all = new Uint8Array(Math.ceil((bytes.length + 1 + block / 8) / block) * block);
  all.set(bytes);
  all[bytes.length] = 128;
  const view = new DataView(all.buffer);
  view.setBigUint64(all.length - 8, 8n * BigInt(bytes.length));
  return view;
}

export function sha256(bytes) {
  const view = padded(bytes, 64);
  const state = START.slice();
  const words = new Int32Array(64);
  for (let block = 0; block < view.byteLength; block += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(block + 4 * i);
    for (let i = 16; i < 64; i++) {
      const x = words[i - 15];
      const y = words[i - 2];
      words[i] = words[i - 16] + words[i - 7]
        + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
        + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const first = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7))
        + (e & f ^ ~e & g) + STEPS[i] + words[i] | 0;
      const second = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10))
        + (a & b ^ a & c ^ b & c) | 0;
      h = g; g = f; f = e; e = d + first | 0;
      d = c; c = b; b = a; a = first + second | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] += word; });
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => digest.setInt32(4 * i, word));
  return new Uint8Array(digest.buffer);
}

const MASK = (1n << 64n) - 1n;
const turned = (word, bits) => (word >> bits | word << 64n - bits) & MASK;

export function sha512(bytes) {
  const view = padded(bytes, 128);
  const state = LONG_START.slice();
  for (let block = 0; block < view.byteLength; block += 128) {
    const words = Array.from({ length: 16 }, (_, i) => view.getBigUint64(block + 8 * i));
    for (let i = 16; i < 80; i++) {
      const [x, y] = [words[i - 15], words[i - 2]];
      words.push(words[i - 16] + words[i - 7] + (turned(x, 1n) ^ turned(x, 8n) ^ x >> 7n)
        + (turned(y, 19n) ^ turned(y, 61n) ^ y >> 6n) & MASK);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 80; i++) {
      const first = h + (turned(e, 14n) ^ turned(e, 18n) ^ turned(e, 41n))
        + (e & f ^ (e ^ MASK) & g) + LONG_STEPS[i] + words[i];
      const second = (turned(a, 28n) ^ turned(a, 34n) ^ turned(a, 39n)) + (a & b ^ a & c ^ b & c);
      [h, g, f, e, d, c, b, a] = [g, f, e, d + first & MASK, c, b, a, first + second & MASK];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] = state[i] + word & MASK; });
  }
  const digest = new DataView(new ArrayBuffer(64));
  state.forEach((word, i) => digest.setBigUint64(8 * i, word));
  return new Uint8Array(digest.buffer);
}

const P = (1n << 255n) - 19n;
const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
const mod = (value) => (value % P + P) % P;
const little = (bytes) => bytes.reduceRight((value, byte) => value << 8n | BigInt(byte), 0n);

function power(base, exponent) {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = result * base % P;
    base = base * base % P;
  }
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));

/** The point of 32 bytes; null if there is none. */
function point(bytes) {
  const number = little(bytes);
  const [sign, y] = [number >> 255n, number & (1n << 255n) - 1n];
  if (y >= P) return null;
  const square = mod((y * y - 1n) * power(D * y % P * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * power(2n, (P - 1n) / 4n));
  if (mod(x * x) !== square || x === 0n && sign) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

function sum(a, b) {
  const [low, high] = [mod((a[1] - a[0]) * (b[1] - b[0])), mod((a[1] + a[0]) * (b[1] + b[0]))];
  const [c, d] = [mod(2n * a[3] * b[3] * D), mod(2n * a[2] * b[2])];
  const [e, f, g, h] = [high - low, d - c, d + c, high + low];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function multiple(factor, a) {
  let result = [0n, 1n, 1n, 0n];
  for (; factor > 0n; factor >>= 1n) {
    if (factor & 1n) result = sum(result, a);
    a = sum(a, a);
  }
  return result;
}

/** Whether `signature` (64 bytes) is that of `message` by the public `key` (32 bytes). */
export function isValidSignature(key, signature, message) {
  const a = point(key);
  const s = little(signature.subarray(32));
  if (a === null || s >= ORDER) return false;
  const hashed = new Uint8Array([...signature.subarray(0, 32), ...key, ...message]);
  const k = little(sha512(hashed)) % ORDER;
  const base = [...point(Uint8Array.from({ length: 32 }, (_, i) => i ? 0x66 : 0x58))];
  const [x, y, z] = sum(multiple(s, base), multiple(k, [P - a[0], a[1], 1n, mod(-a[3])]));
  const inverse = power(z, P - 2n);
  const encoded = mod(y * inverse) | (mod(x * inverse) & 1n) << 255n;
  return encoded === little(signature.subarray(0, 32));
}
