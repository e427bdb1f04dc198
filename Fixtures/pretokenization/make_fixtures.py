"""Writes awkward strings with their pretokens, and sums over every scalar in eight contexts.

Usage: make_fixtures.py OUT_DIR         Needs: pip install regex==2025.9.18 (Unicode 16.0)
strings.txt has a string a line, in hexadecimal UTF-8; PATTERN.txt the lengths in bytes of its pretokens,
a line a string. scalars.txt has "PATTERN CONTEXT SUM" a line: see scalar_sum.
"""
import random
import sys

import regex

CONTRACTIONS = r"'(?i:[sdmt]|ll|ve|re)"
DEEPSEEK_STAGES = [
    r"\p{N}{1,3}",
    r"[一-龥぀-ゟ゠-ヿ]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"""
    r"""|\s*[\r\n]+|\s+(?!\S)|\s+""",
]
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CASE_AWARE = "".join(rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}{upper}{LOWER}{lower}%s|" for upper, lower in ("*+", "+*"))
SUFFIX = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
CL100K = r"[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}%s| ?[^\s\p{L}\p{N}]++[\r\n]*+|"
PATTERNS = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++\Z|\s+(?!\S)|\s",
    "cl100k": CONTRACTIONS + "|" + CL100K % "{1,3}+" + r"\s++\Z|\s*[\r\n]|\s+(?!\S)|\s",
    "llama3": CONTRACTIONS + "|" + CL100K % "{1,3}+" + r"\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": CONTRACTIONS + "|" + CL100K % "" + r"\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen3.5": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
               r"|\s*[\r\n]+|\s+(?!\S)|\s+",
    "o200k": CASE_AWARE % (SUFFIX, SUFFIX) + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "tekken": CASE_AWARE % ("", "") + r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "deepseek-v3": DEEPSEEK_STAGES,
}
CONTEXTS = ["%s", "a%sb", " %s", "%s ", "1%s2", "'%s", "!%s!", "\n%s\nA%sa"]
PIECES = list("aZ09 \t\n\r'/!_\u017f\u0301\u00e9\u00c9\u01c5\u02b0\u4e00\u30ab\u0663\u00bd\u3000\u0085\u00a0") + [
    "the", "HTTPServer", "'s", "'LL", "'Re", "'ve", "n't", "  ", "   ", "\n\n", "\r\n", "e\u0301", "\U0001F600", "123", "1234",
    "://", "//", "/\n", "...", "İ", "K", "\u200d", "ǅa", "AB", "aB", "Aa", "ʰA", "Aʰ", "\u0301A", "A\u0301", "A一B", "x\u00a0 y",
]


def isolated(pattern, text):
    """Every match, and every stretch of text between matches, as Hugging Face's Split does."""
    end = 0
    for match in pattern.finditer(text):
        if match.start() > end:
            yield text[end:match.start()]
        yield match.group()
        end = match.end()
    if end < len(text):
        yield text[end:]


def lengths(stages, text):
    pieces = [text] if text else []
    for pattern in stages:
        pieces = [part for piece in pieces for part in isolated(pattern, piece)]
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
    for _ in range(120):  # longer than the windows of the masks
        some = [rnd.choice(PIECES) for _ in range(rnd.randrange(3, 12))]
        yield "".join(rnd.choice(some) for _ in range(rnd.randrange(40, 120)))


def scalar_sum(stages, context):
    """Over all scalars in turn, sum = sum * 31 + l for the lengths l of the pretokens, modulo 2**64."""
    total = 0
    for scalar in range(0x110000):
        if 0xD800 <= scalar < 0xE000:
            continue
        for length in lengths(stages, context.replace("%s", chr(scalar))):
            total = (total * 31 + length) & 0xFFFFFFFFFFFFFFFF
    return total


if __name__ == "__main__":
    out = sys.argv[1]
    assert not regex.match(r"\p{L}", "\U00010940") and regex.match(r"\p{L}", "\u1c89"), "not Unicode 16.0"
    compiled = {
        name: [regex.compile(stage, regex.V0) for stage in ([pattern] if isinstance(pattern, str) else pattern)]
        for name, pattern in PATTERNS.items()
    }
    texts = list(strings())
    with open(f"{out}/strings.txt", "w") as file:
        file.writelines(text.encode().hex() + "\n" for text in texts)
    for name, stages in compiled.items():
        with open(f"{out}/{name}.txt", "w") as file:
            file.writelines(" ".join(map(str, lengths(stages, text))) + "\n" for text in texts)
    with open(f"{out}/scalars.txt", "w") as file:
        for name, stages in compiled.items():
            for number, context in enumerate(CONTEXTS):
                file.write(f"{name} {number} {scalar_sum(stages, context)}\n")
