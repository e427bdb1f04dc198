"""Asks readers about cases that are made here: names, changed manifests, signatures, and what the code of
Reading.md says of all files.
"""
import collections
import hashlib
import itertools
import json
import pathlib
import random
import re
import shutil
import struct
import tempfile

from changes import Part, container, generation
from conformance import FIXTURES, broken, errors, golden, name, verb
from gobbet_reader import OUTSIDE_NAMES, Contents, crc32c
from page_code import Refused, code_of
from pages import ROOT, blocks, expect


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
    # Padding that is not zero in a generation that ended, before an append that did not.
    begun = container([Part("DATA", b"", b"x", 0)], 4)
    added = bytearray(generation([Part("DATA", b"a", b"x", 0)], len(begun), len(begun) - 64, table_of(begun)))
    added[65] = 1
    yield "C28", "container", begun + added + b"SECT"
    head = bytes(56) + struct.pack("<I", 7) + bytes([1, 0, 0, 0, 0, 0, 1])
    counts = [Part("CNTH", b"", head, 0), Part("CNTS", b"", b"", 0)]
    yield "C41", "content", container([*counts, Part("XXXX", b"", b"", 0)], 5)
    for kind in "LEFT", "TOKN", "LMSK", "dsrc", "TBLK":
        yield "C44", "content", container([*counts, Part(kind, b"", b"", 0)], 5)
    expression = b"\xff\0\1\0(?#" + bytes(32765) + b")"
    yield "P1", "content", container([
        Part("CNTH", b"", bytes(56) + struct.pack("<I", len(expression)) + expression, 1),
        Part("CNTS", b"", b"", 0)], 5)
    count = 2**21 - 1
    strings = struct.pack("<I", count) + bytes(2 * count - 2) + b"\1\0a"
    yield "V8", "content", vocabulary(b"", b"a", count, strings, count)
    for behaviour, inverted in (0, 0), (1, 1):
        # Of an expression that is replaced, matches are kept, and not what is between them.
        expression = struct.pack("<I4B", 5, 255, 0, behaviour, inverted) + b"a"
        steps = bytes([1, 22]) + expression + bytes(6)
        yield "V23", "content", vocabulary(b"", b"", 1, bytes(4), steps=steps)
    yield "C44", "content", container([], 4)
    yield "C44", "content", container([Part("wset", b"", b"", 0), Part("PIPE", b"", b"", 0)], 4)
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
    code, rules = code_of("Reading"), collections.defaultdict(int)
    for rule, verb, file in generated():
        rules[rule] += 1
        if rule in ("C41", "C44"):
            try:
                code.check_kinds(file, code.verify(file))
                expect(False, f"Reading: rule {rule} is not checked")
            except Refused as refusal:
                expect(refusal.args == (rule,), f"Reading: refused by {refusal}, not by {rule}")
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
    change("D7", *SHARD, "bytes", to=1727), change("D1", "options", to=None), change("D1", "options", to=[]),
    change("D6", *SHARD, "name", to="train-99999.gobbet"),
]
def nested(depth):
    """Arrays in arrays, so many."""
    return [nested(depth - 1)] if depth > 1 else []


MANIFESTS += [
    change("D1", "options", "deep", to=nested(63)), change("D1", "options", "half a pair", to="\ud800"),
    change("D1", "other", to=[[{"half \udc00 of a pair": 1}]]),
]
# Manifests that are right.
LEGAL = [
    change("D1", "options", "deep", to=nested(62)), change("D1", "options", "nested", to={"a": [1, {"b": None}, -2.5]}),
    change("D1", "options", "list", to=["text", 1, True, None]), change("D1", "options", to={}),
    change("D1", "version", to=0), change("D1", "other", to=[]), change("D3", "splits", to=[]),
    change("D2", "vocabulary", to="9B2C66AB806E7C5253C57288F94A80665111A861F287669CF0285AF49D67304C"),
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
        for value in b'{"a": 1, "a": 1}', b'[{"a": {"b": 1, "b": 2}}]', b"NaN", b"01", b'"\n"':
            ask("D1", text.encode().replace(b'"kind"', b'"other": ' + value + b', "kind"', 1))
        for isGood, changes in (False, MANIFESTS), (True, LEGAL):
            for rule, apply in changes:
                manifest = json.loads(text)
                apply(manifest)
                ask(rule, json.dumps(manifest).encode(), isGood)
    return rules


def weights_file(base=None, name=b"t", type=5, shape=(3,)):
    """A file of one tensor of bytes; with the content id and the name of a base, of no difference from that."""
    data = bytes(3) if base is None else struct.pack("<I3x", 3)
    table = struct.pack(f"<IIHBBIQ{len(shape)}Q", 1, 1 << 19, len(name), type, 2 * (base is not None), len(shape), 0, *shape)
    parts = {"TDAT": data, "TBLK": struct.pack("<III", len(data), 3, crc32c(data)), "TENS": table + name}
    if base:
        parts = {"BASE": base[0] + base[1].encode(), **parts}
    return container([Part(kind, b"", content, 0) for kind, content in parts.items()], 3)


def check_bases(readers):
    """Tensors stored as differences from files that are not there, not the same, or too many in a row."""
    rules = collections.defaultdict(int)
    whole = weights_file()
    base = Contents(whole).id, "0.gobbet"
    difference = weights_file(base)
    appended = whole + generation([Part("noxe", b"", b"x", 0)], len(whole), len(whole) - 64, table_of(whole))
    others = {name: weights_file(**other) for name, other in {
        "name": {"name": b"u"}, "type": {"type": 6}, "shape": {"shape": (1, 3)}}.items()}
    series = [whole]
    for number in range(65):
        series.append(weights_file((Contents(series[-1]).id, f"{number}.gobbet")))
    cases = [
        (None, [whole, difference]), (None, series[:-1]), ("W20", series), ("W20", [None, difference]),
        ("W20", [others["name"], difference]), ("W20", [appended, difference]),
        *(("W21", [other, weights_file((Contents(other).id, "0.gobbet"))]) for other in others.values())]
    for rule, files in cases:
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder) / f"{number}.gobbet" for number in range(len(files))]
            for path, file in zip(paths, files):
                if file:
                    path.write_bytes(file)
            for reader in readers:
                answer = reader.ask("weights", bytes(paths[-1]))
                expect("unsupported" in answer or ("error" in answer) == (rule is not None),
                       f"{reader.command}: {len(files)} files, rule {rule}: {answer}")
        if rule:
            rules[rule] += 1
    return rules


def table_of(file):
    """The table of contents of the last generation."""
    start, size = struct.unpack_from("<QQ", file, len(file) - 56)
    return file[start:start + size]


def vocabulary(special, token, bound, strings, count=1, steps=bytes(3)):
    """A vocabulary without merges, of special tokens and at most one ordinary one, the last of `count` ids."""
    pipeline = struct.pack("<IBBI", 0, 1, 0, 0xFFFFFFFF) + steps
    settings = bytes([0, 4, 0, 0, 0, 0, 0])
    ids = struct.pack("<III", 1, count - 1, len(token)) + token if token else struct.pack("<I", 0)
    content = b"gobbet vocabulary 1\n" + bytes([1, 7]) + settings + ids
    content += struct.pack("<2I", 0, len(special) > 0) + special + pipeline
    head = hashlib.sha256(content).digest() + struct.pack("<BBHIII", 2, 1, 7, bound, 0, len(special) > 0)
    parts = {"PIPE": pipeline, "VOCB": head + settings + special, "LEFT": b"", "RGHT": b"", "RSLT": b"",
             "TSTR": strings}
    return container([Part(kind, b"", data, 1) for kind, data in parts.items()], 1)


def check_no_tokens(readers):
    """A vocabulary may have special tokens only, or no token at all; the bound of its ids is 1 then."""
    for special, bound in (b"", 1), (struct.pack("<II", 5, 1) + b"x", 6):
        for wrong in 0, 1:
            file = vocabulary(special, b"", bound + wrong, bytes(4))
            for reader in readers:
                answer = reader.ask("content", file)
                expect(("error" in answer) == wrong, f"{reader.command}: no tokens, {bound}: {answer}")


def token_file(ids, masks):
    """A file of one document of small ids, codec raw16, with a section LMSK."""
    data = struct.pack(f"<{len(ids)}H", *ids)
    head = struct.pack("<QQIIB7x32x", len(ids), 1, 128, 8192, 1)
    table = struct.pack("<III", len(data), len(data), crc32c(data))
    parts = {"TOKN": data, "TOKB": table, "DOCL": bytes([len(ids)]), "LMSK": masks, "TOKH": head}
    return container([Part(kind, b"", content, 0) for kind, content in parts.items()], 2)


def check_masks(readers):
    """Which tokens count, by the code of Tokens.md, its examples and all readers."""
    code, count = code_of("Tokens"), 0

    def runs_of(counts):
        runs = [0] if counts else []
        for is_counted in counts:
            runs += [0] if len(runs) % 2 == is_counted else []
            runs[-1] += 1
        return runs

    def ask(what, ids, openings, closings, expected):
        rule = [len(openings), *(number for opening in openings for number in (len(opening), *opening)),
                len(closings), *(2 * id + closings[id] for id in sorted(closings))]
        for masks in [[0], [len(expected), *expected[:-1]]]:
            for reader in readers:
                answer = reader.ask("content", token_file(ids, bytes(rule + masks)))
                found = answer.get("tokens", {}).get("documents", [{}])[0].get("runs")
                expect(found == expected, f"Tokens: masks, {what}, {reader.command}: {found}, {answer.get('error')}")
    for _, body in blocks("Tokens", "masks"):
        for lines in map(str.splitlines, re.split(r"\n\n", body.strip())):
            words = dict(line.split(" ", 1) for line in lines)
            left, _, right = words["rule"].partition("/")
            openings = [list(map(int, part.split())) for part in left.split(",") if part.strip()]
            closings = {int(word.strip("+")): word.endswith("+") for word in right.split()}
            ids, expected = (list(map(int, words[key].split())) for key in ("ids", "runs"))
            found = runs_of(code.counting_tokens(ids, openings, closings))
            expect(found == expected, f"Tokens: {lines[0]}: {found}")
            ask(lines[0], ids, openings, closings, expected)
            count += 1
    chance = random.Random(1)
    for case in range(300):
        openings = [[chance.randrange(3) for _ in range(chance.randrange(1, 4))] for _ in range(chance.randrange(4))]
        closings = {chance.randrange(4): chance.random() < 0.5 for _ in range(chance.randrange(3))} if openings else {}
        ids = [chance.randrange(5) for _ in range(chance.randrange(1, 20))]
        ask(f"case {case}", ids, openings, closings, runs_of(code.counting_tokens(ids, openings, closings)))
    expect(count, "Tokens: no examples of masks")


def check_signatures(readers):
    """Keys and signatures of few bits, of which some are valid for any message, and some decode to no point."""
    prime, order, sign = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493, 1 << 255
    keys = 0, 1, 2, prime - 1, prime, prime + 1, prime + 3, sign, sign + 1, sign + prime - 1, 2 * sign - 1
    found = set()
    for values in itertools.product(keys, keys[:6] + (sign + 1,), (0, order)):
        content = struct.pack("<II", 1, 0) + b"".join(value.to_bytes(32, "little") for value in values)
        file = container([Part("DATA", b"", b"x", 0), Part("sign", b"", content, 0)], 4)
        valid = [reader.ask("container", file)["signature"]["isValid"] for reader in readers]
        expect(len(set(valid)) == 1, f"the readers do not agree about the signature {values}: {valid}")
        found |= {values} if valid[0] else set()
    expect(found == {(1, 1, 0), (prime - 1, prime - 1, 0), (sign, 0, 0)}, f"signatures: {found}")


def check_reading(readers):
    """Runs the code of Reading.md over all files, over cut ones and over those with a flipped bit."""
    code, known = code_of("Reading"), errors()

    def rule_of(file, has_content=False):
        try:
            sections = code.verify(file)
            code.check_common_sections(sections)
            if has_content:
                code.check_kinds(file, sections)
            return sections, None
        except Refused as refusal:
            return None, refusal.args[0]
    for path in golden():
        answer = json.loads(path.with_suffix(".json").read_text())
        sections, rule = rule_of(path.read_bytes(), verb(path) == "content")
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
    kept = table_of(whole)
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
