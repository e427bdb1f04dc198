// Answers the requests of conformance.py with the reader in JavaScript; with --fast, digests are
// node's own, which do not wait for a thread each time.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { answer } from "./gobbet_answers.mjs";

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
    process.stdout.write(`${await answer(verb, bytes, readFile)}\n`);
  }
}
