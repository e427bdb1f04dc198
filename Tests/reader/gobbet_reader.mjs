// A reader of .gobbet files for browsers and node, written from the pages of Spec/ alone.
//
//     import { readFile } from "./gobbet_reader.mjs";
//     const found = await readFile(bytes, { content: true });   // a Uint8Array; throws FormatError
//
// Everything is verified. The answer is what README.md beside this file describes; numbers that
// have more than 53 bits are BigInt. Browsers have crypto.subtle, which digests and signatures
// need, on pages of https, of localhost and of files.
import { readContainer } from "./gobbet_container.mjs";
import { readCounts, readTokens, readWeights } from "./gobbet_content.mjs";
import { ascii, hex, isUnique, joined, readJSON, require, sha256, sum, table, text, unhex, whole }
  from "./gobbet_fields.mjs";
import { readVocabulary } from "./gobbet_vocabulary.mjs";

export { FormatError } from "./gobbet_fields.mjs";

/** Sections by kind and name, together. */
class Sections extends Map {
  /** The fields of a section, which there must be; `outer` has what other sections say of it. */
  read(kind, outer, name = "") {
    const [section, { record, codec = 1, nothing }] = [this.get(kind + name), table.sections[kind]];
    require(section?.codec <= codec, `no section ${kind}${name}, or a compressed one`);
    require(!nothing || hex(section.content) !== nothing, `${kind}: says nothing`);
    return whole(section.content, record, outer);
  }
  /** The same of one that need not be there; then it has no fields. */
  find(kind, outer) { return this.has(kind) ? this.read(kind, outer) : {}; }
}

async function readSignature(sections, contentID) {
  const { publicKey: key, signature } = sections.read("sign");
  const message = joined([ascii("gobbet signature 1\n"), unhex(contentID)]);
  // Platforms also take a y that is not below the prime, and the sign of an x of 0: y is 1 or −1.
  const [number, prime] = [BigInt(`0x${hex(key.slice().reverse())}`), 2n ** 255n - 19n];
  const y = number % 2n ** 255n;
  const isPoint = y < prime && (number === y || y !== 1n && y !== prime - 1n);
  const isSigned = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]).then(
    (publicKey) => crypto.subtle.verify("Ed25519", publicKey, signature, message), () => false);
  return { publicKey: hex(key), isValid: isPoint && isSigned };
}

/** How what a file is for is read, by the section that says so. */
const READERS = { VOCB: readVocabulary, TOKH: readTokens, TENS: readWeights, CNTH: readCounts };

/** Everything in a file, and what its sections mean if `content` is true; throws FormatError. */
export async function readFile(file, { content = false } = {}) {
  const { sections: all, ...found } = await readContainer(file);
  const held = new Sections(all.map((section) => [section.key, section]));
  found.sections = all.map(({ kind, name, codec, byteCount, digest }) =>
    ({ kind: text(kind), name: text(name), codec, byteCount, digest }));
  held.find("meta");
  if (held.has("sign")) found.signature = await readSignature(held, found.contentID);
  if (!content) return found;
  const kinds = found.sections.map(({ kind }) => kind);
  require(kinds.every((kind) => kind[0] >= "a" || kind in table.sections), "C41");
  require(Object.keys(READERS).some((head) => held.has(head)), "C44");
  for (const [head, read] of Object.entries(READERS)) {
    const isNeeded = table.sections[head].profile === found.profile
      || kinds.some((kind) => table.sections[kind]?.head === head);
    require(held.has(head) || !isNeeded, "C44");
    if (held.has(head)) Object.assign(found, await read(held));
  }
  return found;
}

const isDigest = (value) => typeof value === "string" && /^[0-9a-f]{64}$/i.test(value);
const members = (value) => Object.fromEntries(value instanceof Map ? value : []);

/** What a file of a dataset holds, which must be what the manifest says. */
async function readShard({ name, tokens, documents, bytes, content_id: id }, vocabulary, load) {
  require(typeof name === "string" && !/^\.{0,2}$|[/\0]/.test(name), "D4");
  const file = await load(name);
  const { tokens: found, contentID, signature } = await readFile(file, { content: true });
  require(isDigest(id) && contentID === id.toLowerCase(), "D2 or D6");
  require(found?.fingerprint === vocabulary && found.tokenCount === tokens, "D6");
  require(documents === found.documents.length, "D6");
  require(bytes === file.length || bytes >= 0 && Number.isSafeInteger(bytes) && signature, "D7");
  return { name, tokens, documents, contentID };
}

/** What the files of a dataset hold, by its manifest; `load` returns, perhaps later, the bytes of a
 * file by its name: Tokens.md, "Datasets of several files". */
export async function readDataset(manifest, load) {
  const { kind, version, options, ...other } = members(readJSON(manifest, 64));
  require(manifest.length <= 2 ** 26 && kind === "gobbet tokens", "D1");
  require([0, 1].includes(version) && options instanceof Map, "D1");
  require(isDigest(other.vocabulary) && Array.isArray(other.splits), "D2 or D3");
  const [vocabulary, splits] = [other.vocabulary.toLowerCase(), []];
  for (const { name, shards, tokens, documents } of other.splits.map(members)) {
    require(["train", "validation"].includes(name) && Array.isArray(shards), "D3");
    const found = await Promise.all(
      shards.map((shard) => readShard(members(shard), vocabulary, load)));
    require(found.length > 0 && tokens === sum(found.map((shard) => shard.tokens)), "D3 or D5");
    require(documents === sum(found.map((shard) => shard.documents)), "D5");
    const [first, ...others] = found.map(({ contentID }) => contentID);
    const contentID = others.length ? await sha256(unhex([first, ...others].join(""))) : first;
    splits.push({ name, tokenCount: tokens, documentCount: documents, contentID,
      shards: found.map((shard) => shard.name) });
  }
  require(isUnique(splits.map(({ name }) => name)), "D3");
  require(isUnique(splits.flatMap(({ shards }) => shards)), "D4");
  return { vocabulary, splits };
}
