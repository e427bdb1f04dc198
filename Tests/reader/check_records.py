"""Checks that Spec/records.json and the pages say the same, and that the reader in JavaScript stays small.

Of each record the check compares the table of its page, row by row: the bytes, the names of fields, and their bounds in
the words of the page. Records that a page describes in a sentence are compared with that sentence, whose numbers come
from the table. Codes are compared with the tables of the pages, and records of the container with gobbet.ksy.
"""

from __future__ import annotations

import json
import re
from typing import Any

from page_code import code_of
from pages import ROOT, SPEC, blocks, expect, page

Field = dict[str, Any]
TABLE: dict[str, Any] = json.loads((SPEC / "records.json").read_text())
RECORDS, CODES = TABLE["records"], TABLE["codes"]
#: Lines of the reader in JavaScript that are neither blank nor comments, without gobbet_zstd.mjs: issue 23 asks for it.
LONGEST_READER = 500
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
KINDS = {"number", "groups", "bytes", "align", "list", "cut", "record", "choice"}
OTHERS = {"name", "bits", "count", "fewer", "checksums", "in", "by", "least", "most", "below", "multiple", "is", "codes",
          "form", "holds", "rising", "checksum", "sums", "if"}


def fields_of(record: str | list[Field]) -> list[Field]:
    """The fields of a record with those of its parts, each name once where codes have it in several ways."""
    found: list[Field] = []
    for field in RECORDS[record] if isinstance(record, str) else record:
        if "choice" in field:
            entries = CODES[field["choice"]].values()
            parts = [part for entry in entries for part in fields_of(entry.get("fields", []))]
            found += [part for i, part in enumerate(parts) if part["name"] not in {other["name"] for other in parts[:i]}]
        elif "name" in field:
            found.append(field)
        else:
            if "in" in field:
                found.pop()
            found += fields_of(field["record"])
    return found


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


def plain(text: str) -> str:
    """A cell or a page with powers as 2^3, and without line ends."""
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda digits: "^" + digits[0].translate(DIGITS), text)
    return " ".join(text.split())


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
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
# Codes that the row of a field lists; others have tables of their own.
SMALL = {"profiles", "sectionCodecs", "signatureAlgorithms", "layouts", "mergeRules", "units", "tokenCodecs", "tensorCodecs",
         "dialects"}


def tables_under(name: str, heading: str) -> list[list[list[str]]]:
    """The rows of each table under a heading of a page, without the head."""
    text = re.search(rf"^## {heading}.*?$(.*?)(?=^## |\Z)", page(name), re.M | re.S)
    found = re.findall(r"(?:^\|.*\n)+", text[1] if text else "", re.M)
    return [rows_of(table)[2:] for table in found]


def rows_of(table: str) -> list[list[str]]:
    """The cells of each line of a table."""
    return [re.split(r" *(?<!\\)\| *", line)[1:-1] for line in table.splitlines()]


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


def what_follows(fields: list[Field]) -> str:
    """The last column of the tables of steps."""
    words = []
    for field in fields:
        if "holds" in field:
            words.append({"charactersMap": "a table of characters", "expression": "an expression",
                          "replacedExpression": "an expression"}[field["holds"][0]])
        elif "bytes" in field:
            words.append("bytes, not empty" if field.get("least") else "bytes")
        elif field.get("most") == 1:
            words.append("flag")
        else:
            codes = CODES.get(field.get("codes"), {})
            least, most = field.get("least", 0), field.get("most", max(map(int, codes), default=None))
            bound = f", {least} to {most}" if most else ", not 0" if least else ""
            words.append(f"number ({field['number']}){bound}")
        words[-1] = f"{field['name']}: {words[-1]}"
    return "; ".join(words)


def check_codes() -> None:
    for name, title in ("normalizers", "normalizer"), ("pretokenizers", "step"), ("decoders", "decoder"):
        body = re.search(rf"^\| code \| {title} \| what follows \|\n\|.*\n((?:\|.*\n)+)", page("Vocabulary"), re.M)
        expected = {code: what_follows(entry["fields"]) for code, entry in CODES[name].items()}
        found = {}
        for codes, _, follows in rows_of(body[1]) if body else []:
            found.update({code: follows for code in codes.split(", ")})
        for code in {**expected, **found}:
            expect(found.get(code) == expected.get(code),
                   f"Vocabulary: {title} {code}: “{found.get(code)}” is not “{expected.get(code)}”")
    text = plain(page("Registry"))
    for name in "profiles", "sectionCodecs", "tokenCodecs", "tensorCodecs", "layouts", "mergeRules", "signatureAlgorithms":
        for code, entry in CODES[name].items():
            expect(re.search(rf"(?<!\d){code} (?:\| )?{entry['name']}", text), f"Registry: {name}: no {code} {entry['name']}")
    reading = code_of("Reading")
    heads = {kind: head.decode() for _, head, rest in reading.HEADS for kind in map(bytes.decode, rest)}
    profiles = {head.decode(): profile for profile, head, _ in reading.HEADS}
    sections = TABLE["sections"]
    expect({kind: entry["head"] for kind, entry in sections.items() if "head" in entry} == heads, "Reading: other heads")
    expect({kind: entry["profile"] for kind, entry in sections.items() if "profile" in entry} == profiles, "Reading: heads")
    for kind, entry in sections.items():
        row = re.search(rf"^\| [^|]*`{kind}`[^|]*\|[^|]*\|[^|]*\| ({entry['page']}) \|", page("Registry"), re.M)
        expect(row, f"Registry: {kind} is not of {entry['page']}")
    rows = set(re.findall(r"`(\w{4})`", "".join(re.findall(r"^\| (`[^|]*) \|[^|]*\| (?:yes|no) \|", page("Registry"), re.M))))
    expect(rows == set(sections), f"Registry: {rows ^ set(sections)} are not in both")
    for unit, entry in CODES["units"].items():
        listed = {int(code) for code in CODES.get(entry["fields"][0].get("codes"), {"0": {}})}
        expect(listed == {flags for flags in range(64) if fits(int(unit), flags)}, f"records.json: flags of unit {unit}")
    bits = {"raw16": 16, "raw32": 32}
    for entry in CODES["tokenCodecs"].values():
        most = {"raw16": 1 << 16, "raw32": 1 << 32, "packed": 1 << 32}.get(entry["name"], (1 << 24) + 65280)
        expect((entry["idBound"], entry.get("bits")) == (most, bits.get(entry["name"])), f"records.json: {entry['name']}")
    expect("raw16 holds ids below 2^16, raw32 and packed below 2^32, rank and archive below 2^24 + 65,280"
           in plain(page("Tokens")), "Tokens: other bounds of ids")


def fits(unit: int, flags: int) -> bool:
    """Whether flags of PIPE fit each other: the row of symbols.flags."""
    expect("None with pieces; 8 goes with none of 1, 4 and 32; 16 and 32 with scalars only" in page("Vocabulary"), "flags")
    if flags & 1:
        return unit == 0 and flags == 1
    return not (unit == 2 and flags or flags & 8 and flags & 36 or flags & 48 and unit != 1)


def check_types() -> None:
    plain_types, _, quantized = page("Weights").partition("## Types in blocks")
    size = RECORDS["TENS"][1]["most"]
    expected: dict[str, Any] = {}
    for code, name in re.findall(r"\| (\d+) \| ([a-z]+\d*(?: e\w+)?)(?= |,|:)", plain_types):
        bits = int(re.sub("^[a-z]*", "", name.split()[0]) or 8)
        expected[code] = {"name": name, "elements": 1, "bits": bits, "blockByteCount": size}
        if int(code) <= 6:
            expected[code]["planes"] = [1, 1, 2, 4][:bits.bit_length() - 3]
    for code, name, *numbers, fields in re.findall(r"^\| (\d+) \| (\w+) \| (\d+) \| (\d+) \| ([\d, ]+) \|$", quantized, re.M):
        elements, count = map(int, numbers)
        planes = [int(width) for width in fields.split(", ")]
        expect(sum(planes) == count, f"Weights: the fields of {name}")
        expected[code] = {"name": name, "elements": elements, "bits": 8 * count,
                          "blockByteCount": size - size % (256 // elements * count), "planes": planes}
    for code in {**expected, **CODES["elementTypes"]}:
        expect(CODES["elementTypes"].get(code) == expected.get(code), f"Weights and records.json: type {code}")


def check_names() -> None:
    (_, body), = blocks("Names", "ranges")
    ranges = "".join("-".join(chr(int(end, 16)) for end in word.split("-")) for word in body.split())
    signs = "\0-\x1f\x7f-\x9f/\\\\" + ranges
    expect(TABLE["forms"]["name"] == f"^(?!.*[.][.])[^{signs}]*$", "Names: other scalars than the form name")
    expect(TABLE["forms"]["fileName"] == f"^(?![.]?$)(?!.*[.][.])[^{signs}]*$", "Names: other scalars than fileName")


def check_shape() -> None:
    """Members and names of the table are those that Records.md lists, and everything is used."""
    text = page("Records")
    for word in KINDS | OTHERS:
        expect(f"`{word}`" in text, f"Records: nothing about {word}")
    used = {"header", "section", "block", "table", "trailer", "trailerOfATable", "compactBlock"}
    used |= {entry["record"] for entry in TABLE["sections"].values()}

    def visit(field: Field) -> None:
        expect(len(KINDS & set(field)) == 1 and not set(field) - KINDS - OTHERS, f"records.json: {field}")
        expect(field.get("codes", "units") in CODES and field.get("choice", "units") in CODES, f"records.json: {field}")
        expect(field.get("form", "text") in TABLE["forms"], f"records.json: {field}")
        for inner in field.get("list"), field.get("count"), field.get("bytes"):
            if isinstance(inner, dict) and "quotient" not in inner:
                visit(inner)
        for name in [field["record"]] if "record" in field else field.get("holds", []):
            used.add(name)
    for fields in RECORDS.values():
        for field in fields:
            visit(field)
    for entries in CODES.values():
        for entry in entries.values():
            if isinstance(entry.get("fields"), str):
                used.add(entry["fields"])
            for field in entry.get("fields", []) if isinstance(entry.get("fields"), list) else []:
                visit(field)
    expect(used == set(RECORDS), f"records.json: {used ^ set(RECORDS)} are not used, or not there")
    codes = re.findall(r'"(?:codes|choice)": "(\w+)"', json.dumps(TABLE))
    expect(set(codes) == set(CODES), f"records.json: codes {set(codes) ^ set(CODES)}")


# What the one that reads a record has to tell, beside the fields of the section that is its outer one.
TOLD = {"TBLK": {"blockCount"}, "compactBlock": {"planeCount"}}


def check_references() -> None:
    """A name that stands for a field is that of a field in front, around, or of the outer section."""
    for kind, entry in TABLE["sections"].items():
        outer = TABLE["sections"][entry["outer"]]["record"] if "outer" in entry else None
        refer(entry["record"], names_of(outer) if outer else TOLD.get(kind, set()))
    for record in "header", "section", "block", "table", "trailer", "trailerOfATable", "compactBlock":
        refer(record, TOLD.get(record, set()))


def names_of(record: str) -> set[str]:
    return {field["name"] for field in fields_of(record)}


def refer(record: str | list[Field], scope: set[str]) -> set[str]:
    """Checks the names in the fields of a record; returns those that are known after it."""
    own: list[str] = []
    for field in RECORDS[record] if isinstance(record, str) else record:
        refer_from(field, scope | set(own), str(record))
        if "choice" in field:
            parts = [refer(entry.get("fields", []), scope | set(own)) for entry in CODES[field["choice"]].values()]
            own += set().union(*parts)
        elif "name" not in field and "record" in field:
            own += refer(field["record"], scope | set(own))
        else:
            own.append(field["name"])
    expect(len(own) - own.count("reserved") == len(set(own) - {"reserved"}), f"records.json: {record}: a name twice")
    return set(own)


def refer_from(field: Field, scope: set[str], record: str) -> None:
    count = field.get("count", field.get("bytes"))
    names = [field.get(member) for member in ("by", "in", "checksum", "checksums", "cut", "align", "below")]
    names += [name for limit in (field.get("least"), field.get("most")) for name in (limit if isinstance(limit, list) else [limit])]
    names += count["quotient"] if isinstance(count, dict) and "quotient" in count else [count]
    names += [field["if"]["field"]] if "if" in field else []
    for name in names:
        expect(not isinstance(name, str) or name in scope | {"rest"}, f"records.json: {record}: no field {name}")
    expect(field.get("sums", "record") == "record", f"records.json: {record}: {field}")
    if "list" in field:
        element = field["list"]
        rising, inner = field.get("rising", True), refer(element["record"], scope) if "record" in element else set()
        expect(rising is True or rising in inner, f"records.json: {record}: no field {rising} in its elements")
        refer_from(element, scope, record)


def check_sections() -> None:
    """Which sections must be raw, and what says nothing."""
    for kind, entry in TABLE["sections"].items():
        row = re.search(rf"^\| `{kind}` \|.*raw as far as the container is concerned", page(entry["page"]), re.M)
        expect(("codec" in entry) == bool(row) and entry.get("codec", 0) == 0, f"{entry['page']}: {kind} raw, or not")
    expect("says nothing if it has no added tokens with options, unit 0, flags 1, `unknown` FFFFFFFF and no steps of any kind"
           in plain(page("Vocabulary")), "Vocabulary: when PIPE says nothing")
    expect("A section with hasTemplate 0 and without kept parts says nothing" in plain(page("Vocabulary")), "Vocabulary: post")
    nothing = {kind: entry["nothing"] for kind, entry in TABLE["sections"].items() if "nothing" in entry}
    expect(nothing == {"PIPE": "00000000" "00" "01" "ffffffff" "000000", "post": "00" "00"}, f"records.json: {nothing}")


def check_settings() -> None:
    """Which seven bytes are the settings of a pattern, and how a replaced expression differs from others."""
    codes: list[set[int]] = []
    body = re.search(r"^\| byte \| setting \|.*\n\|.*\n((?:\|.*\n)+)", page("Pretokenization"), re.M)
    for place, _, numbers, _ in rows_of(body[1]) if body else []:
        if place:
            codes += [set() for _ in place.split(", ")]
        codes[-1] |= set(map(int, numbers.split(", ")))
    expect(codes[1] >= {3, 4}, "Pretokenization: words of code 3 and 4")
    codes[1] -= {3, 4}
    expect(bytes_of("settings") == codes, f"Pretokenization: {codes}")
    expect(bytes_of("deepSeekSettings") == [{0}, {3}, {1}, codes[3] - {0}, {1}, {1}, {0}], "Pretokenization: words of code 3")
    expect(bytes_of("wholeTextSettings") == [{0}, {4}, {0}, {0}, {0}, {0}, {0}], "Pretokenization: words of code 4")
    expect(RECORDS["expression"][0]["is"] == "ff" and "unless the first is 255" in page("Pretokenization"), "expression")
    one, other = ({field["name"]: field for field in RECORDS[name]} for name in ("expression", "replacedExpression"))
    kept, sides = {"name": "behaviour", "number": 1, "least": 1, "most": 1}, {"name": "inverted", "number": 1, "most": 0}
    expect(other == {**one, "behaviour": kept, "inverted": sides}, "records.json: replacedExpression")


def bytes_of(record: str) -> list[set[int]]:
    """The values that each byte of a record may have."""
    found: list[set[int]] = []
    for field in RECORDS[record]:
        if "is" in field:
            found += [{byte} for byte in bytes.fromhex(field["is"])]
        else:
            expect(field["number"] == 1, f"records.json: {record}: {field}")
            found.append(set(range(field.get("least", 0), field["most"] + 1)))
    return found


def check_kaitai() -> None:
    """gobbet.ksy describes the same records, under the names that its style asks for."""
    text = (SPEC / "gobbet.ksy").read_text()
    types = {name: body for name, body in re.findall(r"^  (\w+):\n((?:    .*\n)+)", text.partition("\ntypes:\n")[2], re.M)}
    names = {"version": "version", "header": "header", "trailer": "trailer", "table": "table", "shared": "shared",
             "entry": "entry", "section": "section", "block": "block"}
    sizes = {"version": 8, "shared": 32}
    for record, name in names.items():
        sequence = re.search(r"^    seq:\n((?:      .*\n)+)", types[name], re.M)
        found = []
        for item in re.split(r"^      - ", sequence[1] if sequence else "", flags=re.M)[1:]:
            kind = dict(re.findall(r"^ *(\w+): (.*)$", item, re.M))
            contents = kind.get("contents", "")
            if contents.startswith("["):
                found.append(bytes(int(byte, 0) for byte in contents[1:-1].split(",")).hex())
            elif contents:
                found.append(contents.encode().hex())
            else:
                integer = re.fullmatch(r"u(\d)", kind.get("type", ""))
                found.append(int(integer[1]) if integer else sizes.get(kind.get("type", ""), kind.get("size", "…")))
        expected: list[Any] = []
        for field in flat(RECORDS[record]):
            size = field.get("number", field.get("bytes"))
            is_fixed = "is" in field and "number" not in field
            expected.append(field["is"] if is_fixed else size if isinstance(size, int) else "…")
        found = [int(one) if isinstance(one, str) and one.isdigit() and len(one) < 4 else one for one in found]
        same = len(found) <= len(expected) and all(
            a == b or b == "…" and not isinstance(a, int) for a, b in zip(found, expected))
        expect(same, f"gobbet.ksy: {name}: {found} is not {expected}")


def flat(fields: list[Field]) -> list[Field]:
    """Fields as gobbet.ksy has them: version and shared are types there, other parts are not."""
    found: list[Field] = []
    for field in fields:
        if field.get("in"):
            continue
        if field.get("record") == "version":
            found.append({"name": "version", "bytes": 8})
        elif "name" not in field and "record" in field:
            found += flat(RECORDS[field["record"]])
        elif "choice" in field:
            found += CODES[field["choice"]]["1"]["fields"]
        else:
            found.append(field)
    return found


def line_counts() -> dict[str, int]:
    """Lines of code of each file that gobbet_reader.mjs imports, itself too, but for gobbet_zstd.mjs."""
    folder, found, left = ROOT / "Tests/reader", {}, ["gobbet_reader.mjs"]
    while left:
        name = left.pop()
        text = (folder / name).read_text()
        code = re.sub(r"^\s*/\*.*?\*/\s*$", "", text, flags=re.M | re.S)
        found[name] = sum(bool(line.strip()) and not line.lstrip().startswith("//") for line in code.splitlines())
        expect(all(len(line) <= 100 for line in text.splitlines()), f"{name}: a line of more than 100 columns")
        imported = re.findall(r'\bfrom "\./([^"]*\.mjs)"', text)
        left += {one for one in imported if one != "gobbet_zstd.mjs"} - set(found) - set(left)
    return found


def check_all() -> None:
    check_shape()
    check_references()
    check_sections()
    check_tables()
    check_sentences()
    check_codes()
    check_settings()
    check_types()
    check_names()
    check_kaitai()
    counts = line_counts()
    expect(sum(counts.values()) <= LONGEST_READER, f"the reader in JavaScript has {sum(counts.values())} lines: {counts}")
