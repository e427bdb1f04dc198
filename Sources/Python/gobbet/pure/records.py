"""The header and the sections of a container, read where they lie (`Spec/Container.md`)."""

from __future__ import annotations

import re
import struct
import unicodedata
from dataclasses import dataclass
from typing import NoReturn

from ..errors import BadData
from .checksum import crc32c
from .sources import ByteSource

MAGIC = b"\x97GBT\r\n\x1a\n"
PROFILES = {1: "vocabulary", 2: "tokens", 3: "weights", 4: "bundle", 5: "counts"}

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
        return aligned(self.block_table + 8 * self.block_count)


class Records:
    """Reads the records of a file; errors name their place in it."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        #: What errors call the file.
        self.path = source.name
        self.size = source.byte_count

    def fail(self, offset: int, field: str, cause: str) -> NoReturn:
        """Refuses the file for what is wrong with a field."""
        raise BadData(f"{self.path}: byte {offset}, {field}: {cause}")

    def read(self, start: int, end: int) -> bytes:
        """Bytes `start` to `end`, fewer where the file ends before."""
        return self._source.read_field(max(start, 0), end)

    def profile(self) -> str:
        """The profile that the header says, which is checked."""
        header = self.read(0, 64)
        if self.size < 128 or header[:8] != MAGIC:
            self.fail(0, "header.magic", "not a Gobbet file")
        self.check_version(header[8:16], 8, "header")
        if crc32c(header[:60]) != u32(header, 60):
            self.fail(60, "header.checksum", "not that of the header")
        if u32(header, 16) not in PROFILES:
            self.fail(16, "header.profile", f"{u32(header, 16)} is not known")
        if any(header[20:60]):
            self.fail(20, "header.reserved", "not zero")
        return PROFILES[u32(header, 16)]

    def check_version(self, data: bytes, offset: int, record: str) -> None:
        """Refuses a record that a later version is needed for."""
        major, minor, least, reserved = struct.unpack("<4H", data)
        if major != 1 or least > 1 or least > minor or reserved:
            self.fail(offset, f"{record}.major", f"version {major}.{least} is needed to read it")

    def section(self, fields: bytes, name: bytes, offset: int, digest: bytes) -> Section:
        """The section that these fields and this name describe, whose header is at `offset`."""
        kind, codec, exponent, length, block, stored, decoded, _ = _FIELDS.unpack(fields)
        if not (kind.isalpha() and kind.isascii()):
            self.fail(offset + 4, "section.kind", "not four letters")
        if codec not in (0, 1):
            self.fail(offset + 8, "section.codec", f"{codec} is not known")
        if not 6 <= exponent <= 14:
            self.fail(offset + 9, "section.alignment", f"{exponent} is not from 6 to 14")
        if length > 512 or length != len(name):
            self.fail(offset + 10, "section.nameByteCount", "more than there are, or than 512")
        if not 1 <= block <= 1 << 23:
            self.fail(offset + 12, "section.blockByteCount", "not from 1 to 2^23")
        if max(stored, decoded, offset) > 1 << 60:
            self.fail(offset + 16, "section.storedByteCount", "more than a file holds")
        if codec == 0 and stored != decoded:
            self.fail(offset + 16, "section.storedByteCount", "a raw section of another length")
        try:
            text = name.decode()
        except UnicodeDecodeError:
            self.fail(offset + 64, "section.name", "no UTF-8")
        if not is_name(text):
            self.fail(offset + 64, "section.name", "a character that names must not have")
        payload = -(-(offset + 64 + length) // (1 << exponent)) << exponent
        return Section(kind.decode(), text, codec, block, stored, decoded, offset, payload, digest,
                       fields)


def is_name(text: str) -> bool:
    """Whether a section, or a tensor, may be called so."""
    return (
        not _BAD_IN_NAMES.search(text)
        and unicodedata.is_normalized("NFC", text)
        and not any(map(unicodedata.combining, text))
    )


def u32(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 4], "little")


def aligned(offset: int) -> int:
    return -(-offset // 64) * 64
