// A reader of .gobbet files for browsers and node, written from the pages of Spec/ alone.
//
//     import { readFile } from "./gobbet_reader.mjs";
//     const found = readFile(bytes, { content: true });   // a Uint8Array; throws FormatError
//
// Everything is verified. The answer is what README.md beside this file describes; numbers that may
// have more than 53 bits are BigInt, and `toJSON` writes them.
import { Fields, hex, joined, letters, readContainer, require, text } from "./gobbet_container.mjs";
import {
  part, readCounts, readMetadata, readTokens, readVocabulary, readWeights,
} from "./gobbet_content.mjs";
import { isValidSignature } from "./gobbet_digests.mjs";

export { FormatError } from "./gobbet_container.mjs";

function signature(content, contentID) {
  const fields = new Fields(content, "signature");
  require(fields.u32() === 1, "signature.algorithm");
  fields.zeros(4);
  const [key, value] = [fields.bytes(32), fields.bytes(64)];
  fields.finish();
  const message = joined([letters("gobbet signature 1\n"), contentID]);
  return { publicKey: hex(key), isValid: isValidSignature(key, value, message) };
}

/** What a file is for, the section that says so, and those that mean nothing without it. */
const HEADS = [[1, "VOCB", "LEFT RGHT RSLT TSTR"], [2, "TOKH", "TOKR TOKN TOKB DOCL dsrc dbyt"],
  [3, "TENS", "TBLK TDAT"], [5, "CNTH", "CNTS"]];
const KNOWN = `PIPE ${HEADS.map((head) => head.slice(1).join(" ")).join(" ")}`.split(" ");

/** Everything in a file, and what its sections mean if `content` is true; throws FormatError. */
export function readFile(file, { content = false } = {}) {
  const { sections, contentID, ...found } = readContainer(file);
  const has = (kind) => sections.some((section) => section.kind === kind && section.name === "");
  found.contentID = hex(contentID);
  found.sections = sections.map(({ content: _, ...section }) => section);
  if (has("meta")) {
    require(part(sections, "meta").length <= 1 << 24, "metadata: too large");
    text(part(sections, "meta"), "metadata");
  }
  if (has("sign")) found.signature = signature(part(sections, "sign"), contentID);
  if (!content) return found;
  for (const [profile, head, rest] of HEADS) {
    const isNeeded = found.profile === profile
      || sections.some((section) => rest.split(" ").includes(section.kind));
    require(!isNeeded || has(head), `table: no section ${head}`);
  }
  for (const { kind } of sections) {
    require(kind[0] === kind[0].toLowerCase() || KNOWN.includes(kind), `section.kind: ${kind}`);
  }
  require(HEADS.some(([, head]) => has(head)), "table: nothing that says what it holds");
  if (has("VOCB")) found.vocabulary = readVocabulary(sections);
  if (has("TOKH")) found.tokens = readTokens(sections);
  if (has("TENS")) {
    found.tensors = readWeights(sections);
    found.metadata = has("meta") ? readMetadata(part(sections, "meta")) : [];
  }
  if (has("CNTH")) found.counts = readCounts(sections);
  return found;
}

/** An answer as JSON, its BigInts as numbers. */
export function toJSON(value) {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(toJSON).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${toJSON(one)}`).join(",")}}`;
}
