"""The third step of packing: where shards end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..corpus_reader import sequence_hash
from .folder import Job
from .options import SPLITS
from .order import Order, columns_at, duplicates_at, kept


@dataclass(frozen=True)
class ShardPlan:
    """A shard before it is made: documents `start` to `end` of its split in the corpus."""

    split: str
    number: int
    start: int
    end: int
    tokens: int
    documents: int
    documents_hash: int


def shards_of(job: Job, split: int, order: Order, duplicates: tuple[str, ...]) -> list[ShardPlan]:
    """The shards of a split: each ends with the document that brings it to the number of tokens."""
    assert job.options is not None
    cutter = _Cutter(SPLITS[split], job.options.shard_tokens)
    dropped = duplicates_at(job.folder, duplicates)
    for stretch in order.stretches(0, order.document_count):
        columns = columns_at(job.folder, split, stretch.piece)
        part = slice(stretch.first, stretch.last)
        count = stretch.last - stretch.first
        mask = kept(dropped, stretch.start, stretch.start + count)
        chosen = np.flatnonzero(mask)
        cutter.add(
            stretch.start + chosen, columns["lengths"][part][chosen].astype(np.int64),
            columns["hashes"][part][chosen],
        )  # fmt: skip
    return cutter.finish(order.document_count)


class _Cutter:
    def __init__(self, split: str, limit: int | None) -> None:
        self._split, self._limit = split, limit
        self._shards: list[ShardPlan] = []
        self._start = self._tokens = self._documents = self._hash = 0

    def add(self, numbers: np.ndarray, lengths: np.ndarray, hashes: np.ndarray) -> None:
        """Adds the next documents: their numbers in the corpus, their tokens, their hashes."""
        ends = np.cumsum(lengths)
        place = 0
        while place < len(lengths):
            before = int(ends[place - 1]) if place else 0
            last = len(lengths)
            if self._limit is not None:
                wanted = before + self._limit - self._tokens
                last = int(np.searchsorted(ends, wanted, side="left"))
            stop = min(last + 1, len(lengths))
            self._tokens += int(ends[stop - 1]) - before
            self._documents += stop - place
            self._hash = sequence_hash(hashes[place:stop], self._hash)
            if last < len(lengths):
                self._close(int(numbers[last]) + 1)
            place = stop

    def _close(self, end: int) -> None:
        self._shards.append(
            ShardPlan(
                self._split, len(self._shards), self._start, end, self._tokens, self._documents,
                self._hash,
            )
        )  # fmt: skip
        self._start, self._tokens, self._documents, self._hash = end, 0, 0, 0

    def finish(self, end: int) -> list[ShardPlan]:
        """The shards; a split without documents has one without documents."""
        if self._documents or not self._shards:
            self._close(end)
        return self._shards
