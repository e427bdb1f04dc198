"""Packing as a job: the steps, one after the other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..encoding import Encoding
from ..errors import InvalidArgument
from .cutting import ShardPlan, shards_of
from .engine import Engine
from .finishing import finalize, lay_down
from .folder import MANIFEST, Job, begin, new_job_folder, read_json
from .options import PackOptions, Reading, plan_of
from .order import find_duplicates, put_in_order
from .pieces import BUCKETS, make_piece
from .reading import files_of
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
    """Packs a corpus into a folder of shards with a manifest, which comes last; the manifest.

    The shards have the bytes of those that `gobbet pack` writes with the same inputs and options,
    and the manifest its content but for the names. `resume` takes up a folder that was begun: shards
    that are there stay.
    """
    output = os.fspath(output)
    if replace and resume:
        raise InvalidArgument("replace or resume, not both")
    encoding = vocabulary if isinstance(vocabulary, Encoding) else Encoding(vocabulary)
    appended = options.appended(encoding)
    if options.codec == "raw16" and encoding.n_vocab > 1 << 16:
        raise InvalidArgument(f"codec: raw16 cannot hold ids below {encoding.n_vocab}")
    files = tuple(files_of(inputs))
    plan = plan_of([os.fspath(path) for path in inputs], reading, options, encoding)
    if begin(output, encoding.fingerprint, plan, replace=replace, resume=resume):
        return read_json(os.path.join(output, MANIFEST))
    job = Job(output, new_job_folder(output), files, reading, options, appended)
    job.save()
    encoding.save(job.path("vocabulary.gobbet"))
    _shards(engine, job)
    return finalize(output)


def _shards(engine: Engine, job: Job) -> None:
    """All steps from the files to the shards."""
    assert job.options is not None
    orders = put_in_order(job, engine.read(job, make_piece))
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
