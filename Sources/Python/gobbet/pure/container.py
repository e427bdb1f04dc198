"""The container: header, sections, table, trailer, generations (`Spec/Container.md`)."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import unicodedata
from dataclasses import dataclass
from typing import NoReturn
from collections.abc import Iterator

from ..errors import BadData
from .checksum import crc32c
from .frames import decompressed
from .sources import ByteSource, RawPayload, open_source

MAGIC = b"\x97GBT\r\n\x1a\n"
PROFILES = {1: "vocabulary", 2: "tokens", 3: "weights", 4: "bundle", 5: "counts"}

#: Sections that tell what a file is for, what that is, and what opens it; a vocabulary may go with both.
_PURPOSES = {
    "TOKH": ("tokens", "TokenDataset"),
    "TDAT": ("weights", "safe_open"),
    "VOCB": ("a vocabulary", "Encoding"),
}

_FIELDS = struct.Struct("<4sBBHIQQI")  # from kind to blockTableChecksum
# Control characters, parts of paths, and what joins Hangul syllables.
_BAD_IN_NAMES = re.compile("[\x00-\x1f\x7f-\x9f/\\\\\u1161-\u1175\u11a8-\u11c2]|[.][.]")


@dataclass(frozen=True)
class Section:
    """A section of the table: what it is called, and where it lies."""

    kind: str
    name: str
    codec: int
    #: Decoded bytes of a block.
    block_byte_count: int
    #: Bytes of the payload in the file.
    stored_byte_count: int
    #: Bytes of the payload when it is decoded.
    byte_count: int
    #: Where the section's header begins.
    offset: int
    #: Where the payload begins.
    payload: int
    #: SHA-256 of the decoded payload.
    digest: bytes
    #: The fields that header and table share, as they are stored.
    fields: bytes

    @property
    def block_count(self) -> int:
        """How many blocks the payload has."""
        return -(-self.byte_count // self.block_byte_count)

    @property
    def block_table(self) -> int:
        """Where the block table begins."""
        return self.payload + self.stored_byte_count

    @property
    def end(self) -> int:
        """Where the next record begins."""
        return _aligned(self.block_table + 8 * self.block_count)


class Container:
    """A file of sections, whose header, last trailer and table are checked when it is opened."""

    def __init__(self, path: str | os.PathLike[str], source: ByteSource | None = None) -> None:
        path = os.fspath(path)
        self._source = open_source(path) if source is None else source
        #: What errors call the file; of a URL, without its secrets.
        self.path = self._source.name
        #: The path or the URL as it was given.
        self.place = path
        self._size = self._source.byte_count
        self._sound: set[int] = set()
        self.profile = self._checked_header()
        self._last = self._last_trailer()
        #: The sections of the last generation, in the order in which they lie in the file.
        self.sections: list[Section] = self._last.sections
        self._index = {(section.kind, section.name): section for section in self.sections}

    @property
    def content_id(self) -> bytes:
        """The SHA-256 that names the content, however it is stored."""
        root = hashlib.sha256(b"gobbet content 1\n")
        for section in self.sections:
            if section.kind != "sign":
                name = section.name.encode()
                root.update(section.kind.encode() + struct.pack("<I", len(name)) + name)
                root.update(struct.pack("<Q", section.byte_count) + section.digest)
        return root.digest()

    def find(self, kind: str, name: str = "") -> Section | None:
        """The section of that kind and name, if there is one."""
        return self._index.get((kind, name))

    def section(self, kind: str, name: str = "") -> Section:
        """The section of that kind and name.

        Raises `BadData` if there is none.
        """
        section = self.find(kind, name)
        if section is None:
            raise BadData(f"{self.path}: no section {kind}")
        return section

    def refuse_others(self, kind: str) -> None:
        """Refuses a file without a section of that kind that is for another purpose, which is told."""
        if self.find(kind) is not None:
            return
        for other, (content, opener) in _PURPOSES.items():
            if self.find(other) is not None:
                raise BadData(f"{self.path}: holds {content}, open it with {opener}")

    def refuse_unknown(self, known: set[str]) -> None:
        """Refuses critical sections but the `known`, as all do that give the file a meaning."""
        for section in self.sections:
            if section.kind[0].isupper() and section.kind not in known:
                raise BadData(f"{self.path}: byte {section.offset}, section.kind: {section.kind} "
                              "is critical, and not known")

    def read(self, section: Section, *, limit: int = 1 << 31) -> bytes:
        """The whole decoded payload, at most `limit` bytes, its blocks and its digest checked."""
        if section.byte_count > limit:
            self._fail(section.offset, "section.byteCount", f"more than {limit} bytes")
        return b"".join(self.blocks(section))

    def blocks(self, section: Section) -> Iterator[bytes | memoryview]:
        """The decoded payload block by block, each checked, and with the last one the digest."""
        digest = hashlib.sha256()
        for block in self._blocks(section):
            digest.update(block)
            yield block
        if digest.digest() != section.digest:
            self._fail(section.payload, "table.digest", "not that of the content")

    @property
    def is_local(self) -> bool:
        """Whether the file is mapped, and reading a byte of it isn't a request."""
        return self._source.is_local

    @property
    def version(self) -> bytes:
        """The version in the header, as it is stored."""
        return self._bytes(8, 16)

    def raw(self, section: Section) -> RawPayload:
        """The payload of a raw section, to be read by its parts, its blocks unchecked."""
        self._check_section(section)
        if section.codec != 0:
            self._fail(section.offset, "section.codec", "not raw")
        return RawPayload(self._source, section.payload, section.byte_count)

    def verify(self) -> None:
        """Checks every byte: all generations, all sections, padding, checksums and digests."""
        if self._last.end != self._size:
            self._fail(self._last.end, "trailer", "an append that did not end follows")
        extents: dict[int, tuple[int, bytes]] = {}
        generation: _Trailer | None = self._last
        while generation is not None:
            extents[generation.table] = (generation.end, b"")
            for section in generation.sections:
                said = section.fields + section.name.encode() + section.digest
                known = extents.setdefault(section.offset, (section.end, said))
                if known != (section.end, said):
                    self._fail(section.offset, "table.offset", "generations disagree")
                for _ in self.blocks(section):
                    pass
            previous = generation.previous
            generation = _Trailer(self, previous).with_sections(self) if previous else None
        end = 64
        for start in sorted(extents):
            if start != end:
                self._fail(end, "table.offset", "a hole or an overlap")
            end = extents[start][0]
        self._verify_own_sections()

    def _verify_own_sections(self) -> None:
        """Checks the sections of the kinds that belong to every file."""
        for section in self.sections:
            if section.name:
                continue
            if section.kind == "meta":
                if section.byte_count > 1 << 24:
                    self._fail(section.offset, "section.byteCount", "metadata that is too large")
                try:
                    self.read(section).decode()
                except UnicodeDecodeError:
                    self._fail(section.payload, "metadata", "not UTF-8")
            if section.kind == "sign":
                signature = self.read(section)
                if len(signature) != 104 or signature[:8] != bytes([1, 0, 0, 0, 0, 0, 0, 0]):
                    self._fail(section.payload, "signature", "not one of algorithm 1")

    def _fail(self, offset: int, field: str, cause: str) -> NoReturn:
        raise BadData(f"{self.path}: byte {offset}, {field}: {cause}")

    def _bytes(self, start: int, end: int) -> bytes:
        return self._source.read_field(max(start, 0), end)

    def _block(self, start: int, byte_count: int) -> bytes | memoryview:
        """A block where it lies; a short one out of a remote file with what lies around it."""
        source = self._source
        read = source.read if source.is_local else source.read_field
        return read(start, start + byte_count)

    def _checked_header(self) -> str:
        header = self._bytes(0, 64)
        if self._size < 128 or header[:8] != MAGIC:
            self._fail(0, "header.magic", "not a Gobbet file")
        self._check_version(header[8:16], 8, "header")
        if crc32c(header[:60]) != _u32(header, 60):
            self._fail(60, "header.checksum", "not that of the header")
        if _u32(header, 16) not in PROFILES:
            self._fail(16, "header.profile", f"{_u32(header, 16)} is not known")
        if any(header[20:60]):
            self._fail(20, "header.reserved", "not zero")
        return PROFILES[_u32(header, 16)]

    def _check_version(self, data: bytes, offset: int, record: str) -> None:
        major, minor, least, reserved = struct.unpack("<4H", data)
        if major != 1 or least > 1 or least > minor or reserved:
            self._fail(offset, f"{record}.major", f"version {major}.{least} is needed to read it")

    def _ends_table(self, offset: int) -> bool:
        """Whether a trailer is at `offset` that names the table in front of it, whatever else it says."""
        data = self._bytes(offset, offset + 64)
        if len(data) < 64 or data[:8] != b"GBTEND\r\n" or crc32c(data[:60]) != _u32(data, 60):
            return False
        table, size = struct.unpack_from("<QQ", data, 8)
        return 64 <= table and table % 64 == 0 and size <= 1 << 26 and _aligned(table + size) == offset

    def _last_trailer(self) -> _Trailer:
        """The trailer at the end, or the last one on the walk from record to record.

        A trailer that is cut off or all zero belongs to an append that did not end. Any other that
        is not valid is damage, and nothing goes back to the generation before it.
        """
        size = self._size
        last: _Trailer | None = None
        try:
            last = _Trailer(self, size - 64)
        except BadData:
            # A later version's, or one that breaks another rule: no earlier one takes its place.
            if self._ends_table(size - 64):
                raise
        if last is not None:
            return last.with_sections(self)
        offset = 64
        while True:
            head = self._bytes(offset, offset + 64)
            if head[:4] == b"SECT" and len(head) == 64:
                if crc32c(head[:60]) != _u32(head, 60) or any(head[40:60]):
                    break
                length = _u32(head, 8) >> 16
                name = self._bytes(offset + 64, offset + 64 + length)
                try:
                    offset = self._parsed(head[4:36], name, offset, bytes(32)).end
                except BadData:
                    break
                if crc32c(name) != _u32(head, 36):
                    break
            elif head[:4] == b"TABL" and len(head) == 64:
                count, total = struct.unpack_from("<IQ", head, 4)
                place = _aligned(offset + total)
                if not 16 + 80 * count <= total <= 1 << 26 or place + 64 > size:
                    break
                if not any(self._bytes(place, place + 64)):
                    break
                found = _Trailer(self, place)
                if found.table != offset:
                    self._fail(place + 8, "trailer.tableOffset", "another table than before it")
                last, offset = found, found.end
            else:
                break
        if last is None:
            self._fail(size, "trailer", "there is none")
        rest = self._bytes(last.end, last.end + 4)
        if rest not in (b"SECT"[: size - last.end], b"TABL"[: size - last.end]):
            self._fail(last.end, "trailer", "something else follows")
        return last.with_sections(self)

    def _parsed(self, fields: bytes, name: bytes, offset: int, digest: bytes) -> Section:
        kind, codec, exponent, length, block, stored, decoded, _ = _FIELDS.unpack(fields)
        if not (kind.isalpha() and kind.isascii()):
            self._fail(offset + 4, "section.kind", "not four letters")
        if codec not in (0, 1):
            self._fail(offset + 8, "section.codec", f"{codec} is not known")
        if not 6 <= exponent <= 14:
            self._fail(offset + 9, "section.alignment", f"{exponent} is not from 6 to 14")
        if length > 512 or length != len(name):
            self._fail(offset + 10, "section.nameByteCount", "more than there are, or than 512")
        if not 1 <= block <= 1 << 23:
            self._fail(offset + 12, "section.blockByteCount", "not from 1 to 2^23")
        if max(stored, decoded, offset) > 1 << 60:
            self._fail(offset + 16, "section.storedByteCount", "more than a file holds")
        if codec == 0 and stored != decoded:
            self._fail(offset + 16, "section.storedByteCount", "a raw section of another length")
        try:
            text = name.decode()
        except UnicodeDecodeError:
            self._fail(offset + 64, "section.name", "no UTF-8")
        if not is_name(text):
            self._fail(offset + 64, "section.name", "a character that names must not have")
        payload = -(-(offset + 64 + length) // (1 << exponent)) << exponent
        return Section(kind.decode(), text, codec, block, stored, decoded, offset, payload, digest,
                       fields)

    def _check_section(self, section: Section) -> None:
        """Compares the section's own header with the table, once."""
        if section.offset in self._sound:
            return
        name = section.name.encode()
        expected = b"SECT" + section.fields + struct.pack("<I", crc32c(name)) + bytes(20)
        expected += struct.pack("<I", crc32c(expected)) + name
        found = self._bytes(section.offset, section.payload)
        if found != expected.ljust(section.payload - section.offset, b"\0"):
            self._fail(section.offset, "section.magic", "the header is not what the table says")
        self._sound.add(section.offset)

    def _blocks(self, section: Section) -> Iterator[bytes | memoryview]:
        """The decoded blocks one after the other, each checked."""
        self._check_section(section)
        end = section.block_table + 8 * section.block_count
        table = self._bytes(section.block_table, end)
        if crc32c(table) != _u32(section.fields, 28):
            self._fail(section.block_table, "section.blockTableChecksum", "not that of the table")
        if any(self._bytes(end, section.end)):
            self._fail(end, "section.padding", "not zero")
        entries = list(struct.iter_unpack("<II", table))
        if sum(stored for stored, _ in entries) != section.stored_byte_count:
            self._fail(section.block_table, "blockTable.storedByteCount", "a wrong sum")
        start = section.payload
        for index, (stored, checksum) in enumerate(entries):
            block = self._block(start, stored)
            length = min(
                section.block_byte_count, section.byte_count - index * section.block_byte_count
            )
            if stored == 0 or section.codec == 0 and stored != length:
                self._fail(section.block_table + 8 * index, "blockTable.storedByteCount", "wrong")
            if crc32c(block) != checksum:
                self._fail(start, "section.payload", f"the checksum of block {index} is wrong")
            if section.codec == 1:
                yield decompressed(block, length, f"{self.path}: byte {start}, section.payload")
            else:
                yield block
            start += stored


def is_name(text: str) -> bool:
    """Whether a section, or a tensor, may be called so."""
    return (
        not _BAD_IN_NAMES.search(text)
        and unicodedata.is_normalized("NFC", text)
        and not any(map(unicodedata.combining, text))
    )


class _Trailer:
    """A trailer, and the sections of the table in front of it once they are asked for."""

    def __init__(self, file: Container, offset: int) -> None:
        data = file._bytes(max(offset, 0), max(offset, 0) + 64)
        if offset < 128 or offset % 64 or data[:8] != b"GBTEND\r\n" or len(data) < 64:
            file._fail(offset, "trailer.magic", "no trailer")
        self.table, size, checksum, reserved, self.previous = struct.unpack("<QQIIQ", data[8:40])
        if crc32c(data[:60]) != _u32(data, 60):
            file._fail(offset + 60, "trailer.checksum", "not that of the trailer")
        file._check_version(data[40:48], offset + 40, "trailer")
        if reserved or any(data[48:60]):
            file._fail(offset + 28, "trailer.reserved", "not zero")
        if (
            not 16 <= size <= 1 << 26
            or self.table < 64
            or self.table % 64
            or _aligned(self.table + size) != offset
        ):
            file._fail(offset + 8, "trailer.tableOffset", "no table in front of the trailer")
        if self.previous and (
            not 64 < self.previous <= self.table - 64 or self.previous % 64
        ):
            file._fail(offset + 32, "trailer.previousOffset", "not before the table")
        self.offset, self.end = offset, offset + 64
        self._size, self._checksum = size, checksum
        self.sections: list[Section] = []

    def with_sections(self, file: Container) -> _Trailer:
        """This trailer with the sections that its table lists."""
        size, offset = self._size, self.offset
        table = file._bytes(self.table, self.table + size)
        if crc32c(table) != self._checksum:
            file._fail(self.table, "trailer.tableChecksum", "not that of the table")
        if any(file._bytes(self.table + size, offset)):
            file._fail(self.table + size, "table.padding", "not zero")
        magic, count, total = struct.unpack_from("<4sIQ", table)
        if magic != b"TABL" or total != size or count > size // 80:
            file._fail(self.table, "table.magic", "no table, or of another length")
        position, end = 16, 64
        for _ in range(count):
            entry = table[position : position + 80]
            if len(entry) < 80:
                file._fail(self.table + position, "table.sectionCount", "more than there are")
            start, reserved = struct.unpack_from("<QQ", entry, 32)
            length = _u32(entry, 4) >> 16
            name = table[position + 80 : position + 80 + length]
            section = file._parsed(entry[:32], name, start, entry[48:])
            if start < end or start % 64 or section.end > self.table or reserved:
                file._fail(self.table + position + 32, "table.offset", "no place for a section")
            self.sections.append(section)
            position, end = position + 80 + length, section.end
        if position != size:
            file._fail(self.table + 4, "table.sectionCount", "fewer than there are")
        if len({(section.kind, section.name) for section in self.sections}) != count:
            file._fail(self.table, "table.name", "two sections of one kind and name")
        return self


def _u32(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 4], "little")


def _aligned(offset: int) -> int:
    return -(-offset // 64) * 64
