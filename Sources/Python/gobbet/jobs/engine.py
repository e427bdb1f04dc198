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
    """Runs tasks, on any machine, in any order, and again those that fail."""

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
        """What `function`, of a module, gives for each task, in their order."""
        ...

    def read(self, job: Job, function: Callable[[Any], Any]) -> list[Any]:
        """What `function` gives for the parts of the corpus, in any order.

        Each is handed the folder of the job and `reading.Part`s, or a `reading.FileGroup`; together
        they are every part of every file, once.
        """
        ...


class LocalEngine:
    """Tasks in processes of this machine, 0 (one per core) to 1,024; in this process if it is one."""

    def __init__(self, processes: int = 1, *, group_bytes: int = GROUP_BYTES) -> None:
        self.processes = thread_count(processes, "processes") or os.cpu_count() or 1
        self.group_bytes = group_bytes

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
        """What `function` gives for each task."""
        if self.processes == 1 or len(tasks) < 2:
            return [function(task) for task in tasks]
        with ProcessPoolExecutor(self.processes, mp_context=get_context("spawn")) as pool:
            return list(pool.map(function, tasks))

    def read(self, job: Job, function: Callable[[Any], Any]) -> list[Any]:
        """What `function` gives for groups of files."""
        return self.run(function, groups(job, self.group_bytes))
