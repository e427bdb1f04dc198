"""Counting and packing on Spark: the bytes of the one-machine commands, from many machines.

    from gobbet import spark as gobbet_spark
    from gobbet.jobs import PackOptions

    gobbet_spark.count(session, ["/data/*.jsonl"], "/data/counts.gobbet", pattern="cl100k")
    encoding = gobbet.train_from_counts("/data/counts.gobbet", 32768)
    gobbet_spark.pack(session, ["/data/*.jsonl"], "/data/packed", encoding,
                      PackOptions(shard_tokens=100_000_000, append_eot=True))

Text, JSON Lines and Parquet come through Spark's own reader, from wherever it reads. What a file is
follows from its content; what Spark would read otherwise (zstd, JSON arrays, UTF-16 and other text
with a byte order mark, what is not compressed as its name says) comes through the library. A file
elsewhere than in the file system is what its name says, and an error if it is not. Outputs lie in a
file system that all machines see. PySpark 4; executors need this package and nothing else.
`gobbet.jobs` has the work itself.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import jobs
from .corpus_reader import Batch
from .encoding import Encoding
from .errors import BadData, InvalidArgument
from .jobs import PackOptions, Reading
from .jobs.folder import Job
from .jobs.options import keys_of
from .jobs.reading import GROUP_BYTES, Part, groups
from .remote.urls import is_remote
from .spark_splits import Numbered, Split, local_path, place_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

finalize = jobs.finalize


def count(
    session: SparkSession,
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    pattern: str = "cl100k",
    reading: Reading = Reading(),
    *,
    replace: bool = False,
) -> None:
    """Counts pretokens into a file, which has the bytes that `gobbet counts` writes.

    Args:
        session: The session whose cluster works.
        inputs: Files and folders of text, JSON Lines, Parquet or WARC.
        output: The file of counts to write.
        pattern: The pattern that splits text, as `gobbet.train` takes it.
        reading: How files become documents.
        replace: Whether to replace a file that is there.

    Raises:
        CannotCreate: There is such a file already. A FileExistsError.
        NoInput: There is no such input. A FileNotFoundError.
        BadData: An input can't be read, or there is nothing to count.

    Example:
        >>> from gobbet import spark
        >>> spark.count(session, ["corpus"], "spark.counts.gobbet")
    """
    engine = SparkEngine(session)
    jobs.count(engine, engine.expanded(inputs), output, pattern, reading, replace=replace)


def pack(
    session: SparkSession,
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    vocabulary: Encoding | str | os.PathLike[str],
    options: PackOptions = PackOptions(),
    reading: Reading = Reading(),
    *,
    replace: bool = False,
    resume: bool = False,
) -> dict[str, Any]:
    """Packs a corpus into a folder of shards, as `gobbet pack` does.

    Args:
        session: The session whose cluster works.
        inputs: Files and folders of text, JSON Lines, Parquet or WARC.
        output: The folder of shards to write.
        vocabulary: The vocabulary, or the file that holds one.
        options: How the dataset is packed.
        reading: How files become documents.
        replace: Whether to replace a dataset that is there.
        resume: Whether to go on with a folder that was begun: shards that are there stay.

    Returns:
        The manifest.

    Raises:
        InvalidArgument: `replace` and `resume`, or a codec that can't hold the vocabulary's ids.
        CannotCreate: There is such a folder already. A FileExistsError.
        NoInput: There is no such input. A FileNotFoundError.
        BadData: An input can't be read.

    Example:
        >>> from gobbet import spark
        >>> manifest = spark.pack(session, ["corpus"], "packed-by-spark", "my.gobbet")
    """
    engine = SparkEngine(session)
    return jobs.pack(
        engine, engine.expanded(inputs), output, vocabulary, options, reading, replace=replace,
        resume=resume,
    )  # fmt: skip


class SparkEngine:
    """Runs the tasks of `gobbet.jobs` on Spark, which tries again those that fail.

    Args:
        session: The session whose cluster works.
        group_bytes: About how many bytes of files that Spark doesn't read itself make a task.

    Example:
        >>> from gobbet import jobs, spark
        >>> jobs.count(spark.SparkEngine(session), ["corpus"], "engine.counts.gobbet")
    """

    def __init__(self, session: SparkSession, *, group_bytes: int = GROUP_BYTES) -> None:
        self.session = session
        self.group_bytes = group_bytes

    def expanded(self, inputs: Sequence[str | os.PathLike[str]]) -> list[str]:
        """Inputs, with directories of other file systems as the files in them.

        Args:
            inputs: Files and folders, in any file system that Spark knows.

        Returns:
            The paths; those of this file system as they were given.

        Example:
            >>> from gobbet import spark
            >>> spark.SparkEngine(session).expanded(["corpus"])
            ['corpus']
        """
        result = []
        for path in [os.fspath(each) for each in inputs]:
            # A file of its own stays as it is written, for errors and sources.
            if is_remote(path) and not path.startswith("file:"):
                found = self.session.read.format("text").load(path).inputFiles()
                result += sorted(found, key=os.fsencode) if found else [path]
            elif path.startswith("file:"):
                result.append(local_path(path))
            else:
                result.append(path)
        return result

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
        """Runs tasks, each a partition of one row.

        Args:
            function: A function of a module that the executors can import.
            tasks: What it is called with, one after the other.

        Returns:
            What the function returned for each task, in the order of `tasks`.

        Example:
            >>> from gobbet import spark
            >>> spark.SparkEngine(session).run(len, ["a", "bc"])
            [1, 2]
        """
        if not tasks:
            return []
        rows = self.session.range(0, len(tasks), 1, len(tasks)).mapInArrow(
            Numbered(function, [pickle.dumps(task) for task in tasks]),
            "number long, result binary",
        )
        results = {row.number: pickle.loads(row.result) for row in rows.collect()}
        return [results[number] for number in range(len(tasks))]

    def read(self, job: Job, function: Callable[[Any], Any]) -> list[Any]:
        """Runs a task for each split of the files, as Spark reads them.

        Args:
            job: The job whose files are read.
            function: Is handed the folder of the job and `reading.Part`s.

        Returns:
            What the function returned, in any order.

        Raises:
            InvalidArgument: A remote file is compressed by zstd, which Spark doesn't read.

        Example:
            >>> from gobbet import jobs, spark
            >>> jobs.count(spark.SparkEngine(session), ["corpus"], "splits.counts.gobbet")
        """
        natively: list[int] = []
        by_kind: dict[str, list[int]] = {"text": [], "lines": [], "parquet": []}
        for number, file in enumerate(job.files):
            if is_remote(file.path) and file.path.endswith((".zst", ".zstd")):
                raise InvalidArgument(
                    f"{file.path}: Spark does not read zstd, and it is not local"
                )
            if not file.is_plain:
                natively.append(number)
            else:
                by_kind["lines" if file.kind == "json" else file.kind].append(number)
        results = self.run(function, groups(job, self.group_bytes, natively))
        for kind, numbers in by_kind.items():
            if numbers:
                results += self._read(job, kind, numbers, function)
        seen = {tally.file for result in results for tally in result.tallies}
        empty = [number for number in by_kind["text"] if number not in seen]
        if empty and job.reading.separator is None:
            results.append(function((job.folder, _empty(job, empty))))
        return results

    def _read(
        self, job: Job, kind: str, numbers: list[int], function: Callable[[Any], Any]
    ) -> list[Any]:
        places = {place_of(job.files[number].path): number for number in numbers}
        if len(places) < len(numbers):
            raise InvalidArgument("Spark reads a file once: an input is there twice")
        paths = [_uri(job.files[number].path) for number in numbers]
        rows = self._rows(job, kind, paths).mapInArrow(
            Split(function, job.folder, kind, places), "result binary"
        )
        return [pickle.loads(row.result) for row in rows.collect()]

    def _rows(self, job: Job, kind: str, paths: list[str]) -> DataFrame:
        """Rows as Spark reads them, beside the file and the byte that each split begins with."""
        from pyspark.sql import functions

        reader = self.session.read.options(ignoreCorruptFiles=False, ignoreMissingFiles=False)
        reading = job.reading
        if kind == "parquet":
            table = reader.parquet(*paths)
            values = [_column(reading.key).alias("value")]
            if reading.id_key is not None:
                values.append(_column(reading.id_key).alias("name"))
        else:
            # Whole, for a text may begin with a byte order mark, which Spark takes off lines.
            options: dict[str, Any] = {"wholetext": True} if kind == "text" else {"lineSep": "\n"}
            table = reader.text(paths, **options)
            values = [functions.col("value").cast("binary").alias("value")]
        return table.select(
            functions.col("_metadata.file_path").alias("path"),
            functions.col("_metadata.file_block_start").alias("start"), *values,
        )  # fmt: skip


def _empty(job: Job, numbers: list[int]) -> list[Part]:
    """Files without a byte, which Spark leaves out, and which are documents nevertheless."""
    for number in numbers:
        path = job.files[number].path
        hidden = os.path.basename(path).startswith(("_", "."))
        if hidden if is_remote(path) else os.path.getsize(path) > 0:
            raise BadData(f"{path}: was not read, for Spark hides what begins with _ or a dot")
    return [Part(number, 0, [Batch.of([b""])]) for number in numbers]


def _column(key: str) -> Column:
    """A column by its key, `a.b` for one inside another."""
    from pyspark.sql import functions

    return functions.col(".".join("`" + name.replace("`", "``") + "`" for name in keys_of(key)))


def _uri(path: str) -> str:
    """A path as Spark takes it: one that means nothing but the file of that name."""
    if is_remote(path):
        return path
    escaped = "".join("\\" + letter if letter in "*?[]{}\\" else letter for letter in path)
    return os.path.abspath(escaped)
