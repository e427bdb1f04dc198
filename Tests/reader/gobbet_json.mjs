// JSON as Container.md and Tokens.md have it: objects keep their order, and no member comes twice.
import { FormatError, require } from "./gobbet_fields.mjs";

/** The value of a JSON text, with a Map for each object, nested at most `depth` deep. */
export function readJSON(text, depth) {
  // Strings, brackets, commas and colons, and what is none of them.
  const parts = text.match(/"(?:[^"\\]+|\\.)*"|[[\]{},:]|[^[\]{},: \t\n\r]+/gs) ?? [];
  parts.reverse();
  const value = (depth) => {
    const first = parts.pop();
    if (first !== "{" && first !== "[") return JSON.parse(first);
    require(depth > 0, "JSON: nested too deep");
    const [end, pairs] = [first === "{" ? "}" : "]", []];
    while (parts.at(-1) !== end) {
      require(pairs.length === 0 || parts.pop() === ",", "JSON: no comma");
      const name = first === "{" ? JSON.parse(parts.pop()) : pairs.length;
      require(first === "[" || typeof name === "string" && parts.pop() === ":", "JSON: no name");
      pairs.push([name, value(depth - 1)]);
    }
    parts.pop();
    const object = new Map(pairs);
    require(object.size === pairs.length, "JSON: a member that comes twice");
    return first === "{" ? object : [...object.values()];
  };
  try {
    const found = value(depth);
    require(parts.length === 0, "JSON: something follows");
    return found;
  } catch (error) {
    throw error instanceof SyntaxError ? new FormatError(`JSON: ${error.message}`) : error;
  }
}
