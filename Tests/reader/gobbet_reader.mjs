// A reader of .gobbet files for browsers and node, written from the pages of Spec/ alone.
//
//     import { readFile } from "./gobbet_reader.mjs";
//     const found = await readFile(bytes, { content: true });   // a Uint8Array; throws FormatError
//
// Everything is verified. The answer is what README.md beside this file describes; numbers that may
// have more than 53 bits are BigInt, and `toJSON` writes them. Browsers have crypto.subtle, which digests
// and signatures need, on pages of https, of localhost and of files.
import { readContainer } from "./gobbet_container.mjs";
import { readBase, readCounts, readMetadata, readTokens, readWeights } from "./gobbet_content.mjs";
import { Fields, bytesOf, hex, joined, require, sha256, text } from "./gobbet_fields.mjs";
import { readJSON } from "./gobbet_json.mjs";
import { readVocabulary } from "./gobbet_vocabulary.mjs";

export { FormatError } from "./gobbet_fields.mjs";

/** Sections by kind and name. */
class Sections {
  constructor(all) { this.all = all; }
  find(kind, name) { return this.all.find((section) => section.kind === kind && section.name === name); }
  has(kind, name = "") { return this.find(kind, name) !== undefined; }
  /** What a section holds, which there must be; with `codec` 0 it must be raw. */
  content(kind, name = "", codec = 1) {
    const section = this.find(kind, name);
    require(section && section.codec <= codec, `table: no section ${kind} ${name}, or a compressed one`);
    return section.content;
  }
  fields(kind, field, name, codec) { return new Fields(this.content(kind, name, codec), field); }
}

async function readSignature(content, contentID) {
  const fields = new Fields(content, "signature");
  const { key, signature } = fields.record("algorithm:4[1-1] reserved:z4 key:b32 signature:b64");
  fields.finish();
  const message = joined([bytesOf("gobbet signature 1\n"), contentID]);
  // Platforms also take a y that is not below the prime, and the sign of an x of 0, where y is 1 or −1.
  const [number, prime] = [BigInt(`0x${hex(key.slice().reverse())}`), 2n ** 255n - 19n];
  const y = number % 2n ** 255n;
  const isPoint = y < prime && (number === y || y !== 1n && y !== prime - 1n);
  const isSigned = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]).then(
    (publicKey) => crypto.subtle.verify("Ed25519", publicKey, signature, message), () => false);
  return { publicKey: hex(key), isValid: isPoint && isSigned };
}

/** What a file is for, the section that says so, and those that mean nothing without it. */
const HEADS = [[1, "VOCB", "LEFT RGHT RSLT TSTR"], [2, "TOKH", "TOKR TOKN TOKB DOCL LMSK dsrc dbyt"],
  [3, "TENS", "TBLK TDAT"], [5, "CNTH", "CNTS"]];
const KNOWN = `PIPE BASE ${HEADS.map((head) => head.slice(1).join(" ")).join(" ")}`.split(" ");

/** Everything in a file, and what its sections mean if `content` is true; throws FormatError. */
export async function readFile(file, { content = false } = {}) {
  const { sections: all, contentID, ...found } = await readContainer(file);
  const sections = new Sections(all);
  found.contentID = hex(contentID);
  found.sections = all.map(({ kind, name, codec, byteCount, digest }) =>
    ({ kind, name, codec, byteCount, digest: hex(digest) }));
  const metadata = sections.has("meta") ? sections.content("meta") : bytesOf("{}");
  require(metadata.length <= 2 ** 24, "metadata: too large");
  text(metadata, "metadata");
  if (sections.has("sign")) found.signature = await readSignature(sections.content("sign"), contentID);
  if (!content) return found;
  for (const [profile, head, rest] of HEADS) {
    const isNeeded = found.profile === profile || all.some(({ kind }) => rest.split(" ").includes(kind));
    require(sections.has(head) || !isNeeded, `table: no section ${head}`);
  }
  const unknown = all.find(({ kind }) => kind[0] < "a" && !KNOWN.includes(kind));
  require(!unknown, `section.kind: ${unknown?.kind}`);
  require(HEADS.some(([, head]) => sections.has(head)), "table: nothing that says what it holds");
  if (sections.has("VOCB")) found.vocabulary = await readVocabulary(sections);
  if (sections.has("TOKH")) found.tokens = await readTokens(sections);
  if (sections.has("TENS")) [found.tensors, found.metadata] = [await readWeights(sections), readMetadata(metadata)];
  if (sections.has("TENS") && sections.has("BASE")) found.base = readBase(sections);
  if (sections.has("CNTH")) found.counts = readCounts(sections);
  return found;
}

/** An answer as JSON, its BigInts as numbers. */
export function toJSON(value) {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(toJSON).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${toJSON(one)}`).join(",")}}`;
}
