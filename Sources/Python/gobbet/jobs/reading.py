"""The files of a corpus, and their documents in parts."""

from __future__ import annotations

import functools
import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..corpus_reader import Batch, CorpusReader
from ..errors import Error, InvalidArgument, NoInput
from .folder import Job, job_at
from .options import Reading

#: Bytes of files that one task reads.
GROUP_BYTES = 128 << 20


@dataclass
class Part:
    """Documents in a row of one file."""

    #: The number of the file in the corpus.
    file: int
    #: What orders the parts of a file, such as a byte: parts may be read anywhere.
    start: int
    #: Their batches, one after the other.
    batches: Iterable[Batch]


@dataclass(frozen=True)
class FileGroup:
    """Files that one task reads, whole, by the library: their numbers in the corpus."""

    folder: str
    files: tuple[int, ...]


def is_remote(path: str) -> bool:
    """Whether a path leads elsewhere than into the file system."""
    return "://" in path


def files_of(inputs: Sequence[str | os.PathLike[str]]) -> list[str]:
    """The files that inputs stand for, in the order in which `gobbet` reads them.

    Directories are walked in the order of the bytes of the paths in them. Hidden entries, empty
    files and Spark's `_SUCCESS` are left out, unless they are named. An input that does not exist
    stands for what matches it.
    """
    files: list[str] = []
    for given in inputs:
        path = os.fsdecode(given)
        if path == "-":
            raise InvalidArgument("standard input is on one machine only: use gobbet pack")
        if is_remote(path):
            files.append(path)
        elif os.path.exists(path):
            files += _walked(path, ())
        else:
            matches = sorted(glob.glob(path), key=os.fsencode)
            if not matches:
                raise NoInput(f"{path}: no such file or directory")
            for match in matches:
                files += _walked(match, ())
    return files


def _walked(path: str, ancestors: tuple[tuple[int, int], ...]) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
        return
    status = os.stat(path)
    identity = (status.st_dev, status.st_ino)
    if identity in ancestors:
        return
    names = [name for name in os.listdir(path) if not name.startswith(".")]
    paths = {name: os.path.join(path, name) for name in names}

    def key(name: str) -> bytes:
        # With its slash, a directory sorts where the paths of its files do.
        return os.fsencode(name) + (b"/" if os.path.isdir(paths[name]) else b"")

    for name in sorted(names, key=key):
        if os.path.isdir(paths[name]):
            yield from _walked(paths[name], (*ancestors, identity))
        elif os.path.isfile(paths[name]) and name != "_SUCCESS" and not _is_empty(paths[name]):
            yield paths[name]


#: A compressed file of more bytes is not empty; the header of one has room for a name.
_EMPTY_BYTES = 1024


def _is_empty(path: str) -> bool:
    """Whether a file holds no bytes, decompressed; `gobbet` passes over such files in folders."""
    size = os.path.getsize(path)
    if size == 0 or size > _EMPTY_BYTES or not path.endswith((".gz", ".zst", ".zstd")):
        return size == 0
    try:
        return not any(len(batch.texts) for batch in CorpusReader(glob.escape(path), format="text"))
    except Error:
        # What is wrong with it is said by whoever reads it.
        return False


def groups(
    job: Job, group_bytes: int, files: Iterable[int] | None = None
) -> list[FileGroup]:
    """Files in groups of about as many bytes, for tasks of about the same length."""
    result: list[FileGroup] = []
    open_group, size = [], 0
    for number in range(len(job.files)) if files is None else files:
        open_group.append(number)
        # A file costs something even if it is empty.
        size += os.path.getsize(job.files[number]) + 4096
        if size >= group_bytes:
            result.append(FileGroup(job.folder, tuple(open_group)))
            open_group, size = [], 0
    if open_group:
        result.append(FileGroup(job.folder, tuple(open_group)))
    return result


def parts_of(source: FileGroup | Iterable[Part]) -> Iterator[Part]:
    """The parts that a task is to read."""
    if not isinstance(source, FileGroup):
        yield from source
        return
    job = job_at(source.folder)
    for number in source.files:
        yield Part(number, 0, batches_of(job.files[number], job.reading))


def batches_of(path: str, reading: Reading) -> Iterable[Batch]:
    """The documents of a file."""
    if reading.format_of(path) == "parquet":
        from ..parquet import batches

        return batches(path, reading.text_key, reading.id_key, skip=reading.bad_lines == "skip")
    return CorpusReader(
        glob.escape(path) if not os.path.exists(path) else path,
        format="jsonl" if reading.format_of(path) == "jsonl" else "text",
        text_key=reading.text_key,
        id_key=reading.id_key,
        separator=reading.separator,
        skip_bad_lines=reading.bad_lines == "skip",
    )


@functools.lru_cache(maxsize=2)
def _parser(reading: Reading) -> CorpusReader:
    return CorpusReader(
        os.devnull, text_key=reading.text_key, id_key=reading.id_key,
        skip_bad_lines=reading.bad_lines == "skip",
    )  # fmt: skip


def parsed(reading: Reading, lines: np.ndarray, ends: np.ndarray, path: str, first: int) -> Batch:
    """The documents of JSON lines that an engine has read, from line `first` of what it read."""
    return _parser(reading).parsed(lines, ends, path, first)


@dataclass
class Tally:
    """What a task has read of one part of a file."""

    file: int
    start: int
    unit_count: int = 0
    bad_line_count: int = 0
    #: Documents that went into each split.
    document_counts: list[int] = field(default_factory=lambda: [0, 0])
