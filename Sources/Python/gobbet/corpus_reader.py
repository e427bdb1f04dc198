"""Documents out of files by the native library, in batches: those that the command reads."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from . import _native, _structures
from ._native import address, local
from .errors import InvalidArgument
from .integers import ends as ends_of, integers

Path = str | os.PathLike[str]
Format = Literal["auto", "text", "jsonl"]

_FORMATS = {"auto": 0, "text": 1, "jsonl": 2}


@dataclass
class Batch:
    """Documents in a row."""

    #: The texts, one right behind the other, as uint8.
    texts: npt.NDArray[np.uint8]
    #: Where each text ends, as uint64.
    ends: npt.NDArray[np.uint64]
    #: The number of each document's line, or of the document, in its file, from 0.
    numbers: npt.NDArray[np.uint64]
    #: What each document's line calls it; None unless that was asked for.
    identifiers: list[bytes] | None = None
    #: Lines or documents that were read, bad lines included.
    unit_count: int = 0
    #: Lines that were left out.
    bad_line_count: int = 0

    def __len__(self) -> int:
        return len(self.ends)

    def __iter__(self) -> Iterator[bytes]:
        start = 0
        for end in self.ends.tolist():
            yield self.texts[start:end].tobytes()
            start = end

    @staticmethod
    def of(texts: Sequence[bytes], first: int = 0) -> Batch:
        """A batch of texts at hand, which are numbered from `first`."""
        ends = np.cumsum([len(text) for text in texts], dtype=np.uint64)
        return Batch(
            np.frombuffer(b"".join(texts), dtype=np.uint8), ends,
            np.arange(first, first + len(texts), dtype=np.uint64), unit_count=len(texts),
        )  # fmt: skip


class CorpusReader:
    """The documents of files, directories and patterns, plain, gzip or zstd, as `gobbet` has them.

    An iterator of batches of about `batch_bytes` bytes of input. `text_key` and `id_key` are the
    keys of JSON lines, `a.b` for nested ones; `separator` ends a document in a text file.
    """

    def __init__(
        self,
        paths: Path | Sequence[Path],
        *,
        format: Format = "auto",
        text_key: str = "text",
        id_key: str | None = None,
        separator: bytes | None = None,
        skip_bad_lines: bool = False,
        batch_bytes: int = 1 << 20,
    ) -> None:
        if format not in _FORMATS:
            raise InvalidArgument(f"format: {format} is none of {', '.join(_FORMATS)}")
        listed = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
        encoded = [_native.path_bytes(path) for path in listed]
        array = (ctypes.c_char_p * len(encoded))(*encoded)
        options = _structures.CorpusOptions(
            size=ctypes.sizeof(_structures.CorpusOptions),
            format=_FORMATS[format],
            # The usual key need not occur; another that no file can hold is an error.
            text_key=None if text_key == "text" else _native.c_text(text_key, "a key"),
            identifier_key=_native.optional_text(id_key, "a key"),
            separator=separator,
            separator_byte_count=0 if separator is None else len(separator),
            skip_bad_lines=skip_bad_lines,
        )
        self._library = _native.library()
        _native.check(
            self._library.corpus_open(
                ctypes.addressof(array), len(encoded), ctypes.addressof(options),
                local.handle_at, local.error_at,
            )
        )  # fmt: skip
        self._owner = _native.Handle(local.handle.value, self._library.corpus_close)
        self._names = id_key is not None
        self._batch_bytes = batch_bytes

    def __iter__(self) -> CorpusReader:
        return self

    def __next__(self) -> Batch:
        info = _structures.CorpusBatch(size=ctypes.sizeof(_structures.CorpusBatch))
        _native.check(
            self._library.corpus_read(
                self._owner.value, self._batch_bytes, ctypes.addressof(info), local.error_at
            )
        )
        if info.unit_count == 0:
            raise StopIteration
        return self._taken(info)

    def parsed(
        self, lines: npt.NDArray[np.uint8], ends: npt.NDArray[np.uint64], path: str, first: int = 0
    ) -> Batch:
        """The documents of JSON lines that another has read, without their line ends, from `path`;
        `first` is the number of the first line, from 0."""
        info = _structures.CorpusBatch(size=ctypes.sizeof(_structures.CorpusBatch))
        lines, ends = checked(lines, ends)
        _native.check(
            self._library.corpus_parse(
                self._owner.value, _native.c_text(path, "a path"), first, address(lines),
                address(ends), len(ends), ctypes.addressof(info), local.error_at,
            )
        )  # fmt: skip
        return self._taken(info)

    def _taken(self, info: _structures.CorpusBatch) -> Batch:
        count = info.document_count
        texts = np.empty(info.text_byte_count, dtype=np.uint8)
        ends, numbers = np.empty(count, dtype=np.uint64), np.empty(count, dtype=np.uint64)
        names = np.empty(info.identifier_byte_count, dtype=np.uint8)
        name_ends = np.empty(count if self._names else 0, dtype=np.uint64)
        _native.check(
            self._library.corpus_documents(
                self._owner.value, address(texts), address(ends), address(numbers),
                address(names) if self._names else None,
                address(name_ends) if self._names else None, local.error_at,
            )
        )  # fmt: skip
        identifiers = None
        if self._names:
            whole, start, identifiers = names.tobytes(), 0, []
            for end in name_ends.tolist():
                identifiers.append(whole[start:end])
                start = end
        return Batch(
            texts, ends, numbers, identifiers, info.unit_count, info.bad_line_count
        )


def checked(
    texts: npt.NDArray[np.uint8], ends: npt.NDArray[np.uint64]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint64]]:
    """Texts one behind the other and where each ends, as the library takes them."""
    texts = integers(texts, np.uint8, "texts")
    return texts, ends_of(ends, len(texts), "ends")


def hashes_of(
    texts: npt.NDArray[np.uint8], ends: npt.NDArray[np.uint64], held_out_share: float = 0.0
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    """Of each document 16 bytes of its SHA-256, as two numbers, and whether it is held out."""
    texts, ends = checked(texts, ends)
    hashes = np.empty((len(ends), 2), dtype=np.uint64)
    held_out = np.empty(len(ends), dtype=np.uint8)
    _native.check(
        _native.library().documents_hash(
            address(texts), address(ends), len(ends), held_out_share, address(hashes),
            address(held_out), local.error_at,
        )
    )  # fmt: skip
    return hashes, held_out.view(np.bool_)


def sequence_hash(hashes: npt.NDArray[np.uint64], value: int = 0) -> int:
    """The number that stands for the documents of `value` and those of `hashes` behind them."""
    hashes = np.ascontiguousarray(hashes)
    if hashes.dtype != np.uint64:
        raise InvalidArgument(f"hashes are uint64, not {hashes.dtype}")
    if hashes.ndim != 2 or hashes.shape[1] != 2:
        raise InvalidArgument("hashes are rows of two numbers")
    number = ctypes.c_uint64(value)
    _native.check(
        _native.library().documents_append_hashes(
            address(hashes), len(hashes), ctypes.addressof(number), local.error_at
        )
    )
    return number.value
