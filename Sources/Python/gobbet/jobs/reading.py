"""The documents of a corpus, in parts."""

from __future__ import annotations

import functools
import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from .. import warc
from ..corpus_reader import Batch, CorpusReader
from ..errors import Error
from ..remote.stream import local
from ..remote.urls import is_remote, shown
from ..unpacking import unpacked
from .files import File
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


def groups(
    job: Job, group_bytes: int, files: Iterable[int] | None = None
) -> list[FileGroup]:
    """Files in groups of about as many bytes, for tasks of about the same length."""
    result: list[FileGroup] = []
    open_group, size = [], 0
    for number in range(len(job.files)) if files is None else files:
        open_group.append(number)
        # A file costs something even if it is empty.
        path = job.files[number].path
        # A remote file is a task by itself.
        size += group_bytes if is_remote(path) else os.path.getsize(path) + 4096
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


def batches_of(file: File, reading: Reading) -> Iterator[Batch]:
    """The documents of a file; one that is remote, or compressed as the library doesn't read it, is
    copied while it is read, but for WARC."""
    skip = reading.bad_lines == "skip"
    if file.kind == "warc" or reading.format == "warc":
        yield from warc.batches(file.path, reading.id_key, skip=skip)
        return
    with local(file.path) as copy, unpacked(copy) as path:
        # What is remote was told by its name.
        if path != file.path and reading.format == "auto" and warc.begins(path):
            yield from warc.batches(file.path, reading.id_key, skip=skip)
            return
        try:
            yield from _batches(File(path, file.kind), reading)
        except Error as error:
            if path == file.path:
                raise
            # An error names what was asked for.
            told = str(error).replace(path, shown(file.path)).replace(copy, shown(file.path))
            raise type(error)(told) from error


def _batches(file: File, reading: Reading) -> Iterable[Batch]:
    """The documents of a local file."""
    if file.kind == "parquet" or reading.format == "parquet":
        from ..parquet import batches

        return batches(
            file.path, reading.key, reading.id_key, skip=reading.bad_lines == "skip"
        )
    path = file.path
    return CorpusReader(
        glob.escape(path) if not os.path.exists(path) else path,
        format=reading.library_format,
        text_key=reading.text_key,
        id_key=reading.id_key,
        separator=reading.separator,
        skip_bad_lines=reading.bad_lines == "skip",
        is_part=True,
    )


@functools.lru_cache(maxsize=2)
def parser_of(reading: Reading) -> CorpusReader:
    """A reader of no files, for what an engine has read."""
    return CorpusReader(
        os.devnull,
        format=reading.library_format,
        text_key=reading.text_key,
        id_key=reading.id_key,
        separator=reading.separator,
        skip_bad_lines=reading.bad_lines == "skip",
        is_part=True,
    )


def parsed(reading: Reading, lines: np.ndarray, ends: np.ndarray, path: str, first: int) -> Batch:
    """The documents of JSON lines that an engine has read, from line `first` of what it read."""
    return parser_of(reading).parsed(lines, ends, path, first)


@dataclass
class Tally:
    """What a task has read of one part of a file."""

    file: int
    start: int
    unit_count: int = 0
    #: Lines that were left out, by what is wrong with them.
    bad_line_kinds: Counter[str] = field(default_factory=Counter)
    #: Documents that went into each split.
    document_counts: list[int] = field(default_factory=lambda: [0, 0])
