"""Checks that Spec/records.json and the pages say the same.

Of each record the check compares the table of its page, row by row: the bytes, the names of fields, and their bounds in
the words of the page. Records that a page describes in a sentence are compared with that sentence, whose numbers come
from the table. check_codes.py compares what else is in the table.
"""

from __future__ import annotations

import re
from typing import Any

import check_codes
from pages import expect, page, plain, rows_of
from records import CODES, RECORDS, Field, check_references, check_shape, fields_of

# Where a table stands: its page, the heading, and which table under it. Nothing is known of records that begin a table.
TABLES = {
    "header": ("Container", "Header", 0), "section": ("Container", "Section", 0), "block": ("Container", "Section", 1),
    "tableStart": ("Container", "Table of contents", 0), "entry": ("Container", "Table of contents", 1),
    "trailer": ("Container", "Trailer", 0), "sign": ("Container", "Signature", 0),
    "VOCB": ("Vocabulary", "Header", 0), "PIPE": ("Vocabulary", "Pipeline", 0), "post": ("Vocabulary", "Post-processor", 0),
    "TOKH": ("Tokens", "Header", 0), "tensor": ("Weights", "Tensors", 0), "BASE": ("Weights", "Delta", 0),
    "wset": ("Weights", "Sets", 0), "expression": ("Pretokenization", "Expressions$", 0)}
# Sentences of pages, with the values of the table where {…} stands.
SENTENCES = {
    "meta": ("Container", "of at most {metadata.most} bytes."),
    "specialToken": ("Vocabulary", "id ({id}), byte count ({bytes.count}), bytes"),
    "planes": ("Vocabulary", "three planes: the lowest byte of every id, then the middle bytes, then the highest"),
    "TSTR": ("Vocabulary", "`TSTR` holds the number of ids ({count}; at most {count.most}), for each id the number of its"
             " bytes ({lengths.list} each;"),
    "matchingToken": ("Vocabulary", "id ({id}), options ({options}): 1 ordinary, 2 stripsLeft, 4 stripsRight, 8 wholeWord,"
                      " 16 normalized; not 0"),
    "keptPart": ("Vocabulary", "by rising key, key and text of each, as *bytes*"),
    "charactersMap": ("Vocabulary", "the size of a trie ({trie.count}), a multiple of {trie.multiple} and not 0; the trie, a"),
    "TOKR": ("Tokens", "One byte an id"),
    "TOKB": ("Tokens", "holds for each block its stored length, then for each the length before compression, then for each"
             " the CRC-32C of what is stored: {checksums.list} bytes each"),
    "TOKN": ("Tokens", "`TOKN` holds the stored blocks without gaps"),
    "DOCL": ("Tokens", "The number of tokens of each document, in groups of seven bits, the lowest first"),
    "dsrc": ("Tokens", "`dsrc` holds for each document the length of its source in bytes, in groups, and the source, UTF-8"),
    "dbyt": ("Tokens", "`dbyt` the number of bytes of its text, in groups"),
    "LMSK": ("Tokens", "the number of openings, at most {openings.most}; of each the number of its ids, {openings.list.least}"
             " to {openings.list.most}, and the ids; the number of closings, at most {closings.most}"),
    "mask": ("Tokens", "The mask of a document is the number of its runs, and the length of each but the last"),
    "TENS": ("Weights", "The number of tensors ({count}) and the bytes of a block ({blockByteCount}):"
             " {blockByteCount.most}"),
    "TBLK": ("Weights", "their stored lengths, then their lengths before compression, then the CRC-32C of what is stored:"
             " {checksums.list} bytes each"),
    "TDAT": ("Weights", "raw as far as the container is concerned"),
    "compactBlock": ("Weights", "A block holds for each plane its stored length ({storedByteCounts.list}), then the planes."),
    "CNTH": ("Counts", "the number of pretokens ({count}), the origin ({origin.count} × {origin.list}, below), the bytes of the"
             " pattern's settings ({settingCount}), the settings"),
    "CNTS": ("Counts", "`CNTS` holds for each pretoken"),
    "pretoken": ("Counts", "its count, at least {count.least} and below 2^{count.bits}"),
    "settings": ("Pretokenization", "A reader refuses seven bytes of which one is not in the table"),
    "deepSeekSettings": ("Pretokenization", "The other settings must be 0, 3, 1, then digits other than 0, then 1, 1, 0"),
    "wholeTextSettings": ("Pretokenization", "the whole text is one pretoken, and the other settings are 0"),
    "replacedExpression": ("Vocabulary", "the settings of an expression, with behaviour 1 and not inverted"),
}
# Parts of the records above, and those that decide where a walk leads.
PARTS = {"version", "shared", "table", "trailerStart", "trailerOfATable", "normalizer", "pretokenizer", "decoder",
         "symbols", "everyByte", "pieces"}


def size_of(field: Field) -> str:
    """The bytes of a field, as the tables of pages write them."""
    if "number" in field:
        return str(field["number"])
    count = field.get("count", field.get("bytes"))
    if isinstance(count, dict):
        return f"{count['number']}, …" if "number" in count else "…"
    if "list" in field and isinstance(count, str):
        element = field["list"].get("number")
        return f"{element} · {count}" if element else "…"
    return {"rest": "…", None: "…"}.get(count, str(count))


def written(number: int) -> str:
    """A regular expression for a bound as pages write it."""
    power = number.bit_length() - (number & (number - 1) == 0)
    forms = [str(number), f"{number:,}"]
    if power > 9:
        forms += [f"2^{power}"] if number == 1 << power else [f"2^{power} − {(1 << power) - number}"]
    return "(?<![\\d^])(?:" + "|".join(map(re.escape, forms)) + ")(?![\\d,]*\\d)"


def bounds(field: Field) -> list[str]:
    """Regular expressions that the meaning of a field in a page must match, for its bounds."""
    least, most = field.get("least"), field.get("most")
    found = [rf"\b{field['if']['bit']}\b|pieces"] if "if" in field else []
    if "codes" in field:
        return [rf"(?<!\d){code}(?!\d)" for code in CODES[field["codes"]]] if field["codes"] in SMALL else []
    if "is" in field and not set(field["is"]) - {"0"}:
        found.append(r"\b(?:0|zeros?)\b")
    elif "is" in field and field["name"] == "magic":
        digits = bytes.fromhex(field["is"])
        found.append(re.escape(" ".join(f"{byte:02X}" for byte in digits)) + "|" + re.escape(digits[:4].decode("latin-1")))
    if least == most and isinstance(most, int):
        return [*found, written(most)]
    if isinstance(most, int) and (most, field.get("number")) != (1, 1):
        found.append((written(least) + " to " if least else "(?:at most|to|below|fewer than) ") + written(most))
    elif isinstance(least, int):
        found.append(r"not (?:0|empty)|at least 1|from 1|above 0" if least == 1 else written(least))
    elif most is not None or least is not None:
        names = [name for bound in (least, most) for name in (bound if isinstance(bound, list) else [bound])]
        found += [re.escape(name) for name in names if isinstance(name, str)]
    if field.get("multiple"):
        found.append("multiple of " + written(field["multiple"]))
    if field.get("rising"):
        found.append("rising")
    return found


# Words of a meaning, of which each asks for one of these members.
WORDS = {"at most": {"most"}, "multiple of 64": {"multiple"}, "not (?:0|empty)": {"least", "list"}, "rising": {"rising"},
         "[Oo]f the bytes": {"sums"}, "with flag|only:": {"if"}}
# Codes that the row of a field lists; others have tables of their own.
SMALL = {"profiles", "sectionCodecs", "signatureAlgorithms", "layouts", "mergeRules", "units", "tokenCodecs", "tensorCodecs",
         "dialects"}


def tables_under(name: str, heading: str) -> list[list[list[str]]]:
    """The rows of each table under a heading of a page, without the head."""
    text = re.search(rf"^## {heading}.*?$(.*?)(?=^## |\Z)", page(name), re.M | re.S)
    found = re.findall(r"(?:^\|.*\n)+", text[1] if text else "", re.M)
    return [rows_of(table)[2:] for table in found]


def check_tables() -> None:
    for record, (name, heading, index) in TABLES.items():
        rows = tables_under(name, heading)[index]
        fields, offset = fields_of(record), 0
        expected, cells = [], []
        for row in rows:
            *place, size, names, meaning = row if len(row) == 4 else [*row, ""][:3]
            place = place if len(row) == 4 and row[0].isdigit() else []
            taken = names_in(names, fields)
            own, fields = fields[:taken], fields[taken:]
            sizes = [size_of(field) for field in own]
            fixed = all(one.isdigit() for one in sizes)
            shown = str(sum(map(int, sizes))) if fixed else " ".join(sizes)
            expected.append((shown, place and str(offset)))
            cells.append((size, place and place[0]))
            offset += int(shown) if fixed else 0
            for field in own if taken == 1 else []:
                for words, members in WORDS.items():
                    expect(not re.search(words, meaning) or members & set(field), f"{name}: {field}: “{meaning}”")
                for bound in bounds(field):
                    expect(re.search(bound, plain(meaning)), f"{name}: {field['name']} of {record}: no {bound} in {meaning}")
        same = [(a, b) for a, b in zip(expected, cells) if a != b and not (b[0] == "" and not a[0].isdigit())]
        expect(not same and not fields, f"{name}: {record}: {same}, and no rows of {[field['name'] for field in fields]}")


def names_in(cell: str, fields: list[Field]) -> int:
    """How many of the next fields a row speaks of."""
    words = [word.split(".")[-1] for word in re.findall(r"[A-Za-z.]+", cell)]
    names = [field["name"] for field in fields]
    if "…" in cell:
        return names.index(words[-1]) + 1 if words[0] == names[0] else 0
    return len(words) if names[:len(words)] == words else 0


def check_sentences() -> None:
    pages = {name: plain(page(name)) for name, _ in SENTENCES.values()}
    for record, (name, sentence) in SENTENCES.items():
        by_name = {field["name"]: field for field in fields_of(record)}
        text = re.sub(r"\{(.*?)\}", lambda place: value(by_name, place[1]), sentence)
        expect(text in pages[name], f"{name}: {record}: there is no “{text}”")
    unlisted = set(RECORDS) - set(TABLES) - set(SENTENCES) - PARTS
    expect(not unlisted, f"records.json: nothing compares {unlisted} with a page")


def value(fields: dict[str, Field], path: str) -> str:
    """What the table says at a place such as count.most, as pages write it."""
    name, *members = path.split(".")
    found: Any = fields[name]
    for member in members:
        found = {"count": found.get("count", found.get("bytes")), "bits": found.get("groups")}.get(member, found.get(member))
    while isinstance(found, dict):
        found = found["number"]
    power = (found - 1).bit_length()
    rest = (1 << power) - found
    return f"{found:,}" if found < 1 << 20 else f"2^{power} − {rest}" if rest else f"2^{power}"


def check_all() -> None:
    check_shape()
    check_references()
    check_tables()
    check_sentences()
    check_codes.check_all()
