"""The second step of packing: where the documents of each piece belong in the corpus."""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import BadData
from ..remote.urls import is_remote
from .folder import Job, job_at, put, write_atomically
from .options import SPLITS
from .pieces import PIECE_NAME, Piece
from .reading import Tally

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stretch:
    """Documents of a split that lie together in a piece as in the corpus."""

    piece: str
    #: Their numbers in the piece.
    first: int
    last: int
    #: The number of the first in the corpus.
    start: int


@dataclass
class Order:
    """The documents of one split in the order of the corpus: runs of them in pieces."""

    pieces: list[str]
    #: Of every part of a file: its piece, its first document there and in the corpus, how many.
    piece: Numbers
    first: Numbers
    start: Numbers
    count: Numbers
    #: Its file, and how many lines or documents of the file come before it.
    file: Numbers
    units_before: Numbers

    @property
    def document_count(self) -> int:
        """Documents of the split."""
        return int(self.count.sum())

    def stretches(self, start: int, end: int) -> Iterator[Stretch]:
        """Where documents `start` to `end`, without it, of the corpus lie."""
        at = int(np.searchsorted(self.start, start, side="right")) - 1
        held: Stretch | None = None
        for index in range(max(at, 0), len(self.start)):
            lower, upper = int(self.start[index]), int(self.start[index] + self.count[index])
            if lower >= end:
                break
            lower, upper = max(lower, start), min(upper, end)
            if lower >= upper:
                continue
            first = int(self.first[index]) + lower - int(self.start[index])
            name = self.pieces[int(self.piece[index])]
            if held is not None and held.piece == name and held.last == first:
                held = Stretch(name, held.first, first + upper - lower, held.start)
                continue
            if held is not None:
                yield held
            held = Stretch(name, first, first + upper - lower, lower)
        if held is not None:
            yield held

    def numbers_of(self, piece: int) -> Numbers:
        """The numbers in the corpus of the documents of a piece, by their numbers in it."""
        mine = np.flatnonzero(self.piece == piece)
        numbers = np.empty(int(self.count[mine].sum()), dtype=np.int64)
        for index in mine:
            first, count = int(self.first[index]), int(self.count[index])
            start = int(self.start[index])
            numbers[first : first + count] = np.arange(start, start + count)
        return numbers


def put_in_order(job: Job, pieces: Sequence[Piece]) -> list[Order]:
    """The order of the documents of each split, which is also laid down for the tasks.

    Raises `BadData` if a part of a file was read twice, or a file not at all.
    """
    tallies = [(tally, number) for number, piece in enumerate(pieces) for tally in piece.tallies]
    check_parts(job, [tally for tally, _ in tallies])
    file = np.array([tally.file for tally, _ in tallies], dtype=np.int64)
    start = np.array([tally.start for tally, _ in tallies], dtype=np.int64)
    units = np.array([tally.unit_count for tally, _ in tallies], dtype=np.int64)
    piece = np.array([number for _, number in tallies], dtype=np.int64)
    order = np.lexsort((start, file))
    before = np.cumsum(units[order]) - units[order]
    # Where the file of each part begins.
    begins = np.searchsorted(file[order], file[order], side="left")
    before -= before[begins] if len(before) else 0
    orders = []
    names = [each.name for each in pieces]
    for split in range(len(job.options.splits) if job.options else 0):
        count = np.array([tally.document_counts[split] for tally, _ in tallies], dtype=np.int64)
        # Within a piece documents lie as its parts were read.
        whole = np.cumsum(count) - count
        first = whole - whole[np.searchsorted(piece, piece, side="left")] if len(count) else whole
        laid = Order(
            names, piece[order], first[order], np.cumsum(count[order]) - count[order],
            count[order], file[order], before,
        )  # fmt: skip
        orders.append(laid)
        content = io.BytesIO()
        np.savez(
            content, piece=laid.piece, first=laid.first, start=laid.start, count=laid.count,
            files=laid.file, units_before=laid.units_before, pieces=np.array(names),
        )  # fmt: skip
        write_atomically(job.path(f"order-{SPLITS[split]}.npz"), content.getbuffer())
    return orders


def check_parts(job: Job, tallies: Sequence[Tally]) -> None:
    """Raises `BadData` if a part of a file was read twice, or a file not at all."""
    seen = sorted((tally.file, tally.start) for tally in tallies)
    for one, other in zip(seen[:-1], seen[1:]):
        if one == other:
            raise BadData(f"{job.files[one[0]].path}: a part of it was read twice")
    file = np.array([number for number, _ in seen], dtype=np.int64)
    missing = np.setdiff1d(np.arange(len(job.files)), file)
    for number in missing.tolist():
        file = job.files[number]
        if file.kind == "parquet":
            continue  # A table may have no rows.
        if not is_remote(file.path) and os.path.getsize(file.path) > 0:
            raise BadData(f"{file.path}: was not read")


@functools.lru_cache(maxsize=4)
def order_at(folder: str, split: int) -> Order:
    """The order that `put_in_order` laid down."""
    job = job_at(folder)
    path = job.path(f"order-{SPLITS[split]}.npz")
    with np.load(path, allow_pickle=False) as file:
        names = file["pieces"].tolist()
        if not all(isinstance(name, str) and PIECE_NAME.fullmatch(name) for name in names):
            raise BadData(f"{path}: names what isn't a piece")
        return Order(
            names, file["piece"], file["first"], file["start"], file["count"],
            file["files"], file["units_before"],
        )  # fmt: skip


# MARK: Columns of pieces


@functools.lru_cache(maxsize=8)
def columns_at(folder: str, split: int, piece: str) -> dict[str, np.ndarray]:
    """What is known of the documents of a piece; their hashes in their order."""
    job = job_at(folder)
    stem = job.path(f"{piece}-{SPLITS[split]}")
    with np.load(f"{stem}.npz", allow_pickle=False) as file:
        columns = {name: file[name] for name in file.files}
    if "hash_order" in columns:
        sorted_hashes = np.fromfile(f"{stem}.hashes", dtype=np.uint64).reshape(-1, 2)
        columns["hashes"] = np.empty_like(sorted_hashes)
        columns["hashes"][columns.pop("hash_order")] = sorted_hashes
        del columns["hash_starts"]
    return columns


# MARK: Duplicates


def find_duplicates(task: tuple[str, int, int, int]) -> str:
    """The task: of the documents whose hashes are in some buckets, those that came before.

    Their numbers in the corpus, rising, go into a file of the job; its name.
    """
    folder, split, low, high = task
    job, order = job_at(folder), order_at(folder, split)
    hashes, numbers = [np.empty((0, 2), np.uint64)], [np.empty(0, np.int64)]
    for number, piece in enumerate(order.pieces):
        stem = job.path(f"{piece}-{SPLITS[split]}")
        with np.load(f"{stem}.npz", allow_pickle=False) as columns:
            start, end = columns["hash_starts"][[low, high]].tolist()
            if start == end:
                continue
            places = columns["hash_order"][start:end]
        raw = np.fromfile(f"{stem}.hashes", np.uint64, count=2 * (end - start), offset=16 * start)
        hashes.append(raw.reshape(-1, 2))
        numbers.append(order.numbers_of(number)[places])
    keys, places = np.concatenate(hashes), np.concatenate(numbers)
    sorting = np.lexsort((places, keys[:, 1], keys[:, 0]))
    keys, places = keys[sorting], places[sorting]
    repeated = np.flatnonzero((keys[1:] == keys[:-1]).all(axis=1)) + 1
    return put(job, "duplicates", np.sort(places[repeated]).tobytes())


@functools.lru_cache(maxsize=2)
def duplicates_at(folder: str, names: tuple[str, ...]) -> list[np.ndarray]:
    """The files of duplicates, mapped."""
    job = job_at(folder)
    paths = [job.path(name) for name in names]
    return [
        np.memmap(path, dtype=np.int64, mode="r") for path in paths if os.path.getsize(path) > 0
    ]


def kept(files: Sequence[np.ndarray], start: int, end: int) -> npt.NDArray[np.bool_]:
    """Which of documents `start` to `end`, without it, are not among the duplicates."""
    mask = np.ones(end - start, dtype=np.bool_)
    for numbers in files:
        low, high = np.searchsorted(numbers, [start, end])
        mask[numbers[low:high] - start] = False
    return mask
