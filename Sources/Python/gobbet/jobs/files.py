"""The files of a corpus: which they are, and what each holds, as the library tells it."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .. import unpacking, warc
from ..corpus_reader import BAD_LINES, CorpusReader, Input, SkippedFile
from ..errors import BadData, CorpusWarning, InvalidArgument
from ..remote.stream import expanded
from ..remote.urls import is_remote
from .options import Reading

#: What a file may hold.
KINDS = ("text", "json", "parquet", "warc")
#: Names of what Spark decompresses, by which alone it tells it.
_COMPRESSED = (".gz", ".bz2", ".deflate", ".snappy", ".lz4", ".zst")
#: Files that a warning names.
_TOLD = 3


@dataclass(frozen=True)
class File:
    """A file of a corpus."""

    path: str
    #: `text`, `json`, `parquet` or `warc`.
    kind: str
    #: Whether an engine that reads lines, or whole texts, finds the same documents in it: it is UTF-8
    #: without a byte order mark, has an object a line if it is JSON, and is compressed as its name says.
    is_plain: bool = True


def files_of(inputs: Sequence[str | os.PathLike[str]], reading: Reading) -> list[File]:
    """The files that inputs stand for, in the order in which `gobbet` reads them.

    What each holds is told by its content, except where it lies elsewhere than in the file system:
    there by its name, and whoever reads it compares. Hidden entries of directories, empty files and
    Spark's `_SUCCESS` are left out, and so is what holds no text, of which a `CorpusWarning` tells.

    Raises:
        NoInput: An input does not exist.
        BadData: An input that is named holds no text.
        InvalidArgument: A key or a separator applies to none of the files.
    """
    files: list[File] = []
    skipped: list[SkippedFile] = []
    for given in inputs:
        path = os.fsdecode(given)
        if path == "-":
            raise InvalidArgument("standard input is on one machine only: use gobbet pack")
        if is_remote(path):
            files += [_named(each, reading) for each in expanded(path)]
        else:
            files += _looked_into(path, reading, skipped)
    if skipped:
        names = ", ".join(f"{file.path} ({file.reason})" for file in skipped[:_TOLD])
        count = "1 file" if len(skipped) == 1 else f"{len(skipped)} files"
        rest = " and others" if len(skipped) > _TOLD else ""
        warnings.warn(
            f"{count} in folders left out, since they hold no text: {names}{rest}",
            CorpusWarning, stacklevel=4,
        )  # fmt: skip
    _check_use(files, reading)
    return files


def warn_of_bad_lines(tallies: Iterable[Counter[str]]) -> None:
    """Warns that lines were left out, if there were any, by what is wrong with them."""
    kinds = sum(tallies, Counter[str]())
    if count := kinds.total():
        lines = "1 bad line" if count == 1 else f"{count} bad lines"
        words = ", ".join(f"{kinds[kind]} {words}" for kind, words in BAD_LINES.items() if kinds[kind])
        warnings.warn(f"{lines} left out: {words}", CorpusWarning, stacklevel=4)


def _looked_into(path: str, reading: Reading, skipped: list[SkippedFile]) -> Iterator[File]:
    is_parquet, is_warc = reading.format == "parquet", reading.format == "warc"
    reader = CorpusReader(
        path,
        # Of what is said to be Parquet or WARC, only the paths are wanted.
        format="text" if is_parquet or is_warc else reading.library_format,
        text_key=None if is_parquet or is_warc else reading.text_key,
        id_key=None if is_parquet or is_warc else reading.id_key,
        separator=None if is_parquet or is_warc else reading.separator,
        is_part=True,
    )
    for found in reader.inputs():
        is_packed = found.kind == "foreign" and unpacking.is_packed(found.path)
        if is_packed:
            found = _unpacked(found, reader)
        if found.kind == "unseen":
            raise InvalidArgument(
                f"{found.path}: can be read once only, and tasks may read a file several times"
            )
        if found.kind == "parquet" or is_parquet and not found.is_left_out:
            yield File(found.path, "parquet")
        elif is_warc or reading.format == "auto" and warc.is_warc(found):
            # The library leaves out what holds no text to it, as WARC with images.
            if found.kind == "foreign" or not found.is_left_out:
                yield File(found.path, "warc", False)
        elif found.is_left_out:
            if found.kind == "foreign":
                skipped.append(SkippedFile(found.path, found.reason.split(";")[0]))
        elif found.kind == "foreign":
            raise BadData(f"{found.path}: holds no text: {found.reason}")
        else:
            kind = "text" if found.kind == "text" else "json"
            yield File(found.path, kind, not is_packed and _is_plain(found))


def _unpacked(found: Input, reader: CorpusReader) -> Input:
    """What a file holds that the library doesn't unpack."""
    start, is_whole = unpacking.head(found.path)
    inside = reader.look(os.path.splitext(found.path)[0], start, is_whole=is_whole)
    is_left_out = found.is_left_out and inside.kind in ("foreign", "parquet")
    if inside.kind == "parquet":
        inside = inside._replace(kind="foreign", reason="compressed Parquet; decompress it")
    return inside._replace(path=found.path, is_named=found.is_named, is_left_out=is_left_out)


def _is_plain(found: Input) -> bool:
    name = found.path.lower()
    if found.compression == 1:
        is_as_named = found.path.endswith(".gz")
    else:
        is_as_named = found.compression == 0 and not name.endswith(_COMPRESSED)
    return found.is_plain_text and is_as_named and found.kind != "json"


def _named(path: str, reading: Reading) -> File:
    kind = _named_kind(path, reading)
    return File(path, kind, kind != "warc")


def _named_kind(path: str, reading: Reading) -> str:
    """What a file that cannot be looked into holds, by its name."""
    if reading.format != "auto":
        return "json" if reading.format == "jsonl" else reading.format
    path = path.partition("?")[0].lower()
    if path.endswith(".parquet"):
        return "parquet"
    for suffix in (".gz", ".zst", ".zstd", *unpacking.SUFFIXES):
        path = path.removesuffix(suffix)
    if path.endswith((".warc", ".wet")):
        return "warc"
    return "json" if path.endswith((".jsonl", ".ndjson", ".jsonlines")) else "text"


def _check_use(files: Sequence[File], reading: Reading) -> None:
    """Refuses keys and separators that apply to none of the files."""
    kinds = {file.kind for file in files}
    key = reading.text_key if reading.text_key is not None else reading.id_key
    if key is not None and not kinds & {"json", "parquet"}:
        if reading.text_key is not None or "warc" not in kinds:
            raise InvalidArgument(f"the key {key} is given, and no input holds JSON or is Parquet")
    if reading.separator is not None and "text" not in kinds:
        raise InvalidArgument("a separator of texts is given, and no input is text")
