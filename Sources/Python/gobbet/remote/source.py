"""A remote file as the pure reader reads files: ranges, of which those read last are kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

#: Bytes that are fetched for a field: headers, tables and paddings lie close together.
PAGE = 1 << 13
#: Bytes that are kept of a file as they are stored.
_CACHE_BYTES = 16 << 20
#: The most bytes of one request.
_REQUEST_BYTES = 8 << 20


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

    Threads may read it at the same time. It holds at most 16 MiB of what was read last.
    """

    is_local = False

    def __init__(self, reader: RangeReader) -> None:
        self.name = reader.name
        self._reader = reader
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._kept_bytes = 0
        self.byte_count, first = reader.begin(PAGE)
        self._keep(0, first)

    def read(self, start: int, end: int) -> bytes:
        """Bytes `start` to `end`, or to the end of the file: exactly these are fetched."""
        end = min(end, self.byte_count)
        if start >= end:
            return b""
        if (kept := self._find(start, end)) is not None:
            return kept
        if end - start > _REQUEST_BYTES:
            parts = range(start, end, _REQUEST_BYTES)
            return b"".join(
                self._reader.read(part, min(end, part + _REQUEST_BYTES)) for part in parts
            )
        data = self._reader.read(start, end)
        self._keep(start, data)
        return data

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

    def _find(self, start: int, end: int) -> bytes | None:
        """A range that is kept, by itself or as a part of the page around it."""
        page = start // PAGE * PAGE
        with self._lock:
            for key in ((start, end), (page, min(page + PAGE, self.byte_count))):
                if key[1] >= end and (data := self._kept.get(key)) is not None:
                    self._kept.move_to_end(key)
                    return data[start - key[0] : end - key[0]]
        return None

    def _keep(self, start: int, data: bytes) -> None:
        key = (start, start + len(data))
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = data
            self._kept_bytes += len(data)
            while self._kept_bytes > _CACHE_BYTES:
                _, oldest = self._kept.popitem(last=False)
                self._kept_bytes -= len(oldest)
