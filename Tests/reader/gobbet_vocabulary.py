"""Reads vocabularies, written from Spec/Vocabulary.md and Spec/Pretokenization.md alone."""
import hashlib
import struct

import numpy

from gobbet_fields import fields, pattern, sha
from gobbet_reader import require

def planes(data, count):
    require(len(data) == 3 * count, "vocabulary.merges")
    low, middle, high = numpy.frombuffer(data, numpy.uint8).reshape(3, count).astype(int)
    return (low | middle << 8 | high << 16).tolist()

class Pipeline:
    """The section PIPE: whether every byte has a token, and the ids that it names."""

    def __init__(self, data):
        self.complete, self.matching, self.ids, self.wholes = True, set(), set(), set()
        if data is None:
            return
        self.data, self.offset, last = data, 0, -1
        for _ in range(self.number(4)):
            id, options = self.number(4), self.number(1)
            require(id > last and 0 < options < 32, "pipeline.matching")
            self.matching.add(id)
            last = id
        unit, flags, unknown = self.number(1), self.number(1), self.number(4)
        self.complete = bool(flags & 1)
        require(unit <= 2 and flags < 64 and not (self.complete and (unit or flags > 1)), "pipeline.symbols")
        require(not (unit == 2 and flags or flags & 8 and flags & 37 or flags & 48 and unit != 1), "pipeline.symbols")
        require(not self.complete or unknown == 0xFFFFFFFF, "pipeline.symbols.unknown")
        require(unit < 2 or unknown != 0xFFFFFFFF, "pipeline.symbols.unknown")
        if flags & 8:
            self.bytes(1)
        if flags & 16:
            wholes = [self.number(4) for _ in range(self.number(4))]
            require(wholes and wholes == sorted(set(wholes)), "pipeline.symbols.wholes")
            self.wholes.update(wholes)
        if flags & 32:
            order = [self.number(4) for _ in range(self.number(4))]
            unused = [self.number(4) for _ in range(self.number(4))]
            pieces = {piece & 0x7FFFFFFF for piece in order}
            require(not (order and order[0] >> 31) and len(pieces) == len(order), "pipeline.symbols.order")
            require(unused == sorted(set(unused)), "pipeline.symbols.unused")
            self.wholes.update(pieces, unused)
        if unit == 2:
            self.bytes(), self.number(4)
        if unknown != 0xFFFFFFFF:
            self.ids.add(unknown)
        # What follows each code: b bytes, B bytes of which there is one, f a flag, or a bound of a byte, 4 a number, P one
        # above 0, T a table of characters.
        normalizers = self.steps({1: "", 2: "", 3: "", 4: "", 5: "b", 6: "Bb", 7: [4], 16: "", 17: "", 18: [16], 19: "", 20: "T", 21: "", 22: "Bb", 23: "T", 24: ""})
        steps = self.steps({1: "f", 2: "", 3: [3, "f", "B"], 4: [5, "f", "B"], 13: "", 14: [5], 15: "", 16: "", 17: "P", 18: "", 5: "B"})
        require(all(code != 22 or pattern(v[0])[:1] == b"\xff" and v[0][2:4] == b"\1\0" for code, v in normalizers), "pipeline.code")
        require(all(code != 5 or pattern(values[0])[:1] == b"\xff" for code, values in steps), "pipeline.code")
        decoders = self.steps({1: "Bb", 2: "", 3: "", 4: "44B", 5: "fB", 14: "fb", 15: "B", 16: ""})
        fused = False
        for code, values in decoders:
            require(not fused or code == 3 or code == 4 and values[1] == 0, "pipeline.decoders")
            fused = fused or code == 3
        require(self.offset == len(data), "a section ends late")
        require(normalizers or steps or decoders or self.matching or not self.complete, "pipeline")

    def post(self, data):
        """Reads the section post."""
        if data is None:
            return
        self.data, self.offset, kept = data, 0, []
        template = self.flag()
        if template:
            for _ in range(2):
                self.ids.update(self.number(4) for _ in range(self.number(4)))
        for _ in range(self.number(1)):
            key, text = self.bytes(), self.bytes()
            require(not kept or kept[-1] < key, "post.kept.key")
            kept.append(key)
            key.decode(), text.decode()
        require(self.offset == len(data) and (template or kept), "post")

    def number(self, size):
        require(size <= len(self.data) - self.offset, "a section ends early")
        self.offset += size
        return int.from_bytes(self.data[self.offset - size:self.offset], "little")

    def table(self):
        data = self.bytes(8)
        size = int.from_bytes(data[:4], "little")
        require(4 <= size <= len(data) - 5 and size % 4 == 0 and data[-1] == 0, "pipeline.normalizer")
        data[4 + size:].decode()
        return data

    def positive(self):
        value = self.number(4)
        require(value > 0, "pipeline.count")
        return value

    def flag(self):
        value = self.number(1)
        require(value <= 1, "pipeline.flag")
        return value

    def bytes(self, least=0):
        count = self.number(4)
        require(least <= count <= len(self.data) - self.offset, "pipeline.bytes")
        self.offset += count
        return self.data[self.offset - count:self.offset]

    def steps(self, kinds):
        steps = []
        for _ in range(self.number(1)):
            code = self.number(1)
            require(code in kinds, "pipeline.code")
            values = []
            for kind in kinds[code]:
                if isinstance(kind, int):
                    values.append(self.number(1))
                    require(values[-1] < kind, "pipeline.code")
                else:
                    values.append({"b": self.bytes, "B": lambda: self.bytes(1), "f": self.flag,
                                   "4": lambda: self.number(4), "P": self.positive, "T": self.table}[kind]())
            steps.append((code, values))
        return steps

def vocabulary(parts):
    head = parts["VOCB"]
    stored, layout, rule, length, bound, merges, specials = fields("32sBBHIII", head)
    settings = pattern(head[48:48 + length])
    require(layout in (1, 2) and rule <= 2 and merges < (1 << 21) - 1, "vocabulary.layout")
    position = 48 + length + (260 if layout == 1 else 0)
    special = {}
    for _ in range(specials):
        id, count = fields("II", head, position)
        text, position = head[position + 8:position + 8 + count], position + 8 + count
        require(len(text) == count > 0 and max(special, default=-1) < id < (1 << 21) - 1, "special")
        special[id] = text
    require(position == len(head) and len(set(special.values())) == specials
            and sum(map(len, special.values())) <= 1 << 20, "vocabulary")
    left, right = planes(parts["LEFT"], merges), planes(parts["RGHT"], merges)
    if layout == 1:
        first, = fields("I", head, 48 + length)
        order = head[52 + length:308 + length]
        require(sorted(order) == list(range(256)) and first < 1 << 21, "byteOrder")
        tokens = {first + index: bytes([byte]) for index, byte in enumerate(order)}
        ids, result, next = {b: i for i, b in tokens.items()}, [], first + 256
        ids.update({text: id for id, text in special.items() if text not in ids})
        for a, b in zip(left, right):
            require(a in tokens and b in tokens and len(tokens[a] + tokens[b]) < 1 << 16, "a merge")
            text = tokens[a] + tokens[b]
            if text not in ids:
                ids[text], next = next, next + 1
            tokens[ids[text]] = text
            result.append(ids[text])
    else:
        result, strings = planes(parts["RSLT"], merges), parts["TSTR"]
        count, = fields("I", strings)
        require(count < (1 << 21) - 1, "tokenStrings.count")
        lengths, position, tokens = fields(f"{count}H", strings, 4), 4 + 2 * count, {}
        for id, length in enumerate(lengths):
            if length:
                tokens[id] = strings[position:position + length]
            position += length
        require(position == len(strings), "tokenStrings")
        for a, b, c in zip(left, right, result):
            require(a in tokens and b in tokens and tokens[a] + tokens[b] == tokens.get(c), "merge")
    pipe = Pipeline(parts.get("PIPE"))
    pipe.post(parts.get("post"))
    require(pipe.matching <= set(special) and pipe.ids <= {*tokens, *special} and pipe.wholes <= set(tokens),
            "pipeline.ids")
    texts = list(tokens.values())
    distinct = set(texts)
    require(len(distinct) == len(texts) and all(len(t) < 1 << 16 for t in texts)
            and (not pipe.complete or all(bytes([b]) in distinct for b in range(256))) and sum(map(len, texts)) <= 1 << 26
            and max(tokens, default=0) < (1 << 21) - 1 and len(set(zip(left, right))) == merges
            and all(tokens.get(id, text) == text for id, text in special.items())
            and bound == 1 + max([*tokens, *special], default=0), "vocabulary")
    require(rule or list(zip(left, right, result)) == derived_merges(tokens), "vocabulary.merges")
    ids = sorted(tokens)
    u32 = lambda *numbers: struct.pack(f"<{len(numbers)}I", *numbers)
    count = struct.pack("<BI", 0, len(settings)) if settings[:1] == b"\xff" else bytes([len(settings)])
    content = b"gobbet vocabulary 1\n" + bytes([rule]) + count + settings
    content += u32(len(ids), *ids, *(len(tokens[id]) for id in ids))
    content += b"".join(tokens[id] for id in ids) + u32(merges)
    content += u32(*(id for merge in zip(left, right, result) for id in merge)) + u32(specials)
    content += b"".join(u32(id, len(text)) + text for id, text in sorted(special.items()))
    content += parts.get("PIPE", b"")
    require(hashlib.sha256(content).digest() == stored, f"vocabulary.fingerprint: not {sha(content)}")
    return {"fingerprint": sha(content), "idBound": bound, "mergeRule": rule, "pattern": settings.hex(),
            "tokenCount": len(ids), "mergeCount": merges,
            "special": [{"id": id, "bytes": text.hex()} for id, text in sorted(special.items())]}

def derived_merges(tokens):
    """The last step by which each token comes about, by rank: Vocabulary.md, "Merges that follow"."""
    ids, merges = {text: id for id, text in tokens.items()}, []
    for id, text in sorted(tokens.items()):
        parts = [text[i:i + 1] for i in range(len(text))]
        while len(parts) > 2:
            ranks = [ids.get(a + b, id) for a, b in zip(parts, parts[1:])]
            best = ranks.index(min(ranks))
            if ranks[best] >= id:
                break
            parts[best:best + 2] = [parts[best] + parts[best + 1]]
        if len(parts) == 2 and set(parts) <= set(ids):
            merges.append((ids[parts[0]], ids[parts[1]], id))
    return merges
