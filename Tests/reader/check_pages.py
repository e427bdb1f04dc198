"""Runs the examples of Spec/, and checks that every numbered rule has a file or a case that breaks it.

    check_pages.py [READER…]           the readers as for conformance.py; they get the generated cases
    check_pages.py --write [READER…]   writes Spec/Rules.md

Needs what gobbet_content.py needs.
"""
import collections
import pathlib
import re
import shutil
import struct
import subprocess
import sys

import check_cases
import check_examples
import check_records
from conformance import Reader, errors, golden
from pages import ROOT, SPEC, expect, faults, page

TABLE = "../../Spec/records.json"
#: Lines of the reader in JavaScript that are neither blank nor comments, without gobbet_zstd.mjs: issue 23 asks for it.
LONGEST_READER = 500
# Rules that no single file can break: the tests in Swift that make such files.
ELSEWHERE = {
    "W17": "`WeightSetTests`: files of a set under other names, of another set, with and without",
    "W20": "`WeightDifferenceTests`: a base that is missing, replaced, added to, in a circle, the 65th",
    "W21": "`WeightDifferenceTests`: a base without the tensor",
}


def rules_page(cases):
    """The text of Spec/Rules.md."""
    files = collections.defaultdict(list)
    for line in errors().values():
        for rule in line.rule.split():
            files[rule].append(line.file.removesuffix(".gobbet"))
    lines = ["# Rules", "", "Made by `Tests/reader/check_pages.py --write`: every numbered rule of these"
             " pages, and the files of `Fixtures/broken/` and the", "generated cases that break it."]
    known = set()
    for path in sorted(SPEC.glob("*.md")):
        if path.name == "Rules.md":
            continue
        numbers = re.findall(r"^\| ([A-Z]\d+) \|", path.read_text().partition("\n## Rules")[2] or (
            path.read_text() if path.stem == "Tokens" else ""), re.M)
        if not numbers:
            continue
        lines += ["", f"## {path.stem}", "", "| rule | broken by |", "|---|---|"]
        for rule in numbers:
            expect(rule not in known, f"{path.name}: {rule} comes twice")
            known.add(rule)
            shown = [f"`{name}`" for name in sorted(files[rule])]
            if rule in cases:
                shown.append(f"{cases[rule]} generated case{'s' if cases[rule] > 1 else ''}")
            if rule in ELSEWHERE:
                shown.append(ELSEWHERE[rule])
            expect(shown, f"{path.name}: nothing breaks {rule}")
            lines.append(f"| {rule} | {', '.join(shown)} |")
    for rule in set(files) - known:
        faults.append(f"errors.tsv: {rule} of {files[rule][0]} isn't a rule")
    return "\n".join(lines) + "\n"


def check_links():
    for path in SPEC.glob("*.md"):
        text = path.read_text()
        prose = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.S)
        for target in re.findall(r"\]\(([^)#]*)(?:#[^)]*)?\)", prose):
            expect(not target or (SPEC / target).exists(), f"{path.name}: no {target}")
        for target in re.findall(r"\]\(#([^)]*)\)", text):
            anchors = {re.sub("[^a-z0-9 -]", "", head.lower()).replace(" ", "-")
                       for head in re.findall("^#+ (.*)", text, re.M)}
            expect(target in anchors, f"{path.name}: no heading {target}")


def check_browser():
    """The reader in JavaScript has what browsers have: its own files, the table of Spec/, and nothing of node's."""
    for path in (ROOT / "Tests/reader").glob("gobbet_*.mjs"):
        text = path.read_text()
        if path.name != "gobbet_serve.mjs":
            targets = re.findall(r'\bfrom "([^"]*)"', text)
            expect(all((path.parent / target).exists() and (target.startswith("./") or target == TABLE)
                       for target in targets), f"{path.name}: {targets}")
            expect(not re.search(r"\b(Buffer|process|global)\b|node:", re.sub("//.*", "", text)), path.name)


def line_counts():
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


def check_length():
    counts = line_counts()
    expect(sum(counts.values()) <= LONGEST_READER, f"the reader in JavaScript has {sum(counts.values())} lines: {counts}")


def check_magic():
    """What file(1) says of the golden files, where there is a file(1)."""
    if shutil.which("file") is None:
        return
    words = ["", "vocabulary", "token dataset", "weights", "bundle", "pretoken counts"]
    for path in golden():
        minor, least, _, profile = struct.unpack("<HHHI", path.read_bytes()[10:20])
        result = subprocess.run(["file", "-b", "-m", SPEC / "gobbet.magic", path],
                                capture_output=True, text=True, check=False)
        expected = f"Gobbet {words[profile]}, version 1.{minor}"
        expected += f", for readers of minor version {least} on" if least else ""
        expect(result.stdout.strip() == expected, f"{path.name}: file(1) says {result.stdout.strip()}")
    mediaType, = re.findall(r"^\| media type \| `([^`]*)`", page("Registry"), re.M)
    result = subprocess.run(["file", "-b", "--mime-type", "-m", SPEC / "gobbet.magic", *golden()],
                            capture_output=True, text=True, check=False)
    expect(set(result.stdout.split()) == {mediaType}, f"file(1) says {set(result.stdout.split())}")


def main(arguments):
    isWriting = arguments[:1] == ["--write"]
    python = f"{sys.executable} {pathlib.Path(__file__).parent}/gobbet_content.py --serve"
    readers = list(map(Reader, [python] + arguments[isWriting:]))
    check_examples.check_container()
    check_examples.check_contents()
    encodings = check_examples.check_encodings()
    check_cases.check_reading(readers)
    check_examples.check_lists()
    check_links()
    check_browser()
    check_length()
    check_records.check_all()
    check_cases.check_signatures(readers)
    check_cases.check_no_tokens(readers)
    check_cases.check_masks(readers)
    check_magic()
    names = check_cases.check_names(readers)
    check_examples.check_fences()
    cases = {**check_cases.check_generated(readers), **check_cases.check_manifests(readers),
             **check_cases.check_bases(readers)}
    cases["N5"] = names
    text = rules_page(cases)
    if isWriting:
        (SPEC / "Rules.md").write_text(text)
    expect((SPEC / "Rules.md").exists() and page("Rules") == text,
           "Rules.md is not what --write makes of the pages and errors.tsv")
    print("\n".join(faults + [f"{encodings} encodings, {names} names, {sum(cases.values()) - names}"
                              f" generated cases, {len(errors())} broken files: {len(faults)} faults"]))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main(sys.argv[1:])
