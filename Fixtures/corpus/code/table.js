// SPDX-License-Identifier: Apache-2.0
"use strict";

/**
 * Turns an array of objects into a Markdown table, and a Markdown table back into objects.
 *
 *     format([{ name: "Leek", days: 120 }])
 *     // | name | days |
 *     // | ---- | ---: |
 *     // | Leek |  120 |
 */

const escapeCell = (value) => String(value ?? "").replace(/\\/g, "\\\\").replace(/\|/g, "\\|").replace(/\n/g, " ");

function columnsOf(rows) {
  const seen = new Set();
  for (const row of rows) {
    for (const key of Object.keys(row)) seen.add(key);
  }
  return [...seen];
}

function isNumeric(rows, column) {
  const present = rows.map((row) => row[column]).filter((value) => value !== undefined && value !== null);
  return present.length > 0 && present.every((value) => typeof value === "number");
}

function format(rows, { columns = columnsOf(rows), titles = {} } = {}) {
  const described = columns.map((key) => {
    const right = isNumeric(rows, key);
    const title = escapeCell(titles[key] ?? key);
    const cells = rows.map((row) => escapeCell(row[key]));
    const width = Math.max(3, title.length, ...cells.map((cell) => cell.length));
    const pad = (text) => (right ? text.padStart(width) : text.padEnd(width));
    return { right, width, header: pad(title), cells: cells.map(pad) };
  });
  const line = (parts) => `| ${parts.join(" | ")} |`;
  const rule = described.map(({ right, width }) => (right ? "-".repeat(width - 1) + ":" : "-".repeat(width)));
  const body = rows.map((_, index) => line(described.map(({ cells }) => cells[index])));
  return [line(described.map(({ header }) => header)), line(rule), ...body].join("\n");
}

function splitLine(line) {
  const cells = [];
  let cell = "";
  let escaped = false;
  for (const character of line.trim().replace(/^\|/, "")) {
    if (escaped) {
      cell += character;
      escaped = false;
    } else if (character === "\\") {
      escaped = true;
    } else if (character === "|") {
      cells.push(cell.trim());
      cell = "";
    } else {
      cell += character;
    }
  }
  if (cell.trim() !== "") cells.push(cell.trim());
  return cells;
}

function parse(text) {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length < 2) throw new SyntaxError("a table needs a header and a rule");
  const keys = splitLine(lines[0]);
  const rules = splitLine(lines[1]);
  if (rules.length !== keys.length || !rules.every((rule) => /^:?-+:?$/.test(rule))) {
    throw new SyntaxError(`not a rule: ${lines[1]}`);
  }
  const numeric = rules.map((rule) => rule.endsWith(":") && !rule.startsWith(":"));
  return lines.slice(2).map((line) => {
    const cells = splitLine(line);
    return Object.fromEntries(keys.map((key, index) => {
      const cell = cells[index] ?? "";
      return [key, numeric[index] && cell !== "" ? Number(cell) : cell];
    }));
  });
}

module.exports = { format, parse };

if (require.main === module) {
  const crops = [
    { crop: "Radish", days: 28, note: "sow every fortnight" },
    { crop: "Broad bean", days: 95, note: "pinch out | tops in May" },
    { crop: "Leek", days: 120 },
  ];
  const text = format(crops, { titles: { days: "Days to harvest" } });
  console.log(text);
  console.log(parse(text));
}
