"""The fourth step of packing: tokens → shards."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator
from typing import Any
from dataclasses import dataclass

import numpy as np

from ..dataset import TokenDataset
from ..dataset_writer import DatasetWriter
from ..errors import BadData, Error
from .cutting import ShardPlan
from .folder import KEPT, Job, encoding_at, job_at, kept_names, write_atomically
from .options import SPLITS
from .order import Order, Stretch, columns_at, duplicates_at, kept, order_at

#: About how many tokens are in memory at a time.
_CHUNK_TOKENS = 1 << 22
_NAME = re.compile(r"(\w+)-(\d{5,})(?:-[0-9a-f]+)?\.gobbet")


@dataclass(frozen=True)
class ShardTask:
    """One shard to be made."""

    folder: str
    plan: ShardPlan
    duplicates: tuple[str, ...]


def make_shard(task: ShardTask) -> dict[str, Any]:
    """The task: writes a shard, unless it is there already; its entry in the manifest."""
    job, plan = job_at(task.folder), task.plan
    there = find_shard(job.output, plan, shards_there(job))
    if there is not None:
        return there
    options = job.options
    assert options is not None
    split = SPLITS.index(plan.split)
    order = order_at(task.folder, split)
    path = job.path(f".{uuid.uuid4().hex}.partial")
    writer = DatasetWriter(
        path, encoding_at(task.folder), codec=options.codec,
        block_token_count=options.block_tokens or 0, embed_vocabulary=options.embed_vocabulary,
    )  # fmt: skip
    try:
        dropped = duplicates_at(task.folder, task.duplicates)
        for stretch in order.stretches(plan.start, plan.end):
            for chunk in _chunks(job, split, stretch):
                _add(writer, job, split, order, chunk, dropped)
        writer.set_metadata(json.dumps({"pack": record_of(plan)}))
        content_id = writer.finish()
        entry = entry_of(path, plan)
        name = f"{plan.split}-{plan.number:05d}-{content_id[:16]}.gobbet"
        if name not in job.replaced:
            os.replace(path, os.path.join(job.output, name))
        elif os.path.getsize(os.path.join(job.output, name)) == entry["bytes"]:
            # The dataset that is replaced has this very shard, and it stays as it is.
            write_atomically(job.path(KEPT + name), b"")
        else:
            name = f"{plan.split}-{plan.number:05d}-{content_id[:32]}.gobbet"
            os.replace(path, os.path.join(job.output, name))
        return entry | {"name": name}
    finally:
        writer.close()
        if os.path.exists(path):
            os.unlink(path)


def record_of(plan: ShardPlan) -> dict[str, Any]:
    """What a shard says in its metadata."""
    return {
        "split": plan.split, "shard": plan.number, "documents_hash": f"{plan.documents_hash:x}"
    }  # fmt: skip


def entry_of(path: str, plan: ShardPlan) -> dict[str, Any]:
    """The shard at `path` in a manifest; raises `BadData` if it is not that of the plan."""
    with TokenDataset(path, cache_bytes=1) as dataset:
        found = (dataset.token_count, dataset.document_count)
        if found != (plan.tokens, plan.documents):
            raise BadData(
                f"{path}: has {found[0]} tokens of {found[1]} documents, and not {plan.tokens} of "
                f"{plan.documents}"
            )
        return {
            "name": os.path.basename(path), "tokens": dataset.token_count,
            "documents": dataset.document_count, "bytes": os.path.getsize(path),
            "content_id": dataset.content_id,
        }  # fmt: skip


def shards_there(job: Job) -> dict[tuple[str, int], list[str]]:
    """The names of the shards that the job, or the one that it resumes, has made or kept, by their
    splits and numbers."""
    names: dict[tuple[str, int], list[str]] = {}
    others = set(job.replaced) - kept_names(job.folder)
    for name in sorted(os.listdir(job.output)):
        if name not in others and (match := _NAME.fullmatch(name)):
            names.setdefault((match[1], int(match[2])), []).append(name)
    return names


def find_shard(
    output: str, plan: ShardPlan, there: dict[tuple[str, int], list[str]]
) -> dict[str, Any] | None:
    """The entry of a shard that is there already: by its number and its record."""
    for name in there.get((plan.split, plan.number), []):
        path = os.path.join(output, name)
        try:
            with TokenDataset(path, cache_bytes=1) as dataset:
                record = json.loads(dataset.metadata or "{}")
            if record == {"pack": record_of(plan)}:
                return entry_of(path, plan)
        except (Error, ValueError):
            continue
    return None


def _chunks(job: Job, split: int, stretch: Stretch) -> Iterator[Stretch]:
    """A stretch in parts of about that many tokens as fit memory."""
    lengths = columns_at(job.folder, split, stretch.piece)["lengths"]
    ends = np.cumsum(lengths[stretch.first : stretch.last].astype(np.int64))
    place = 0
    while place < len(ends):
        before = int(ends[place - 1]) if place else 0
        stop = int(np.searchsorted(ends, before + _CHUNK_TOKENS, side="left")) + 1
        stop = min(stop, len(ends))
        yield Stretch(
            stretch.piece, stretch.first + place, stretch.first + stop, stretch.start + place
        )
        place = stop


def _add(
    writer: DatasetWriter, job: Job, split: int, order: Order, chunk: Stretch,
    dropped: list[np.ndarray],
) -> None:  # fmt: skip
    columns = columns_at(job.folder, split, chunk.piece)
    part = slice(chunk.first, chunk.last)
    lengths = columns["lengths"][part].astype(np.int64)
    chosen = np.flatnonzero(kept(dropped, chunk.start, chunk.start + len(lengths)))
    with TokenDataset(job.path(f"{chunk.piece}-{SPLITS[split]}.gobbet"), cache_bytes=1) as pieces:
        start = int(columns["lengths"][: chunk.first].sum())
        ids = pieces.tokens(start, start + int(lengths.sum()), dtype="uint32")
    if len(chosen) < len(lengths):
        mask = np.zeros(len(lengths), dtype=np.bool_)
        mask[chosen] = True
        ids = ids[np.repeat(mask, lengths)]
    writer.add_joined(
        ids, np.cumsum(lengths[chosen], dtype=np.uint64),
        sources=_sources(job, order, columns, chunk, chosen) if job.keeps_sources else None,
        byte_counts=columns["byte_counts"][part][chosen] if job.options and job.options.lengths else None,
    )  # fmt: skip


def _sources(
    job: Job, order: Order, columns: dict[str, np.ndarray], chunk: Stretch, chosen: np.ndarray
) -> list[bytes]:
    """Where documents come from: what their lines call them, else their paths and lines."""
    numbers = columns["numbers"][chunk.first : chunk.last]
    names, ends = columns.get("names"), columns.get("name_ends")
    corpus = chunk.start + chosen
    parts = np.searchsorted(order.start, corpus, side="right") - 1
    sources = []
    for index, place in zip(chosen.tolist(), parts.tolist()):
        file = job.files[int(order.file[place])]
        path = file.path
        if names is not None and ends is not None and file.kind != "text":
            document = chunk.first + index
            start = int(ends[document - 1]) if document else 0
            sources.append(names[start : int(ends[document])].tobytes())
        elif job.reading.separator is None and file.kind == "text":
            sources.append(os.fsencode(path))
        else:
            number = int(order.units_before[place]) + int(numbers[index]) + 1
            sources.append(os.fsencode(f"{path}:{number}"))
    return sources
