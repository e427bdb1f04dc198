"""Writes awkward strings with their pretokens, and sums over every scalar in eight contexts.

Usage: make_fixtures.py OUT_DIR         Needs: pip install regex==2025.9.18 (Unicode 16.0)
strings.txt has a string a line, in hexadecimal UTF-8; PATTERN.txt the lengths in bytes of its pretokens,
a line a string. scalars.txt has "PATTERN CONTEXT SUM" a line: see scalar_sum.
"""
import random
import sys

import regex

CONTRACTIONS = r"'(?i:[sdmt]|ll|ve|re)"
CL100K = r"[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}%s| ?[^\s\p{L}\p{N}]++[\r\n]*+|"
PATTERNS = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++\Z|\s+(?!\S)|\s",
    "cl100k": CONTRACTIONS + "|" + CL100K % "{1,3}+" + r"\s++\Z|\s*[\r\n]|\s+(?!\S)|\s",
    "llama3": CONTRACTIONS + "|" + CL100K % "{1,3}+" + r"\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": CONTRACTIONS + "|" + CL100K % "" + r"\s*[\r\n]+|\s+(?!\S)|\s+",
    "o200k": "|".join([
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ]),
}
CONTEXTS = ["%s", "a%sb", " %s", "%s ", "1%s2", "'%s", "!%s!", "\n%s\nA%sa"]
PIECES = list("aZ09 \t\n\r'/!_\u017f\u0301\u00e9\u00c9\u01c5\u02b0\u4e00\u30ab\u0663\u00bd\u3000\u0085\u00a0") + [
    "the", "HTTPServer", "'s", "'LL", "'Re", "'ve", "n't", "  ", "   ", "\n\n", "\r\n", "e\u0301", "\U0001F600", "123", "1234",
    "://", "//", "/\n", "...", "İ", "K", "\u200d", "ǅa", "AB", "aB", "Aa", "ʰA", "Aʰ", "\u0301A", "A\u0301", "A一B", "x\u00a0 y",
]


def lengths(pattern, text):
    pieces = pattern.findall(text)
    assert "".join(pieces) == text, text
    return [len(piece.encode()) for piece in pieces]


def strings():
    rnd = random.Random(20261123)
    yield from PIECES
    for index in range(2500):
        if index % 5 < 3:
            yield "".join(rnd.choice(PIECES) for _ in range(rnd.randrange(1, 14)))
        elif index % 5 == 3:
            yield "".join(rnd.choice(PIECES) * rnd.randrange(1, 6) for _ in range(rnd.randrange(1, 6)))
        else:
            yield "".join(chr(rnd.choice([rnd.randrange(0x20, 0x500), rnd.randrange(0x500, 0xD800), rnd.randrange(0xE000, 0x1FFFF)]))
                          for _ in range(rnd.randrange(1, 10)))


def scalar_sum(pattern, context):
    """Over all scalars in turn, sum = sum * 31 + l for the lengths l of the pretokens, modulo 2**64."""
    total = 0
    for scalar in range(0x110000):
        if 0xD800 <= scalar < 0xE000:
            continue
        for length in lengths(pattern, context.replace("%s", chr(scalar))):
            total = (total * 31 + length) & 0xFFFFFFFFFFFFFFFF
    return total


if __name__ == "__main__":
    out = sys.argv[1]
    assert not regex.match(r"\p{L}", "\U00010940") and regex.match(r"\p{L}", "\u1c89"), "not Unicode 16.0"
    compiled = {name: regex.compile(pattern, regex.V0) for name, pattern in PATTERNS.items()}
    texts = list(strings())
    with open(f"{out}/strings.txt", "w") as file:
        file.writelines(text.encode().hex() + "\n" for text in texts)
    for name, pattern in compiled.items():
        with open(f"{out}/{name}.txt", "w") as file:
            file.writelines(" ".join(map(str, lengths(pattern, text))) + "\n" for text in texts)
    with open(f"{out}/scalars.txt", "w") as file:
        for name, pattern in compiled.items():
            for number, context in enumerate(CONTEXTS):
                file.write(f"{name} {number} {scalar_sum(pattern, context)}\n")
