"""Writes ExpressionTables.swift: what expressions ask of Unicode 16.0 beyond UnicodeTables.swift.

Usage: make_expression_tables.py OUT_FILE    Needs: pip install regex==2025.9.18 (Unicode 16.0)
"""
import sys

import regex
from regex import _regex_core as core

COLUMNS = 88
CATEGORIES = (
    "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co"
).split()
SCALARS = [scalar for scalar in range(0x110000) if not 0xD800 <= scalar < 0xE000]
TEXT = "".join(map(chr, SCALARS))


def members(expression):
    return {ord(scalar) for scalar in regex.findall(expression, TEXT)}


def ranges(scalars):
    found = []
    for scalar in sorted(scalars):
        if found and found[-1][1] == scalar - 1:
            found[-1][1] = scalar
        else:
            found.append([scalar, scalar])
    return ";".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in found)


def runs(values, name):
    """`name(value)` and, unless it is 1, the length of each run of equal values."""
    text, start = [], 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[start]:
            text.append(name(values[start]) + (str(end - start) if end - start > 1 else ""))
            start = end
    return "".join(text)


def categories():
    values = [CATEGORIES.index("Cs")] * 0x110000
    for number, category in enumerate(CATEGORIES):
        for scalar in members(rf"\p{{gc={category}}}"):
            values[scalar] = number
    assert values[0x1C89] == 1 and values[0x105C0] == 5 and values[0x10940] == 0, "not Unicode 16.0"
    return values


def scripts():
    """The names of every script, the short one first, and the number of each scalar's."""
    spellings = {}
    for spelling, number in core.PROPERTIES["SCRIPT"][1].items():
        spellings.setdefault(number, []).append(spelling)
    values = [0] * 0x110000
    names = [["ZZZZ", "UNKNOWN"]]
    for _, found in sorted(spellings.items(), key=lambda item: sorted(item[1])):
        if "UNKNOWN" in found:
            continue
        scalars = members(rf"\p{{sc={found[0]}}}")
        for scalar in scalars:
            values[scalar] = len(names)
        if scalars:
            names.append(sorted(found, key=lambda name: (len(name), name)))
    return names, values


def foldings():
    """Runs of simple case foldings: the first and the last scalar, their distance, what is added."""
    pairs = []
    for scalar in SCALARS:
        # The Turkish letters without counterpart are cases of i to PyPI's regex, and to nobody else.
        cases = set(core._regex.get_all_cases(regex.IGNORECASE | regex.UNICODE, scalar))
        least = min(cases - {0x130, 0x131}, default=scalar)
        if least != scalar and scalar not in (0x130, 0x131):
            pairs.append((scalar, least - scalar))
    found = []
    for scalar, offset in pairs:
        if found and found[-1][3] == offset:
            first, last, step, _ = found[-1]
            if (step == 0 and scalar - last <= 2) or scalar - last == step:
                found[-1] = (first, scalar, scalar - last, offset)
                continue
        found.append((scalar, scalar, 0, offset))
    return ";".join(
        f"{a:X},{d}" if a == b else f"{a:X}-{b:X}{'+' if s == 2 else ''},{d}" for a, b, s, d in found)


def unfolded():
    """Scalars that fold to several: Oniguruma matches texts of other lengths by them."""
    return ranges(s for s in SCALARS if len(chr(s).casefold()) > 1 or s in (0x1E9E,))


def literal(text):
    lines = [text[start:start + COLUMNS] for start in range(0, len(text), COLUMNS)]
    return "\n".join("    " + line + "\\" for line in lines)[:-1]


def constant(comment, name, text):
    return f'  /// {comment}\n  static let {name}: StaticString = """\n{literal(text)}\n    """\n'


if __name__ == "__main__":
    letters = [chr(65 + n) if n < 26 else chr(97 + n - 26) for n in range(len(CATEGORIES))]
    names, numbers = scripts()
    alphabetic = members(r"\p{Alphabetic}") - members(r"[\p{L}\p{Nl}]")
    assert not members(r"[\p{L}\p{Nl}]") - members(r"\p{Alphabetic}")
    parts = [
        constant("General categories in runs: a letter of ``categoryNames``, and how many.",
                 "categories", runs(categories(), lambda n: letters[n])),
        constant("The categories that the letters A to Z and a to d stand for.",
                 "categoryNames", " ".join(CATEGORIES)),
        constant("Scripts in runs: two letters, the number in base 26, and how many.",
                 "scripts", runs(numbers, lambda n: chr(65 + n // 26) + chr(65 + n % 26))),
        constant("The names of the scripts, by their numbers.",
                 "scriptNames", ";".join(" ".join(n.replace("_", "").lower() for n in found) for found in names)),
        constant("`\\p{Alphabetic}` beyond letters and letter numbers.",
                 "otherAlphabetic", ranges(alphabetic)),
        constant("`\\p{Uppercase}` beyond `\\p{Lu}`.", "otherUppercase",
                 ranges(members(r"\p{Uppercase}") - members(r"\p{Lu}"))),
        constant("`\\p{Lowercase}` beyond `\\p{Ll}`.", "otherLowercase",
                 ranges(members(r"\p{Lowercase}") - members(r"\p{Ll}"))),
        constant("Scalars with the least one of the same letter in another case: scalars, `+` for every second,\n  /// and what leads there.", "caseFoldings",
                 foldings()),
        constant("Scalars that fold to several.", "severalFolded", unfolded()),
    ]
    with open(sys.argv[1], "w") as out:
        out.write("""// Generated by Fixtures/unicode/make_expression_tables.py from Unicode 16.0; change that, not this.

/// What expressions ask of Unicode beyond the classes of ``UnicodeTables``.
enum ExpressionTables {
""" + "\n".join(parts) + "}\n")
