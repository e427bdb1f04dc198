"""The last step of packing: nothing is missing, the manifest, and away with what lies between."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any
from dataclasses import asdict

from ..errors import BadData, NoInput
from .cutting import ShardPlan
from .folder import (
    MANIFEST, UNFINISHED, Job, OutputFolder, job_at, job_folders, read_json, remove_job_folders,
    write_atomically,
)  # fmt: skip
from .shards import find_shard, shards_there

_SHARDS = "shards.json"


def lay_down(job: Job, plans: Sequence[ShardPlan]) -> None:
    """Says in the folder of the job which shards there are to be, for `finalize`."""
    write_atomically(
        job.path(_SHARDS), json.dumps([asdict(plan) for plan in plans]).encode()
    )


def finalize(output: str | os.PathLike[str]) -> dict[str, Any]:
    """Ends a dataset whose shards are all there: checks them, writes the manifest, and cleans up.

    The job does it itself; this is for one whose driver died after its last task. What is there
    decides, not what tasks said. A dataset that is finished already is left as it is.

    Args:
        output: The folder.

    Returns:
        The manifest.

    Raises:
        NoInput: No dataset was begun there. A FileNotFoundError.
        BadData: A shard is missing or is not what was planned; nothing is changed then.

    Example:
        >>> from gobbet import jobs
        >>> packed = jobs.pack(jobs.LocalEngine(), ["corpus"], "packed-whole", "my.gobbet")
        >>> jobs.finalize("packed-whole") == packed
        True
    """
    output = os.fspath(output)
    manifest, unfinished = os.path.join(output, MANIFEST), os.path.join(output, UNFINISHED)
    begun = unfinished if os.path.exists(unfinished) else manifest
    if not os.path.exists(begun):
        raise NoInput(f"{output}: no dataset was begun here")
    found = read_json(begun)
    plan = {key: found.get(key) for key in ("vocabulary", "options")}
    with OutputFolder(output, plan, OutputFolder.RESUME) as folder:
        if folder.is_finished:
            return read_json(manifest)
        folders = job_folders(output)
        if not folders:
            raise NoInput(f"{output}: the job ended before it had begun to read")
        return finish(folder, job_at(folders[0]))


def finish(folder: OutputFolder, job: Job) -> dict[str, Any]:
    """Makes the shards of a job the dataset of its folder; the manifest."""
    output = job.output
    begun = read_json(os.path.join(output, UNFINISHED))
    plans, there = _plans(job), shards_there(job)
    splits: dict[str, list[dict[str, Any]]] = {}
    missing = []
    for plan in plans:
        entry = find_shard(output, plan, there)
        if entry is None:
            missing.append(f"{plan.split}-{plan.number:05d}")
            continue
        splits.setdefault(plan.split, []).append(entry)
    if missing:
        rest = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
        named = ", ".join(missing[:8])
        raise BadData(f"{output}: of {len(plans)} shards are missing {named}{rest}")
    folder.finish({
        "kind": "gobbet tokens",
        "version": 1,
        "vocabulary": begun["vocabulary"],
        "options": begun["options"],
        "splits": [
            {
                "name": name,
                "tokens": sum(entry["tokens"] for entry in entries),
                "documents": sum(entry["documents"] for entry in entries),
                "shards": entries,
            }
            for name, entries in splits.items()
        ],
    })  # fmt: skip
    remove_job_folders(output)
    return read_json(os.path.join(output, MANIFEST))


def _plans(job: Job) -> list[ShardPlan]:
    path = job.path(_SHARDS)
    if not os.path.exists(path):
        raise NoInput(
            f"{job.output}: the job ended before it was known which shards there are to be"
        )
    with open(path, "rb") as file:
        return [ShardPlan(**plan) for plan in json.load(file)]
