"""The container: sections by kind and name, content id, verification (`Spec/Container.md`)."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator

from ..errors import BadData
from .checksum import crc32c
from .frames import decompressed
from .generations import Trailer, last_trailer
from .records import Records, Section, u32
from .sources import ByteSource, RawPayload, open_source

#: Sections that tell what a file is for, what that is, and what opens it; a vocabulary may go with both.
_PURPOSES = {
    "TOKH": ("tokens", "TokenDataset"),
    "TDAT": ("weights", "safe_open"),
    "VOCB": ("a vocabulary", "Encoding"),
}


class Container:
    """A file of sections, whose header, last trailer and table are checked when it is opened."""

    def __init__(self, path: str | os.PathLike[str], source: ByteSource | None = None) -> None:
        path = os.fspath(path)
        self._source = open_source(path) if source is None else source
        #: What errors call the file; of a URL, without its secrets.
        self.path = self._source.name
        #: The path or the URL as it was given.
        self.place = path
        self._file = Records(self._source)
        self._sound: set[int] = set()
        self.profile = self._file.profile()
        self._last = last_trailer(self._file)
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
            self._file.fail(section.offset, "section.byteCount", f"more than {limit} bytes")
        return b"".join(self.blocks(section))

    def blocks(self, section: Section) -> Iterator[bytes | memoryview]:
        """The decoded payload block by block, each checked, and with the last one the digest."""
        digest = hashlib.sha256()
        for block in self._blocks(section):
            digest.update(block)
            yield block
        if digest.digest() != section.digest:
            self._file.fail(section.payload, "table.digest", "not that of the content")

    @property
    def is_local(self) -> bool:
        """Whether the file is mapped, and reading a byte of it isn't a request."""
        return self._source.is_local

    @property
    def version(self) -> bytes:
        """The version in the header, as it is stored."""
        return self._file.read(8, 16)

    def raw(self, section: Section) -> RawPayload:
        """The payload of a raw section, to be read by its parts, its blocks unchecked."""
        self._check_section(section)
        if section.codec != 0:
            self._file.fail(section.offset, "section.codec", "not raw")
        return RawPayload(self._source, section.payload, section.byte_count)

    def verify(self) -> None:
        """Checks every byte: all generations, all sections, padding, checksums and digests."""
        if self._last.end != self._file.size:
            self._file.fail(self._last.end, "trailer", "an append that did not end follows")
        extents: dict[int, tuple[int, bytes]] = {}
        generation: Trailer | None = self._last
        while generation is not None:
            extents[generation.table] = (generation.end, b"")
            for section in generation.sections:
                said = section.fields + section.name.encode() + section.digest
                known = extents.setdefault(section.offset, (section.end, said))
                if known != (section.end, said):
                    self._file.fail(section.offset, "table.offset", "generations disagree")
                for _ in self.blocks(section):
                    pass
            previous = generation.previous
            generation = Trailer(self._file, previous).with_sections(self._file) if previous else None
        end = 64
        for start in sorted(extents):
            if start != end:
                self._file.fail(end, "table.offset", "a hole or an overlap")
            end = extents[start][0]
        self._verify_own_sections()

    def _verify_own_sections(self) -> None:
        """Checks the sections of the kinds that belong to every file."""
        for section in self.sections:
            if section.name:
                continue
            if section.kind == "meta":
                if section.byte_count > 1 << 24:
                    self._file.fail(section.offset, "section.byteCount", "metadata that is too large")
                try:
                    self.read(section).decode()
                except UnicodeDecodeError:
                    self._file.fail(section.payload, "metadata", "not UTF-8")
            if section.kind == "sign":
                signature = self.read(section)
                if len(signature) != 104 or signature[:8] != bytes([1, 0, 0, 0, 0, 0, 0, 0]):
                    self._file.fail(section.payload, "signature", "not one of algorithm 1")

    def _block(self, start: int, byte_count: int) -> bytes | memoryview:
        """A block where it lies; a short one out of a remote file with what lies around it."""
        source = self._source
        read = source.read if source.is_local else source.read_field
        return read(start, start + byte_count)

    def _check_section(self, section: Section) -> None:
        """Compares the section's own header with the table, once."""
        if section.offset in self._sound:
            return
        name = section.name.encode()
        expected = b"SECT" + section.fields + struct.pack("<I", crc32c(name)) + bytes(20)
        expected += struct.pack("<I", crc32c(expected)) + name
        found = self._file.read(section.offset, section.payload)
        if found != expected.ljust(section.payload - section.offset, b"\0"):
            self._file.fail(section.offset, "section.magic", "the header is not what the table says")
        self._sound.add(section.offset)

    def _blocks(self, section: Section) -> Iterator[bytes | memoryview]:
        """The decoded blocks one after the other, each checked."""
        self._check_section(section)
        end = section.block_table + 8 * section.block_count
        table = self._file.read(section.block_table, end)
        if crc32c(table) != u32(section.fields, 28):
            self._file.fail(section.block_table, "section.blockTableChecksum", "not that of the table")
        if any(self._file.read(end, section.end)):
            self._file.fail(end, "section.padding", "not zero")
        entries = list(struct.iter_unpack("<II", table))
        if sum(stored for stored, _ in entries) != section.stored_byte_count:
            self._file.fail(section.block_table, "blockTable.storedByteCount", "a wrong sum")
        start = section.payload
        for index, (stored, checksum) in enumerate(entries):
            block = self._block(start, stored)
            length = min(
                section.block_byte_count, section.byte_count - index * section.block_byte_count
            )
            if stored == 0 or section.codec == 0 and stored != length:
                self._file.fail(section.block_table + 8 * index, "blockTable.storedByteCount", "wrong")
            if crc32c(block) != checksum:
                self._file.fail(start, "section.payload", f"the checksum of block {index} is wrong")
            if section.codec == 1:
                yield decompressed(block, length, f"{self.path}: byte {start}, section.payload")
            else:
                yield block
            start += stored
