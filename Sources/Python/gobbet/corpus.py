"""Documents out of files, for callers that have no reader of their own."""

from __future__ import annotations

import gzip
import io
import json
import os
from typing import IO
from collections.abc import Iterator

from .errors import BadData, LibraryMissing, NoInput


def documents(path: str | os.PathLike[str], *, text_key: str = "text") -> Iterator[bytes]:
    """The documents of a file, or of all files below a directory by their names.

    A file of JSON Lines (`.jsonl`, `.ndjson`) has a document a line, under `text_key`; any other
    file is one document. Files that end in `.gz` or `.zst` are decompressed.
    """
    path = os.fspath(path)
    if os.path.isdir(path):
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                yield from documents(os.path.join(folder, name), text_key=text_key)
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
        return text.encode("utf-8", "replace")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadData(f"{path}: line {number}: no object with text under {text_key}") from None
