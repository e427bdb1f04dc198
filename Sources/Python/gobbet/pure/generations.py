"""The trailers of a container, one for each time that something was added to it."""

from __future__ import annotations

import struct

from ..errors import BadData
from .checksum import crc32c
from .records import Records, Section, aligned, u32


class Trailer:
    """A trailer, and the sections of the table in front of it once they are asked for."""

    def __init__(self, file: Records, offset: int) -> None:
        data = file.read(max(offset, 0), max(offset, 0) + 64)
        if offset < 128 or offset % 64 or data[:8] != b"GBTEND\r\n" or len(data) < 64:
            file.fail(offset, "trailer.magic", "no trailer")
        self.table, size, checksum, reserved, self.previous = struct.unpack("<QQIIQ", data[8:40])
        if crc32c(data[:60]) != u32(data, 60):
            file.fail(offset + 60, "trailer.checksum", "not that of the trailer")
        file.check_version(data[40:48], offset + 40, "trailer")
        if reserved or any(data[48:60]):
            file.fail(offset + 28, "trailer.reserved", "not zero")
        if (
            not 16 <= size <= 1 << 26
            or self.table < 64
            or self.table % 64
            or aligned(self.table + size) != offset
        ):
            file.fail(offset + 8, "trailer.tableOffset", "no table in front of the trailer")
        if self.previous and (
            not 64 < self.previous <= self.table - 64 or self.previous % 64
        ):
            file.fail(offset + 32, "trailer.previousOffset", "not before the table")
        self.offset, self.end = offset, offset + 64
        self._size, self._checksum = size, checksum
        self.sections: list[Section] = []

    def with_sections(self, file: Records) -> Trailer:
        """This trailer with the sections that its table lists."""
        size, offset = self._size, self.offset
        table = file.read(self.table, self.table + size)
        if crc32c(table) != self._checksum:
            file.fail(self.table, "trailer.tableChecksum", "not that of the table")
        if any(file.read(self.table + size, offset)):
            file.fail(self.table + size, "table.padding", "not zero")
        magic, count, total = struct.unpack_from("<4sIQ", table)
        if magic != b"TABL" or total != size or count > size // 80:
            file.fail(self.table, "table.magic", "no table, or of another length")
        position, end = 16, 64
        for _ in range(count):
            entry = table[position : position + 80]
            if len(entry) < 80:
                file.fail(self.table + position, "table.sectionCount", "more than there are")
            start, reserved = struct.unpack_from("<QQ", entry, 32)
            length = u32(entry, 4) >> 16
            name = table[position + 80 : position + 80 + length]
            section = file.section(entry[:32], name, start, entry[48:])
            if start < end or start % 64 or section.end > self.table or reserved:
                file.fail(self.table + position + 32, "table.offset", "no place for a section")
            self.sections.append(section)
            position, end = position + 80 + length, section.end
        if position != size:
            file.fail(self.table + 4, "table.sectionCount", "fewer than there are")
        if len({(section.kind, section.name) for section in self.sections}) != count:
            file.fail(self.table, "table.name", "two sections of one kind and name")
        return self


def last_trailer(file: Records) -> Trailer:
    """The trailer at the end, or the last one on the walk from record to record.

    A trailer that is cut off or all zero belongs to an append that did not end. Any other that
    is not valid is damage, and nothing goes back to the generation before it.
    """
    size = file.size
    last: Trailer | None = None
    try:
        last = Trailer(file, size - 64)
    except BadData:
        # A later version's, or one that breaks another rule: no earlier one takes its place.
        if _ends_table(file, size - 64):
            raise
    if last is not None:
        return last.with_sections(file)
    offset = 64
    while True:
        head = file.read(offset, offset + 64)
        if head[:4] == b"SECT" and len(head) == 64:
            if crc32c(head[:60]) != u32(head, 60) or any(head[40:60]):
                break
            length = u32(head, 8) >> 16
            name = file.read(offset + 64, offset + 64 + length)
            try:
                offset = file.section(head[4:36], name, offset, bytes(32)).end
            except BadData:
                break
            if crc32c(name) != u32(head, 36):
                break
        elif head[:4] == b"TABL" and len(head) == 64:
            count, total = struct.unpack_from("<IQ", head, 4)
            place = aligned(offset + total)
            if not 16 + 80 * count <= total <= 1 << 26 or place + 64 > size:
                break
            if not any(file.read(place, place + 64)):
                break
            found = Trailer(file, place)
            if found.table != offset:
                file.fail(place + 8, "trailer.tableOffset", "another table than before it")
            last, offset = found, found.end
        else:
            break
    if last is None:
        file.fail(size, "trailer", "there is none")
    rest = file.read(last.end, last.end + 4)
    if rest not in (b"SECT"[: size - last.end], b"TABL"[: size - last.end]):
        file.fail(last.end, "trailer", "something else follows")
    return last.with_sections(file)


def _ends_table(file: Records, offset: int) -> bool:
    """Whether a trailer is at `offset` that names the table in front of it, whatever else it says."""
    data = file.read(offset, offset + 64)
    if len(data) < 64 or data[:8] != b"GBTEND\r\n" or crc32c(data[:60]) != u32(data, 60):
        return False
    table, size = struct.unpack_from("<QQ", data, 8)
    return 64 <= table and table % 64 == 0 and size <= 1 << 26 and aligned(table + size) == offset
