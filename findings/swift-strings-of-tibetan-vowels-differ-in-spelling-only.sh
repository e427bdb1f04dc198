#!/bin/bash
# Guess: Swift compares strings by canonical equivalence, so a text and its NFD are equal, whatever is in it;
# and Foundation's decomposedStringWithCanonicalMapping gives the NFD.
# Behaviour: not where U+0F73, U+0F75 or U+0F81 comes after a mark. These Tibetan vowel signs have combining
# class 0, but decompose to signs of classes 129 and 130 or 132, the first of which sorts in front of the mark
# (class 130 or 132). It is as if Swift took such a sign for the beginning of a stretch of its own, in front of which
# nothing moves: the strings are unequal, have other hash values, and Foundation's NFD is not
# in canonical order. U+0344, which decomposes to marks as well but has class 230, is compared rightly.
# Versions: Swift 6.3.1 (Linux), unicodedata2 16.0.0. Date: 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet unicodedata2==16.0.0
cat > compare.swift <<'SWIFT'
import Foundation

func scalars(_ text: String) -> String {
  text.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: " ")
}
for vowel in ["\u{F73}", "\u{F75}", "\u{F81}"] {
  let text = "x\u{F7D}\(vowel)"
  let parts = Array(vowel.decomposedStringWithCanonicalMapping.unicodeScalars)
  let sorted = "x\(parts[0])\u{F7D}\(parts[1])"
  // The second part of U+0F73 and U+0F81 has the class of U+0F7D, after which it stays.
  print(scalars(text), scalars(sorted), text == sorted, scalars(text.decomposedStringWithCanonicalMapping),
    separator: " | ")
}
print("x\u{316}\u{344}" == "x\u{316}\u{308}\u{301}")
SWIFT
swiftc compare.swift -o compare
./compare | tee seen
cat > expected <<'END'
78 f7d f73 | 78 f71 f7d f72 | false | 78 f7d f71 f72
78 f7d f75 | 78 f71 f7d f74 | false | 78 f7d f71 f74
78 f7d f81 | 78 f71 f7d f80 | false | 78 f7d f71 f80
true
END
diff expected seen || { echo "it has changed" >&2; exit 1; }
venv/bin/python - <<'PYTHON'
import unicodedata2

print(unicodedata2.unidata_version)
for line in open("seen").read().splitlines()[:3]:
    text, sorted_text = ["".join(chr(int(one, 16)) for one in part.split())
                         for part in line.split(" | ")[:2]]
    # Unicode's own answer: the two are one text in NFD.
    assert unicodedata2.normalize("NFD", text) == sorted_text, "unicodedata2 has changed"
PYTHON
