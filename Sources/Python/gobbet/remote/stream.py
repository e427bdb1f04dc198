"""Remote files from their beginning to their end: as streams, and as local files for a while."""

from __future__ import annotations

import glob
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from ..errors import InvalidArgument, NoInput
from .urls import base_name, is_http, is_remote, shown

if TYPE_CHECKING:
    from .source import RemoteSource

#: Bytes of a request.
_AHEAD = 4 << 20


class _Ranges(io.RawIOBase):
    """A remote file as a stream."""

    def __init__(self, source: RemoteSource) -> None:
        self._source = source
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._source.byte_count}
        self._place = max(0, origin[whence] + offset)
        return self._place

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._source.read(self._place, self._place + len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


def stream(url: str) -> BinaryIO:
    """The file at a URL to be read in order, in requests of 4 MiB, or anywhere."""
    from . import opened

    return cast(BinaryIO, io.BufferedReader(_Ranges(opened(url)), _AHEAD))


@contextmanager
def local(path: str) -> Iterator[str]:
    """The path of a local file; a remote one is copied, and the copy goes at the end of the block."""
    if not is_remote(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="gobbet-") as folder:
        place = os.path.join(folder, base_name(path) or "input")
        with stream(path) as source, open(place, "wb") as file:
            while data := source.read(_AHEAD):
                file.write(data)
        yield place


def expanded(url: str) -> list[str]:
    """The files that a URL stands for: itself, or those of a folder, whose URL ends in a slash, or of a
    pattern as `s3://bucket/part-*.jsonl.gz`, without hidden ones, in the order of their names.

    Raises:
        InvalidArgument: It is a folder or a pattern, and HTTP lists none.
        NoInput: There are none.
    """
    is_folder = url.endswith("/")
    if not is_folder and not glob.has_magic(url):
        return [url]
    if is_http(url):
        if not is_folder:
            # A query, or letters of a name.
            return [url]
        raise InvalidArgument(f"{shown(url)}: HTTP lists no folder: name its files")
    from .filesystems import failure, file_system

    system, path = file_system(url)
    try:
        found = system.find(path) if is_folder else system.glob(path)
    except FileNotFoundError:
        found = []
    except Exception as error:
        raise failure(shown(url), error, 0) from error
    start = len(path) if is_folder else 0
    files = [
        system.unstrip_protocol(each)
        for each in sorted(found, key=os.fsencode)
        if not any(part.startswith(".") for part in each[start:].split("/"))
    ]
    if not files:
        raise NoInput(f"{shown(url)}: there are no files")
    return files
