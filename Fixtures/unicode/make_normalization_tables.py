"""Writes CanonicalTables.swift, CompatibilityTables.swift and WordTables.swift into a folder.

The mappings are those of the Unicode that `tokenizers` normalises by, which is older than the one it
classifies by: a mapping of Python's database counts where `tokenizers` has it too.

Usage: make_normalization_tables.py FOLDER
Needs: Python 3.11 (Unicode 14.0), pip install tokenizers==0.23.3 regex==2025.9.18 (Unicode 16.0)
"""
import itertools
import random
import sys
import unicodedata

import regex
from tokenizers.normalizers import NFC, NFD, NFKC, NFKD
from tokenizers.pre_tokenizers import Digits, Whitespace

COLUMNS = 92
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)
FORMS = {"NFC": NFC(), "NFD": NFD(), "NFKC": NFKC(), "NFKD": NFKD()}


def normalized(form, text):
    return FORMS[form].normalize_str(text)


def mappings():
    """The single-step mappings: canonical ones, the scalars whose parts compose, and others."""
    canonical, composing, compatible = {}, set(), {}
    for scalar in SCALARS:
        fields = unicodedata.decomposition(chr(scalar)).split()
        if not fields or scalar in HANGUL:
            continue
        targets = [int(field, 16) for field in fields if field[0] != "<"]
        if fields[0][0] == "<":
            if normalized("NFKD", chr(scalar)) != chr(scalar):
                compatible[scalar] = targets
        elif normalized("NFD", chr(scalar)) != chr(scalar):
            canonical[scalar] = targets
            if len(targets) == 2 and normalized("NFC", "".join(map(chr, targets))) == chr(scalar):
                composing.add(scalar)
    return canonical, composing, compatible


def classes():
    """The combining class of every scalar that has one, where `tokenizers` sorts by it."""
    found = {}
    for scalar in SCALARS:
        combining = unicodedata.combining(chr(scalar))
        if not combining:
            continue
        # U+0334 has class 1, U+0345 class 240: one of them has to change places with the mark.
        probe = chr(0x0345) + chr(scalar) if combining < 240 else None
        if probe is None:
            probe = chr(scalar) + chr(0x0334)
        if normalized("NFD", probe) == unicodedata.normalize("NFD", probe):
            found[scalar] = combining
    return found


def check(canonical, composing, compatible, combining):
    """Normalises by the tables in the plainest way, and compares with `tokenizers`."""
    pairs = {tuple(canonical[scalar]): scalar for scalar in composing}

    def decomposed(scalar, compatibly):
        if scalar in HANGUL:
            index = scalar - 0xAC00
            parts = [0x1100 + index // 588, 0x1161 + index % 588 // 28, 0x11A7 + index % 28]
            return parts if index % 28 else parts[:2]
        targets = canonical.get(scalar) or (compatible.get(scalar) if compatibly else None)
        if not targets:
            return [scalar]
        return list(itertools.chain.from_iterable(decomposed(t, compatibly) for t in targets))

    def composed(first, second):
        if 0x1100 <= first < 0x1113 and 0x1161 <= second < 0x1176:
            return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
        if first in HANGUL and (first - 0xAC00) % 28 == 0 and 0x11A8 <= second < 0x11C3:
            return first + second - 0x11A7
        return pairs.get((first, second))

    def form(name, text):
        scalars = []
        for scalar in map(ord, text):
            scalars += decomposed(scalar, "K" in name)
        start = 0
        for index in range(len(scalars) + 1):
            if index == len(scalars) or not combining.get(scalars[index]):
                scalars[start:index] = sorted(scalars[start:index], key=lambda s: combining.get(s, 0))
                start = index
        if name.endswith("D"):
            return "".join(map(chr, scalars))
        result, starter, last = [], None, 0
        for scalar in scalars:
            own = combining.get(scalar, 0)
            if starter is not None and (last < own or last == 0 and starter == len(result) - 1):
                both = composed(result[starter], scalar)
                if both:
                    result[starter] = both
                    continue
            if not own:
                starter = len(result)
            last = own
            result.append(scalar)
        return "".join(map(chr, result))

    draw = random.Random(17)
    interesting = [*canonical, *compatible, *combining, *range(0x1100, 0x1200), *range(32, 127)]
    texts = [chr(scalar) for scalar in SCALARS]
    texts += ["".join(chr(draw.choice(interesting)) for _ in range(draw.randint(2, 8)))
              for _ in range(300_000)]
    for text in texts:
        for name in FORMS:
            assert form(name, text) == normalized(name, text), (name, [hex(ord(c)) for c in text])


def spelled(mappings, mark=lambda scalar: ""):
    """`;` between entries, each a scalar, unless it follows the last, `:` and what it maps to."""
    text, last = [], None
    for scalar in sorted(mappings):
        place = "" if last is not None and scalar == last + 1 else f"{scalar:X}:"
        text.append(place + mark(scalar) + ",".join(f"{target:X}" for target in mappings[scalar]))
        last = scalar
    return ";".join(text)


def ranges(scalars, value=lambda scalar: ""):
    """`;` between ranges of scalars that have the same value."""
    runs = []
    for scalar in sorted(scalars):
        if runs and runs[-1][1] == scalar - 1 and runs[-1][2] == value(scalar):
            runs[-1][1] = scalar
        else:
            runs.append([scalar, scalar, value(scalar)])
    return ";".join(f"{a:X}{f'-{b:X}' if b > a else ''}{v}" for a, b, v in runs)


def literal(name, comment, text):
    lines = [text[start:start + COLUMNS] for start in range(0, len(text), COLUMNS)]
    body = "".join(f"    {line}\\\n" for line in lines[:-1]) + f"    {lines[-1]}\n"
    return f'  /// {comment}\n  static let {name}: StaticString = """\n{body}    """\n'


def write(folder, name, summary, literals):
    with open(f"{folder}/{name}.swift", "w", encoding="utf-8") as file:
        file.write("// Generated by Fixtures/unicode/make_normalization_tables.py; change that, not this.\n\n")
        file.write(f"/// {summary}\nenum {name} {{\n")
        file.write("\n".join(literal(*each) for each in literals))
        file.write("}\n")


def main(folder):
    canonical, composing, compatible = mappings()
    combining = classes()
    check(canonical, composing, compatible, combining)
    words = Whitespace()
    is_word = lambda c: len(words.pre_tokenize_str(f"a{chr(c)}a")) == 1
    digits = Digits(individual_digits=True)
    is_digit = lambda c: len(digits.pre_tokenize_str(f"a{chr(c)}a")) == 3
    lmn = regex.compile(r"[\p{L}\p{M}\p{N}]")
    number = regex.compile(r"\p{N}")
    write(folder, "CanonicalTables", "What ``NormalForm`` reads: canonical mappings and combining classes.", [
        ("mappings", "Single steps; `!` in front of parts that compose again.",
         spelled(canonical, lambda scalar: "!" if scalar in composing else "")),
        ("classes", "Scalars with a combining class, and the class.",
         ranges(combining, lambda scalar: f":{combining[scalar]}"))])
    write(folder, "CompatibilityTables", "What ``NormalForm`` reads: compatibility mappings.", [
        ("mappings", "Single steps.", spelled(compatible))])
    write(folder, "WordTables", "How Rust's classes differ from those of ``UnicodeClass``.", [
        ("otherWords", r"Scalars of `\w` that are no letters, marks or numbers.",
         ranges(c for c in SCALARS if is_word(c) and not lmn.match(chr(c)))),
        ("otherNumbers", r"Letters, marks and numbers that are not in `\w`.",
         ranges(c for c in SCALARS if not is_word(c) and lmn.match(chr(c)))),
        ("newNumerals", "What `char::is_numeric` knows beyond Unicode 16.0.",
         ranges(c for c in SCALARS if is_digit(c) and not number.match(chr(c))))])
    assert all(is_digit(c) for c in SCALARS if number.match(chr(c)))


main(sys.argv[1])
