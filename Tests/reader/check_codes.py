"""Checks that the codes, types, names and settings of Spec/records.json are those of the pages, and gobbet.ksy its records."""

from __future__ import annotations

import re
from typing import Any

from page_code import code_of
from pages import SPEC, blocks, expect, page, plain, rows_of
from records import CODES, RECORDS, TABLE, Field, flat


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
    expect(TABLE["forms"]["name"] == f"^(?![\\s\\S]*[.][.])[^{signs}]*$", "Names: other scalars than the form name")
    expect(TABLE["forms"]["fileName"] == f"^(?![.]?$)(?![\\s\\S]*[.][.])[^{signs}]*$", "Names: other scalars than fileName")


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


def check_all() -> None:
    check_codes()
    check_sections()
    check_settings()
    check_types()
    check_names()
    check_kaitai()
