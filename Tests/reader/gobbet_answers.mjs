// Answers the requests of conformance.py, in node and in browsers.
import { FormatError, readDataset, readFile } from "./gobbet_reader.mjs";

// In front of numbers that aren't Numbers, until they are written.
const MARK = crypto.randomUUID();

async function found(verb, bytes, load) {
  if (verb === "weights") return { unsupported: true };
  if (verb !== "dataset") return readFile(bytes, { content: verb === "content" });
  const folder = new TextDecoder().decode(bytes);
  const bytesOf = (name) => load(`${folder}/${name}`).catch((error) => {
    throw new FormatError(error.message);
  });
  return readDataset(await bytesOf("manifest.json"), bytesOf);
}

/** The answer to a request, as JSON; `load` returns the bytes of the file at a path, or throws. */
export async function answer(verb, bytes, load) {
  const value = await found(verb, bytes, load).catch((error) => {
    if (!(error instanceof FormatError)) throw error;
    return { error: error.message };
  });
  const marked = (_, member) => typeof member === "bigint" ? `${MARK}${member}` : member;
  return JSON.stringify(value, marked).replace(new RegExp(`"${MARK}(\\d+)"`, "g"), "$1");
}
