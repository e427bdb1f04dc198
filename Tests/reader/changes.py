"""Changes files at random, for mutations.py.

Most changes are made to what sections hold, and the checksums, digests and fingerprints around it are made
right again, so that readers get to see them.
"""
import collections
import hashlib
import re
import struct

import zstandard

import gobbet_vocabulary
from gobbet_reader import Contents, FormatError, aligned, crc32c, number

# A section; `frame` is what it is stored as, if that is not made from the content.
Part = collections.namedtuple("Part", "kind name content codec frame", defaults=[None])
MAGIC = b"\x97GBT\r\n\x1a\n"


def put(data, offset, value, size=4):
    data[offset:offset + size] = value.to_bytes(size, "little")


def header(profile):
    data = MAGIC + struct.pack("<4HI40x", 1, 0, 0, 0, profile)
    return data + struct.pack("<I", crc32c(data))


def generation(parts, start=64, previous=0, kept=b""):
    """Sections, table and trailer at `start`, with right checksums; the table has `kept` entries too."""
    file, entries = bytearray(), [kept]
    for part in parts:
        offset, size = start + len(file), 1 << 20
        blocks = [part.content[start:start + size] for start in range(0, len(part.content), size)]
        if part.frame is not None:
            blocks = [part.frame]
        elif part.codec:
            blocks = list(map(zstandard.ZstdCompressor(level=3).compress, blocks))
        table = b"".join(struct.pack("<II", len(block), crc32c(block)) for block in blocks)
        stored = b"".join(blocks)
        fields = part.kind.encode() + struct.pack(
            "<BBHIQQI", part.codec, 6, len(part.name), size, len(stored), len(part.content),
            crc32c(table))
        head = b"SECT" + fields + struct.pack("<I20x", crc32c(part.name))
        file += head + struct.pack("<I", crc32c(head)) + part.name
        file += bytes(-len(file) % 64) + stored + table
        file += bytes(-len(file) % 64)
        digest = hashlib.sha256(part.content).digest()
        entries.append(fields + struct.pack("<QQ", offset, 0) + digest + part.name)
    table, place = b"".join(entries), start + len(file)
    count = len(parts) + (number(kept, 4) if kept else 0)
    if kept:
        table = table[16:]
    table = struct.pack("<4sIQ", b"TABL", count, 16 + len(table)) + table
    trailer = struct.pack("<8sQQII Q4H12x", b"GBTEND\r\n", place, len(table), crc32c(table), 0,
                          previous, 1, 0, 0, 0)
    return bytes(file) + table + bytes(-len(table) % 64) + trailer + struct.pack("<I", crc32c(trailer))


def container(parts, profile):
    """A file of these sections in one generation, with right checksums."""
    return header(profile) + generation(list(parts))


EDGES = [0, 1, 2, 7, 8, 255, 256, 257, 512, 513, 65535, 65536, 1 << 19, 1 << 20, (1 << 21) - 2, (1 << 21) - 1,
         1 << 21, 1 << 23, 1 << 24, 1 << 26, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 53, 1 << 62,
         (1 << 63) - 1, 1 << 63, (1 << 64) - 1]


def changed(data, chance):
    """Some bytes with a random change."""
    data = bytearray(data)
    place = chance.randrange(len(data) + 1)
    kind = chance.randrange(10)
    if kind < 3 and data:
        data[place % len(data)] ^= 1 << chance.randrange(8)
    elif kind == 3 and data:
        data[place % len(data)] = chance.choice([0, 1, 2, 127, 128, 254, 255, chance.randrange(256)])
    elif kind == 4 and data:
        data[place % len(data)] = (data[place % len(data)] + chance.choice([-1, 1])) % 256
    elif kind == 5:
        data[place:place] = chance.randbytes(chance.randrange(1, 5))
    elif kind == 6:
        del data[place:place + chance.randrange(1, 5)]
    elif kind == 7:
        other = chance.randrange(len(data) + 1)
        count = chance.randrange(1, 17)
        data[place:place + count] = data[other:other + count]
    elif kind == 8 and len(data) > 1:
        # Two places change what they hold.
        size, other = chance.choice([1, 2, 4, 8]), chance.randrange(len(data))
        data[place:place + size], data[other:other + size] = data[other:other + size], data[place:place + size]
    else:
        size = chance.choice([1, 2, 4, 8])
        data[place:place + size] = (chance.choice(EDGES) % (1 << 8 * size)).to_bytes(size, "little")
    return bytes(data)


# Places and sizes of the fields with which sections begin, and where a table of equal numbers follows.
FIELDS = {
    "VOCB": [(32, 1), (33, 1), (34, 2), (36, 4), (40, 4), (44, 4), (48, 1), (49, 1), (50, 1), (51, 1), (52, 1),
             (53, 1), (54, 1), (55, 4)],
    "TOKH": [(0, 8), (8, 8), (16, 4), (20, 4), (24, 1), (25, 1), (32, 1)],
    "TENS": [(0, 4), (4, 4), (8, 2), (10, 1), (11, 1), (12, 4), (16, 8), (24, 8), (32, 8)],
    "BASE": [(0, 1), (31, 1), (32, 1)],
    "CNTH": [(offset, 8) for offset in range(0, 56, 8)] + [(56, 4)],
    "TSTR": [(0, 4), (4, 2), (6, 2), (516, 2)],
    "PIPE": [(0, 4), (4, 4), (8, 1), (9, 1), (10, 4), (14, 1), (15, 1)],
    "post": [(0, 1), (1, 4), (5, 4)],
    "sign": [(0, 4), (4, 4), (8, 1), (39, 1), (40, 1), (103, 1)],
}
CELLS = {"TOKB": 4, "TBLK": 4, "LEFT": 1, "RGHT": 1, "RSLT": 1, "TOKR": 1, "DOCL": 1, "dbyt": 1, "dsrc": 1}


def with_other_field(kind, data, chance):
    """Some bytes of a section with another number in one of its fields."""
    places = [(offset, size) for offset, size in FIELDS.get(kind, []) if offset + size <= len(data)]
    if kind in CELLS and len(data) >= CELLS[kind]:
        size = CELLS[kind]
        places.append((chance.randrange(len(data) // size) * size, size))
    if not places:
        return changed(data, chance)
    offset, size = chance.choice(places)
    data = bytearray(data)
    value = int.from_bytes(data[offset:offset + size], "little")
    others = [value + 1, value - 1, value + 8, value - 8, 2 * value, value ^ 1 << chance.randrange(8 * size),
              chance.choice(EDGES), chance.choice(EDGES) + chance.choice([-1, 1])]
    put(data, offset, chance.choice(others) % (1 << 8 * size), size)
    return bytes(data)


def compressed(content, chance):
    parameters = zstandard.ZstdCompressionParameters.from_level(
        chance.choice([1, 3, 9, 19]), write_checksum=chance.random() < 0.5, write_content_size=True)
    return zstandard.ZstdCompressor(compression_params=parameters).compress(content)


def with_changed_frame(part, chance):
    """A section that is stored as a frame with a change; it says that it holds what that decodes to."""
    frame = compressed(part.content, chance)
    # Its header: of what follows, decoders may differ (Container.md, Frames).
    end = chance.choice([6, 10])
    frame = changed(frame[:end], chance) + frame[end:]
    content = part.content
    try:
        if zstandard.get_frame_parameters(frame).content_size == len(content):
            content = zstandard.ZstdDecompressor().decompress(frame)
    except zstandard.ZstdError:
        pass
    return part._replace(content=content, codec=1, frame=frame)


def changed_frame(data, table, chance):
    """Blocks and their table with a change in what the first frame of the blocks holds."""
    count = len(table) // 12
    stored = number(table, 0)
    try:
        units = zstandard.ZstdDecompressor().decompress(data[:stored], max_output_size=1 << 20)
    except zstandard.ZstdError:
        return data, table
    units = changed(units, chance)
    frame = compressed(units, chance)
    table = bytearray(table)
    put(table, 0, len(frame))
    put(table, 4 * count, len(units))
    return frame + data[stored:], bytes(table)


def sealed_blocks(parts, data, table, alignment):
    """The checksums of blocks in a table of theirs, made right."""
    if data not in parts or table not in parts:
        return
    content, rows = parts[data].content, bytearray(parts[table].content)
    count, end = len(rows) // 12, 0
    for block in range(count):
        start, end = end, end + number(rows, 4 * block)
        if end > len(content):
            break
        put(rows, 8 * count + 4 * block, crc32c(content[start:end]))
        if number(rows, 4 * (count + block)) < 1 << 19:
            end = aligned(end, alignment)
    parts[table] = parts[table]._replace(content=bytes(rows))


def sealed_fingerprint(parts):
    """The fingerprint of what the sections of a vocabulary say now, if they still say anything."""
    head = parts.get(("VOCB", b""))
    if head is None:
        return
    try:
        gobbet_vocabulary.vocabulary({part.kind: part.content for part in parts.values() if not part.name})
    except (FormatError, KeyError, ValueError, IndexError, struct.error) as error:
        if found := re.fullmatch("vocabulary.fingerprint: not ([0-9a-f]{64})", str(error)):
            content = bytes.fromhex(found[1]) + head.content[32:]
            parts["VOCB", b""] = head._replace(content=content)


class Seed:
    """A file to change: its bytes, what is asked about it, and its sections if it can be read."""

    def __init__(self, asked, file):
        self.asked, self.file, self.parts, self.profile = asked, file, None, 4
        try:
            contents = Contents(file)
        except (FormatError, ValueError, struct.error):
            return
        self.profile = contents.profile
        self.parts = {(section.kind, section.name.encode()): Part(
            section.kind, section.name.encode(), content, section.codec)
            for section, content in contents.sections}

    def length(self):
        """Bytes of what the file holds; the file itself becomes about as short."""
        if self.parts is None:
            return len(self.file)
        length = sum(len(part.content) for part in self.parts.values())
        if len(self.file) > 2 * length + 4096:
            # It is padding: of data that begins at 16,384.
            self.file = container(self.parts.values(), self.profile)
        return length


def with_changed_content(seed, seeds, chance):
    """A file whose sections hold something else."""
    parts = {key: part if chance.random() < 0.3 else part._replace(codec=0) for key, part in seed.parts.items()}
    for _ in range(chance.choice([1, 1, 1, 2])):
        if not parts:
            break
        key = chance.choice(list(parts))
        part, kind = parts[key], chance.random()
        data, table = ("TOKN", b""), ("TOKB", b"")
        if key == data and table in parts and kind < 0.7:
            frames = changed_frame(part.content, parts[table].content, chance)
            for each, content in zip((data, table), frames):
                parts[each] = parts[each]._replace(content=content)
        elif kind < 0.02:
            del parts[key]
        elif kind < 0.04:
            parts[key] = part._replace(name=changed(part.name, chance)[:512])
        elif kind < 0.06:
            parts[key] = part._replace(kind=chance.choice(["sign", "meta", "XXXX", "xxxx", part.kind]))
        elif kind < 0.12:
            # A section of another file.
            others = chance.choice(seeds).parts or {}
            if other := others.get(key) or (chance.choice(list(others.values())) if others else None):
                parts[other.kind, other.name] = other
        elif kind < 0.15:
            parts = dict(chance.sample(list(parts.items()), len(parts)))
        elif kind < 0.2 and part.content:
            parts[key] = with_changed_frame(part, chance)
        elif kind < 0.5:
            parts[key] = part._replace(content=with_other_field(part.kind, part.content, chance))
        else:
            parts[key] = part._replace(content=changed(part.content, chance))
    if chance.random() < 0.95:
        sealed_blocks(parts, ("TOKN", b""), ("TOKB", b""), 1)
        for name in [b"", b"1"]:
            sealed_blocks(parts, ("TDAT", name), ("TBLK", name), 64)
    if chance.random() < 0.95:
        sealed_fingerprint(parts)
    profile = seed.profile if chance.random() < 0.98 else chance.randrange(1, 6)
    return parts.values(), profile


def with_changed_records(file, chance):
    """A file with changes in its records, whose checksums are made right again."""
    file = bytearray(file)
    places = [place for place in range(0, len(file) - 63, 64)
              if place == 0 or bytes(file[place:place + 4]) in (b"SECT", b"TABL", b"GBTE")]
    place = chance.choice(places)
    if bytes(file[place:place + 4]) == b"TABL":
        size = min(int.from_bytes(file[place + 8:place + 16], "little"), len(file) - place)
        file[place:place + size] = changed(file[place:place + size], chance)[:size].ljust(size, b"\0")
    else:
        file[place:place + 60] = changed(file[place:place + 60], chance)[:60].ljust(60, b"\0")
    if chance.random() < 0.3:
        # What the table says of the section, too.
        at, shift = place + 4 + chance.randrange(32), 1 << chance.randrange(8)
        shared = bytes(file[place + 4:place + 36])
        where = bytes(file).find(shared, place + 64)
        file[at] ^= shift
        if where >= 0:
            file[where + at - place - 4] ^= shift
    for place in places:
        magic = bytes(file[place:place + 4])
        if magic == b"GBTE":
            start, size = struct.unpack_from("<QQ", file, place + 8)
            if start + size <= place:
                put(file, place + 24, crc32c(bytes(file[start:start + size])))
        if magic == b"SECT":
            name = bytes(file[place + 64:place + 64 + (number(file, place + 8) >> 16)])
            put(file, place + 36, crc32c(name))
        if magic != b"TABL":
            put(file, place + 60, crc32c(bytes(file[place:place + 60])))
    return bytes(file)


def with_append(file, parts, chance):
    """A file with another generation after its last, whole, or cut or changed somewhere."""
    trailer = len(file) - 64
    start, size = struct.unpack_from("<QQ", file, trailer + 8)
    kept = file[start:start + size] if start + size <= trailer else b""
    parts = [part._replace(name=b"%d" % index) if chance.random() < 0.7 else part
             for index, part in enumerate(chance.sample(parts, min(len(parts), chance.randrange(3))))]
    previous = trailer if chance.random() < 0.9 else chance.choice([0, 64, start, len(file)])
    if chance.random() < 0.2 or kept[:4] != b"TABL":
        kept = b""
    added = generation(parts, len(file), previous, kept)
    kind = chance.random()
    if kind < 0.4:
        # An append that did not end.
        added = added[:chance.randrange(len(added) + 1)]
        added = added.ljust(len(added) + chance.choice([0, 0, 1, 64, 128]), b"\0")
    elif kind < 0.5:
        added = added[:-64] + bytes(64)
    elif kind < 0.7:
        added = changed(added, chance)
    return file + added


def mutated(seed, seeds, chance):
    """A file that a seed becomes."""
    kind = chance.random()
    if kind < 0.7 and seed.parts:
        parts, profile = with_changed_content(seed, seeds, chance)
        file = container(parts, profile)
        return with_append(file, list(parts), chance) if chance.random() < 0.1 else file
    if kind < 0.8 and seed.parts:
        return with_append(seed.file, list(seed.parts.values()), chance)
    if kind < 0.95 and len(seed.file) >= 128:
        return with_changed_records(seed.file, chance)
    return changed(seed.file, chance)
