"""Files that bzip2, xz or lz4 compressed: unpacked here, since the library, which is kept small, doesn't."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from .errors import BadData, Error, LibraryMissing, NoInput

_BEGINNINGS = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x04\x22\x4d\x18": "lz4"}
#: What names of such files end in.
SUFFIXES = (".bz2", ".xz", ".lz4")
#: Bytes that are read, and unpacked, at once.
_PIECE_BYTES = 1 << 20
#: Memory that a stream of xz may ask for, as the command has it.
_XZ_BYTES = 256 << 20
#: Bytes by which the library tells what a file is.
_HEAD_BYTES = 1 << 16


def coding_of(start: bytes) -> str | None:
    """What compressed a file that begins so: bzip2, xz or lz4; None if it is something else."""
    return next((name for begins, name in _BEGINNINGS.items() if start.startswith(begins)), None)


def is_packed(path: str) -> bool:
    """Whether a local file is compressed so."""
    try:
        with open(path, "rb") as file:
            return coding_of(file.read(8)) is not None
    except OSError:
        return False


def head(path: str) -> tuple[bytes, bool]:
    """The first bytes of such a file, unpacked, and whether they are all."""
    with _opened(path) as packed:
        content = stream(packed, path)
        start = content.read(_HEAD_BYTES)
        return start, len(start) < _HEAD_BYTES


def stream(file: BinaryIO, name: str) -> BinaryIO:
    """A compressed file unpacked, or the file itself if it is none; `name` begins messages.

    What can't be unpacked is a `BadData` when it is read.
    """
    start = file.read(8)
    file.seek(0)
    coding = coding_of(start)
    return file if coding is None else io.BufferedReader(_Stream(file, coding, name), _PIECE_BYTES)


@contextmanager
def unpacked(path: str) -> Iterator[str]:
    """The path of a local file without such a compression, which lies there until the block ends."""
    if not is_packed(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="gobbet-") as folder:
        name, ending = os.path.splitext(os.path.basename(path))
        place = os.path.join(folder, name if ending.lower() in SUFFIXES else name + ending)
        with _opened(path) as packed, open(place, "wb") as file:
            content = stream(packed, path)
            while data := content.read(_PIECE_BYTES):
                file.write(data)
        yield place


def _opened(path: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise NoInput(f"{path}: {error.strerror}") from None


class _Stream(io.RawIOBase):
    """The content of a compressed file."""

    def __init__(self, file: BinaryIO, coding: str, name: str) -> None:
        self._pieces = _pieces(file, coding, name)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _pieces(file: BinaryIO, coding: str, name: str) -> Iterator[bytes]:
    """The content of streams that follow one another, a bounded part at a time."""
    make = _decoder(coding)
    decoder, data = make(), b""
    try:
        while True:
            if decoder.eof:
                data = decoder.unused_data or file.read(_PIECE_BYTES)
                while coding == "xz" and data and not data.strip(b"\0"):
                    # Streams of xz may have zeros after them.
                    data = file.read(_PIECE_BYTES)
                if not data:
                    return
                data, decoder = data.lstrip(b"\0") if coding == "xz" else data, make()
            elif decoder.needs_input and not (data := file.read(_PIECE_BYTES)):
                raise BadData(f"{name}: the {coding} data stops before its end")
            yield decoder.decompress(data, max_length=_PIECE_BYTES)
            data = b""
    except Error:
        raise
    except (OSError, EOFError, ValueError, RuntimeError, lzma.LZMAError) as error:
        raise BadData(f"{name}: the {coding} data is damaged: {error}") from error


def _decoder(coding: str) -> Callable[[], Any]:
    """What makes a decoder of one stream."""
    if coding == "bzip2":
        return bz2.BZ2Decompressor
    if coding == "xz":
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_BYTES)
    try:
        import lz4.frame
    except ImportError:
        raise LibraryMissing("reading lz4 needs the package lz4: pip install lz4") from None
    frames: Any = lz4.frame
    return lambda: frames.LZ4FrameDecompressor()
