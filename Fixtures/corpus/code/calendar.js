// SPDX-License-Identifier: Apache-2.0
// Arithmetic on calendar days without time zones: a day is a whole number counted from
// 1 January 1970, and everything else is worked out from it.

const MONTHS = ["January", "February", "March", "April", "May", "June", "July",
  "August", "September", "October", "November", "December"];
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

export const isLeap = (year) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

export function daysInMonth(year, month) {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** The number of a day. Years start in March here, so that the leap day comes last. */
export function toNumber({ year, month, day }) {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

export function fromNumber(number) {
  const shifted = number + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day };
}

export const weekday = (date) => (((toNumber(date) + 3) % 7) + 7) % 7;

export const addDays = (date, count) => fromNumber(toNumber(date) + count);

/** Adds months and stays within the month: 31 January plus one month is 28 or 29 February. */
export function addMonths({ year, month, day }, count) {
  const months = year * 12 + (month - 1) + count;
  const newYear = Math.floor(months / 12);
  const newMonth = months - newYear * 12 + 1;
  return { year: newYear, month: newMonth, day: Math.min(day, daysInMonth(newYear, newMonth)) };
}

export function parse(text) {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) throw new SyntaxError(`expected YYYY-MM-DD, found "${text}"`);
  const [year, month, day] = match.slice(1).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    throw new RangeError(`no such day: ${text}`);
  }
  return { year, month, day };
}

export const format = ({ year, month, day }) =>
  [String(year).padStart(4, "0"), String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");

/** One month as text, weeks starting on Monday. */
export function page(year, month) {
  const title = `${MONTHS[month - 1]} ${year}`;
  const lines = [title.padStart(Math.floor((20 + title.length) / 2)), WEEKDAYS.map((name) => name.slice(0, 2)).join(" ")];
  let cells = Array(weekday({ year, month, day: 1 })).fill("  ");
  for (let day = 1; day <= daysInMonth(year, month); day += 1) {
    cells.push(String(day).padStart(2));
    if (cells.length === 7) {
      lines.push(cells.join(" "));
      cells = [];
    }
  }
  if (cells.length > 0) lines.push(cells.join(" "));
  return lines.join("\n");
}
