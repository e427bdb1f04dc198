"""Where the reader has its bytes from: a mapped file, or a remote one."""

from __future__ import annotations

import mmap
import os
from typing import NamedTuple, Protocol

from ..errors import BadData, NoInput


class ByteSource(Protocol):
    """Bytes that are read by their place."""

    name: str
    byte_count: int
    #: Whether reading costs nothing but touching memory.
    is_local: bool

    def read(self, start: int, end: int) -> bytes | memoryview:
        """Bytes `start` to `end`, or to the end of the file."""

    def read_field(self, start: int, end: int) -> bytes:
        """The same, of a header or a table, around which more will be read."""


class MappedSource:
    """A mapped file; closing is not needed, the mapping ends with the last array that looks into it."""

    is_local = True

    def __init__(self, path: str) -> None:
        self.name = path
        try:
            with open(path, "rb") as file:
                self.byte_count = os.fstat(file.fileno()).st_size
                if self.byte_count == 0:
                    raise BadData(f"{path}: the file is empty")
                self._view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError) as error:
            if isinstance(error, BadData):
                raise
            raise NoInput(f"{path}: {getattr(error, 'strerror', None) or error}") from None

    def read(self, start: int, end: int) -> memoryview:
        """The bytes where they lie."""
        return self._view[start:end]

    def read_field(self, start: int, end: int) -> bytes:
        """A copy of the bytes."""
        return bytes(self._view[start:end])


class RawPayload(NamedTuple):
    """The payload of a raw section."""

    source: ByteSource
    #: Where it begins in the file.
    start: int
    byte_count: int

    def read(self, start: int, end: int) -> bytes | memoryview:
        """Bytes `start` to `end` of it, unchecked; fewer if it ends before."""
        end = min(end, self.byte_count)
        return self.source.read(self.start + start, self.start + max(start, end))


def open_source(path: str) -> ByteSource:
    """The file at a path or a URL.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: It is empty. A ValueError.
        RemoteFailed: It can't be read by ranges. An OSError.
    """
    from .. import remote

    if not remote.is_remote(path):
        return MappedSource(path)
    source = remote.opened(path)
    if source.byte_count == 0:
        raise BadData(f"{source.name}: the file is empty")
    return source
