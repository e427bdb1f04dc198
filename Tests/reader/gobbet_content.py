"""Reads what .gobbet containers hold, written from the pages of Spec/ alone.

    gobbet_content.py FILE…             prints vocabularies, documents, tensors, counts
    gobbet_content.py --refused FILE…   fails unless every file is refused

The containers are read by gobbet_reader.py beside this file.
"""
import hashlib
import json
import pathlib
import struct
import sys

import numpy

from gobbet_reader import FormatError, Section, crc32c, read, require

KNOWN = set("VOCB LEFT RGHT RSLT TSTR PIPE TOKH TOKR TOKN TOKB DOCL CNTH CNTS TENS TDAT TBLK".split())
WIDTHS = {1: 8, 2: 4, 3: 2, 4: 2, 5: 1, 6: 1, 8: 1, 9: 1, 10: 1, 11: 0.75, 12: 0.75, 13: 0.5,
          16: 8, 17: 4, 18: 2, 19: 1, 20: 0.5, 32: 8, 33: 4, 34: 2, 35: 1, 36: 0.5, 48: 1, 64: 8}
# Elements and bytes of a block, and bytes of its fields, by the code of the type.
BLOCKS = {130: (32, 1, 1, 16), 131: (32, 1, 1, 1, 1, 16), 134: (32, 1, 1, 4, 16), 135: (32, 1, 1, 1, 1, 4, 16),
          136: (32, 1, 1, 32), 138: (256, 16, 64, 1, 1, 1, 1), 139: (256, 32, 64, 12, 1, 1),
          140: (256, 1, 1, 1, 1, 12, 128), 141: (256, 1, 1, 1, 1, 12, 32, 128), 142: (256, 128, 64, 16, 1, 1),
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

    def finish(self):
        require(self.offset == len(self.data), "a section ends late")

def planes(data, count):
    require(len(data) == 3 * count, "vocabulary.merges")
    low, middle, high = numpy.frombuffer(data, numpy.uint8).reshape(3, count).astype(int)
    return (low | middle << 8 | high << 16).tolist()

class Pipeline:
    """The section PIPE: whether every byte has a token, and the ids that it names."""

    def __init__(self, data):
        self.complete, self.matching, self.ids = True, set(), set()
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
        require(unit <= 1 and flags < 8 and not (self.complete and (unit or flags > 1)), "pipeline.symbols")
        require(not self.complete or unknown == 0xFFFFFFFF, "pipeline.symbols.unknown")
        if unknown != 0xFFFFFFFF:
            self.ids.add(unknown)
        # What follows each code: b bytes, B bytes of which there is one, f a flag, or a bound of a byte, 4 a number.
        normalizers = self.steps({1: "", 2: "", 3: "", 4: "", 5: "b", 6: "Bb", 7: [4]})
        steps = self.steps({1: "f", 2: "", 3: [3, "f", "B"], 4: [5, "f", "B"]})
        decoders = self.steps({1: "Bb", 2: "", 3: "", 4: "44B", 5: "fB"})
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
                                   "4": lambda: self.number(4)}[kind]())
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
        require(len(text) == count > 0 and id < (1 << 21) - 1 and id not in special, "special")
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
    require(pipe.matching <= set(special) and pipe.ids <= {*tokens, *special}, "pipeline.ids")
    texts = list(tokens.values())
    require(len(set(texts)) == len(texts) and all(len(t) < 1 << 16 for t in texts)
            and (not pipe.complete or all(bytes([b]) in set(texts) for b in range(256))) and sum(map(len, texts)) <= 1 << 26
            and max(tokens) < (1 << 21) - 1 and len(set(zip(left, right))) == merges
            and all(tokens.get(id, text) == text for id, text in special.items())
            and bound == 1 + max([*tokens, *special]), "vocabulary")
    ids = sorted(tokens)
    u32 = lambda *numbers: struct.pack(f"<{len(numbers)}I", *numbers)
    content = b"gobbet vocabulary 1\n" + bytes([rule, len(settings)]) + settings
    content += u32(len(ids), *ids, *(len(tokens[id]) for id in ids))
    content += b"".join(tokens[id] for id in ids) + u32(merges)
    content += u32(*(id for merge in zip(left, right, result) for id in merge)) + u32(specials)
    content += b"".join(u32(id, len(text)) + text for id, text in sorted(special.items()))
    content += parts.get("PIPE", b"")
    require(hashlib.sha256(content).digest() == stored, "vocabulary.fingerprint")
    return [f"vocabulary {sha(content)} {bound}"]

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
    column = {kind: Groups(parts[kind]) for kind in ("DOCL", "dsrc", "dbyt") if kind in parts}
    lines, start = [f"tokens {count} of {vocabulary.hex()}"], 0
    for _ in range(documents):
        length = column["DOCL"].number()
        data = numpy.array(ids[start:start + length], "<u4").tobytes()
        size = column["dbyt"].number() if "dbyt" in column else 0
        source = column["dsrc"].bytes(column["dsrc"].number()) if "dsrc" in column else b""
        lines.append(f"document {length} {sha(data)} {size} {source.decode()}")
        start += length
    for groups in column.values():
        groups.finish()
    require(start == count, "documents.length")
    return lines

def weights(parts):
    table, blocks = parts["TENS"], []
    count, size = fields("II", table)
    require(size == 1 << 19, "tensors.blockByteCount")
    tensors, position = {}, 8
    for _ in range(count):
        length, type, codec, rank, offset = fields("HBBIQ", table, position)
        require(codec <= 1 and rank <= 8 and (type in BLOCKS or type in WIDTHS and (codec == 0 or type <= 6)), "tensors")
        shape = list(fields(f"{rank}Q", table, position + 16))
        position += 16 + 8 * rank + length
        name = table[position - length:position]
        Section(b"DATA\0\6" + struct.pack("<HIQQI", length, 1, 0, 0, 0), name, 64)  # is it legal?
        name = name.decode()
        elements = int(numpy.prod([max(1, n) for n in shape], dtype=object))
        count, *widths = BLOCKS.get(type, (1, WIDTHS.get(type)))
        require(position <= len(table) and name not in ("", ".") and elements * max(1, sum(widths)) < 1 << 63
                and name not in tensors and (shape or [1])[-1] % count == 0, "tensors")
        total = -int(-sum(widths) * (0 if 0 in shape else elements) // count)
        tensors[name] = (type, codec, shape, offset, total)
    require(position == len(table), "tensors")
    def size_of(type):  # of a block of the file: whole 256 elements of those in blocks
        group = sum(BLOCKS[type][1:]) * (256 // BLOCKS[type][0]) if type in BLOCKS else 1
        return size // group * group
    blocks = block_table(parts["TBLK"], sum(-(-tensor[4] // size_of(tensor[0])) for tensor in tensors.values()))
    lines, position = [], 0
    for name, (type, codec, shape, offset, total) in tensors.items():
        position += -position % 64
        require(position == offset, "tensors.offset")
        data = b""
        while len(data) < total:
            stored, decoded, checksum = blocks.pop(0)
            block, position = parts["TDAT"][position:position + stored], position + stored
            require(decoded == min(size_of(type), total - len(data)) and len(block) == stored
                    and crc32c(block) == checksum and (codec or stored == decoded), "tensors.block")
            data += compact(block, type, decoded) if codec else block
        lines.append(f"tensor {name} {type} {shape} {sha(data)}")
    require(position == len(parts["TDAT"]), "tensors.data")
    return lines + metadata(parts.get("meta", b"{}"))

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

def metadata(text):
    def strings(pairs):
        require(len(dict(pairs)) == len(pairs) and all(isinstance(v, str) for _, v in pairs), "metadata")
        return pairs
    pairs = json.loads(text.decode(), object_pairs_hook=strings)
    return [f"metadata {sha(f'{key}={value}'.encode())}" for key, value in pairs]

def counts(parts):
    count, documents, *_, length = fields("7QI", parts["CNTH"])
    settings = pattern(parts["CNTH"][60:])
    require(length == len(settings), "counts.settingCount")
    groups, previous = Groups(parts["CNTS"]), b""
    lines = [f"pretokens {count} {'.'.join(map(str, settings))} {documents}"]
    for _ in range(count):
        shared, rest = groups.number(), groups.number()
        pretoken = previous[:shared] + groups.bytes(rest)
        times = groups.number()
        require(shared <= len(previous) and rest > 0 and times > 0 and len(pretoken) < 1 << 16
                and pretoken > previous, "not the next pretoken")
        lines.append(f"pretoken {sha(pretoken)} {times}")
        previous = pretoken
    groups.finish()
    return lines

def lines(path):
    """Everything in a file, as lines."""
    sections = read(pathlib.Path(path).read_bytes())[2]
    parts = {section.kind: content for section, content in sections if not section.name}
    unknown = [s.kind for s, _ in sections if s.kind[0].isupper() and s.kind not in KNOWN]
    require(not unknown, f"section.kind: {unknown}")
    readers = {"VOCB": vocabulary, "TOKH": tokens, "TENS": weights, "CNTH": counts}
    found = [line for kind, reader in readers.items() if kind in parts for line in reader(parts)]
    require(found, "a container of something else")
    return found

def main(paths):
    refuse = paths[:1] == ["--refused"]
    for path in paths[refuse:]:
        try:
            found = lines(path)
        # Besides its own errors: a section that is missing, text that is no UTF-8 or no JSON.
        except (FormatError, KeyError, UnicodeDecodeError, ValueError, RecursionError) as error:
            if not refuse:
                sys.exit(f"{path}: {error!r}")
            continue
        if refuse:
            sys.exit(f"{path}: not refused")
        print("\n".join(found))
if __name__ == "__main__":
    main(sys.argv[1:])
