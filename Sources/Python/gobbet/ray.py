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
    """Counts pretokens into a file, which has the bytes that `gobbet counts` writes."""
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
    """Packs a corpus into a folder of shards, as `gobbet pack` does; the manifest."""
    return jobs.pack(
        engine or RayEngine(), inputs, output, vocabulary, options, reading, replace=replace,
        resume=resume,
    )  # fmt: skip


class RayEngine:
    """Runs tasks on the Ray that is connected, `retries` times more where one fails or dies."""

    def __init__(self, *, retries: int = 3, group_bytes: int = GROUP_BYTES) -> None:
        self.retries = retries
        self.group_bytes = group_bytes

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
        """What `function` gives for each task."""
        import ray

        remote = ray.remote(num_cpus=1, max_retries=self.retries, retry_exceptions=True)(_call)
        results: list[Any] = ray.get([remote.remote(function, task) for task in tasks])
        return results

    def read(self, job: Job, function: Callable[[Any], Any]) -> list[Any]:
        """What `function` gives for groups of files."""
        return self.run(function, groups(job, self.group_bytes))


def _call(function: Callable[[Any], Any], task: Any) -> Any:
    return function(task)
