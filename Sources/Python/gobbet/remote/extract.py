"""The vocabulary of a remote file as a file of its own."""

from __future__ import annotations

import struct

from ..errors import NotFound
from ..pure.checksum import crc32c
from ..pure.container import Container
from ..pure.records import MAGIC
from ..pure.vocabulary import KINDS

#: The sections of a vocabulary that readers may skip.
_OPTIONAL = {"post"}


def vocabulary_file(container: Container) -> bytes:
    """A Gobbet file of the sections of a container that are a vocabulary, each checked as it is read.

    Raises:
        NotFound: There is none. A KeyError.
        BadData: A section is damaged. A ValueError.
    """
    sections = [each for each in container.sections if each.kind in KINDS | _OPTIONAL]
    if container.find("VOCB") is None:
        raise NotFound(f"{container.path}: no vocabulary is embedded")
    file, entries = bytearray(64), b""
    for section in sections:
        content, name = container.read(section), section.name.encode()
        offset, alignment = len(file), 1 << section.fields[5]
        blocks = [
            content[start : start + section.block_byte_count]
            for start in range(0, len(content), section.block_byte_count)
        ]
        table = b"".join(struct.pack("<II", len(block), crc32c(block)) for block in blocks)
        fields = (
            section.fields[:4]
            + b"\0"
            + section.fields[5:12]
            + struct.pack("<QQI", len(content), len(content), crc32c(table))
        )
        file += _sealed(b"SECT" + fields + struct.pack("<I", crc32c(name))) + name
        file += bytes(-len(file) % alignment) + content + table
        file += bytes(-len(file) % 64)
        entries += fields + struct.pack("<QQ", offset, 0) + section.digest + name
    version = container.version
    listing = struct.pack("<4sIQ", b"TABL", len(sections), 16 + len(entries)) + entries
    start = len(file)
    file += listing + bytes(-len(listing) % 64)
    file += _sealed(
        struct.pack("<8sQQIIQ", b"GBTEND\r\n", start, len(listing), crc32c(listing), 0, 0) + version
    )
    file[:64] = _sealed(MAGIC + version + struct.pack("<I", 1))
    return bytes(file)


def _sealed(record: bytes) -> bytes:
    """A record of 64 bytes whose last four are the checksum of the rest."""
    padded = record.ljust(60, b"\0")
    return padded + struct.pack("<I", crc32c(padded))
