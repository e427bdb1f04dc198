// Answers the requests of conformance.py with the reader in JavaScript.
import { FormatError, readFile, toJSON } from "./gobbet_reader.mjs";

let input = Buffer.alloc(0);

/** The answer to the first request of the input, which is taken off it; null if it is not whole. */
function answer() {
  const end = input.indexOf("\n");
  if (end < 0) return null;
  const [verb, count] = input.toString("latin1", 0, end).split(" ");
  if (input.length < end + 1 + Number(count)) return null;
  const file = new Uint8Array(input.subarray(end + 1, end + 1 + Number(count)));
  input = input.subarray(end + 1 + Number(count));
  if (verb === "dataset") return toJSON({ unsupported: true });
  try {
    return toJSON(readFile(file, { content: verb === "content" }));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return toJSON({ error: error.message });
  }
}

process.stdin.on("data", (data) => {
  input = Buffer.concat([input, data]);
  for (let line = answer(); line !== null; line = answer()) process.stdout.write(`${line}\n`);
});
