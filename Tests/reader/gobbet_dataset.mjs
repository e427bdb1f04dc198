// Token files by their manifest: Spec/Tokens.md, "Datasets of several files".
import { FormatError, bytesOf, hex, joined, require, sha256, text } from "./gobbet_fields.mjs";
import { readJSON } from "./gobbet_json.mjs";
import { readFile } from "./gobbet_reader.mjs";

/** The member of an object, which must be of a kind: a type of JavaScript, or Array. */
function member(object, name, kind) {
  const value = object instanceof Map ? object.get(name) : undefined;
  require(typeof value === kind || kind === "list" && Array.isArray(value), `manifest.${name}`);
  return value;
}

/** 64 hexadecimal digits, as small ones. */
function digest(object, name) {
  const value = member(object, name, "string");
  require(/^[0-9a-f]{64}$/i.test(value), `manifest.${name}`);
  return value.toLowerCase();
}

/** What the files of a dataset hold; `load` gives, perhaps later, the bytes of a file by its name. */
export async function readDataset(manifest, load) {
  require(manifest.length <= 2 ** 26, "manifest: too large");
  const root = readJSON(text(manifest, "manifest"), 64);
  require(member(root, "kind", "string") === "gobbet tokens", "manifest.kind");
  require([0, 1].includes(member(root, "version", "number")), "manifest.version");
  require(root.get("options") instanceof Map, "manifest.options");
  const vocabulary = digest(root, "vocabulary");
  const [splits, names] = [[], new Set()];
  for (const split of member(root, "splits", "list")) {
    const name = member(split, "name", "string");
    const found = { name, tokenCount: 0, documentCount: 0, shards: [] };
    require(/^(train|validation)$/.test(name) && !splits.some((split) => split.name === name), "manifest.splits");
    const ids = [];
    for (const shard of member(split, "shards", "list")) {
      const file = member(shard, "name", "string");
      require(!/^\.{0,2}$|[/\0]/.test(file) && !names.has(file), "manifest.shard.name");
      names.add(file);
      found.shards.push(file);
      const bytes = await load(file);
      const { contentID, tokens, signature } = await readFile(bytes, { content: true });
      const isThat = tokens?.fingerprint === vocabulary && contentID === digest(shard, "content_id");
      require(isThat, `${file}: another file`);
      const [tokenCount, documentCount] = [Number(tokens.tokenCount), tokens.documents.length];
      require(member(shard, "tokens", "number") === tokenCount, `${file}: another number of tokens`);
      require(member(shard, "documents", "number") === documentCount, `${file}: another number of documents`);
      require(member(shard, "bytes", "number") === bytes.length || signature, `${file}: another length`);
      found.tokenCount += tokenCount;
      found.documentCount += documentCount;
      ids.push(contentID);
    }
    require(found.shards.length > 0 && member(split, "tokens", "number") === found.tokenCount
      && member(split, "documents", "number") === found.documentCount, "manifest: sums");
    const all = bytesOf(ids.join("").replace(/../g, (digits) => String.fromCharCode(parseInt(digits, 16))));
    found.contentID = ids.length === 1 ? ids[0] : hex(await sha256(all));
    splits.push(found);
  }
  return { vocabulary, splits };
}
