"""Reads what .gobbet containers hold, written from the pages of Spec/ alone.

    gobbet_content.py FILE…     prints what each file holds, as JSON
    gobbet_content.py --serve   answers the requests of conformance.py

The containers are read by gobbet_reader.py beside this file.
"""
import hashlib
import json
import pathlib
import struct
import sys

import numpy

import ed25519
from gobbet_reader import Contents, FormatError, Section, crc32c, require

KNOWN = set("VOCB LEFT RGHT RSLT TSTR PIPE TOKH TOKR TOKN TOKB DOCL LMSK CNTH CNTS TENS TDAT TBLK BASE".split())
WIDTHS = {1: 8, 2: 4, 3: 2, 4: 2, 5: 1, 6: 1, 8: 1, 9: 1, 10: 1, 11: 0.75, 12: 0.75, 13: 0.5,
          16: 8, 17: 4, 18: 2, 19: 1, 20: 0.5, 32: 8, 33: 4, 34: 2, 35: 1, 36: 0.5, 48: 1, 64: 8}
# Elements and bytes of a block, and bytes of its fields, by the code of the type.
BLOCKS = {130: (32, 1, 1, 16), 131: (32, 1, 1, 1, 1, 16), 134: (32, 1, 1, 4, 16), 135: (32, 1, 1, 1, 1, 4, 16),
          136: (32, 1, 1, 32), 138: (256, 16, 64, 1, 1, 1, 1), 139: (256, 32, 64, 12, 1, 1),
          140: (256, 1, 1, 1, 1, 12, 128), 141: (256, 1, 1, 1, 1, 12, 32, 128), 142: (256, 128, 64, 16, 1, 1),
          143: (256, 1, 1, 1, 1, 256, 32), 169: (128, 1, 1, 16), 170: (64, 1, 1, 16),
          144: (256, 1, 1, 64), 145: (256, 1, 1, 64, 8), 146: (256, 1, 1, 64, 32), 147: (256, 1, 1, 32, 16),
          148: (32, 1, 1, 16), 149: (256, 1, 1, 64, 8, 32, 4), 150: (256, 1, 1, 64, 8, 8), 151: (256, 1, 1, 2, 4, 128),
          157: (256, 32, 16, 8), 162: (256, 48, 4, 1, 1), 163: (256, 64, 1, 1), 167: (32, 1, 16), 168: (64, 4, 32)}
PLANES = {8: (1, 1, 2, 4), 4: (1, 1, 2), 2: (1, 1), 1: (1,)}

def sha(data):
    return hashlib.sha256(data).hexdigest()

def fields(format, data, offset=0):
    require(0 <= offset <= len(data) - struct.calcsize("<" + format), "a section ends early")
    return struct.unpack_from("<" + format, data, offset)

def pattern(settings):
    if settings[:1] == b"\xff":  # An expression: dialect, behaviour, inverted, its text.
        require(4 < len(settings) <= 4 + 32768 and settings[1] <= 1 and settings[2] <= 4 and settings[3] <= 1, "pattern")
        settings[4:].decode()
        return settings
    require(len(settings) == 7 and all(s <= most for s, most in zip(settings, (3, 4, 1, 3, 2, 1, 1)))
            and (settings[1] != 4 or settings == bytes([0, 4, 0, 0, 0, 0, 0]))
            and (settings[1] != 3 or (settings[0] == 0 and settings[3] > 0
                                      and settings[2] == 1 and settings[4:] == b"\1\1\0")), "pattern")
    return settings

class Groups:
    """Numbers in groups of seven bits, and bytes between them."""

    def __init__(self, data):
        self.data, self.offset = data, 0

    def bytes(self, count):
        require(count <= len(self.data) - self.offset, "a section ends early")
        self.offset += count
        return self.data[self.offset - count:self.offset]

    def number(self):
        value = shift = 0
        while True:
            byte = self.bytes(1)[0]
            value, shift = value | (byte & 127) << shift, shift + 7
            require(value < 1 << 64 and shift <= 70, "not a number of groups")
            if byte < 128:
                require(byte or shift == 7, "not the shortest form")
                return value

    def count(self):
        value = self.number()
        require(value < 1 << 63, "a number that is out of range")
        return value

    def finish(self):
        require(self.offset == len(self.data), "a section ends late")

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

def block_table(data, count):
    require(len(data) == 12 * count, "a table of blocks of another length")
    return numpy.frombuffer(data, "<u4").reshape(3, count).astype(int).T.tolist()

def frame(stored, length):
    one = Section(b"DATA\1\6\0\0\0\0\x80\0" + struct.pack("<QQI", len(stored), length, 0), b"", 64)
    return one.decoded_block(stored, length)

def tokens(parts):
    count, documents, bound, size, codec, reserved, vocabulary = fields("QQIIB7s32s", parts["TOKH"])
    require(len(parts["TOKH"]) == 64 and not any(reserved) and 1 <= codec <= 5, "tokens.codec")
    require(0 < bound <= (1 << 16, 1 << 32, 1 << 32, (1 << 24) + 65280, (1 << 24) + 65280)[codec - 1]
            and 8 <= size <= 1 << 21 and size % 8 == 0 and count < 1 << 63, "tokens.idBound")
    width = {1: 16, 2: 32}.get(codec, max(bound - 1, 1).bit_length())
    if codec >= 4:
        classes = numpy.frombuffer(parts["TOKR"], numpy.uint8)
        require(len(classes) == bound, "tokens.ranks")
        ranks = numpy.argsort(255 - classes.astype(int), kind="stable").tolist()
    ids, position = [], 0
    for index, (stored, decoded, checksum) in enumerate(block_table(parts["TOKB"], -(-count // size))):
        data, position = parts["TOKN"][position:position + stored], position + stored
        number = min(size, count - index * size)
        require(len(data) == stored and crc32c(data) == checksum, "tokens.block")
        if codec < 4:
            require(stored == decoded == (number * width + 7) // 8, "tokens.block")
            bits = numpy.unpackbits(numpy.frombuffer(data, numpy.uint8), bitorder="little")
            require(not any(bits[number * width:]), "tokens.block: unused bits")
            bits = bits[:number * width].reshape(number, width).astype(numpy.uint64)
            ids += (bits << numpy.arange(width, dtype=numpy.uint64)).sum(1).tolist()
            continue
        require(decoded <= 4 * number and decoded % 2 == 0, "tokens.block")
        units = iter(numpy.frombuffer(frame(data, decoded), ">u2").tolist())
        block = []
        for unit in units:
            if unit >= 0xFF00:
                unit = 0xFF00 + ((unit - 0xFF00) << 16 | next(units, 1 << 32))
            require(unit < bound, "a rank past the table")
            block.append(ranks[unit])
        require(len(block) == number, "more or fewer tokens than the block has")
        ids += block
    require(position == len(parts["TOKN"]) and all(id < bound for id in ids), "tokens.blocks")
    column = {kind: Groups(parts[kind]) for kind in ("DOCL", "dsrc", "dbyt", "LMSK") if kind in parts}
    rule = mask_rule(column["LMSK"], bound) if "LMSK" in column else None
    found, start = [], 0
    for _ in range(documents):
        length = column["DOCL"].number()
        data = numpy.array(ids[start:start + length], "<u4").tobytes()
        found.append({"tokenCount": length, "digest": sha(data)})
        if "dbyt" in column:
            found[-1]["byteCount"] = column["dbyt"].count()
        if "dsrc" in column:
            found[-1]["source"] = column["dsrc"].bytes(column["dsrc"].count()).decode()
        if rule:
            found[-1]["runs"] = mask_runs(column["LMSK"], ids[start:start + length], *rule)
        start += length
        require(start <= count, "documents.length")
    for groups in column.values():
        groups.finish()
    require(start == count, "documents.length")
    return {"fingerprint": vocabulary.hex(), "tokenCount": count, "documents": found}

def mask_rule(groups, bound):
    """The openings and closings of LMSK."""
    def number(most):
        value = groups.count()
        require(value <= most, "masks.rule")
        return value
    openings = [[number(bound - 1) for _ in range(number(16))] for _ in range(number(64))]
    closings = [number(2 * bound - 1) for _ in range(number(64 if openings else 0))]
    kept = {value >> 1: value & 1 for value in closings}
    require(all(openings) and sorted(kept) == [value >> 1 for value in closings], "masks.rule")
    return openings, kept

def mask_runs(groups, ids, openings, closings):
    """The runs of a document that in turn don't count in a loss and do: Tokens.md, "Masks"."""
    count = groups.count()
    require(count <= (len(ids) + 1 if ids else 0), "masks.runs")
    if count:
        runs = [groups.count() for _ in range(count - 1)]
        runs.append(len(ids) - sum(runs))
        require(all(run > 0 for run in runs[1:]) and runs[-1] > 0, "masks.runs")
        return runs
    runs, on = [0], not openings
    for place, id in enumerate(ids):
        counts = on and closings.get(id, 1)
        runs += [0] if len(runs) % 2 == bool(counts) else []
        runs[-1] += 1
        if any(ids[max(0, place + 1 - len(ids_)):place + 1] == ids_ for ids_ in openings):
            on = True
        elif id in closings:
            on = False
    return runs if ids else []

def weights(sections):
    """The tensors of all generations, by name; one of a later takes the place of an earlier one."""
    tensors, generation = {}, 0
    names = lambda kind: [section.name for section, _ in sections if section.kind == kind]
    while not generation or str(generation) in names("TENS"):
        name = str(generation or "")
        parts = {section.kind: content for section, content in sections if section.name == name}
        codecs = [section.codec for section, _ in sections if (section.kind, section.name) == ("TDAT", name)]
        require(codecs == [0], "tensors.data: compressed, or missing")
        tensors.update(table(parts, ("BASE", "") in {(section.kind, section.name) for section, _ in sections}))
        generation += 1
    require(all(len(names(kind)) == generation for kind in ("TENS", "TDAT", "TBLK")), "tensors")
    set_place(sections)
    return list(tensors.values())

def set_place(sections):
    """Number, count and chain of a file of a set; None if it says nothing."""
    for section, content in sections:
        if (section.kind, section.name) == ("wset", ""):
            number, count, chain = fields("II32s", content)
            require(len(content) == 40 and 1 <= number <= count and (number > 1 or not any(chain)), "set")
            return number, count, chain
    return None

def base(content):
    """The content id and the name of the file that BASE names."""
    require(len(content) >= 32, "base.contentID")
    name = content[32:]
    Section(b"DATA\0\6" + struct.pack("<HIQQI", len(name), 1, 0, 0, 0), name, 64)  # is it legal?
    require(name not in (b"", b"."), "base.fileName")
    return {"contentID": content[:32].hex(), "fileName": name.decode()}

def table(parts, has_base):
    table = parts["TENS"]
    count, size = fields("II", table)
    require(size == 1 << 19, "tensors.blockByteCount")
    tensors, position = {}, 8
    for _ in range(count):
        length, type, codec, rank, offset = fields("HBBIQ", table, position)
        require(codec <= 1 + has_base and rank <= 8 and (type in BLOCKS or type in WIDTHS and (codec == 0 or type <= 6)), "tensors")
        shape = list(fields(f"{rank}Q", table, position + 16))
        position += 16 + 8 * rank + length
        name = table[position - length:position]
        Section(b"DATA\0\6" + struct.pack("<HIQQI", length, 1, 0, 0, 0), name, 64)  # is it legal?
        name = name.decode()
        elements = int(numpy.prod([max(1, n) for n in shape], dtype=object))
        count, *widths = BLOCKS.get(type, (1, WIDTHS.get(type)))
        bits = int(8 * sum(widths)) * (0 if 0 in shape else elements)
        total = -(-bits // (8 * count))
        require(position <= len(table) and name not in ("", ".") and elements < 1 << 63 and total < 1 << 63
                and name not in tensors and (shape or [1])[-1] % count == 0, "tensors")
        tensors[name] = (type, codec, shape, offset, total)
    require(position == len(table), "tensors")
    def size_of(type):  # of a block of the file: whole 256 elements of those in blocks
        group = sum(BLOCKS[type][1:]) * (256 // BLOCKS[type][0]) if type in BLOCKS else 1
        return size // group * group
    blocks = block_table(parts["TBLK"], sum(-(-tensor[4] // size_of(tensor[0])) for tensor in tensors.values()))
    found, position = {}, 0
    for name, (type, codec, shape, offset, total) in tensors.items():
        padding = parts["TDAT"][position:position + -position % 64]
        position += -position % 64
        require(position == offset and not any(padding), "tensors.offset")
        data = b""
        while len(data) < total:
            stored, decoded, checksum = blocks.pop(0)
            block, position = parts["TDAT"][position:position + stored], position + stored
            require(decoded == min(size_of(type), total - len(data)) and len(block) == stored
                    and crc32c(block) == checksum and (codec or stored == decoded), "tensors.block")
            data += compact(block, type, decoded) if codec else block
        found[name] = {"name": name, "type": type, "shape": shape, "data": data, "isDelta": codec == 2}
    require(position == len(parts["TDAT"]), "tensors.data")
    return found

def compact(block, type, length):
    """The elements of a block of planes."""
    plane_widths = BLOCKS[type][1:] if type in BLOCKS else PLANES[int(WIDTHS[type])]
    lengths, start, elements = fields(f"{len(plane_widths)}I", block), 4 * len(plane_widths), 0
    width, parts = sum(plane_widths), []
    shift = 8 * width
    for plane_width, stored in zip(plane_widths, lengths):
        plane, start = block[start:start + stored], start + stored
        plain = length // width * plane_width
        require(stored <= plain and start <= len(block), "a plane of another length")
        plane = plane if stored == plain else frame(plane, plain)
        shift -= 8 * plane_width
        if type in BLOCKS:
            parts.append(numpy.frombuffer(plane, "u1").reshape(-1, plane_width))
            continue
        elements |= numpy.frombuffer(plane, f"<u{plane_width}").astype(numpy.uint64) << numpy.uint64(shift)
    require(start == len(block), "a block ends late")
    if type in BLOCKS:
        return numpy.concatenate(parts, axis=1).tobytes()
    top = numpy.uint64(8 * width - 1)
    return (elements >> numpy.uint64(1) | (elements & numpy.uint64(1)) << top).astype(f"<u{width}").tobytes()

def sum_of(difference, base, type):
    """The elements whose stored difference from those of a base is this."""
    if type in BLOCKS:
        return (numpy.frombuffer(difference, "u1") ^ numpy.frombuffer(base, "u1")).tobytes()
    bits = 8 * WIDTHS[type]
    words, others = (numpy.frombuffer(data, f"<u{WIDTHS[type]}") for data in (difference, base))
    one, top = words.dtype.type(1), words.dtype.type(bits - 1)
    words = numpy.where(words >> top, words ^ words.dtype.type((1 << bits - 1) - 1), words)
    total, size = (others << one | others >> top).astype(words.dtype), (1 << 19) // WIDTHS[type]
    for start in range(0, len(total), size):  # of a block
        block = total[start:start + size]
        order = numpy.argsort(block >> words.dtype.type(bits - 8), kind="stable")
        block[order] += words[start:start + size]
    return (total >> one | total << top).astype(words.dtype).tobytes()

def series(path, chain=()):
    """The tensors of a file with what it stands on: the bases lie in its folder."""
    require(path not in chain and len(chain) <= 64, f"base: {path.name} stands on itself, or too many files do")
    contents = Contents(path.read_bytes())
    parts = {section.kind: content for section, content in contents.sections if not section.name}
    tensors = weights(contents.sections)
    if any(tensor["isDelta"] for tensor in tensors):
        named = base(parts["BASE"])
        other, others = series(path.parent / named["fileName"], (*chain, path))
        require(other == named["contentID"], f"base: {named['fileName']} has content id {other}")
        others = {tensor["name"]: tensor for tensor in others}
        for tensor in (tensor for tensor in tensors if tensor["isDelta"]):
            same = others.get(tensor["name"])
            require(same and (same["type"], same["shape"]) == (tensor["type"], tensor["shape"]), "base: a tensor")
            tensor.update(data=sum_of(tensor["data"], same["data"], tensor["type"]), isDelta=False)
    return contents.id.hex(), tensors

def shown(tensors):
    """Tensors as an answer has them: of a difference, the digest is called so."""
    return [{"name": tensor["name"], "type": tensor["type"], "shape": tensor["shape"],
             "difference" if tensor["isDelta"] else "digest": sha(tensor["data"])} for tensor in tensors]

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
