"""The first step of packing: documents → tokens, in the order in which they are read."""

from __future__ import annotations

import hashlib
import io
import os
import re
import uuid
from collections.abc import Iterable
from typing import Any, cast
from dataclasses import dataclass, field

import numpy as np

from ..corpus_reader import Batch, hashes_of
from ..dataset_writer import DatasetWriter
from ..encoding import Encoding
from .folder import Job, encoding_at, job_at, write_atomically
from .options import SPLITS
from .reading import FileGroup, Part, Tally, parts_of

#: In how many parts by their hashes the documents of a piece lie, where duplicates are looked for.
BUCKETS = 256

#: The names of pieces.
PIECE_NAME = re.compile(r"piece-[0-9a-f]{24}")


@dataclass
class Piece:
    """What became of what one task read: a file of tokens and one of columns for each split.

    Their names are `{name}-{split}.gobbet` and `{name}-{split}.npz`; and `{name}-{split}.hashes`
    where duplicates are looked for.
    """

    name: str
    tallies: list[Tally]
    document_counts: list[int]
    token_counts: list[int]


def make_piece(source: FileGroup | tuple[str, Iterable[Part]]) -> Piece:
    """The task: encodes files, or what an engine has read for the job in a folder."""
    folder, parts = (source.folder, source) if isinstance(source, FileGroup) else source
    writer = _PieceWriter(job_at(folder))
    try:
        for part in parts_of(parts):
            writer.begin(part)
            for batch in part.batches:
                writer.add(batch)
        return writer.finish()
    finally:
        writer.close()


@dataclass
class _Stream:
    """The documents of one split."""

    writer: DatasetWriter
    path: str
    lengths: list[np.ndarray] = field(default_factory=list)
    hashes: list[np.ndarray] = field(default_factory=list)
    byte_counts: list[np.ndarray] = field(default_factory=list)
    numbers: list[np.ndarray] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)


class _PieceWriter:
    def __init__(self, job: Job) -> None:
        assert job.options is not None
        self._job, self._options = job, job.options
        self._encoding = encoding_at(job.folder)
        self._streams: list[_Stream] = []
        self._tallies: list[Tally] = []
        # Equal widths are as quick to write as they are to read.
        codec = "raw16" if self._encoding.n_vocab <= 1 << 16 else "packed"
        for _ in self._options.splits:
            path = job.path(f".{uuid.uuid4().hex}.partial")
            writer = DatasetWriter(path, self._encoding, codec=codec, embed_vocabulary=False)
            self._streams.append(_Stream(writer, path))

    def begin(self, part: Part) -> None:
        """Says where the next batches come from."""
        self._tallies.append(Tally(part.file, part.start))

    def add(self, batch: Batch) -> None:
        """Adds documents."""
        tally = self._tallies[-1]
        tally.unit_count += batch.unit_count
        tally.bad_line_kinds.update(batch.bad_line_kinds)
        if not len(batch):
            return
        ids, ends = _encoded(self._encoding, batch, self._job.appended)
        hashes, held_out = hashes_of(batch.texts, batch.ends, self._options.validation)
        lengths = np.diff(ends, prepend=np.uint64(0))
        byte_counts = np.diff(batch.ends, prepend=np.uint64(0))
        for split, stream in enumerate(self._streams):
            if len(self._streams) == 1:
                chosen: Any = slice(None)
                stream.writer.add_joined(ids, ends)
            else:
                chosen = np.flatnonzero(held_out == bool(split))
                if not len(chosen):
                    continue
                mask = np.repeat(held_out == bool(split), lengths.astype(np.int64))
                stream.writer.add_joined(ids[mask], np.cumsum(lengths[chosen], dtype=np.uint64))
            stream.lengths.append(lengths[chosen])
            stream.hashes.append(hashes[chosen])
            if self._options.lengths:
                stream.byte_counts.append(byte_counts[chosen])
            if self._job.keeps_sources:
                stream.numbers.append(batch.numbers[chosen])
                if batch.identifiers is not None:
                    every = range(len(batch))[chosen] if isinstance(chosen, slice) else chosen
                    stream.names += [batch.identifiers[index] for index in every]
            tally.document_counts[split] += len(stream.lengths[-1])

    def finish(self) -> Piece:
        """Puts the files under their names."""
        digest = hashlib.sha256()
        columns = []
        for stream in self._streams:
            digest.update(bytes.fromhex(stream.writer.finish()))
            columns.append(_columns(stream, self._options.unique))
            for name, column in columns[-1].items():
                digest.update(f"{name} {column.nbytes};".encode())
                digest.update(column.tobytes())
        digest.update(repr(self._tallies).encode())
        name = f"piece-{digest.hexdigest()[:24]}"
        for split, stream, arrays in zip(SPLITS, self._streams, columns):
            stem = self._job.path(f"{name}-{split}")
            if "hash_starts" in arrays:
                write_atomically(f"{stem}.hashes", arrays.pop("hashes").tobytes())
            content = io.BytesIO()
            np.savez(content, **cast("dict[str, Any]", arrays))
            write_atomically(f"{stem}.npz", content.getbuffer())
            os.replace(stream.path, f"{stem}.gobbet")
        lengths = [arrays["lengths"] for arrays in columns]
        return Piece(
            name, self._tallies, [len(each) for each in lengths],
            [int(each.sum()) for each in lengths],
        )  # fmt: skip

    def close(self) -> None:
        """Leaves nothing unfinished behind."""
        for stream in self._streams:
            stream.writer.close()
            if os.path.exists(stream.path):
                os.unlink(stream.path)


def _columns(stream: _Stream, unique: bool) -> dict[str, np.ndarray]:
    """What is known of the documents: arrays by their names."""

    def joined(arrays: list[np.ndarray], shape: tuple[int, ...] = (0,)) -> np.ndarray:
        return np.concatenate(arrays) if arrays else np.zeros(shape, dtype=np.uint64)

    arrays = {"lengths": joined(stream.lengths), "hashes": joined(stream.hashes, (0, 2))}
    if unique:
        # Those that may be equal lie together, so that a task can read its share of all pieces.
        bucket = (arrays["hashes"][:, 0] % BUCKETS).astype(np.uint16)
        order = np.argsort(bucket, kind="stable")
        arrays["hashes"] = arrays["hashes"][order]
        arrays["hash_order"] = order.astype(np.uint32)
        arrays["hash_starts"] = np.searchsorted(bucket[order], np.arange(BUCKETS + 1))
    if stream.byte_counts:
        arrays["byte_counts"] = joined(stream.byte_counts)
    if stream.numbers:
        arrays["numbers"] = joined(stream.numbers)
    if stream.names:
        arrays["names"] = np.frombuffer(b"".join(stream.names), dtype=np.uint8)
        arrays["name_ends"] = np.cumsum([len(name) for name in stream.names], dtype=np.uint64)
    return arrays


def _encoded(
    encoding: Encoding, batch: Batch, appended: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """The ids of a batch, and where each document's end."""
    ids: np.ndarray
    id_ends: np.ndarray
    ids, id_ends = encoding.encode_joined(batch.texts, batch.ends)
    if appended is not None:
        ids = np.insert(ids, id_ends.astype(np.int64), appended)
        id_ends = id_ends + np.arange(1, len(id_ends) + 1, dtype=np.uint64)
    return ids, id_ends
