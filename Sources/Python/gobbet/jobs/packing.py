"""Packing as a job: the steps, one after the other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..encoding import Encoding
from ..errors import InvalidArgument
from .cutting import ShardPlan, shards_of
from .engine import Engine
from .files import File, files_of, warn_of_bad_lines
from .finishing import finish, lay_down
from .folder import (
    MANIFEST, Job, OutputFolder, is_shard, job_folders, kept_names, listed_shards, new_job_folder,
    read_json, write_atomically, KEPT,
)  # fmt: skip
from .options import PackOptions, Reading, plan_of
from .order import find_duplicates, put_in_order
from .pieces import BUCKETS, make_piece
from .shards import ShardTask, make_shard

#: Documents whose hashes one task sorts in memory.
_DOCUMENTS_PER_TASK = 4_000_000


def pack(
    engine: Engine,
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    vocabulary: Encoding | str | os.PathLike[str],
    options: PackOptions = PackOptions(),
    reading: Reading = Reading(),
    *,
    replace: bool = False,
    resume: bool = False,
) -> dict[str, Any]:
    """Packs a corpus into a folder of shards with a manifest, which comes last.

    The shards have the bytes of those that `gobbet pack` writes with the same inputs and options,
    and the manifest its content but for the names.

    Args:
        engine: What runs the tasks.
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
        >>> from gobbet import jobs
        >>> manifest = jobs.pack(jobs.LocalEngine(), ["corpus"], "packed-by-tasks", "my.gobbet")
        >>> gobbet.TokenDataset("packed-by-tasks").document_count
        88
    """
    output = os.fspath(output)
    if replace and resume:
        raise InvalidArgument("replace or resume, not both")
    encoding = vocabulary if isinstance(vocabulary, Encoding) else Encoding(vocabulary)
    appended = options.appended(encoding)
    if options.codec == "raw16" and encoding.n_vocab > 1 << 16:
        raise InvalidArgument(f"codec: raw16 cannot hold ids below {encoding.n_vocab}")
    files = tuple(files_of(inputs, reading))
    plan = plan_of([os.fspath(path) for path in inputs], reading, options, encoding)
    mode = OutputFolder.NEW
    if replace or resume:
        mode = OutputFolder.REPLACE if replace else OutputFolder.RESUME
    whole = {"vocabulary": encoding.fingerprint, "options": plan}
    with OutputFolder(output, whole, mode) as folder:
        if folder.is_finished:
            return read_json(os.path.join(output, MANIFEST))
        job = _begun(output, files, reading, options, appended, is_new=not resume)
        encoding.save(job.path("vocabulary.gobbet"))
        _shards(engine, job)
        return finish(folder, job)


def _begun(
    output: str, files: tuple[File, ...], reading: Reading, options: PackOptions,
    appended: int | None, *, is_new: bool,
) -> Job:  # fmt: skip
    """A job in the folder of a dataset, which knows the shards there that aren't its own."""
    replaced = tuple(filter(is_shard, os.listdir(output))) if is_new else listed_shards(output)
    kept: set[str] = set()
    if not is_new:
        kept = kept.union(*(kept_names(folder) for folder in job_folders(output)))
    job = Job(
        output, new_job_folder(output), files, reading, options, appended, replaced=replaced
    )
    job.save()
    for name in kept:
        write_atomically(job.path(KEPT + name), b"")
    return job


def _shards(engine: Engine, job: Job) -> None:
    """All steps from the files to the shards."""
    assert job.options is not None
    pieces = engine.read(job, make_piece)
    warn_of_bad_lines(tally.bad_line_kinds for piece in pieces for tally in piece.tallies)
    orders = put_in_order(job, pieces)
    plans: list[tuple[ShardPlan, tuple[str, ...]]] = []
    for split, order in enumerate(orders):
        duplicates: tuple[str, ...] = ()
        if job.options.unique:
            count = min(BUCKETS, -(-order.document_count // _DOCUMENTS_PER_TASK) or 1)
            bounds = [BUCKETS * index // count for index in range(count + 1)]
            tasks = [
                (job.folder, split, low, high) for low, high in zip(bounds[:-1], bounds[1:])
            ]
            duplicates = tuple(engine.run(find_duplicates, tasks))
        plans += [(plan, duplicates) for plan in shards_of(job, split, order, duplicates)]
    lay_down(job, [plan for plan, _ in plans])
    engine.run(
        make_shard, [ShardTask(job.folder, plan, duplicates) for plan, duplicates in plans]
    )
