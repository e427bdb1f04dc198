// A reader of .gobbet files for browsers and node, written from the pages of Spec/ alone.
//
//     import { readFile } from "./gobbet_reader.mjs";
//     const found = await readFile(bytes, { content: true });   // a Uint8Array; throws FormatError
//
// Everything is verified. The answer is what README.md beside this file describes; numbers that may
// have more than 53 bits are BigInt, and `toJSON` writes them. Browsers have crypto.subtle, which
// digests and signatures need, on pages of https, of localhost and of files.
import { readContainer } from "./gobbet_container.mjs";
import { readCounts, readTokens, readWeights } from "./gobbet_content.mjs";
import { Fields, ascii, hex, isObject, isUnique, joined, readFlatJSON, readJSON, require, sha256,
  sum, text, unhex } from "./gobbet_fields.mjs";
import { readVocabulary } from "./gobbet_vocabulary.mjs";

export { FormatError } from "./gobbet_fields.mjs";

/** Sections by kind and name, together. */
class Sections extends Map {
  /** What a section holds, which there must be; with `codec` 0 it must be raw. */
  open(key, field, codec = 1) {
    const section = this.get(key);
    require(section && section.codec <= codec, `table: no section ${key}, or a compressed one`);
    return new Fields(section.content, field);
  }
}

const SIGNATURE = "algorithm:4[1-1] reserved:z4 key:b32 signature:b64";

async function readSignature(fields, contentID) {
  const { key, signature } = fields.whole(SIGNATURE);
  const message = joined([ascii("gobbet signature 1\n"), unhex(contentID)]);
  // Platforms also take a y that is not below the prime, and the sign of an x of 0: y is 1 or −1.
  const [number, prime] = [BigInt(`0x${hex(key.slice().reverse())}`), 2n ** 255n - 19n];
  const y = number % 2n ** 255n;
  const isPoint = y < prime && (number === y || y !== 1n && y !== prime - 1n);
  const isSigned = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]).then(
    (publicKey) => crypto.subtle.verify("Ed25519", publicKey, signature, message), () => false);
  return { publicKey: hex(key), isValid: isPoint && isSigned };
}

/** What a file is for, the section that says so, those that mean nothing without it, and how they
 * are read. */
const CONTENTS = [
  [1, "VOCB", ["LEFT", "RGHT", "RSLT", "TSTR"], readVocabulary],
  [2, "TOKH", ["TOKR", "TOKN", "TOKB", "DOCL", "LMSK", "dsrc", "dbyt"], readTokens],
  [3, "TENS", ["TBLK", "TDAT"], readWeights],
  [5, "CNTH", ["CNTS"], readCounts],
];
const KNOWN = ["PIPE", "BASE", ...CONTENTS.flatMap(([, head, rest]) => [head, ...rest])];

/** Everything in a file, and what its sections mean if `content` is true; throws FormatError. */
export async function readFile(file, { content = false } = {}) {
  const { sections: all, ...found } = await readContainer(file);
  const held = new Sections(all.map((section) => [section.kind + section.name, section]));
  found.sections = all.map(({ kind, name, codec, byteCount, digest }) =>
    ({ kind, name, codec, byteCount, digest }));
  const metadata = held.get("meta")?.content ?? ascii("");
  require(metadata.length <= 2 ** 24 && text(metadata, "metadata") !== null, "metadata: too large");
  if (held.has("sign")) {
    found.signature = await readSignature(held.open("sign", "signature"), found.contentID);
  }
  if (!content) return found;
  const kinds = all.map(({ kind }) => kind);
  for (const [profile, head, rest] of CONTENTS) {
    const isNeeded = found.profile === profile || kinds.some((kind) => rest.includes(kind));
    require(held.has(head) || !isNeeded, `table: no section ${head}`);
  }
  require(kinds.every((kind) => kind[0] >= "a" || KNOWN.includes(kind)), "section.kind");
  const contents = CONTENTS.filter(([, head]) => held.has(head));
  require(contents.length > 0, "table: nothing that says what it holds");
  for (const [, , , read] of contents) Object.assign(found, await read(held));
  return found;
}

const isDigest = (value) => typeof value === "string" && /^[0-9a-f]{64}$/i.test(value);

/** Checks that a file is what a manifest lists, of the vocabulary of that fingerprint. */
async function checkShard(shard, fingerprint, load) {
  const { name, tokens, documents, bytes, content_id: listed } = shard;
  require(typeof name === "string" && !/^\.{0,2}$|[/\0]/.test(name), "manifest.shard.name");
  const file = await load(name);
  const found = await readFile(file, { content: true });
  require(found.tokens?.fingerprint === fingerprint, `${name}: of another vocabulary`);
  require(isDigest(listed) && found.contentID === listed.toLowerCase(), `${name}: another file`);
  require(tokens === Number(found.tokens.tokenCount), `${name}: another number of tokens`);
  require(documents === found.tokens.documents.length, `${name}: another number of documents`);
  require(Number.isSafeInteger(bytes) && bytes >= 0, "manifest.shard.bytes");
  require(bytes === file.length || found.signature, `${name}: another length`);
}

/** What the files of a dataset hold, by its manifest; `load` returns, perhaps later, the bytes of a
 * file by its name: Tokens.md, "Datasets of several files". */
export async function readDataset(manifest, load) {
  require(manifest.length <= 2 ** 26, "manifest: too large");
  const { kind, version, options, vocabulary, splits } = Object(readJSON(manifest, 64));
  require(kind === "gobbet tokens" && [0, 1].includes(version), "manifest.version");
  require(isObject(options) && isDigest(vocabulary), "manifest.vocabulary, or manifest.options");
  const found = { vocabulary: vocabulary.toLowerCase(), splits: [] };
  require(Array.isArray(splits), "manifest.splits");
  for (const { name, shards, tokens, documents } of splits.map(Object)) {
    const isSplit = ["train", "validation"].includes(name) && Array.isArray(shards);
    require(isSplit && shards.length > 0, "manifest.splits");
    for (const shard of shards) await checkShard(Object(shard), found.vocabulary, load);
    require(tokens === sum(shards.map((shard) => shard.tokens)), "manifest.split.tokens");
    require(documents === sum(shards.map((shard) => shard.documents)), "manifest.split.documents");
    const ids = shards.map((shard) => shard.content_id.toLowerCase());
    const contentID = ids.length === 1 ? ids[0] : await sha256(unhex(ids.join("")));
    found.splits.push({ name, tokenCount: tokens, documentCount: documents, contentID,
      shards: shards.map((shard) => shard.name) });
  }
  require(isUnique(found.splits.map(({ name }) => name)), "manifest.splits: one twice");
  require(isUnique(found.splits.flatMap(({ shards }) => shards)), "manifest.shard.name: twice");
  return found;
}

/** An answer as JSON, its BigInts as numbers. */
export function toJSON(value) {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(toJSON).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const pairs = Object.entries(value).map((pair) => pair.map(toJSON).join(":"));
  return `{${pairs.join(",")}}`;
}
