"""Documents out of files, for callers that have no reader of their own."""

from __future__ import annotations

import gzip
import io
import json
import os
from typing import IO
from collections.abc import Iterator

from . import _native
from .errors import BadData, LibraryMissing, NoInput


def documents(path: str | os.PathLike[str], *, text_key: str = "text") -> Iterator[bytes]:
    """The documents of a file, or of all files below a directory, as `gobbet` reads them.

    A file of JSON Lines (`.jsonl`, `.ndjson`) has a document a line, under `text_key`; another file
    is one document. Files that end in `.gz` or `.zst` are decompressed; hidden ones are left out.

    Args:
        path: A file, a directory, or a pattern such as `corpus/*.jsonl`.
        text_key: The key that holds the text of a line, `a.b` for nested ones.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: A line has no text under `text_key`, or a file is damaged. A ValueError.

    Example:
        writer.add_texts(documents("corpus/"))
    """
    if not _native.available():
        yield from _documents(os.fspath(path), text_key)
        return
    from .corpus_reader import CorpusReader

    for batch in CorpusReader(path, text_key=text_key):
        yield from batch


def _documents(path: str, text_key: str) -> Iterator[bytes]:
    """The same by Python alone, without patterns and nested keys."""
    if os.path.isdir(path):
        names = [name for name in os.listdir(path) if not name.startswith(".")]
        for name in sorted(names, key=os.fsencode):
            yield from _documents(os.path.join(path, name), text_key)
        return
    stem, opened = path, _opened(path)
    if path.endswith((".gz", ".zst")):
        stem = path.rsplit(".", 1)[0]
    with opened as file:
        if not stem.endswith((".jsonl", ".ndjson")):
            yield file.read()
            return
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _text(path, number, line, text_key)


def _opened(path: str) -> IO[bytes] | gzip.GzipFile:
    try:
        if path.endswith(".gz"):
            return gzip.open(path, "rb")
        file = open(path, "rb")
    except OSError as error:
        raise NoInput(f"{path}: {error.strerror}") from None
    if not path.endswith(".zst"):
        return file
    try:
        import zstandard
    except ImportError:
        file.close()
        raise LibraryMissing("reading .zst needs zstandard: pip install zstandard") from None
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
