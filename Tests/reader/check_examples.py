"""Runs the examples and the code of Spec/."""
import hashlib
import itertools
import json
import re
import struct
import types

import gobbet_content
import gobbet_weights
from changes import Part, container
from conformance import FIXTURES, golden
from gobbet_reader import Contents, crc32c
from page_code import code_of
from pages import SPEC, blocks, expect, fences, page, used


def check_fences():
    for path in SPEC.glob("*.md"):
        for head, _ in fences(path.stem):
            expect((path.stem, head) in used, f"{path.name}: nothing runs the block {head}")


def dump(body):
    """The bytes of a hex example; what comes after two blanks or a bar is a remark."""
    text = " ".join(re.split("  |\\|", line)[0] for line in body.splitlines())
    return [None if word == "..." else int(word, 16) for word in text.split()]


def check_container():
    checksum = re.search("`(\\d+)` is ([0-9A-F]{8})\\)", page("Container"))
    expect(crc32c(checksum[1].encode()) == int(checksum[2], 16), "Container: the checksum of some digits")
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
    text = page("Weights").partition("In f32 the elements 1.0 and −2.0 are ")[2]
    elements, _, planes = text.partition(": the planes are ")
    stored = [bytes.fromhex(words) for words in re.findall("`([^`]*)`", planes.partition("\n\n")[0])]
    block = struct.pack("<3I", *map(len, stored)) + b"".join(stored)
    expect(gobbet_weights.compact(block, 2, 8) == struct.pack("<2f", 1, -2)
           and re.findall("0x(\\w+)", elements)[:2] == ["3F800000", "C0000000"], "Weights: planes of f32")
    # The stored differences that the text on deltas tells, with the elements and those of the base.
    text = page("Weights").partition("## Delta")[2].partition("In f32, ")[2].partition("\n\n")[0]
    one, two = struct.pack("<f", 1), struct.pack("<f", -2)
    for after, base, word in [(one, two, "0x81000000"), (two, one, "0x01000001")]:
        expect(word in text and gobbet_weights.sum_of(struct.pack("<I", int(word, 16)), base, 2) == after,
               f"Weights: the difference {word}")
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
