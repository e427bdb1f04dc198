// Answers the requests of conformance.py, in node and in browsers.
import { FormatError, readDataset, readFile } from "./gobbet_reader.mjs";

/** The answer to a request; `load` returns the bytes of the file at a path, or throws. */
export async function answer(verb, bytes, load) {
  try {
    if (verb === "weights") return { unsupported: true };
    if (verb !== "dataset") return await readFile(bytes, { content: verb === "content" });
    const folder = new TextDecoder().decode(bytes);
    const bytesOf = (name) => load(`${folder}/${name}`).catch((error) => {
      throw new FormatError(error.message);
    });
    return await readDataset(await bytesOf("manifest.json"), bytesOf);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { error: error.message };
  }
}
