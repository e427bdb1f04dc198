"""Runs the examples of Spec/, and checks that every numbered rule has a file or a case that breaks it.

    check_pages.py [READER…]           the readers as for conformance.py; they get the generated cases
    check_pages.py --write [READER…]   writes Spec/Rules.md and gobbet_tables.mjs

Needs what gobbet_content.py needs.
"""
import collections
import hashlib
import itertools
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import textwrap
import types

import gobbet_content
from changes import Part, container, generation
from conformance import FIXTURES, Reader, broken, errors, golden, name
from gobbet_reader import OUTSIDE_NAMES, Contents, crc32c, number
from page_code import Refused, code_of

ROOT = FIXTURES.parent
SPEC = ROOT / "Spec"
TABLES = ROOT / "Tests/reader/gobbet_tables.mjs"
faults = []


def expect(condition, what):
    if not condition:
        faults.append(what)


def page(name):
    return (SPEC / f"{name}.md").read_text()


def fences(name):
    """The first line and the text of every fenced block of a page."""
    for fence in re.findall(r"^```(.*?)^```", page(name), re.M | re.S):
        head, _, body = fence.partition("\n")
        yield head, body


def blocks(name, kind):
    """The fenced blocks of a page whose first line says `kind`, each with what follows it there."""
    for head, body in fences(name):
        if head.split() and head.split()[0] == kind:
            used.add((name, head))
            yield head[len(kind):].strip(), body


# The blocks that were run; the first are run by the tests of the library.
used = {("Pretokenization", "examples"), ("Training", "examples"), ("Reading", "python"), ("Vocabulary", "python")}


def check_fences():
    for path in SPEC.glob("*.md"):
        for head, _ in fences(path.stem):
            expect((path.stem, head) in used, f"{path.name}: nothing runs the block {head}")


def dump(body):
    """The bytes of a hex example; what comes behind two blanks or a bar is a remark."""
    text = " ".join(re.split("  |\\|", line)[0] for line in body.splitlines())
    return [None if word == "..." else int(word, 16) for word in text.split()]


def check_container():
    (_, body), = blocks("Container", "hex")
    rows = [re.match(r"([0-9a-f]{4})  (.*?)(\||$)", line) for line in body.splitlines()]
    file = bytes.fromhex("".join(row[2] for row in rows))
    expect([int(row[1], 16) for row in rows] == list(range(0, len(file), 16)), "Container: offsets")
    contents = Contents(file)
    expect(contents.id.hex() in page("Container"), "Container: the content id of the example")
    expect(file == (FIXTURES / "golden/1.0/container/example.gobbet").read_bytes(),
           "Container: the example is not example.gobbet")
    expect([(s.kind, s.name, c) for s, c in contents.sections] == [("DATA", "a", b"hello")],
           "Container: the example's section")
    order = dict(re.findall(r"^\| (.*?) \| ((?:\[?`.*|\[the.*)) \|$",
                            page("Container").split("## Content id")[1].split("## Sig")[0], re.M))
    vocabulary = re.findall(r"`(\w+)`", order["vocabulary"])
    for path in golden():
        answer = json.loads(path.with_suffix(".json").read_text())
        if path.parent.name == "container" or answer["generationCount"] > 1:
            continue
        profile = ["vocabulary", "tokens", "weights, bundle", "weights, bundle", "counts"]
        text = order[profile[answer["profile"] - 1]]
        allowed = re.findall(r"`(\w+)`", text.replace(
            "the vocabulary's, in their order", " ".join(f"`{kind}`" for kind in vocabulary)))
        kinds = [section["kind"] for section in answer["sections"]]
        expect([kind for kind in allowed if kind in kinds] == kinds, f"{path.name}: order {kinds}")


def example(name):
    return {head: dump(body) for head, body in blocks(name, "hex")}


def read(parts, profile=4):
    """What a file of these sections holds."""
    file = container([Part(kind, b"", bytes(content), 0) for kind, content in parts.items()], profile)
    return gobbet_content.answer(file, True)


def check_contents():
    parts = example("Vocabulary")
    gap = parts["VOCB"].index(None)
    parts["VOCB"][gap:gap + 1] = range(6, 251)
    found = read(parts)["vocabulary"]
    expect((found["idBound"], found["mergeCount"]) == (259, 2), "Vocabulary: the example")
    documents = read(example("Tokens"))["tokens"]
    expect(documents["fingerprint"] == found["fingerprint"], "Tokens: the fingerprint")
    ids = [struct.pack(f"<{len(ids)}I", *ids) for ids in ([256, 257, 258], [], [104])]
    expect([d["digest"] for d in documents["documents"]]
           == [hashlib.sha256(data).hexdigest() for data in ids], "Tokens: the documents")
    weights = read(example("Weights"))
    data = struct.pack("<4f", 1, -2, 0.5, 3)
    data = b"".join(data[start + 2:start + 4] for start in range(0, 16, 4))
    expect(weights["metadata"] == [["a", "b"]] and weights["tensors"] == [
        {"name": "w", "type": 4, "shape": [2, 2], "digest": hashlib.sha256(data).hexdigest()}],
        "Weights: the example")
    # Two elements, their rotated bits and their planes, as the text on compact blocks has them.
    elements, _, planes = page("Weights").partition("In f32 the elements 1.0 and −2.0 are ")[2].partition(": the planes are ")
    stored = [bytes.fromhex(words) for words in re.findall("`([^`]*)`", planes.partition("\n\n")[0])]
    block = struct.pack("<3I", *map(len, stored)) + b"".join(stored)
    expect(gobbet_content.compact(block, 2, 8) == struct.pack("<2f", 1, -2)
           and re.findall("0x(\\w+)", elements)[:2] == ["3F800000", "C0000000"], "Weights: planes of f32")
    counts = read(example("Counts"))["counts"]
    expect([(bytes.fromhex(p["bytes"]), p["count"]) for p in counts["pretokens"]]
           == [(b" a", 2), (b"a", 300), (b"ab", 1)], "Counts: the example")


def check_encodings():
    (_, body), = blocks("Vocabulary", "encodings")
    code, count = code_of("Vocabulary"), 0
    for lines in map(str.splitlines, re.split(r"\n\n", body.strip())):
        ids, next_id = {bytes([byte]): byte for byte in range(256)}, 256
        merges, special, derived, rule, pretokens = [], {}, [], 1, []
        for line in lines:
            word, *values = line.split()
            if word == "rule":
                rule = int(values[0])
            elif word == "special":
                special[bytes.fromhex(values[0])] = int(values[1])
            elif word in ("token", "merge"):
                text = bytes.fromhex("".join(values))
                known = {**special, **ids}
                if text not in known:
                    known[text], next_id = next_id, next_id + 1
                if word == "merge":
                    left, right = (ids[bytes.fromhex(value)] for value in values)
                    merges.append((left, right, known[text]))
                ids[text] = known[text]
            elif word == "derived":
                derived.append(tuple(map(int, values)))
            elif word == "pretokens":
                pretokens = values
            elif word == "ids":
                pieces = [bytes.fromhex(piece.strip("<>")) for piece in pretokens]
                allowed = {bytes.fromhex(piece[1:-1]) for piece in pretokens if piece[0] == "<"}
                rest = iter(piece for piece, word in zip(pieces, pretokens) if word[0] != "<")

                def pretokens_of(text, _):
                    while text:
                        piece = next(rest)
                        expect(text.startswith(piece), f"{lines[0]}: pretokens")
                        yield piece
                        text = text[len(piece):]
                code.ordinary.__globals__["pretokens_of"] = pretokens_of
                vocabulary = types.SimpleNamespace(
                    merge_rule=rule, id_of=ids, merges=merges,
                    bytes_of={id: text for text, id in ids.items()})
                found = code.encode(b"".join(pieces), {s: special[s] for s in allowed}, vocabulary)
                expect(found == list(map(int, values)), f"{lines[0]}: {found}")
                count += 1
        if derived:
            tokens = {id: text for text, id in ids.items()}
            expect(code.derived_merges(tokens) == derived, f"{lines[0]}: derived")
    for path in golden():
        answer = json.loads(path.with_suffix(".json").read_text()).get("vocabulary", {})
        if answer.get("mergeRule") == 0:
            # The reader in Python derives merges by itself.
            expect("error" not in gobbet_content.reply(path.read_bytes(), True), f"{path.name}: merges")
    return count


def check_reading(readers):
    """Runs the code of Reading.md over all files, over cut ones and over those with a flipped bit."""
    code, known = code_of("Reading"), errors()

    def rule_of(file):
        try:
            sections = code.verify(file)
            code.check_common_sections(sections)
            return sections, None
        except Refused as refusal:
            return None, refusal.args[0]
    for path in golden():
        answer = json.loads(path.with_suffix(".json").read_text())
        sections, rule = rule_of(path.read_bytes())
        expect(rule is None, f"Reading: {path.name} is refused by {rule}")
        if sections is None:
            continue
        expect(code.content_id(sections).hex() == answer["contentID"], f"Reading: the id of {path.name}")
        expect([(s["kind"], s["name"], s["byteCount"], s["digest"]) for s in answer["sections"]] == [
            (s.kind.decode(), s.name.decode(), s.length, s.digest.hex()) for s in sections],
            f"Reading: the sections of {path.name}")
        found = {(s.offset, s.content) for s in code.recover(path.read_bytes())}
        expect({(s.offset, s.content) for s in sections} <= found, f"Reading: {path.name} is not recovered")
    for path in broken():
        rules = known[name(path)].rule.split()
        _, rule = rule_of(path.read_bytes())
        expect(rule in rules if path.parent.name == "container" else rule is None or rule in rules,
               f"Reading: {name(path)} is refused by {rule}, not by {rules}")
    whole = (FIXTURES / "golden/1.0/container/generations.gobbet").read_bytes()
    cases = [whole[:length] for length in range(0, len(whole), 5)]
    for bit in range(0, 8 * len(whole), 61):
        cases.append(bytearray(whole))
        cases[-1][bit // 8] ^= 1 << bit % 8
    trailer = len(whole) - 64
    kept = whole[struct.unpack_from("<Q", whole, trailer + 8)[0]:][:number(whole, trailer + 16)]
    # A file in an append that did not end, cut where its trailer ends; and an append that drops sections only.
    inner = generation([Part("FILE", b"inner", whole, 0)], len(whole), trailer, kept)
    end = inner.index(whole) + len(whole)
    dropping = generation([], len(whole), trailer)
    cases += [whole + inner[:length] for length in (end - 1, end, end + 1, len(inner) - 64, len(inner))]
    cases += [whole + dropping[:length] for length in range(1, len(dropping) + 1)]
    for file in map(bytes, cases):
        sections, rule = rule_of(file)
        expect(rule is None or len(file) <= len(whole), f"Reading: {rule} of an append")
        for reader in readers:
            answer = reader.ask("container", file)
            expect(("error" in answer) == (sections is None) and (
                sections is None or answer["contentID"] == code.content_id(sections).hex()),
                f"Reading: {rule}, {reader.command}: {answer}")


def check_lists():
    for _, body in blocks("Tokens", "hashes"):
        for line in body.splitlines():
            value, *documents = line.split()
            documents = [b"" if text == "-" else bytes.fromhex(text) for text in documents]
            found = f"{gobbet_content.documents_hash(documents):x}"
            expect(found == value, f"Tokens: the hash of {line}: {found}")
    folder = FIXTURES / "golden/1.0/dataset"
    texts = [json.loads(line)["text"].encode()
             for line in (folder / "documents.jsonl").read_text().splitlines()]
    found = set()
    for path in folder.glob("*.gobbet"):
        meta = dict((s.kind, c) for s, c in Contents(path.read_bytes()).sections)["meta"]
        value = json.loads(meta)["pack"]["documents_hash"]
        count = len(json.loads(path.with_suffix(".json").read_text())["tokens"]["documents"])
        for chosen in itertools.combinations(texts, count):
            if f"{gobbet_content.documents_hash(chosen):x}" == value:
                found |= set(chosen)
    expect(found == set(texts), "the hashes of the golden dataset")


def name_case(name):
    return container([Part("DATA", name, b"x", 0)], 4)


def check_names(readers):
    (_, body), = blocks("Names", "names")
    (_, table), = blocks("Names", "ranges")
    ranges = [(int(first, 16), int(last or first, 16))
              for first, last in re.findall(r"([0-9A-F]{4,5})(?:-([0-9A-F]{4,5}))?", table)]
    source = (ROOT / "Sources/GobbetFile/NameTable.swift").read_text()
    numbers = [int(digits, 16) for digits in re.findall(r"0x([0-9A-F]+)", source)]
    expect(list(zip(numbers[::2], numbers[1::2])) == ranges, "NameTable.swift: another table")
    cases = [(bytes.fromhex(line.split()[1]), line.split()[0] == "yes") for line in body.splitlines()]
    # Both ends of every range, and what is beside them.
    for scalar in sorted({scalar + step for pair in ranges for scalar in pair for step in (-1, 0, 1)}):
        name = chr(scalar).encode()
        cases.append((name, not OUTSIDE_NAMES.search(chr(scalar))))
    for reader in readers:
        for name, isAllowed in cases:
            answer = reader.ask("container", name_case(name))
            expect(("error" not in answer) == isAllowed, f"{reader.command}: the name {name.hex()}")
    return len(cases)


def generated():
    """Cases without a file: the rule, what is asked, the file."""
    whole = (FIXTURES / "golden/1.0/container/generations.gobbet").read_bytes()
    yield "C2", "container", whole[:127]
    yield "C40", "container", with_other_entry(bytearray(whole))
    yield "C41", "content", container([
        Part("CNTH", b"", bytes(60) + bytes([1, 0, 0, 0, 0, 0, 1]), 0), Part("CNTS", b"", b"", 0),
        Part("XXXX", b"", b"", 0)], 5)
    expression = b"\xff\0\1\0(?#" + bytes(32765) + b")"
    yield "P1", "content", container([
        Part("CNTH", b"", bytes(56) + struct.pack("<I", len(expression)) + expression, 1),
        Part("CNTS", b"", b"", 0)], 5)
    for profile, kind in (1, "LEFT"), (4, "TOKN"), (4, "TBLK"), (4, "CNTS"), (3, "meta"), (5, "dsrc"):
        yield "C44", "content", container([Part(kind, b"", b"{}", 0)], profile)


def with_other_entry(file):
    """Two generations whose tables say another digest of the section that both list."""
    trailer = len(file) - 64
    table, size = struct.unpack_from("<QQ", file, trailer + 8)
    file[table + 16 + 48] ^= 1
    struct.pack_into("<I", file, trailer + 24, crc32c(bytes(file[table:table + size])))
    struct.pack_into("<I", file, trailer + 60, crc32c(bytes(file[trailer:trailer + 60])))
    return bytes(file)


def check_generated(readers):
    rules = collections.defaultdict(int)
    for rule, verb, file in generated():
        rules[rule] += 1
        for reader in readers:
            expect("error" in reader.ask(verb, file), f"{reader.command}: rule {rule} is not checked")
    return rules


def change(rule, *path, to):
    """A change to a manifest: the member at `path` becomes `to`, or goes if that is None."""
    def apply(manifest):
        *parents, last = path
        for key in parents:
            manifest = manifest[key]
        if to is None:
            del manifest[last]
        else:
            manifest[last] = to
    return rule, apply


SHARD = "splits", 0, "shards", 0
MANIFESTS = [
    change("D1", "kind", to="gobbet tensors"), change("D1", "version", to=2),
    change("D1", "version", to=None), change("D2", "vocabulary", to="00"),
    change("D2", *SHARD, "content_id", to="g" * 64), change("D3", "splits", 0, "name", to="test"),
    change("D3", "splits", 1, "name", to="train"), change("D3", "splits", 1, "shards", to=[]),
    change("D4", *SHARD, "name", to="../dataset/train-00000.gobbet"),
    change("D4", *SHARD, "name", to=""), change("D4", *SHARD, "name", to="."),
    change("D4", "splits", 0, "shards", 1, "name", to="train-00000.gobbet"),
    change("D5", "splits", 0, "tokens", to=165), change("D5", "splits", 1, "documents", to=4),
    change("D6", *SHARD, "content_id", to="0" * 64), change("D6", "vocabulary", to="0" * 64),
    change("D6", "splits", 0, "shards", to=[{
        "name": "train-00000.gobbet", "tokens": 141, "documents": 5, "bytes": 1728, "content_id":
        "550557200b67c905dd072d9403214433646a2b3f01debef1294c7a689e35c348"}]),
    change("D7", *SHARD, "bytes", to=1727),
]


def check_manifests(readers):
    rules = collections.defaultdict(int)
    source = FIXTURES / "golden/1.0/dataset"
    text = (source / "manifest.json").read_text()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder) / "dataset"
        shutil.copytree(source, folder)

        def ask(rule, text, isGood=False):
            rules[rule] += not isGood
            (folder / "manifest.json").write_bytes(text)
            for reader in readers:
                answer = reader.ask("dataset", bytes(folder))
                expect("unsupported" in answer or ("error" in answer) != isGood,
                       f"{reader.command}: rule {rule} of a manifest: {answer}")
        ask("D1", text.encode(), isGood=True)
        ask("D1", b"[]")
        ask("D1", text.encode()[:-3])
        ask("D1", text.encode().replace(b'"kind"', b'"kind": "gobbet tokens", "kind"', 1))
        for rule, apply in MANIFESTS:
            manifest = json.loads(text)
            apply(manifest)
            ask(rule, json.dumps(manifest).encode())
    return rules


# Rules that no single file can break: the tests in Swift that make such files.
ELSEWHERE = {"W17": "`WeightSetTests`: files of a set under other names, of another set, with and without"}


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
        faults.append(f"errors.tsv: {rule} of {files[rule][0]} is no rule")
    return "\n".join(lines) + "\n"


def tables():
    """The text of gobbet_tables.mjs: the tables of Names.md and Weights.md."""
    names, = (body for _, body in blocks("Names", "ranges"))
    plain, _, quantized = page("Weights").partition("## Types in blocks")
    bits = {int(code): re.sub("[a-z]", "", name) or "8"
            for code, name in re.findall(r"\| (\d+) \| ([a-z]+\d*)(?= |,|:)", plain)}
    rows = re.findall(r"^\| (\d+) \| \w+ \| (\d+) \| \d+ \| ([\d, ]+) \|$", quantized, re.M)

    def wrapped(text):
        return textwrap.indent(textwrap.fill(text, 98, break_on_hyphens=False), "  ")
    return "\n".join([
        "// Tables of Spec/Names.md and Weights.md, made by check_pages.py --write.", "",
        "/** The scalars that names may not have. */", "export const outsideNames = `",
        wrapped(names), "`;", "",
        "/** Bits of an element, by the code of its type. */", "export const elementBits = {",
        wrapped(", ".join(f"{code}:{bits[code]}" for code in sorted(bits))).replace(":", ": ") + ",",
        "};", "",
        "/** Elements of a quantized block, and bytes of its fields, by the code of a type in blocks. */",
        "export const quantizedBlocks = {",
        *(f"  {code}: [{elements}, {fields}]," for code, elements, fields in rows), "};", ""])


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


def main(arguments):
    isWriting = arguments[:1] == ["--write"]
    python = f"{sys.executable} {pathlib.Path(__file__).parent}/gobbet_content.py --serve"
    readers = list(map(Reader, [python] + arguments[isWriting:]))
    check_container()
    check_contents()
    encodings = check_encodings()
    check_reading(readers)
    check_lists()
    check_links()
    check_magic()
    names = check_names(readers)
    check_fences()
    cases = {**check_generated(readers), **check_manifests(readers)}
    cases["N5"] = names
    text = rules_page(cases)
    if isWriting:
        (SPEC / "Rules.md").write_text(text)
        TABLES.write_text(tables())
    expect(TABLES.read_text() == tables(), "gobbet_tables.mjs is not what --write makes of the pages")
    expect((SPEC / "Rules.md").exists() and page("Rules") == text,
           "Rules.md is not what --write makes of the pages and errors.tsv")
    print("\n".join(faults + [f"{encodings} encodings, {names} names, {sum(cases.values()) - names}"
                              f" generated cases, {len(errors())} broken files: {len(faults)} faults"]))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main(sys.argv[1:])
