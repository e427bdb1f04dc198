"""Reads what .gobbet containers hold, written from the pages of Spec/ alone.

    gobbet_content.py FILE…     prints what each file holds, as JSON
    gobbet_content.py --serve   answers the requests of conformance.py

The containers are read by gobbet_reader.py beside this file, the sections by gobbet_vocabulary.py,
gobbet_tokens.py and gobbet_weights.py.
"""
import hashlib
import json
import pathlib
import struct
import sys

import ed25519
from gobbet_fields import Groups, fields, pattern
from gobbet_reader import Contents, FormatError, require
from gobbet_tokens import tokens
from gobbet_vocabulary import vocabulary
from gobbet_weights import base, series, shown, weights

KNOWN = set("VOCB LEFT RGHT RSLT TSTR PIPE TOKH TOKR TOKN TOKB DOCL LMSK CNTH CNTS TENS TDAT TBLK BASE".split())

def parsed(text, depth):
    """A JSON text, with no member twice in an object, nested at most so deep."""
    def unique(pairs):
        require(len(dict(pairs)) == len(pairs), "JSON: a member that comes twice")
        return dict(pairs)
    def constant(word):
        raise FormatError(f"JSON: {word}")
    def check(value, depth):
        if isinstance(value, (dict, list)):
            require(depth > 0, "JSON: nested too deep")
            for member in value.values() if isinstance(value, dict) else value:
                check(member, depth - 1)
    value = json.loads(text.decode(), object_pairs_hook=unique, parse_constant=constant)
    check(value, depth)
    json.dumps(value, ensure_ascii=False).encode()  # no lone surrogates
    return value

def metadata(text):
    pairs = parsed(text, 1)
    require(isinstance(pairs, dict) and all(isinstance(value, str) for value in pairs.values()), "metadata")
    return [list(pair) for pair in pairs.items()]

def counts(parts):
    count, *origin, length = fields("7QI", parts["CNTH"])
    settings = pattern(parts["CNTH"][60:])
    require(length == len(settings) and count < 1 << 63, "counts.settingCount")
    groups, previous, found = Groups(parts["CNTS"]), b"", []
    for _ in range(count):
        shared, rest = groups.number(), groups.number()
        pretoken = previous[:shared] + groups.bytes(rest)
        times = groups.number()
        # It shares all that it can: the first byte that it does not share is greater.
        require(shared <= len(previous) and rest > 0 and times > 0 and len(pretoken) < 1 << 16
                and (shared == len(previous) or pretoken[shared] > previous[shared]),
                "not the next pretoken")
        found.append({"bytes": pretoken.hex(), "count": times})
        previous = pretoken
    groups.finish()
    return {"pattern": settings.hex(), "origin": origin, "pretokens": found}

def signature(content, root):
    require(len(content) == 104 and content[:8] == b"\1\0\0\0\0\0\0\0", "signature")
    return {"publicKey": content[8:40].hex(),
            "isValid": ed25519.is_valid(content[8:40], content[40:], b"gobbet signature 1\n" + root)}

# What a file is for, the section that says so, and those that mean nothing without it.
HEADS = [(1, "VOCB", "LEFT RGHT RSLT TSTR"), (2, "TOKH", "TOKR TOKN TOKB DOCL LMSK dsrc dbyt"),
         (3, "TENS", "TBLK TDAT"), (5, "CNTH", "CNTS")]

def answer(file, has_content):
    """Everything in a file; what its sections mean too if `has_content`."""
    contents = Contents(file)
    sections = contents.sections
    parts = {section.kind: content for section, content in sections if not section.name}
    kinds = {section.kind for section, _ in sections}
    found = {
        "profile": contents.profile, "contentID": contents.id.hex(),
        "generationCount": contents.generations, "unfinishedByteCount": contents.unfinished,
        "sections": [{"kind": section.kind, "name": section.name, "codec": section.codec,
                      "byteCount": section.decoded, "digest": section.digest.hex()}
                     for section, _ in sections]}
    require(len(parts.get("meta", b"")) <= 1 << 24, "metadata")
    parts.get("meta", b"").decode()
    if "sign" in parts:
        found["signature"] = signature(parts["sign"], contents.id)
    if not has_content:
        return found
    for profile, head, rest in HEADS:
        require(head in parts or contents.profile != profile and not kinds & set(rest.split()),
                f"table: no section {head}")
    unknown = [kind for kind in kinds if kind[0].isupper() and kind not in KNOWN]
    require(not unknown, f"section.kind: {unknown}")
    require({"VOCB", "TOKH", "TENS", "CNTH"} & set(parts), "a container of something else")
    if "VOCB" in parts:
        found["vocabulary"] = vocabulary(parts)
    if "TOKH" in parts:
        codecs = [section.codec for section, _ in sections if (section.kind, section.name) == ("TOKN", "")]
        require(codecs == [0], "tokens: compressed, or missing")
        found["tokens"] = tokens(parts)
    if "TENS" in parts:
        found["tensors"] = shown(weights(sections))
        if "BASE" in parts:
            found["base"] = base(parts["BASE"])
        found["metadata"] = metadata(parts.get("meta", b"{}"))
    if "CNTH" in parts:
        found["counts"] = counts(parts)
    return found

# What a reader may throw for a file: besides its own errors a section that is missing, text that is
# no UTF-8 or no JSON, a member of another type.
FAULTS = (FormatError, KeyError, UnicodeError, ValueError, RecursionError, TypeError, OSError)

def reply(file, has_content):
    try:
        return answer(file, has_content)
    except FAULTS as error:
        return {"error": f"{type(error).__name__}: {error}"}

def manifest(path):
    """The list of a dataset in a folder, every file of it verified: Tokens.md, "Datasets"."""
    def size(value):
        require(type(value) is int and 0 <= value < 1 << 63, "manifest: not a number of things")
        return value
    text = (path / "manifest.json").read_bytes()
    require(len(text) <= 1 << 26, "manifest: too large")
    root = parsed(text, 64)
    require(root["kind"] == "gobbet tokens" and size(root["version"]) <= 1, "manifest.version")
    fingerprint, splits, names = bytes.fromhex(root["vocabulary"]).hex(), [], []
    require(len(fingerprint) == 64 and type(root["options"]) is dict, "manifest.vocabulary")
    for split in root["splits"]:
        require(split["name"] in ("train", "validation") and split["shards"], "manifest.splits")
        ids = []
        for shard in split["shards"]:
            name = shard["name"]
            require(name not in ("", ".", "..") and not set(name) & set("/\0"), "manifest.shard.name")
            file = (path / name).read_bytes()
            found = answer(file, True)
            tokens = found["tokens"]
            require(found["contentID"] == bytes.fromhex(shard["content_id"]).hex()
                    and tokens["fingerprint"] == fingerprint, f"{name}: another file")
            require((tokens["tokenCount"], len(tokens["documents"]))
                    == (size(shard["tokens"]), size(shard["documents"])), f"{name}: other counts")
            require(len(file) == size(shard["bytes"]) or "signature" in found, f"{name}: other bytes")
            names.append(name)
            ids.append(bytes.fromhex(found["contentID"]))
        total = {key: sum(shard[key] for shard in split["shards"]) for key in ("tokens", "documents")}
        require(all(size(split[key]) == value for key, value in total.items()), "manifest: sums")
        root_id = ids[0] if len(ids) == 1 else hashlib.sha256(b"".join(ids)).digest()
        splits.append({"name": split["name"], "tokenCount": split["tokens"],
                       "documentCount": split["documents"], "contentID": root_id.hex(),
                       "shards": [shard["name"] for shard in split["shards"]]})
    require(len(set(names)) == len(names), "manifest: a name that comes twice")
    require(len({split["name"] for split in splits}) == len(splits), "manifest: a split twice")
    return {"vocabulary": fingerprint, "splits": splits}

def dataset(path):
    try:
        return manifest(pathlib.Path(path))
    except FAULTS as error:
        return {"error": f"{type(error).__name__}: {error}"}

def weights_with_bases(path):
    try:
        return {"tensors": shown(series(pathlib.Path(path))[1])}
    except FAULTS as error:
        return {"error": f"{type(error).__name__}: {error}"}

def documents_hash(documents):
    """The hash of documents, byte strings, in their order: Tokens.md, "Shards"."""
    mask, value = (1 << 64) - 1, 0
    for document in documents:
        low, high = struct.unpack("<QQ", hashlib.sha256(document).digest()[:16])
        value = ((value ^ low) * 0x9E3779B97F4A7C15 + high * 0xD1B54A32D192ED03) & mask
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & mask
        value = (value ^ value >> 27) * 0x94D049BB133111EB & mask
        value ^= value >> 31
    return value

def serve():
    for line in sys.stdin.buffer:
        verb, count = line.split()
        file = sys.stdin.buffer.read(int(count))
        if verb == b"weights":
            found = weights_with_bases(file.decode())
        else:
            found = dataset(file.decode()) if verb == b"dataset" else reply(file, verb == b"content")
        print(json.dumps(found), flush=True)

if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    for path in sys.argv[1:] if sys.argv[1:] != ["--serve"] else []:
        found = reply(pathlib.Path(path).read_bytes(), True)
        if "base" in found:
            found |= weights_with_bases(path)
        print(json.dumps(found, indent=1))
