"""What runs tasks."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Protocol

from ..limits import thread_count
from .folder import Job
from .reading import GROUP_BYTES, groups


class Engine(Protocol):
    """Runs tasks, on any machine, in any order, and again those that fail.

    Example:
        >>> from gobbet import jobs
        >>> engine: jobs.Engine = jobs.LocalEngine(2)
    """

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
        """Runs tasks.

        Args:
            function: A function of a module, which another process can import.
            tasks: What it is called with, one after the other.

        Returns:
            What the function returned for each task, in the order of `tasks`.

        Example:
            >>> from gobbet import jobs
            >>> jobs.LocalEngine().run(len, ["a", "bc"])
            [1, 2]
        """
        ...

    def read(self, job: Job, function: Callable[[Any], Any]) -> list[Any]:
        """Runs a task for each part of the corpus, in any order.

        Args:
            job: The job whose files are read.
            function: Is handed the folder of the job and `reading.Part`s, or a `reading.FileGroup`;
                together they are every part of every file, once.

        Returns:
            What the function returned, in any order.

        Example:
            >>> from gobbet import jobs
            >>> jobs.count(jobs.LocalEngine(), ["corpus"], "read.gobbet")  # reads by its engine
        """
        ...


class LocalEngine:
    """Tasks in processes of this machine.

    Args:
        processes: How many processes work, 1 to 1,024, or 0 for one per core; 1 is this process.
        group_bytes: About how many bytes of files a task reads.

    Example:
        >>> from gobbet import jobs
        >>> jobs.LocalEngine(2).processes
        2
    """

    def __init__(self, processes: int = 1, *, group_bytes: int = GROUP_BYTES) -> None:
        self.processes = thread_count(processes, "processes") or os.cpu_count() or 1
        self.group_bytes = group_bytes

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
        """Runs tasks, several at a time.

        Args:
            function: A function of a module, which another process can import.
            tasks: What it is called with, one after the other.

        Returns:
            What the function returned for each task, in the order of `tasks`.

        Example:
            >>> from gobbet import jobs
            >>> jobs.LocalEngine(2).run(len, ["a", "bc"])
            [1, 2]
        """
        if self.processes == 1 or len(tasks) < 2:
            return [function(task) for task in tasks]
        with ProcessPoolExecutor(self.processes, mp_context=get_context("spawn")) as pool:
            return list(pool.map(function, tasks))

    def read(self, job: Job, function: Callable[[Any], Any]) -> list[Any]:
        """Runs a task for each group of files.

        Args:
            job: The job whose files are read.
            function: Is handed a `reading.FileGroup`.

        Returns:
            What the function returned, in the order of the groups.

        Example:
            >>> from gobbet import jobs
            >>> jobs.count(jobs.LocalEngine(group_bytes=1 << 16), ["corpus"], "groups.gobbet")
        """
        return self.run(function, groups(job, self.group_bytes))
