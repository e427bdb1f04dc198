"""What Spark's executors do with partitions: they hand the documents of a split to a task."""

from __future__ import annotations

import os
import pickle
import urllib.parse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .corpus_reader import Batch
from .errors import BadData
from .jobs.files import File
from .jobs.folder import Job, job_at
from .jobs.reading import Part, parsed, parser_of
from .parquet import joined_column, rows_batch
from .remote.urls import is_remote

if TYPE_CHECKING:
    import pyarrow

#: Bytes of rows that are worked on at a time, about.
_BATCH_BYTES = 1 << 20
#: Bytes of a file that tell what it holds.
_SAMPLE_BYTES = 1 << 16


class Numbered:
    """Runs the tasks whose numbers are in a partition."""

    def __init__(self, function: Callable[[Any], Any], tasks: list[bytes]) -> None:
        self._function, self._tasks = function, tasks

    def __call__(self, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                result = self._function(pickle.loads(self._tasks[number]))
                yield _record(number=[number], result=[pickle.dumps(result)])


class Split:
    """Hands what Spark has read, a partition, to the function of a task."""

    def __init__(
        self, function: Callable[[Any], Any], folder: str, kind: str, places: dict[str, int]
    ) -> None:
        self._function, self._folder, self._kind, self._places = function, folder, kind, places

    def __call__(self, batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        runs = _Runs(batches)
        if runs.peek() is None:
            return
        result = self._function((self._folder, self._parts(runs)))
        yield _record(result=[pickle.dumps(result)])

    def _parts(self, runs: _Runs) -> Iterator[Part]:
        while (head := runs.peek()) is not None:
            path, start = head
            number = self._places.get(place_of(path))
            if number is None:
                raise BadData(f"{path}: isn't one of the files that were asked for")
            yield Part(number, start, self._batches(runs, path, start, number))
            if runs.peek() == head:
                raise AssertionError("a part of a file was not read to its end")

    def _batches(self, runs: _Runs, path: str, start: int, number: int) -> Iterator[Batch]:
        job, done = job_at(self._folder), 0
        name = job.files[number].path
        # Lines of a later split are counted from its start, and aren't the first of the file.
        place, before = (name, 0) if start == 0 else (f"{name}, after byte {start}", 1)
        while (rows := runs.take(path, start)) is not None:
            if start == 0 and done == 0 and self._kind != "parquet":
                compare(job, job.files[number], rows.column(2), self._kind)
            if self._kind == "parquet":
                reading = job.reading
                yield rows_batch(
                    place, done, rows.column(2), rows.column(3) if reading.id_key else None,
                    reading.key, reading.id_key, skip=reading.bad_lines == "skip",
                )  # fmt: skip
            elif self._kind == "lines":
                batch = parsed(job.reading, *joined_column(rows.column(2)), place, done + before)
                batch.numbers -= np.uint64(before)
                yield batch
            else:
                yield from _documents(rows.column(2).to_pylist(), job.reading.separator, done)
            done += len(rows)


class _Runs:
    """Batches of rows, cut where the file or the split of it changes."""

    def __init__(self, batches: Iterator[pyarrow.RecordBatch]) -> None:
        self._batches, self._rest = batches, None

    def peek(self) -> tuple[str, int] | None:
        """The file and the start of the next row; None at the end."""
        while self._rest is None or not len(self._rest):
            self._rest = next(self._batches, None)
            if self._rest is None:
                return None
        return self._rest.column(0)[0].as_py(), self._rest.column(1)[0].as_py()

    def take(self, path: str, start: int) -> pyarrow.RecordBatch | None:
        """The next rows of that split, as many as fit; None where another begins."""
        import pyarrow.compute as compute

        if self.peek() != (path, start) or self._rest is None:
            return None
        same = compute.and_(
            compute.equal(self._rest.column(0), path), compute.equal(self._rest.column(1), start)
        )
        count = compute.index(same, False).as_py()
        count = len(self._rest) if count < 0 else count
        # A batch of Spark's is of ten thousand rows, however long they are.
        fitting = len(self._rest) * _BATCH_BYTES // max(1, self._rest.nbytes)
        count = min(count, max(1, fitting))
        rows, self._rest = self._rest.slice(0, count), self._rest.slice(count)
        return rows


def compare(job: Job, file: File, rows: pyarrow.Array, kind: str) -> None:
    """Refuses a file that only its name could tell what it holds, if its content is something else."""
    if not is_remote(file.path):
        return
    sample, is_whole = b"", False
    for row in rows:
        sample += row.as_py() + (b"\n" if kind == "lines" else b"")
        if len(sample) >= _SAMPLE_BYTES:
            break
    else:
        is_whole = kind == "text"
    found = parser_of(job.reading).look(
        file.path, sample[:_SAMPLE_BYTES], is_whole=is_whole and len(sample) <= _SAMPLE_BYTES
    )
    expected = "text" if kind == "text" else "json lines"
    if found.kind == "foreign":
        raise BadData(f"{file.path}: holds no text: {found.reason}")
    if found.kind != expected and not found.is_empty:
        raise BadData(
            f"{file.path}: holds {found.kind}, not {expected} as its name says: rename it, choose a "
            "format, or read it from the file system"
        )
    if sample.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise BadData(
            f"{file.path}: begins with a byte order mark: read it from the file system"
        )


def _documents(
    wholes: list[bytes], separator: bytes | None, before: int
) -> Iterator[Batch]:
    """Text files as documents."""
    for whole in wholes:
        if separator is None:
            yield Batch.of([whole], before)
        else:
            documents = whole.split(separator)
            if not documents[-1]:
                documents.pop()
            yield Batch.of(documents, before)


def _record(**columns: list[Any]) -> pyarrow.RecordBatch:
    import pyarrow

    kinds = {"number": pyarrow.int64(), "result": pyarrow.binary()}
    return pyarrow.RecordBatch.from_arrays(
        [pyarrow.array(values, kinds[name]) for name, values in columns.items()], list(columns)
    )


def local_path(uri: str) -> str:
    """The path of a `file:` URI."""
    return urllib.parse.unquote(urllib.parse.urlsplit(uri).path)


def place_of(path: str) -> str:
    """What is the same for a path as it was given and as Spark tells it."""
    if path.startswith("file:"):
        return local_path(path)
    return urllib.parse.unquote(path) if is_remote(path) else os.path.abspath(path)
