"""Writes NameTable.swift: the scalars that the name of a section may not hold, by Unicode 16.0.

Usage: make_name_table.py OUT_FILE          Needs: pip install regex==2025.9.18 (Unicode 16.0)
"""
import sys

import regex

HEAD = """// Made by Fixtures/unicode/make_name_table.py; do not edit.

/// Scalars that normalization form C may change, move or compose, by Unicode 16.0: those whose
/// NFC_Quick_Check is not Yes or whose canonical combining class is not 0.
///
/// A string without them is in form C whatever stands beside what. First and last of each range.
let scalarsOutsideNames: [UInt32] = [
"""


def ranges():
    allowed = regex.compile(r"(?=\p{NFC_QC=Y})\p{ccc=0}")
    for scalar in range(0x110000):
        if not 0xD800 <= scalar < 0xE000 and not allowed.match(chr(scalar)):
            yield scalar


if __name__ == "__main__":
    found = []
    for scalar in ranges():
        if found and found[-1][1] == scalar - 1:
            found[-1][1] = scalar
        else:
            found.append([scalar, scalar])
    pairs = [f"0x{first:04X}, 0x{last:04X}," for first, last in found]
    lines = ["  " + " ".join(pairs[start:start + 5]) for start in range(0, len(pairs), 5)]
    with open(sys.argv[1], "w") as out:
        out.write(HEAD + "\n".join(lines) + "\n]\n")
