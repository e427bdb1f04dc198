"""Documents out of files by the native library, in batches: those that the command reads."""

from __future__ import annotations

import ctypes
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _native, _structures
from ._native import address, local
from .errors import CorpusWarning, InvalidArgument, NotFound
from .integers import ends as ends_of, integers
from .limits import whole

Path = str | os.PathLike[str]
Format = Literal["auto", "text", "jsonl"]

_FORMATS = {"auto": 0, "text": 1, "jsonl": 2}
_KINDS = ("unseen", "text", "json lines", "json", "parquet", "foreign")


#: Kinds of lines that are left out, in the library's order, and what they are in words; rows of Parquet
#: and records of WARC have no text.
BAD_LINES = {
    "not_json": "not JSON", "missing_key": "without the key",
    "duplicate_key": "with a key that is there twice", "wrong_type": "with a value of another type",
    "no_text": "without text",
}  # fmt: skip


class SkippedFile(NamedTuple):
    """A file in a directory that was left out because it holds no text."""

    path: str
    #: What it is: `a PNG image`.
    reason: str


class Input(NamedTuple):
    """A file of a corpus, as its content tells it."""

    path: str
    #: `text`; `json lines`, an object a line; `json`, an array or objects over several lines;
    #: `parquet`; `foreign`, which holds no text; `unseen`, which can be read once only.
    kind: str
    #: Whether it is one of the paths that were given, not a file in one.
    is_named: bool
    is_empty: bool
    #: Whether a reader passes over it.
    is_left_out: bool
    #: Whether its text is UTF-8 without a byte order mark.
    is_plain_text: bool
    #: 0 plain, 1 gzip, 2 zstd.
    compression: int
    #: What it is where it holds no text, and what to do instead.
    reason: str


@dataclass
class Batch:
    """Documents in a row."""

    #: The texts, one right after the other, as uint8.
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
    #: How many of them are of which kind: not_json, missing_key, duplicate_key, wrong_type, no_text.
    bad_line_kinds: dict[str, int] = field(default_factory=dict)

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

    An iterator of batches of about `batch_bytes` bytes of input. What a file is follows from its
    content. One that holds no text is an error if it is named, and left out in a directory: `skipped`
    lists those, and after the last batch a `CorpusWarning` tells of them.

    Args:
        paths: Files, directories and patterns.
        format: auto, text or jsonl (JSON, a line or an array).
        text_key: The key of a JSON object that holds its text, `a.b` for nested ones; `text` if it
            is None. Another is an error where no file is JSON.
        id_key: The key of what names a document.
        separator: What ends a document in a text file.
        skip_bad_lines: Whether lines without text are left out.
        batch_bytes: How many bytes of input a batch has, about.
        is_part: Whether the paths are a part of a corpus, in which keys and separators need not apply
            to any, and of which whoever reads the rest warns.
    """

    def __init__(
        self,
        paths: Path | Sequence[Path],
        *,
        format: Format = "auto",
        text_key: str | None = None,
        id_key: str | None = None,
        separator: bytes | None = None,
        skip_bad_lines: bool = False,
        batch_bytes: int = 1 << 20,
        is_part: bool = False,
    ) -> None:
        if format not in _FORMATS:
            raise InvalidArgument(f"format: {format} isn't one of {', '.join(_FORMATS)}")
        listed = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
        encoded = [_native.path_bytes(path) for path in listed]
        array = (ctypes.c_char_p * len(encoded))(*encoded)
        options = _structures.CorpusOptions(
            size=ctypes.sizeof(_structures.CorpusOptions),
            format=_FORMATS[format],
            text_key=_native.optional_text(text_key, "a key"),
            identifier_key=_native.optional_text(id_key, "a key"),
            separator=separator,
            separator_byte_count=0 if separator is None else len(separator),
            skip_bad_lines=skip_bad_lines,
            skip_foreign_files=True,
            is_part=is_part,
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
        self._batch_bytes = whole(batch_bytes, "batch_bytes", 1)
        self._warns = not is_part

    @property
    def skipped(self) -> list[SkippedFile]:
        """The first 1,024 files in directories that were left out because they hold no text."""
        found = []
        for index in range(self._log().listed_file_count):
            path, reason, _ = self._text(self._library.corpus_skipped_file, index).split(b"\0")
            found.append(SkippedFile(os.fsdecode(path), reason.decode()))
        return found

    @property
    def skipped_count(self) -> int:
        """How many files in directories were left out because they hold no text."""
        return int(self._log().skipped_file_count)

    @property
    def bad_line_count(self) -> int:
        """How many lines without text were left out."""
        return int(self._log().bad_line_count)

    @property
    def bad_line_kinds(self) -> dict[str, int]:
        """How many of them are of which kind: not_json, missing_key, duplicate_key or wrong_type."""
        return _kinds(self._log())

    @property
    def notes(self) -> list[str]:
        """What was left out so far, or read in another way than its name suggests, a sentence each."""
        return [
            self._text(self._library.corpus_note, index)[:-1].decode()
            for index in range(self._log().note_count)
        ]

    def inputs(self) -> Iterator[Input]:
        """The files that the paths stand for, in their order, each looked into; once."""
        info = _structures.CorpusInput(size=ctypes.sizeof(_structures.CorpusInput))
        while True:
            try:
                _native.check(
                    self._library.corpus_next_input(
                        self._owner.value, ctypes.addressof(info), local.error_at
                    )
                )
            except NotFound:
                return
            yield self._input(info)

    def look(self, path: str, data: bytes, *, is_whole: bool) -> Input:
        """What the first bytes of a file at `path`, without its compression, say of it; or all of them
        if `is_whole`. 64 KiB are enough."""
        info = _structures.CorpusInput(size=ctypes.sizeof(_structures.CorpusInput))
        _native.check(
            self._library.corpus_look(
                self._owner.value, _native.path_bytes(path), data, len(data), is_whole,
                ctypes.addressof(info), local.error_at,
            )
        )  # fmt: skip
        return self._input(info)

    def _input(self, info: _structures.CorpusInput) -> Input:
        text = _native.text_of(
            lambda *place: self._library.corpus_input_text(self._owner.value, *place)
        )
        path, reason, _ = text.split(b"\0")
        return Input(
            os.fsdecode(path), _KINDS[info.kind], bool(info.is_named), bool(info.is_empty),
            bool(info.is_left_out), bool(info.is_plain_text), info.compression, reason.decode(),
        )  # fmt: skip

    def _log(self) -> _structures.CorpusLog:
        log = _structures.CorpusLog(size=ctypes.sizeof(_structures.CorpusLog))
        _native.check(
            self._library.corpus_describe(
                self._owner.value, ctypes.addressof(log), local.error_at
            )
        )
        return log

    def _text(self, function: Callable[..., int], index: int) -> bytes:
        return _native.text_of(lambda *place: function(self._owner.value, index, *place))

    def _warn(self) -> None:
        """Warns of what was left out, once."""
        if self._warns:
            self._warns = False
            for note in self.notes:
                warnings.warn(note, CorpusWarning, stacklevel=3)

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
            self._warn()
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
                self._owner.value, _native.path_bytes(path), first, address(lines),
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
            texts, ends, numbers, identifiers, info.unit_count, info.bad_line_count, _kinds(info)
        )


def _kinds(info: _structures.CorpusBatch | _structures.CorpusLog) -> dict[str, int]:
    """How many bad lines are of each kind of which there are any."""
    return {
        name: count for name, count in zip(BAD_LINES, info.bad_line_kinds, strict=False) if count
    }


def checked(
    texts: npt.NDArray[np.uint8], ends: npt.NDArray[np.uint64]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint64]]:
    """Texts one after the other and where each ends, as the library takes them."""
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
    """The number that stands for the documents of `value` and those of `hashes` after them."""
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
