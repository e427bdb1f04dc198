// Answers the requests of conformance.py with the reader in JavaScript; with --fast, digests are
// node's own, which do not wait for a thread each time.
import { createHash } from "node:crypto";
import { readFile as load } from "node:fs/promises";
import { FormatError, readDataset, readFile, toJSON } from "./gobbet_reader.mjs";

/** The answer to a request. */
async function answer(verb, bytes) {
  try {
    if (verb === "weights") return { unsupported: true };
    if (verb !== "dataset") return await readFile(bytes, { content: verb === "content" });
    const folder = new TextDecoder().decode(bytes);
    const bytesOfFile = (name) => load(`${folder}/${name}`).catch((error) => {
      throw new FormatError(error.message);
    });
    return await readDataset(await bytesOfFile("manifest.json"), bytesOfFile);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { error: error.message };
  }
}

// Errors are answers here, and nobody looks at their stacks.
Error.stackTraceLimit = 0;
if (process.argv.includes("--fast")) {
  const digest = async (_, bytes) => createHash("sha256").update(bytes).digest();
  Object.defineProperty(crypto.subtle, "digest", { value: digest });
}

let input = Buffer.alloc(0);
for await (const data of process.stdin) {
  input = Buffer.concat([input, data]);
  for (let end = input.indexOf("\n"); end >= 0; end = input.indexOf("\n")) {
    const [verb, count] = input.toString("latin1", 0, end).split(" ");
    const next = end + 1 + Number(count);
    if (input.length < next) break;
    const bytes = new Uint8Array(input.subarray(end + 1, next));
    input = input.subarray(next);
    process.stdout.write(`${toJSON(await answer(verb, bytes))}\n`);
  }
}
