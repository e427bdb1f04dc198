"""Divides the code of an object file of x86-64, so that the linker may leave out what nothing calls.

The compiler gives a section to every function that others may call, and puts all others into one, `.text`:
1.6 MB in Swift's own library, of which whoever needs one needs all; those of libzstd and zlib all lie in one.
Where one of them calls another of the same section, the assembler has computed the distance, and left nothing to
the linker.

Here every function, or run of them, becomes a section. Distances between two of them are found by disassembling, and
become relocations; two functions with a short jump between them stay together. Tables of jumps, which are
relative to their own start, where the code that uses them points, become sections too. Whatever is not exactly as expected leaves the
file as it is.
"""

from __future__ import annotations

import bisect
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable

_SYMBOLS, _RELOCATIONS, _GROUP = 2, 4, 17  # SHT_SYMTAB, SHT_RELA, SHT_GROUP
_HEADER = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")
_RELATIVE = 2  # R_X86_64_PC32
#: Files with less code than this are left as they are.
_LEAST = 1 << 14
_LINE = re.compile(r"^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t?(\S*)\s*(.*)$")
_TARGET = re.compile(r"^(?:.*# )?([0-9a-f]+) <")


class _Unexpected(Exception):
    """The code isn't laid out as this module knows it."""


def divided_code(data: bytearray) -> bytearray:
    """The file with its code divided, or as it is."""
    if struct.unpack_from("<H", data, 18)[0] != 62:  # EM_X86_64
        return data
    try:
        return _Code(data).divided()
    except _Unexpected:
        return data


class _Code:
    def __init__(self, data: bytearray) -> None:
        self.data = bytearray(data)
        start, = struct.unpack_from("<Q", data, 40)
        count, names = struct.unpack_from("<2H", data, 60)
        self.sections = [
            list(_HEADER.unpack_from(data, start + index * 64)) for index in range(count)]
        strings = self.sections[names][4]
        self.names = [
            bytes(data[strings + section[0]:data.index(0, strings + section[0])])
            for section in self.sections]
        large = [index for index, section in enumerate(self.sections)
                 if self.names[index] == b".text" and section[5] >= _LEAST]
        if len(large) != 1:
            raise _Unexpected
        self.number = large[0]
        self.table = next(i for i, s in enumerate(self.sections) if s[1] == _SYMBOLS)
        table = self.sections[self.table]
        self.symbols = [
            list(symbol)
            for symbol in _SYMBOL.iter_unpack(data[table[4]:table[4] + table[5]])]
        self.starts = sorted({
            symbol[4] for symbol in self.symbols
            if symbol[3] == self.number and symbol[1] & 15 == 2} | {0})

    def divided(self) -> bytearray:
        """The file with the code divided."""
        code = self.sections[self.number]
        relocated = {
            place for section in self.sections
            if section[1] == _RELOCATIONS and section[7] == self.number
            for place, _, _ in self._relocations(section)}
        far, near = self._distances(relocated)
        runs = self._runs(near)

        def run(offset: int) -> int:
            if not 0 <= offset < code[5]:
                raise _Unexpected
            return bisect.bisect_right(runs, offset) - 1

        # Symbols of sections come after the other local ones; the numbers of those after change.
        whole = next(
            i for i, s in enumerate(self.symbols) if s[3] == self.number and s[1] & 15 == 3)
        tables, entries_of = self._tables(whole, run)
        locals_end = self.sections[self.table][7]
        first = len(self.sections)
        count = len(runs) + len(tables)
        numbers = {table[:2]: len(runs) + index for index, table in enumerate(tables)}
        owners = {i: s[3] for i, s in enumerate(self.symbols) if s[1] & 15 == 3}
        added = [[0, 3, 0, first + index, 0, 0] for index in range(count)]
        symbols = self.symbols[:locals_end] + added + self.symbols[locals_end:]
        for symbol in self.symbols:
            if symbol[3] == self.number and symbol[1] & 15 != 3:
                index = run(symbol[4])
                symbol[3], symbol[4] = first + index, symbol[4] - runs[index]
        moved: list[list[tuple[int, int, int]]] = [[] for _ in range(count)]
        for section in self.sections:
            if section[1] != _RELOCATIONS:
                continue
            source = section[7]
            is_code = self.names[source].startswith(b".text")
            is_kept = self.sections[source][2] & 2
            entries = []
            for place, info, addend in self._relocations(section):
                to, kind = info >> 32, info & 0xFFFFFFFF
                base, target = entries_of.get((source, place), (-1, addend + 4 if is_code else addend))
                number = numbers.get((owners.get(to, -1), addend + 4)) if is_code else None
                if to == whole and is_kept:
                    index = run(target)
                    to, addend = locals_end + index, addend - runs[index]
                elif number is not None:
                    to, addend = locals_end + number, -4
                elif to >= locals_end:
                    to += count
                rest = (to << 32 | kind, addend)
                if source == self.number:
                    index = run(place)
                    moved[index].append((place - runs[index], *rest))
                elif base >= 0:
                    moved[numbers[source, base]].append((place - base, *rest))
                else:
                    entries.append((place, *rest))
            section[5] = 24 * len(entries)
            for index, entry in enumerate(entries):
                _RELOCATION.pack_into(self.data, section[4] + 24 * index, *entry)
        for place, target in far:
            source, index = run(place), run(target)
            moved[source].append(
                (place - runs[source], (locals_end + index) << 32 | _RELATIVE,
                 target - runs[index] - 4))
        for section in self.sections:
            if section[1] == _GROUP and section[7] >= locals_end:
                section[7] += count
        ends = [*runs[1:], code[5]]
        pieces = [
            [*code[:4], code[4] + start, end - start, *code[6:8], min(16, start & -start or 16), 0]
            for start, end in zip(runs, ends)]
        for source, base, end in tables:
            old = self.sections[source]
            pieces.append([*old[:4], old[4] + base, end - base, *old[6:8], 4, 0])
        lists = []
        for index, entries in enumerate(moved):
            if entries:
                lists.append([0, _RELOCATIONS, 0, 0, self._append(
                    b"".join(_RELOCATION.pack(*entry) for entry in sorted(entries))),
                    24 * len(entries), self.table, first + index, 8, 24])
        code[5] = 0
        old = self.sections[self.table]
        old[4] = self._append(b"".join(_SYMBOL.pack(*symbol) for symbol in symbols))
        old[5], old[7] = 24 * len(symbols), locals_end + count
        self.sections += pieces + lists
        if len(self.sections) >= 0xFF00:
            raise _Unexpected
        start = self._append(b"".join(_HEADER.pack(*section) for section in self.sections))
        struct.pack_into("<Q", self.data, 40, start)
        struct.pack_into("<H", self.data, 60, len(self.sections))
        return self.data

    def _append(self, content: bytes) -> int:
        self.data += bytes(-len(self.data) % 8)
        place = len(self.data)
        self.data += content
        return place

    def _relocations(self, section: list[int]) -> list[tuple[int, int, int]]:
        return list(_RELOCATION.iter_unpack(self.data[section[4]:section[4] + section[5]]))

    def _runs(self, near: list[tuple[int, int]]) -> list[int]:
        """Where runs of functions begin: not between two with a short jump from one to the other."""
        joined = [0] * (len(self.starts) + 1)
        for one, other in near:
            joined[one + 1] += 1
            joined[other + 1] -= 1
        runs: list[int] = []
        depth = 0
        for index, start in enumerate(self.starts):
            depth += joined[index]
            if depth == 0:
                runs.append(start)
        return runs

    def _tables(
        self, whole: int, run: Callable[[int], int]
    ) -> tuple[list[tuple[int, int, int]], dict[tuple[int, int], tuple[int, int]]]:
        """Tables of jumps, each with its section, start and end, and for their entries, by section and place,
        the start of the table and where they lead.

        A table begins where a function points to, its entries follow on one another, and they lead into that
        function. What else points into the code says where exactly, and functions begin at multiples of 16.
        """
        owners = {i: s[3] for i, s in enumerate(self.symbols) if s[1] & 15 == 3}
        users: dict[tuple[int, int], set[int]] = {}

        def function(section: int, offset: int) -> int:
            return run(offset) if section == self.number else -section

        for section in self.sections:
            if section[1] == _RELOCATIONS and self.names[section[7]].startswith(b".text"):
                for place, info, addend in self._relocations(section):
                    owner = owners.get(info >> 32)
                    if owner is not None and self.names[owner].startswith(b".rodata"):
                        users.setdefault((owner, addend + 4), set()).add(
                            function(section[7], place))
        found: dict[tuple[int, int], tuple[int, int]] = {}
        ends: dict[tuple[int, int], int] = {}
        for section in self.sections:
            source = section[7]
            if section[1] != _RELOCATIONS or not self.names[source].startswith(b".rodata"):
                continue
            base, next_place = 0, -1
            for place, info, addend in sorted(self._relocations(section)):
                owner = owners.get(info >> 32, 0)
                if not self.names[owner].startswith(b".text"):
                    continue
                if (source, place) in users:
                    base = next_place = place
                goal = addend - (place - base)
                if place == next_place and 0 <= goal and function(owner, goal) in users[source, base]:
                    found[source, place] = (base, goal)
                    next_place = ends[source, base] = place + 4
                    continue
                next_place = -1
                if info >> 32 == whole and addend % 16:
                    raise _Unexpected
        # Nothing points into the middle of a table. Where an instruction ends in a constant, this is less than
        # four bytes before what it points to.
        for source, base in users:
            for other, end in ((b, e) for (s, b), e in ends.items() if s == source):
                if other < base <= end - 4:
                    raise _Unexpected
        return [(source, base, end) for (source, base), end in sorted(ends.items())], found

    def _distances(
        self, relocated: set[int]
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Places of distances to other functions with their targets, and pairs of functions, in order,
        with a short jump between them."""
        program = shutil.which("objdump") or shutil.which("llvm-objdump")
        if program is None:
            raise _Unexpected
        far, near = [], []
        with tempfile.NamedTemporaryFile(suffix=".o") as file:
            file.write(self.data)
            file.flush()
            listing = subprocess.run(
                [program, "-d", "-w", "--section=.text", file.name],
                capture_output=True, text=True, check=True).stdout
        end = 0
        for line in listing.splitlines():
            match = _LINE.match(line)
            if match is None:
                continue
            place, content = int(match[1], 16), bytes.fromhex(match[2])
            if place != end:
                raise _Unexpected
            end = place + len(content)
            target = _TARGET.match(match[4])
            is_jump = match[3].startswith(("j", "call"))
            if target is None or not (is_jump or "(%rip)" in match[4]):
                continue
            if any(byte in relocated for byte in range(place, end)):
                continue
            goal = int(target[1], 16)
            one, other = (bisect.bisect_right(self.starts, at) - 1 for at in (place, goal))
            if one == other:
                continue
            if len(content) >= 5 and end + struct.unpack("<i", content[-4:])[0] == goal:
                far.append((end - 4, goal))
            elif is_jump:
                near.append((min(one, other), max(one, other)))
            else:
                raise _Unexpected
        if end != self.sections[self.number][5]:
            raise _Unexpected
        return far, near
