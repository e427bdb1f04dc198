// SPDX-License-Identifier: Apache-2.0
const numerals = [
  [1000, "M"], [900, "CM"], [500, "D"], [400, "CD"], [100, "C"], [90, "XC"],
  [50, "L"], [40, "XL"], [10, "X"], [9, "IX"], [5, "V"], [4, "IV"], [1, "I"],
];

function toRoman(number) {
  if (!Number.isInteger(number) || number < 1 || number > 3999) {
    throw new RangeError(`no Roman numeral for ${number}`);
  }
  let rest = number;
  let text = "";
  for (const [value, sign] of numerals) {
    while (rest >= value) {
      text += sign;
      rest -= value;
    }
  }
  return text;
}

/** Reads a numeral and insists on the usual spelling: IIII and IC are refused. */
function fromRoman(text) {
  let rest = text.trim().toUpperCase();
  let number = 0;
  for (const [value, sign] of numerals) {
    while (rest.startsWith(sign)) {
      number += value;
      rest = rest.slice(sign.length);
    }
  }
  if (rest !== "" || number === 0 || number > 3999 || toRoman(number) !== text.trim().toUpperCase()) {
    throw new SyntaxError(`not a Roman numeral: ${text}`);
  }
  return number;
}

module.exports = { toRoman, fromRoman };

if (require.main === module) {
  for (const argument of process.argv.slice(2)) {
    try {
      const isDigits = /^[0-9]+$/.test(argument);
      console.log(isDigits ? toRoman(Number(argument)) : fromRoman(argument));
    } catch (error) {
      console.error(error.message);
      process.exitCode = 1;
    }
  }
}
