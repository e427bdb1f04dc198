"""The last step of packing: nothing is missing, the manifest, and away with what lies between."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any
from dataclasses import asdict

from ..dataset import TokenDataset
from ..errors import BadData, NoInput
from .cutting import ShardPlan
from .folder import (
    MANIFEST, UNFINISHED, Job, is_shard, job_folders, json_bytes, read_json, remove_job_folders,
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
    decides, not what tasks said. A dataset that is finished already is left as it is. The manifest.

    Raises `BadData` if a shard is missing or is not what was planned; nothing is changed then.
    """
    output = os.fspath(output)
    manifest, unfinished = os.path.join(output, MANIFEST), os.path.join(output, UNFINISHED)
    if os.path.exists(manifest):
        return read_json(manifest)
    if not os.path.exists(unfinished):
        raise NoInput(f"{output}: no dataset was begun here")
    begun = read_json(unfinished)
    plans, there = _plans(output), shards_there(output)
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
    dataset = {
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
    }
    _check_vocabulary(output, dataset)
    # From here on it is a dataset; what follows takes away what is none of it.
    write_atomically(manifest, json_bytes(dataset))
    os.unlink(unfinished)
    clean(output, dataset)
    return dataset


def clean(output: str, dataset: dict[str, Any]) -> None:
    """Takes away what tasks that ran twice, or died, have left beside a finished dataset."""
    named = {entry["name"] for split in dataset["splits"] for entry in split["shards"]}
    for name in os.listdir(output):
        if is_shard(name) and name not in named:
            os.unlink(os.path.join(output, name))
    remove_job_folders(output)


def _plans(output: str) -> list[ShardPlan]:
    for folder in job_folders(output):
        path = os.path.join(folder, _SHARDS)
        if os.path.exists(path):
            with open(path, "rb") as file:
                return [ShardPlan(**plan) for plan in json.load(file)]
    raise NoInput(f"{output}: the job ended before it was known which shards there are to be")


def _check_vocabulary(output: str, dataset: dict[str, Any]) -> None:
    first = dataset["splits"][0]["shards"][0]["name"]
    with TokenDataset(os.path.join(output, first), cache_bytes=1) as shard:
        if shard.fingerprint != dataset["vocabulary"]:
            raise BadData(f"{shard.paths[0]}: is of another vocabulary than the dataset")
