"""Counting and packing on Ray: the tasks of `gobbet.jobs`, tried again where they fail.

    import ray
    from gobbet import ray as gobbet_ray
    from gobbet.jobs import PackOptions

    ray.init()
    gobbet_ray.count(["/data/"], "/data/counts.gobbet", pattern="cl100k")
    gobbet_ray.pack(["/data/"], "/data/packed", "my.gobbet", PackOptions(shard_tokens=100_000_000))

Inputs and outputs lie in a file system that all machines see; a task reads whole files, Parquet by
pyarrow. The results have the bytes of `gobbet counts` and `gobbet pack`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from . import jobs
from .encoding import Encoding
from .jobs import PackOptions, Reading
from .jobs.folder import Job
from .jobs.reading import GROUP_BYTES, groups

finalize = jobs.finalize


def count(
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    pattern: str = "cl100k",
    reading: Reading = Reading(),
    *,
    replace: bool = False,
    engine: RayEngine | None = None,
) -> None:
    """Counts pretokens into a file, which has the bytes that `gobbet counts` writes.

    Args:
        inputs: Files and folders of text, JSON Lines, Parquet or WARC.
        output: The file of counts to write.
        pattern: The pattern that splits text, as `gobbet.train` takes it.
        reading: How files become documents.
        replace: Whether to replace a file that is there.
        engine: What runs the tasks; None for the Ray that is connected.

    Raises:
        CannotCreate: There is such a file already. A FileExistsError.
        NoInput: There is no such input. A FileNotFoundError.
        BadData: An input can't be read, or there is nothing to count.

    Example:
        >>> from gobbet import ray
        >>> ray.count(["corpus"], "ray.counts.gobbet")
    """
    jobs.count(engine or RayEngine(), inputs, output, pattern, reading, replace=replace)


def pack(
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    vocabulary: Encoding | str | os.PathLike[str],
    options: PackOptions = PackOptions(),
    reading: Reading = Reading(),
    *,
    replace: bool = False,
    resume: bool = False,
    engine: RayEngine | None = None,
) -> dict[str, Any]:
    """Packs a corpus into a folder of shards, as `gobbet pack` does.

    Args:
        inputs: Files and folders of text, JSON Lines, Parquet or WARC.
        output: The folder of shards to write.
        vocabulary: The vocabulary, or the file that holds one.
        options: How the dataset is packed.
        reading: How files become documents.
        replace: Whether to replace a dataset that is there.
        resume: Whether to go on with a folder that was begun: shards that are there stay.
        engine: What runs the tasks; None for the Ray that is connected.

    Returns:
        The manifest.

    Raises:
        InvalidArgument: `replace` and `resume`, or a codec that can't hold the vocabulary's ids.
        CannotCreate: There is such a folder already. A FileExistsError.
        NoInput: There is no such input. A FileNotFoundError.
        BadData: An input can't be read.

    Example:
        >>> from gobbet import ray
        >>> manifest = ray.pack(["corpus"], "packed-by-ray", "my.gobbet")
    """
    return jobs.pack(
        engine or RayEngine(), inputs, output, vocabulary, options, reading, replace=replace,
        resume=resume,
    )  # fmt: skip


class RayEngine:
    """Runs the tasks of `gobbet.jobs` on the Ray that is connected.

    Args:
        retries: How often a task that fails or dies is tried again.
        group_bytes: About how many bytes of files a task reads.

    Example:
        >>> from gobbet import ray
        >>> ray.count(["corpus"], "retried.gobbet", engine=ray.RayEngine(retries=5))
    """

    def __init__(self, *, retries: int = 3, group_bytes: int = GROUP_BYTES) -> None:
        self.retries = retries
        self.group_bytes = group_bytes

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
        """Runs tasks.

        Args:
            function: A function of a module that the workers can import.
            tasks: What it is called with, one after the other.

        Returns:
            What the function returned for each task, in the order of `tasks`.

        Example:
            >>> from gobbet import ray
            >>> ray.RayEngine().run(len, ["a", "bc"])
            [1, 2]
        """
        import ray

        remote = ray.remote(num_cpus=1, max_retries=self.retries, retry_exceptions=True)(_call)
        results: list[Any] = ray.get([remote.remote(function, task) for task in tasks])
        return results

    def read(self, job: Job, function: Callable[[Any], Any]) -> list[Any]:
        """Runs a task for each group of files.

        Args:
            job: The job whose files are read.
            function: Is handed a `reading.FileGroup`.

        Returns:
            What the function returned, in the order of the groups.

        Example:
            >>> from gobbet import ray
            >>> ray.count(["corpus"], "grouped.gobbet", engine=ray.RayEngine(group_bytes=1 << 20))
        """
        return self.run(function, groups(job, self.group_bytes))


def _call(function: Callable[[Any], Any], task: Any) -> Any:
    return function(task)
