"""Writes CharacterTables.swift into a folder: what `tokenizers` takes characters for.

It classifies by tables of its own, some of them of Unicode 8 and some of Unicode 17: every scalar is
asked for.

Usage: make_character_tables.py FOLDER
Needs: pip install tokenizers==0.23.3
"""
import struct
import sys

from tokenizers.normalizers import BertNormalizer, Lowercase, Precompiled, StripAccents
from tokenizers.pre_tokenizers import Punctuation, UnicodeScripts

COLUMNS = 92
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def bert(**settings):
    off = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return BertNormalizer(**{**off, **settings})


def removed(normalizer):
    return [c for c in SCALARS if normalizer.normalize_str(f"a{chr(c)}b") == "ab"]


def runs(values):
    """Runs of scalars with the same value, those next to each other or every second one."""
    found = []
    for scalar, value in sorted(values.items()):
        last = found[-1] if found else None
        if last and last[3] == value and scalar - last[1] in (1, 2):
            step = scalar - last[1]
            if last[0] == last[1] or last[2] == step:
                last[1:3] = scalar, step
                continue
        found.append([scalar, scalar, 1, value])
    return found


def table(values):
    """`;` between runs: first, `-` last, `/2` for every second one, `:` the value, unless it is 1."""
    return ";".join(
        f"{first:X}" + (f"-{last:X}" if last > first else "") + ("/2" if step == 2 else "")
        + (f":{value}" if value != 1 else "")
        for first, last, step, value in runs(values))


def lowered():
    """How far away the lower case of each scalar is; only U+0130 has one of two scalars."""
    lowercase = Lowercase()
    values = {}
    for scalar in SCALARS:
        text = lowercase.normalize_str(chr(scalar))
        if text != chr(scalar) and scalar != 0x130:
            assert len(text) == 1
            values[scalar] = ord(text) - scalar
    assert lowercase.normalize_str("\u0130") == "i\u0307"
    return values


def scripts():
    """A number for the script of each scalar; those that go with any script have none."""
    cutter = UnicodeScripts()
    cuts = lambda text: len(cutter.pre_tokenize_str(text)) == 2
    # Alone, a scalar of any script is dropped.
    named = [c for c in SCALARS if cutter.pre_tokenize_str(chr(c))]
    examples, values = [], {}
    for scalar in named:
        last = values.get(scalar - 1)
        if last and not cuts(chr(examples[last - 1]) + chr(scalar)):
            values[scalar] = last
            continue
        for number, example in enumerate(examples, 1):
            if not cuts(chr(example) + chr(scalar)):
                values[scalar] = number
                break
        else:
            examples.append(scalar)
            values[scalar] = len(examples)
    return values


def beginnings(byte):
    """A `Precompiled` that makes "Z" of everything that begins with a byte, in UTF-8."""
    units = [0] * 768
    units[0], units[256 ^ byte], units[512] = 256 << 10, (256 ^ byte ^ 512) << 10 | 1 << 8 | byte, 1 << 31
    trie = struct.pack("<768I", *units)
    return Precompiled(struct.pack("<I", len(trie)) + trie + b"Z\0")


def clusters():
    """How each scalar joins what stands beside it, a bit each: `GraphemeClusters` names them.

    `Precompiled` treats a cluster of fewer than six bytes as one, and a longer one scalar by scalar: what is
    made of the mark at the end tells whether it stands in a short cluster.
    """
    after = {byte: beginnings(byte) for byte in [*range(1, 0x80), *range(0xC2, 0xF5)]}
    first = lambda c: after[chr(c).encode()[0]]
    length = lambda c: len(chr(c).encode())
    # A pictograph and a consonant of three bytes, of which two or more are no short cluster.
    pictograph, consonant, virama, mark = "\u231a", "\u0915", "\u094d", "\u0301"
    long = lambda byte, text: after[byte].normalize_str(text).endswith(mark)
    # A NUL ends what is looked for in a table; it is a control character too.
    values = {0: 32}
    for c in SCALARS[1:]:
        text = chr(c)
        value = 0
        if after[ord("a")].normalize_str("a" + text) == "Z":
            value |= 1
            value |= 2 * long(0xE2, f"{pictograph}{text}\u200d{pictograph}{mark}")
            value |= 4 * long(0xE0, f"{consonant}{virama}{text}{consonant}{mark}")
            value |= 8 * long(0xE0, f"{consonant}{text}{consonant}{mark}")
        elif first(c).normalize_str(text + "a") == "Z":
            value |= 16
        elif length(c) < 4 and first(c).normalize_str(text + mark) != "Z":
            value |= 32
        else:
            value |= 64 * long(0xE2, f"{text}\u200d{pictograph}{mark}")
            value |= 128 * long(0xE0, f"{text}{virama}{consonant}{mark}")
        if value:
            values[c] = value
    return values


def literal(name, comment, text):
    lines = [text[start:start + COLUMNS] for start in range(0, len(text), COLUMNS)]
    body = "".join(f"    {line}\\\n" for line in lines[:-1]) + f"    {lines[-1]}\n"
    return f'  /// {comment}\n  static let {name}: StaticString = """\n{body}    """\n'


def main(folder):
    punctuation = Punctuation("isolated")
    sets = [
        ("removed", "What ``Normalizer/bert(_:)`` removes when it cleans a text.",
         removed(bert(clean_text=True))),
        ("nonspacingMarks", "What it removes when it strips accents.", removed(bert(strip_accents=True))),
        ("marks", "What ``Normalizer/stripAccents`` removes.", removed(StripAccents())),
        ("punctuation", "What ``PretokenizerStep/punctuation(_:)`` cuts out.",
         [c for c in SCALARS if len(punctuation.pre_tokenize_str(f"a{chr(c)}a")) == 3]),
    ]
    literals = [literal(name, comment, table(dict.fromkeys(found, 1))) for name, comment, found in sets]
    literals.append(literal("lowercase", "How far away lower case is.", table(lowered())))
    literals.append(literal("scripts", "Numbers of scripts.", table(scripts())))
    literals.append(literal("clusters", "How scalars make grapheme clusters.", table(clusters())))
    with open(f"{folder}/CharacterTables.swift", "w", encoding="utf-8") as file:
        file.write("// Generated by Fixtures/unicode/make_character_tables.py; change that, not this.\n\n")
        file.write("/// What `tokenizers` takes characters for, as `ScalarTable` reads it.\n")
        file.write("enum CharacterTables {\n" + "\n".join(literals) + "}\n")


main(sys.argv[1])
