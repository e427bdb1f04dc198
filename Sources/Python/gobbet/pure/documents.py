"""Where the documents of a dataset end (`Spec/Tokens.md`), known as far as was asked."""

from __future__ import annotations

import threading

import numpy as np

from ..errors import BadData
from .container import Container
from .forks import renew_in_children
from .groups import numbers
from .records import Section


class DocumentEnds:
    """The ends of documents, whose lengths are read block by block when they are needed.

    Lengths are stored, not places: known are the first documents, as far as one was asked for. The
    digest of the section is compared once its last block is read.
    """

    def __init__(
        self, file: Container, section: Section, document_count: int, token_count: int
    ) -> None:
        self._file, self._section, self._where = file, section, f"{file.path}: DOCL"
        self._document_count, self._token_count = document_count, token_count
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Begins with the first block."""
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._blocks = self._file.blocks(self._section)
        self._is_whole = False
        #: The first bytes of a length whose rest is in the next block.
        self._rest = b""
        #: The ends that are known, and room for more.
        self._ends = np.zeros(0, np.int64)
        self._known = self._last = 0

    def first(self, count: int) -> np.ndarray:
        """The ends of the first `count` documents."""
        with self._lock:
            while not self._is_whole and (self._known < count or count == self._document_count):
                self._read_on()
            return self._ends[:count]

    def containing(self, token: int) -> int:
        """The document that a token is of."""
        with self._lock:
            while not self._is_whole and self._last <= token:
                self._read_on()
            return int(np.searchsorted(self._ends[: self._known], token, side="right"))

    def _read_on(self) -> None:
        """Adds the documents of one block, or comes to the end."""
        try:
            block = next(self._blocks, None)
            self._add(self._rest + bytes(block or b""), is_last=block is None)
        except BaseException:
            # What failed may go better the next time, from the start.
            self._begin()
            raise

    def _add(self, data: bytes, *, is_last: bool) -> None:
        whole = len(data)
        while not is_last and 0 < whole > len(data) - 10 and data[whole - 1] >= 0x80:
            whole -= 1
        lengths = numbers(memoryview(data)[:whole], self._where)
        known = self._known + len(lengths)
        if known > self._document_count or is_last and known != self._document_count:
            raise BadData(f"{self._where}: {known} documents, not {self._document_count}")
        if (lengths > self._token_count).any():
            raise BadData(f"{self._where}: a document longer than the dataset")
        ends = np.cumsum(lengths.astype(np.int64)) + self._last
        last = int(ends[-1]) if len(ends) else self._last
        # A sum beyond 64 bits is negative where it is first.
        if (ends < 0).any() or last > self._token_count or is_last and last != self._token_count:
            raise BadData(f"{self._where}: the lengths do not sum up to tokenCount")
        if known > len(self._ends):
            # Twice the room, so that all copies together are no more than the ends.
            room = np.empty(min(self._document_count, max(known, 2 * len(self._ends))), np.int64)
            room[: self._known] = self._ends[: self._known]
            self._ends = room
        self._ends[self._known : known] = ends
        self._known, self._last, self._is_whole = known, last, is_last
        self._rest = data[whole:]
