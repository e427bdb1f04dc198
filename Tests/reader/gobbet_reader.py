"""A second reader of .gobbet containers, written from Spec/Container.md and Spec/Names.md alone.

    gobbet_reader.py FILE…             verifies files, prints profile, content id, sections
    gobbet_reader.py --refused FILE…   fails unless every file is refused

Needs numpy and zstandard; google-crc32c or crc32c make it faster where they are there.
"""
import hashlib
import pathlib
import re
import struct
import sys

import numpy
import zstandard

MINOR = 1  # the minor version of this reader
MAGIC = b"\x97GBT\r\n\x1a\n"
FIELDS = struct.Struct("<4sBBHIQQI")  # from kind to blockTableChecksum
# Control characters and parts of paths; then the scalars that the page on names lists.
BAD_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]|[.][.]")
NAMES_PAGE = pathlib.Path(__file__).resolve().parents[2] / "Spec/Names.md"
OUTSIDE_NAMES = re.compile("[" + "".join(
    rf"\U{first:0>8}-\U{last or first:0>8}" for first, last in re.findall(
        r"\b([0-9A-F]{4,5})(?:-([0-9A-F]{4,5}))?\b", NAMES_PAGE.read_text().split("```")[1])) + "]")

class FormatError(Exception):
    pass

def require(condition, cause):
    if not condition:
        raise FormatError(cause)

CRC_TABLE = numpy.arange(256, dtype=numpy.uint32)
for _ in range(8):
    CRC_TABLE = (CRC_TABLE >> 1) ^ (CRC_TABLE & 1) * numpy.uint32(0x82F63B78)
CRC_TABLE = CRC_TABLE.tolist()

def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF

try:
    from crc32c import crc32c  # noqa: F811
except ImportError:
    pass

def number(data, offset):
    return struct.unpack_from("<I", data, offset)[0]

def aligned(offset, alignment=64):
    return -(-offset // alignment) * alignment

def version(data, record):
    major, minor, least, reserved = struct.unpack("<4H", data)
    require((major, reserved) == (1, 0) and least <= min(minor, MINOR), f"{record}.major: {major}.{least}")

class Section:
    """The fields that header and table share, and where the section lies."""

    def __init__(self, fields, name, offset, digest=None):
        (kind, self.codec, exponent, length, self.block, self.stored, self.decoded,
         self.checksum) = FIELDS.unpack(fields)
        require(kind.isalpha() and self.codec in (0, 1) and 6 <= exponent <= 14
                and length == len(name) <= 512 and 1 <= self.block <= 1 << 23
                and max(self.stored, self.decoded) < 1 << 60
                and (self.codec == 1 or self.stored == self.decoded), "section: its fields")
        self.name = name.decode(errors="replace")
        require(self.name.encode() == name and not BAD_IN_NAMES.search(self.name)
                and not OUTSIDE_NAMES.search(self.name), "name")
        self.kind, self.fields, self.offset, self.digest = kind.decode(), fields, offset, digest
        self.payload = aligned(offset + 64 + length, 1 << exponent)
        self.blocks = -(-self.decoded // self.block)
        self.end = aligned(self.payload + self.stored + 8 * self.blocks)

    def content(self, file):
        """The decoded payload, everything about the section checked."""
        name = self.name.encode()
        expected = b"SECT" + self.fields + struct.pack("<I", crc32c(name)) + bytes(20)
        expected += struct.pack("<I", crc32c(expected)) + name
        require(file[self.offset:self.payload] == expected.ljust(self.payload - self.offset, b"\0"),
                "section.header")
        end = self.payload + self.stored + 8 * self.blocks
        table = file[end - 8 * self.blocks:end]
        require(crc32c(table) == self.checksum and not any(file[end:self.end]), "blockTable")
        lengths, checksums = numpy.frombuffer(table, "<u4").reshape(-1, 2).astype(int).T
        require(sum(lengths) == self.stored and all(lengths > 0), "blockTable.storedByteCount")
        content, end = b"", self.payload
        for index, (length, checksum) in enumerate(zip(lengths, checksums)):
            stored, end = file[end:end + length], end + length
            require(crc32c(stored) == checksum, "section.payload: checksum")
            expected = min(self.block, self.decoded - index * self.block)
            content += self.decoded_block(stored, expected)
        require(hashlib.sha256(content).digest() == self.digest, "table.digest")
        return content

    def decoded_block(self, stored, length):
        if self.codec == 0 and len(stored) == length:
            return stored
        try:
            require(stored[:4] == b"\x28\xb5\x2f\xfd", "zstd: not a frame")
            frame = zstandard.get_frame_parameters(stored)
            require(frame.content_size == length and frame.dict_id == 0
                    and frame.window_size <= 1 << 23, "zstd: frame header")
            decoder = zstandard.ZstdDecompressor().decompressobj()
            content = decoder.decompress(stored)
        except zstandard.ZstdError as error:
            raise FormatError(f"zstd: {error}") from None
        require(decoder.eof and not decoder.unused_data and len(content) == length, "zstd")
        return content

class NotATrailer(FormatError):
    """Bytes that are not the trailer of the table in front of them."""

class Trailer:
    """A trailer; `read_table` reads the table in front of it."""

    def __init__(self, file, offset):
        data = file[offset:offset + 64].ljust(64, b"\0")
        self.table, size, checksum, reserved, self.previous = struct.unpack("<QQIIQ", data[8:40])
        if not (data[:8] == b"GBTEND\r\n" and crc32c(data[:60]) == number(data, 60)
                and size <= 1 << 26 and self.table >= 64 and self.table % 64 == 0
                and aligned(self.table + size) == offset):
            raise NotATrailer("trailer: not of the table in front of it")
        version(data[40:48], "trailer")
        require(not any(data[28:32] + data[48:60]), "trailer.reserved")
        require(self.previous == 0 or (64 < self.previous <= self.table - 64
                and self.previous % 64 == 0), "trailer.previousOffset")
        self.offset, self.end, self.size, self.checksum = offset, offset + 64, size, checksum

    def read_table(self, file):
        size = self.size
        table = file[self.table:self.table + size].ljust(16, b"\0")
        require(not any(file[self.table + size:self.offset]) and crc32c(table) == self.checksum, "table")
        magic, count, total = struct.unpack("<4sIQ", table[:16])
        require(magic == b"TABL" and total == size and count <= size // 80, "table.sectionCount")
        self.sections, position, end = [], 16, 64
        for _ in range(count):
            entry = table[position:position + 80].ljust(80, b"\0")
            start, reserved = struct.unpack("<QQ", entry[32:48])
            name = table[position + 80:position + 80 + (number(entry, 4) >> 16)]
            section = Section(entry[:32], name, start, entry[48:])
            require(start >= end and start % 64 == 0 and section.end <= self.table
                    and reserved == 0, "table.offset")
            self.sections.append(section)
            position, end = position + 80 + len(name), section.end
        keys = {(section.kind, section.name) for section in self.sections}
        require(position == size and len(keys) == count, "table.sectionCount")
        return self

def last_trailer(file):
    """The trailer of the generation that counts, in the order of checks of Spec/Container.md."""
    try:
        last = Trailer(file, len(file) - 64)
    except NotATrailer:
        last = trailer_on_the_walk(file)
    return last.read_table(file)

def trailer_on_the_walk(file):
    offset, last = 64, None
    while len(head := file[offset:offset + 64]) == 64:
        if head[:4] == b"SECT" and crc32c(head[:60]) == number(head, 60) and not any(head[40:60]):
            name = file[offset + 64:offset + 64 + (number(head, 8) >> 16)]
            try:
                offset = Section(head[4:36], name, offset).end
            except FormatError:
                break
            if crc32c(name) != number(head, 36) or offset > len(file):
                break
        elif head[:4] == b"TABL":
            count, size = struct.unpack("<IQ", head[4:16])
            place = aligned(offset + size)
            if not 16 + 80 * count <= size <= 1 << 26 or not any(file[place:place + 64]) \
                    or place + 64 > len(file):
                break
            # Neither cut off nor all zero: it is the table's trailer, or the file is damaged.
            last = Trailer(file, place)
            require(last.table == offset, "trailer.tableOffset: not of the table before it")
            offset = last.end
        else:
            break
    require(last, "no trailer")
    rest = file[last.end:last.end + 4]
    require(rest in (b"SECT"[:len(rest)], b"TABL"[:len(rest)]), "something follows the last trailer")
    return last

class Contents:
    """Everything that a file holds, all of it verified."""

    def __init__(self, file):
        require(len(file) >= 128 and file[:8] == MAGIC, "header.magic")
        version(file[8:16], "header")
        self.profile = file[16]
        require(1 <= self.profile <= 5 and not any(file[17:60])
                and crc32c(file[:60]) == number(file, 60),
                "header: profile, reserved bytes or checksum")
        last = generation = last_trailer(file)
        self.unfinished, self.generations = len(file) - last.end, 0
        extents, contents = {}, {}
        while generation:
            self.generations += 1
            extents[generation.table] = (generation.end, None)
            for section in generation.sections:
                said = section.end, section.fields, section.name, section.digest
                known = extents.setdefault(section.offset, said)
                require(known == said, "table.offset: generations disagree")
            for section in generation.sections:
                contents[section.offset] = section
            previous = generation.previous
            generation = Trailer(file, previous).read_table(file) if previous else None
        end = 64
        for start in sorted(extents):
            require(start == end, "table.offset: a hole")
            end = extents[start][0]
        contents = {offset: section.content(file) for offset, section in contents.items()}
        root = hashlib.sha256(b"gobbet content 1\n")
        for section in (section for section in last.sections if section.kind != "sign"):
            name = section.name.encode()
            root.update(section.kind.encode() + struct.pack("<I", len(name)) + name)
            root.update(struct.pack("<Q", section.decoded) + section.digest)
        self.id = root.digest()
        self.sections = [(section, contents[section.offset]) for section in last.sections]

def main(paths):
    refuse = paths[:1] == ["--refused"]
    for path in paths[refuse:]:
        try:
            contents = Contents(pathlib.Path(path).read_bytes())
        except FormatError as error:
            if not refuse:
                sys.exit(f"{path}: {error}")
            continue
        if refuse:
            sys.exit(f"{path}: not refused")
        print(f"profile {contents.profile}\ncontent {contents.id.hex()}")
        for section, content in contents.sections:
            print(section.kind, len(content), hashlib.sha256(content).hexdigest(), section.name)
if __name__ == "__main__":
    main(sys.argv[1:])
