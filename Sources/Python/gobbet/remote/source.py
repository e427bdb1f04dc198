"""A remote file as the pure reader reads files: ranges, of which those read last are kept."""

from __future__ import annotations

from itertools import count
from typing import Protocol

from ..pure.kept import Kept

#: Bytes that are fetched for a field: headers, tables and paddings lie close together.
PAGE = 1 << 13
#: What is kept as it is stored of all remote files together: a dataset may have a thousand shards.
_KEPT: Kept[bytes] = Kept(16 << 20)
#: The most bytes of one request.
_REQUEST_BYTES = 8 << 20
_numbers = count()


class RangeReader(Protocol):
    """A file that gives ranges of its bytes, and refuses to if it is another than at first."""

    #: What errors call it: the URL without secrets.
    name: str

    def begin(self, count: int) -> tuple[int, bytes]:
        """How many bytes there are, and the first `count` of them, or all."""

    def read(self, start: int, end: int) -> bytes:
        """Bytes `start` to `end`, without it, neither more nor fewer."""


class RemoteSource:
    """The bytes of a remote file by their place.

    Threads may read it at the same time; what they ask for at once is fetched once. Of all files
    together, 16 MiB of what was read last are kept.
    """

    is_local = False

    def __init__(self, reader: RangeReader) -> None:
        self.name = reader.name
        self._reader = reader
        #: Which of the files of this process it is.
        self._number = next(_numbers)
        self.byte_count, first = reader.begin(PAGE)
        _KEPT.get((self._number, 0, len(first)), lambda: first, len)

    def read(self, start: int, end: int) -> bytes:
        """Bytes `start` to `end`, or to the end of the file: exactly these are fetched."""
        end = min(end, self.byte_count)
        if start >= end:
            return b""
        if (known := _KEPT.find((self._number, start, end))) is not None:
            return known
        # What pages at either end have is not fetched again.
        first, last = self._page(start), self._page(end - 1)
        head = first[start % PAGE :][: end - start] if first else b""
        start += len(head)
        tail = last[: (end - 1) % PAGE + 1] if last and start < end else b""
        tail = tail[-(end - start) :] if tail else tail
        end -= len(tail)
        return head + self._fetched(start, end) + tail

    def _page(self, place: int) -> bytes | None:
        """The page around a byte, if it is kept."""
        page = place // PAGE * PAGE
        return _KEPT.find((self._number, page, min(page + PAGE, self.byte_count)))

    def _fetched(self, start: int, end: int) -> bytes:
        if start >= end:
            return b""
        if end - start > _REQUEST_BYTES:
            parts = range(start, end, _REQUEST_BYTES)
            return b"".join(
                self._reader.read(part, min(end, part + _REQUEST_BYTES)) for part in parts
            )
        return _KEPT.get((self._number, start, end), lambda: self._reader.read(start, end), len)

    def read_field(self, start: int, end: int) -> bytes:
        """The same with what lies around it, if it is short: the next field is there as well."""
        end = min(end, self.byte_count)
        if end - start > PAGE or start >= end:
            return self.read(start, end)
        parts = []
        for page in range(start // PAGE * PAGE, end, PAGE):
            data = self.read(page, page + PAGE)
            parts.append(data[max(0, start - page) : end - page])
        return b"".join(parts)
