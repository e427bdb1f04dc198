#!/bin/bash
# Guess: Foundation's precomposedStringWithCanonicalMapping is NFC, and decomposedStringWithCompatibilityMapping
# is NFKD, for texts of old and common scripts.
# Behaviour: not for a Hangul syllable of two letters with a final letter after it, which NFC makes one syllable:
# U+AC00 U+11A8 stays two, though its three letters become one, and though Swift's == says that both are
# equal. And not for U+0385 or U+1FEE with a mark after them: the compatibility decomposition is a space and
# two marks, among which a mark of a lower class is put between, not in front; that of U+00A8 is right.
# Versions: Swift 6.3.1 (Linux), unicodedata2 16.0.0. Date: 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet unicodedata2==16.0.0
cat > normalize.swift <<'SWIFT'
import Foundation

func scalars(_ text: String) -> String {
  text.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: " ")
}
for text in ["\u{1100}\u{1161}\u{11A8}", "\u{AC00}\u{11A8}"] {
  print("NFC", scalars(text), scalars(text.precomposedStringWithCanonicalMapping), separator: " | ")
}
for text in ["\u{A8}\u{323}", "\u{385}\u{323}", "\u{1FEE}\u{61A}"] {
  print("NFKD", scalars(text), scalars(text.decomposedStringWithCompatibilityMapping), separator: " | ")
}
SWIFT
swiftc normalize.swift -o normalize
./normalize | tee seen
cat > expected <<'END'
NFC | 1100 1161 11a8 | ac01
NFC | ac00 11a8 | ac00 11a8
NFKD | a8 323 | 20 323 308
NFKD | 385 323 | 20 308 323 301
NFKD | 1fee 61a | 20 308 61a 301
END
diff expected seen || { echo "it has changed" >&2; exit 1; }
venv/bin/python - <<'PYTHON'
import unicodedata2

same = []
for line in open("seen"):
    form, text, found = line.strip().split(" | ")
    text, found = ("".join(chr(int(one, 16)) for one in part.split()) for part in (text, found))
    same.append(unicodedata2.normalize(form, text) == found)
print("as Unicode's data has it:", same)
assert same == [True, False, True, False, False], "unicodedata2 has changed"
PYTHON
