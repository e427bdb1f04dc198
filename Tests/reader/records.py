"""Spec/records.json, and whether it is sound by itself: known members, names of fields that are there, nothing unused."""

from __future__ import annotations

import json
import re
from typing import Any

from pages import SPEC, expect, page

Field = dict[str, Any]
TABLE: dict[str, Any] = json.loads((SPEC / "records.json").read_text())
RECORDS, CODES = TABLE["records"], TABLE["codes"]
KINDS = {"number", "groups", "bytes", "align", "list", "cut", "record", "choice"}
OTHERS = {"name", "bits", "count", "fewer", "checksums", "in", "by", "least", "most", "below", "multiple", "is", "codes",
          "form", "holds", "rising", "checksum", "sums", "if"}
# What the one that reads a record has to tell, beside the fields of the section that is its outer one.
TOLD = {"TBLK": {"blockCount"}, "compactBlock": {"planeCount"}}


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


def names_of(record: str) -> set[str]:
    return {field["name"] for field in fields_of(record)}


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


def check_references() -> None:
    """A name that stands for a field is that of a field in front, around, or of the outer section."""
    for kind, entry in TABLE["sections"].items():
        outer = TABLE["sections"][entry["outer"]]["record"] if "outer" in entry else None
        refer(entry["record"], names_of(outer) if outer else TOLD.get(kind, set()))
    for record in "header", "section", "block", "table", "trailer", "trailerOfATable", "compactBlock":
        refer(record, TOLD.get(record, set()))


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
