"""Copies object files so that the linker may leave out what nothing calls.

    unretained.py EXPORTS FOLDER FILE...

copies ELF objects, and the members of archives, into FOLDER and prints what the linker is to be
given, a line each. Files that end in `.a` and the objects of swift-crypto, which they are put
after, are linked only if something needs them.

Swift marks every public declaration as one that must stay, since a module that nobody knows of may
use it. A library whose exports are listed is used by nothing else, so the copies are without those
marks. Still marked are the records in which the runtime looks for protocols, for types by their
names, and for conformances, if what they are about is reached from the functions that the file EXPORTS
lists (see `reachable.py`). Nothing reaches swift-crypto's Swift, for the library hashes without it and
signs nothing; `build.sh` looks whether any of it is in the library nevertheless.

Names of types, pointers to their descriptions and the tables by which generic code calls lie in a few sections
an object file, so that one that is used keeps what all others name. In the copies each of them is a section.

So is each function of Swift's own library: see `functions.py`.

Functions of Swift have no identity: the copies let the linker keep one of those that are the same.
No exception goes through them nor through C, and they keep frame pointers for debuggers and profilers: the
copies are without unwind tables, a tenth of the library, where nothing catches.

The same input always gives the same output. It needs Python, nothing else.
"""

from __future__ import annotations

import bisect
import collections
import pathlib
import struct
import sys
from collections.abc import Iterator

from functions import divided_code
from reachable import retain_reached

_RETAIN = 1 << 21  # SHF_GNU_RETAIN
_RELOCATIONS = 4  # SHT_RELA
_SYMBOLS = 2  # SHT_SYMTAB
_ADDRESSES = 0x6FFF4C03  # SHT_LLVM_ADDRSIG
_NAMES = b"swift5_typeref"
#: How frames are unwound, and where an object catches exceptions.
_FRAMES = b".eh_frame"
_CATCHES = b".gcc_except_table"
#: Where names of types lie, and pointers to what has been found by them or is found elsewhere.
_DIVIDED = {_NAMES, b".data.rel.ro", b".data"}
#: What is executed, and how many bytes may lie between a distance in an instruction and the next instruction,
#: from which it counts.
_CODE = 4  # SHF_EXECINSTR
_DISTANCE = 2  # R_X86_64_PC32
_BEHIND = (4, 5, 6, 8)
#: What the runtime looks for whoever reaches it. The lists of types, protocols and conformances are
#: `reachable.py`'s; other sections called swift5_* are for debuggers, or are found by way of these.
_LOOKED_FOR = (b"swift5_replac", b"swift5_accessible_functions", b"swift5_runtime_attributes",
               b"swift5_tests")
#: A section of the object that shows crashes, which takes 70,000 bytes: a library installs no handler.
_CRASH_HANDLER = b"\0swift5_backtrace\0"
_ON_DEMAND = {"Crypto.build", "CryptoBoringWrapper.build", "CCryptoBoringSSL.build",
              "CCryptoBoringSSLShims.build", "CXKCP.build", "CXKCPShims.build"}


def main() -> None:
    """The command."""
    exports = pathlib.Path(sys.argv[1]).read_bytes().split()
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    always: dict[pathlib.Path, bytearray] = {}
    runtime: dict[pathlib.Path, bytearray] = {}
    on_demand: dict[pathlib.Path, bytearray] = {}
    for number, path in enumerate(map(pathlib.Path, sys.argv[3:])):
        files = (on_demand if _ON_DEMAND.intersection(path.parts)
                 else runtime if path.suffix == ".a" else always)
        for index, data in enumerate(objects(path.read_bytes())):
            # Objects of different modules may be called the same.
            files[folder / f"{number}-{index}-{path.stem}.o"] = divided_code(ObjectFile(data).data)
    # What several objects define is taken from the first: swift-crypto comes last.
    copies = always | runtime | on_demand
    retain_reached(list(copies.values()), exports)
    for copy, content in copies.items():
        copy.write_bytes(content)
    print(*always, "-Wl,--start-lib", *runtime, *on_demand, "-Wl,--end-lib", sep="\n")


def objects(data: bytes) -> Iterator[bytes]:
    """The object files in an archive, or the file itself; without the runtime's handler of crashes."""
    if data[:8] != b"!<arch>\n":
        yield data
        return
    start = 8
    while start < len(data):
        length = int(data[start + 48:start + 58])
        member = data[start + 60:start + 60 + length]
        # The index and the list of long names aren't objects.
        if member[:4] == b"\x7fELF" and _CRASH_HANDLER not in member:
            yield member
        start += 60 + length + length % 2


#: Start, end and symbols of a part of a section.
Piece = tuple[int, int, list[int]]


class ObjectFile:
    """A relocatable file of 64 bits, little-endian, whose sections are let go and divided."""

    _HEADER = struct.Struct("<IIQQQQIIQQ")

    def __init__(self, data: bytes):
        self.data = bytearray(data)
        if data[:6] != b"\x7fELF\x02\x01" or struct.unpack_from("<H", data, 16)[0] != 1:
            raise SystemExit("not an object file of 64 bits, little-endian")
        start, = struct.unpack_from("<Q", data, 40)
        size, count, names = struct.unpack_from("<3H", data, 58)
        if size != self._HEADER.size or count == 0 or names == 0xFFFF:
            raise SystemExit("more sections than an object file is expected to have")
        #: Whether it is clear where relocations lead: on x86-64.
        self.is_known_machine = struct.unpack_from("<H", data, 18)[0] == 62  # EM_X86_64
        #: Name, type, flags, address, offset, size, link, info, alignment, size of entries.
        self.sections = [
            list(self._HEADER.unpack_from(data, start + index * size)) for index in range(count)
        ]
        self.strings = self.sections[names][4]
        #: By section: value, the negative of the length, place, whether it is known outside.
        self.symbols: dict[int, list[tuple[int, int, int, bool]]] = collections.defaultdict(list)
        table = next(section for section in self.sections if section[1] == _SYMBOLS)
        for symbol in range(table[4], table[4] + table[5], 24):
            info, = struct.unpack_from("<B", self.data, symbol + 4)
            section, value, size = struct.unpack_from("<HQQ", self.data, symbol + 6)
            if info & 15 != 3:  # STT_SECTION
                self.symbols[section].append((value, -size, symbol, info >> 4 != 0))  # STB_LOCAL
        #: The relocations of each section.
        self.relocations = {
            section[7]: section for section in self.sections if section[1] == _RELOCATIONS}
        divided = []
        for index, section in enumerate(self.sections):
            name = self.name(section)
            if section[2] & _RETAIN and not name.startswith(_LOOKED_FOR):
                section[2] &= ~_RETAIN
            if name in _DIVIDED:
                divided.append(index)
        # Only what Swift compiled is known to be laid out so.
        if any(self.name(self.sections[index]) == _NAMES for index in divided):
            pieces = {index: self.pieces(index) for index in divided}
            last = (
                self.name_targets(pieces) if self.is_known_machine else dict.fromkeys(pieces, 0))
            for index in divided:
                self.divide(index, pieces[index], last[index])
            # An empty list of functions that something compares by their addresses.
            symbols = next(i for i, section in enumerate(self.sections) if section[1] == _SYMBOLS)
            self.sections.append([0, _ADDRESSES, 0x80000000, 0, 0, 0, symbols, 0, 1, 0])
        if not any(self.name(section).startswith(_CATCHES) for section in self.sections):
            self.drop(_FRAMES)
        # The table of sections moves to the end, where there is room for more of them.
        self.data += bytes(-len(self.data) % 8)
        struct.pack_into("<Q", self.data, 40, len(self.data))
        struct.pack_into("<H", self.data, 60, len(self.sections))
        for section in self.sections:
            self.data += self._HEADER.pack(*section)

    def name(self, section: list[int]) -> bytes:
        """What a section is called."""
        return self.text(self.strings + section[0])

    def text(self, start: int) -> bytes:
        """The bytes from `start` up to a zero."""
        return bytes(self.data[start:self.data.index(0, start)])

    def drop(self, name: bytes) -> None:
        """Takes the sections of that name away, and their relocations."""
        for index, section in enumerate(self.sections):
            if self.name(section) == name:
                for gone in (section, self.relocations.get(index)):
                    if gone is not None:
                        gone[1:] = [0] * (len(gone) - 1)

    def divide(self, number: int, pieces: list[Piece], last: int) -> None:
        """Makes sections of the pieces of a section; all else stays in the old one, up to the part that holds
        its byte `last`."""
        old = self.sections[number]
        starts = [piece[0] for piece in pieces]
        relocations = self.relocations.get(number)
        inside: list[bytes] = [b""] * len(pieces)
        left = b""
        if relocations:
            place = relocations[4]
            for offset in range(place, place + relocations[5], 24):
                entry = bytes(self.data[offset:offset + 24])
                position, = struct.unpack_from("<Q", entry)
                index = bisect.bisect_right(starts, position) - 1
                if index >= 0 and position < pieces[index][1]:
                    inside[index] += struct.pack("<Q", position - starts[index]) + entry[8:]
                else:
                    left += entry
                    last = max(last, position)
            self.data[place:place + len(left)] = left
            relocations[5] = len(left)
        moved = {symbol for _, _, symbols in pieces for symbol in symbols}
        last = max([last, *(
            value for value, _, symbol, _ in self.symbols[number] if symbol not in moved)])
        if self.is_known_machine:
            old[5] = next((start for start in starts if start > last), old[5])
        for (start, end, symbols), entries in zip(pieces, inside):
            for symbol in symbols:
                value, = struct.unpack_from("<Q", self.data, symbol + 8)
                struct.pack_into("<HQ", self.data, symbol + 6, len(self.sections), value - start)
            alignment = min(old[8], start & -start or old[8])
            self.sections.append(
                [*old[:4], old[4] + start, end - start, *old[6:8], alignment, old[9]])
            if relocations and entries:
                self.data += bytes(-len(self.data) % 8)
                self.sections.append(
                    [*relocations[:4], len(self.data), len(entries), relocations[6],
                     len(self.sections) - 1, *relocations[8:]])
                self.data += entries

    def pieces(self, number: int) -> list[Piece]:
        """Start, end and symbols of each part of a section that may lie anywhere.

        What they hold are whole pointers, which an assembler leaves to the linker. Those to a part that isn't
        known outside it gives as a place in the section, which `name_targets` changes on machines that it knows.
        """
        pieces: list[Piece] = []
        local: set[int] = set()
        for value, size, symbol, is_known in sorted(self.symbols[number]):
            # A second name for a part of what came before says more bytes than are left of it.
            if pieces and value < pieces[-1][1]:
                pieces[-1][2].append(symbol)
            else:
                pieces.append((value, value - size, [symbol]))
            if not is_known:
                local.add(len(pieces) - 1)
        if self.is_known_machine and self.name(self.sections[number]) != _NAMES:
            local = set()
        return [
            piece for index, piece in enumerate(pieces)
            if index not in local and piece[0] < piece[1]]

    def name_targets(self, pieces: dict[int, list[Piece]]) -> dict[int, int]:
        """Has relocations name the pieces of a section that they lead to, rather than a place in the section.

        A piece stays where it is if it isn't clear whether something leads to it. Returns of each section the last
        place that relocations still name as such.
        """
        table = next(section for section in self.sections if section[1] == _SYMBOLS)
        whole: dict[int, int] = {}
        for index in range(table[5] // 24):
            info, _, section = struct.unpack_from("<BBH", self.data, table[4] + 24 * index + 4)
            if info & 15 == 3 and section in pieces:  # STT_SECTION
                whole[index] = section
        starts = {number: [piece[0] for piece in found] for number, found in pieces.items()}

        def piece(number: int, offset: int) -> int:
            index = bisect.bisect_right(starts[number], offset) - 1
            return index if index >= 0 and offset < pieces[number][index][1] else -1

        fixed: set[tuple[int, int]] = set()
        named: list[tuple[int, int, int]] = []
        for holder, relocations in self.relocations.items():
            is_code = self.sections[holder][2] & _CODE
            for entry in range(relocations[4], relocations[4] + relocations[5], 24):
                info, addend = struct.unpack_from("<Qq", self.data, entry + 8)
                if (number := whole.get(info >> 32)) is None:
                    continue
                behind = _BEHIND if is_code and info & 0xFFFFFFFF == _DISTANCE else (0,)
                targets = {piece(number, addend + more) for more in behind}
                if len(targets) == 1:
                    named.append((entry, number, targets.pop()))
                else:
                    fixed |= {(number, target) for target in targets}
        last = dict.fromkeys(pieces, -1)
        for entry, number, index in named:
            info, addend = struct.unpack_from("<Qq", self.data, entry + 8)
            if index < 0:
                last[number] = max(last[number], addend + _BEHIND[-1])
            elif (number, index) not in fixed:
                start, _, symbols = pieces[number][index]
                symbol = (symbols[0] - table[4]) // 24
                struct.pack_into(
                    "<Qq", self.data, entry + 8, symbol << 32 | info & 0xFFFFFFFF, addend - start)
        for number, found in pieces.items():
            pieces[number] = [
                one for index, one in enumerate(found) if (number, index) not in fixed]
        return last


if __name__ == "__main__":
    main()
