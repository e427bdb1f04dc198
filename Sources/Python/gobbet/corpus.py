"""Documents out of files, for callers that have no reader of their own."""

from __future__ import annotations

import gzip
import io
import json
import os
from typing import IO, TYPE_CHECKING
from collections.abc import Iterator, Sequence

from . import _native, warc
from .errors import BadData, LibraryMissing, NoInput
from .remote.urls import is_remote
from .unpacking import is_packed

if TYPE_CHECKING:
    from .corpus_reader import Batch


def documents(
    path: str | os.PathLike[str], *, text_key: str | None = None
) -> Iterator[bytes]:
    """The documents of a file, or of all files below a directory, as `gobbet` reads them.

    What a file is follows from its content: of JSON, each object is a document, under `text_key`;
    another text is one document; WARC and WET, which fastwarc reads, have one a record
    (`gobbet.warc`). gzip, zstd, bzip2, xz and lz4 (by the package of that name) are decompressed, the
    last three into a copy of their text that lies here while it is read. In a directory, hidden files are left
    out, and so are those that hold no text, of which a `CorpusWarning` tells in the end.

    Args:
        path: A file, a directory, a pattern such as `corpus/*.jsonl`, or a URL of one (`gobbet.remote`;
            that of a directory ends in a slash), of which each file is copied here while it is read.
        text_key: The key that holds the text of an object, `a.b` for nested ones; `text` if it is
            None. Another is an error where there is no JSON.

    Yields:
        The bytes of each document.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: An object has no text under `text_key`, or a file holds no text or is damaged. A
            ValueError.

    Example:
        >>> len(list(gobbet.corpus.documents("corpus/en"))) > 1
        True
    """
    place = os.fspath(path)
    if not is_remote(place) and not _native.available():
        yield from _documents(place, text_key)
        return
    for batch in batches([place], text_key=text_key):
        yield from batch


def batches(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    text_key: str | None = None,
    batch_bytes: int = 1 << 20,
) -> Iterator[Batch]:
    """The documents of several of what `documents` takes, in batches of about `batch_bytes` bytes of
    input; they are of a corpus, so that a key is an error where none of them has a use for it.

    Args:
        paths: A file, a directory, a pattern or a URL, as `documents` takes it, or several.
        text_key: The key that holds the text of an object; `text` if it is None.
        batch_bytes: About how many bytes of input a batch has.

    Yields:
        Batches, each of which yields the bytes of its documents.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: An object has no text under `text_key`, or a file holds no text or is damaged. A
            ValueError.

    Example:
        >>> sum(len(batch) for batch in gobbet.corpus.batches("corpus/en")) > 1
        True
    """
    from .corpus_reader import CorpusReader

    listed = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    places = [os.fspath(path) for path in listed]
    if not _is_read_here(places):
        yield from CorpusReader(places, text_key=text_key, batch_bytes=batch_bytes)
        return
    from .jobs.files import files_of
    from .jobs.options import Reading
    from .jobs.reading import batches_of

    reading = Reading(text_key=text_key)
    for file in files_of(places, reading):
        yield from batches_of(file, reading)


def _is_read_here(paths: list[str]) -> bool:
    """Whether a file that paths stand for lies elsewhere, holds WARC, or is compressed as the library
    doesn't read it."""
    from .corpus_reader import CorpusReader

    if "-" in paths or any(map(is_remote, paths)):
        return "-" not in paths
    return any(
        warc.is_warc(found) or found.kind == "foreign" and is_packed(found.path)
        for found in CorpusReader(paths, is_part=True).inputs()
    )


def _documents(path: str, text_key: str | None) -> Iterator[bytes]:
    """The same by Python alone, without patterns and nested keys, of plain text and of lines of JSON
    whose names say so; telling anything else is the library's."""
    if os.path.isdir(path):
        names = [name for name in os.listdir(path) if not name.startswith(".")]
        for name in sorted(names, key=os.fsencode):
            yield from _documents(os.path.join(path, name), text_key)
        return
    if warc.begins(path):
        for batch in warc.batches(path):
            yield from batch
        return
    stem = path.lower()
    for suffix in (".gz", ".gzip", ".zst", ".zstd"):
        stem = stem.removesuffix(suffix)
    with _opened(path) as file:
        if stem.endswith((".jsonl", ".ndjson", ".jsonlines")):
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _text(path, number, line, text_key or "text")
            return
        text = file.read()
        if text_key is not None or not _is_plain(text):
            raise LibraryMissing(
                f"{path}: telling what it holds needs the native library, which is missing"
            )
        yield text


def _is_plain(text: bytes) -> bool:
    """Whether a file is surely one document: UTF-8 that may be no JSON."""
    if b"\0" in text or text.startswith(b"\xef\xbb\xbf") or text.lstrip()[:1] in (b"{", b"["):
        return False
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _opened(path: str) -> IO[bytes] | gzip.GzipFile:
    """A file, decompressed if it begins as gzip and zstd do."""
    try:
        file = open(path, "rb")
    except OSError as error:
        raise NoInput(f"{path}: {error.strerror}") from None
    start = file.read(4)
    file.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)
    if start != b"\x28\xb5\x2f\xfd":
        return file
    try:
        import zstandard
    except ImportError:
        file.close()
        raise LibraryMissing("reading zstd needs zstandard: pip install zstandard") from None
    reader = zstandard.ZstdDecompressor().stream_reader(
        file, read_across_frames=True, closefd=True
    )
    return io.BufferedReader(reader)


def _text(path: str, number: int, line: bytes, text_key: str) -> bytes:
    try:
        text = json.loads(line)[text_key]
        return bytes(text.encode("utf-8", "replace"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadData(f"{path}: line {number}: no object with text under {text_key}") from None
