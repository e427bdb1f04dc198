"""Finds what of a library is reached from its exports, as a linker does, for records of Swift.

The runtime looks for types and conformances in lists of records, which the linker must be told to
keep: it cannot know which of them are looked for. A record is of use only if what it is about is
there: a type for a record of a type, a type and a protocol for a record of a conformance. The linker
has no such condition, so the records that meet it are found here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

_RELOCATIONS = 4  # SHT_RELA
_SYMBOLS = 2  # SHT_SYMTAB
_RETAIN = 1 << 21  # SHF_GNU_RETAIN
_ALLOCATED = 2  # SHF_ALLOC
_CONFORMANCES = b"swift5_protocol_conformances"
#: Lists of records, of which each is a section with a pointer to what it is about.
_RECORDS = (_CONFORMANCES, b"swift5_type_metadata", b"swift5_protocols")
#: Protocols whose conformances nothing looks for at run time: Encodable, Decodable and what playgrounds and
#: debuggers show, since texts here are made of descriptions; RangeReplaceableCollection and
#: BinaryFloatingPoint, to which nothing is cast and which no type asks of its parameters. The runtime knows
#: their names, or tables point to them, which is why they are reached.
_UNUSED = (b"$sSEMp", b"$sSeMp", b"$ss30_CustomPlaygroundQuickLookableMp",
           b"$ss28CustomDebugStringConvertibleMp", b"$ss17CustomReflectableMp", b"$ss25LosslessStringConvertibleMp",
           b"$sSmMp", b"$sSBMp")
#: What the start of a process calls.
_CALLED = (b".init", b".fini", b".ctors", b".preinit")

#: A section: the number of its object, and its own number in that.
Section = tuple[int, int]
#: A section, and bytes from its start.
Place = tuple[Section, int]


class Reader:
    """The sections of a relocatable file of 64 bits, and what each of them points to."""

    _HEADER = struct.Struct("<IIQQQQIIQQ")
    _SYMBOL = struct.Struct("<IBBHQQ")
    _RELOCATION = struct.Struct("<QQq")

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self.start, = struct.unpack_from("<Q", data, 40)
        count, names = struct.unpack_from("<2H", data, 60)
        self.sections = list(self._HEADER.iter_unpack(
            data[self.start:self.start + count * self._HEADER.size]))
        strings = self.sections[names][4]
        self.names = [self._text(strings + section[0]) for section in self.sections]
        table = next(section for section in self.sections if section[1] == _SYMBOLS)
        texts = self.sections[table[6]][4]
        #: Name where it is known outside, whether it is weak, section, or 0 for another object's,
        #: place in that.
        self.symbols: list[tuple[bytes, bool, int, int]] = []
        for name, info, _, section, value, _ in self._SYMBOL.iter_unpack(
                data[table[4]:table[4] + table[5]]):
            binding = info >> 4
            inside = section if section < 0xFF00 else 0
            self.symbols.append(
                (self._text(texts + name) if binding else b"", binding == 2, inside, value))

    def _text(self, start: int) -> bytes:
        return bytes(self.data[start:self.data.index(0, start)])

    def pointers(self) -> Iterator[tuple[int, int, int, int]]:
        """Section and place of every pointer, its symbol, and what is added to that."""
        for section in self.sections:
            if section[1] != _RELOCATIONS or not self.sections[section[7]][2] & _ALLOCATED:
                continue
            entries = self.data[section[4]:section[4] + section[5]]
            for place, info, addend in self._RELOCATION.iter_unpack(entries):
                yield section[7], place, info >> 32, addend

    def retain(self, section: int) -> None:
        """Has the linker keep a section."""
        place = self.start + section * self._HEADER.size + 8
        flags, = struct.unpack_from("<Q", self.data, place)
        struct.pack_into("<Q", self.data, place, flags | _RETAIN)


def retain_reached(objects: list[bytearray], exports: Iterable[bytes]) -> None:
    """Marks the records of use among those that are not marked yet.

    What several objects define is taken from the first that does, or from the first that does so
    strongly.
    """
    readers = [Reader(data) for data in objects]
    found: dict[bytes, tuple[bool, Place]] = {}
    for number, reader in enumerate(readers):
        for name, is_weak, inside, value in reader.symbols:
            if name and inside and (name not in found or (found[name][0] and not is_weak)):
                found[name] = (is_weak, ((number, inside), value))
    pointers: dict[Section, list[tuple[int, Place]]] = {}
    for number, reader in enumerate(readers):
        for source, at, symbol, addend in reader.pointers():
            name, _, inside, value = reader.symbols[symbol]
            known = found.get(name) if name else (False, ((number, inside), value))
            if known is not None:
                target, offset = known[1]
                pointers.setdefault((number, source), []).append((at, (target, offset + addend)))

    unused = {found[name][1][0] for name in _UNUSED if name in found}
    #: For every record the sections that must be reached for it to be of use.
    records: dict[Section, set[Section]] = {}
    reached: set[Section] = set()
    left: list[Section] = [found[name][1][0] for name in exports if name in found]
    for number, reader in enumerate(readers):
        for index, name in enumerate(reader.names):
            section = (number, index)
            if reader.sections[index][2] & _RETAIN or name.startswith(_CALLED):
                left.append(section)
            elif name.startswith(_RECORDS) and section in pointers:
                about, start = pointers[section][0][1]
                records[section] = {about}
                if name == _CONFORMANCES:
                    # It begins with pointers to the protocol and to the type. The assembler knew those that
                    # lead nowhere else than to the same section.
                    targets = [
                        target for at, (target, _) in pointers.get(about, [])
                        if start <= at < start + 8]
                    records[section] = {_behind(target, pointers, readers) for target in targets}
                    if len(targets) < 2:
                        records[section].add(about)
                    if records[section] & unused:
                        del records[section]
    while left:
        while left:
            section = left.pop()
            if section not in reached:
                reached.add(section)
                left += (target for _, (target, _) in pointers.get(section, []))
        for record in [record for record, needed in records.items() if needed <= reached]:
            del records[record]
            readers[record[0]].retain(record[1])
            left.append(record)


def _behind(
    section: Section, pointers: dict[Section, list[tuple[int, Place]]], readers: list[Reader]
) -> Section:
    """What a section that is a pointer points to; else itself."""
    number, index = section
    if readers[number].sections[index][5] == 8 and len(pointers.get(section, [])) == 1:
        return pointers[section][0][1][0]
    return section
