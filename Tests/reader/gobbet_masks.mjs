// Which tokens count in a loss: Spec/Tokens.md, "Masks".
import { require } from "./gobbet_fields.mjs";

/** A function that gives the runs of the next document, whose ids it is told, as section LMSK has them. */
export function maskReader(fields, idBound) {
  const number = (most) => {
    const value = Number(fields.groups());
    require(value <= most, "masks.rule");
    return value;
  };
  const list = (most, next) => Array.from({ length: number(most) }, next);
  const openings = list(64, () => list(16, () => number(idBound - 1)));
  const closings = list(openings.length ? 64 : 0, () => number(2 * idBound - 1));
  const ends = closings.map((value) => Math.floor(value / 2));
  require(openings.every((ids) => ids.length > 0) && ends.every((id, i) => !i || ends[i - 1] < id), "masks.rule");
  const counts = new Map(ends.map((id, i) => [id, closings[i] % 2 === 1]));

  return (ids) => {
    const count = Number(fields.groups());
    require(count <= (ids.length && ids.length + 1), "masks.runs");
    const runs = Array.from({ length: Math.max(0, count - 1) }, () => Number(fields.groups()));
    if (count) {
      runs.push(ids.length - runs.reduce((sum, run) => sum + run, 0));
      require(runs.at(-1) > 0 && runs.slice(1).every((run) => run > 0), "masks.runs");
      return runs;
    }
    let isCounting = openings.length === 0;
    ids.forEach((id, i) => {
      const isCounted = isCounting && (counts.get(id) ?? true);
      // Every second run counts.
      while (runs.length % 2 === (isCounted ? 1 : 0) || runs.length === 0) runs.push(0);
      runs[runs.length - 1] += 1;
      const opens = openings.some((opening) => opening.length <= i + 1
        && opening.every((wanted, k) => ids[i + 1 - opening.length + k] === wanted));
      if (opens || counts.has(id)) isCounting = opens;
    });
    return runs;
  };
}
