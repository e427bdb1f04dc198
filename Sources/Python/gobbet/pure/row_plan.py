"""Which documents of a group go into which row, as the library packs them.

The longest first, each into the fullest row that it fits into, and of rows that are equally full into
the one that has been so for longest. Rows that one document fills come first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterator

import numpy as np


class RowPlan:
    """The rows of documents of these lengths; `documents` are counted within their group."""

    def __init__(self, lengths: np.ndarray, length: int, long_documents: str, gaps: str) -> None:
        self._length, self._lengths = length, lengths
        whole_rows = lengths // length
        if long_documents != "split":
            whole_rows = np.minimum(whole_rows, 1)
        too_long = lengths > length
        self.too_long_count = int(too_long.sum())
        #: Tokens of each document that fill no row by themselves.
        self._rests = np.where(
            whole_rows == 0, lengths, lengths % length if long_documents == "split" else 0
        )
        if long_documents == "drop":
            whole_rows = np.where(too_long, 0, whole_rows)
        self._long = np.flatnonzero(whole_rows)
        self._long_ends = np.cumsum(whole_rows[self._long])
        self._long_count = int(whole_rows.sum())
        placed = np.flatnonzero(self._rests)
        ordered = placed[np.argsort(-self._rests[placed], kind="stable")]
        if gaps == "crop":
            self._fill(ordered)
            self.token_count = self.row_count * length
        else:
            self._place(ordered)
            self.token_count = self._long_count * length + int(self._rests[placed].sum())

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return self._long_count + len(self._ends)

    @property
    def byte_count(self) -> int:
        """Bytes of memory that the plan takes."""
        arrays = (self._lengths, self._rests, self._long, self._long_ends, self._documents,
                  self._ends)  # fmt: skip
        return sum(array.nbytes for array in arrays)

    def _place(self, ordered: np.ndarray) -> None:
        length = self._length
        #: The rows that have room, by how much, in the order in which they came to have it.
        open_rows: dict[int, deque[int]] = {}
        spaces: list[int] = []
        rows, count = [], 0
        for rest in self._rests[ordered].tolist():
            place = bisect_left(spaces, rest)
            if place < len(spaces):
                space = spaces[place]
                row = open_rows[space].popleft()
                if not open_rows[space]:
                    del open_rows[space], spaces[place]
            else:
                space, row = length, count
                count += 1
            rows.append(row)
            if left := space - rest:
                if left in open_rows:
                    open_rows[left].append(row)
                else:
                    open_rows[left] = deque([row])
                    insort(spaces, left)
        row_of_place = np.array(rows, np.int64)
        self._documents = ordered[np.argsort(row_of_place, kind="stable")]
        self._ends = np.cumsum(np.bincount(row_of_place, minlength=count))

    def _fill(self, ordered: np.ndarray) -> None:
        """Full rows: each gets the longest document that fits, and where none does the shortest."""
        counts = self._rests[ordered].tolist()
        waiting: dict[int, deque[int]] = {}
        for document, rest in zip(ordered.tolist(), counts):
            waiting.setdefault(rest, deque()).append(document)
        lengths = sorted(waiting)
        documents: list[int] = []
        ends: list[int] = []
        while lengths:
            first, room = len(documents), self._length
            while room and lengths:
                place = max(0, bisect_right(lengths, room) - 1)
                rest = lengths[place]
                documents.append(waiting[rest].popleft())
                if not waiting[rest]:
                    del lengths[place]
                room -= min(room, rest)
            if room:
                del documents[first:]
            else:
                ends.append(len(documents))
        self._documents, self._ends = np.array(documents, np.int64), np.array(ends, np.int64)

    def parts(self, row: int) -> Iterator[tuple[int, int, int]]:
        """What a row holds: documents, and which of their tokens, counted from their first."""
        length = self._length
        if row < self._long_count:
            index = int(np.searchsorted(self._long_ends, row, side="right"))
            first = int(self._long_ends[index - 1]) if index else 0
            start = (row - first) * length
            yield int(self._long[index]), start, start + length
            return
        row -= self._long_count
        room = length
        first = int(self._ends[row - 1]) if row else 0
        for document in self._documents[first : int(self._ends[row])].tolist():
            rest = int(self._rests[document])
            start = int(self._lengths[document]) - rest
            count = min(rest, room)
            room -= count
            yield document, start, start + count
