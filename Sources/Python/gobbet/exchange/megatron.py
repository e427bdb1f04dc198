"""Megatron-core's `.bin` and `.idx` (0.16), with modes and with documents of several sequences."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import numpy as np

from ..errors import BadData, InvalidArgument
from .documents import Document, appearing, content

_MAGIC = b"MMIDIDX\0\0" + (1).to_bytes(8, "little")
_TYPES = {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 8: "<u2"}


def _pair(path: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    name = path.name.removesuffix(".bin").removesuffix(".idx")
    return path.with_name(name + ".bin"), path.with_name(name + ".idx")


def write(path: pathlib.Path, documents: Iterator[Document], *, id_bound: int) -> None:
    """Writes `PREFIX.bin` and `PREFIX.idx`: the sequences of each document, one if it tells none, and
    modes if the first document has them."""
    code = 8 if id_bound < 65_500 else 4
    if id_bound > 1 << 31:
        raise InvalidArgument(f"Megatron has no type for ids up to {id_bound - 1}")
    lengths: list[int] = []
    bounds = [0]
    modes: list[int] = []
    with appearing(*_pair(path)) as (ids, index):
        with open(ids, "wb") as tokens:
            for document in documents:
                if document.mask is not None:
                    raise InvalidArgument("Megatron's files have no place for masks")
                own = [len(document.tokens)] if document.lengths is None else document.lengths
                if sum(own) != len(document.tokens) or len(document.modes or own) != len(own):
                    raise InvalidArgument("sequences or modes that aren't those of the tokens")
                tokens.write(document.tokens.astype(_TYPES[code]).tobytes())
                lengths += own
                modes += document.modes or []
                bounds.append(len(lengths))
        if modes and len(modes) != len(lengths):
            raise InvalidArgument("Megatron has modes for all sequences or for none")
        with open(index, "wb") as file:
            file.write(_MAGIC + bytes([code]))
            file.write(np.array([len(lengths), len(bounds)], "<u8").tobytes())
            sizes = np.array(lengths, np.int64)
            starts = (np.cumsum(sizes) - sizes) * np.dtype(_TYPES[code]).itemsize
            file.write(sizes.astype("<i4").tobytes() + starts.astype("<i8").tobytes())
            file.write(np.array(bounds, "<i8").tobytes() + np.array(modes, "i1").tobytes())


def read(path: pathlib.Path) -> Iterator[Document]:
    """The documents of `PREFIX`, with the lengths of their sequences, and modes if there are any."""
    data, index = _pair(path)
    head = content(index, np.dtype("u1"))
    if len(head) < 34 or head[:17].tobytes() != _MAGIC or int(head[17]) not in _TYPES:
        raise BadData(f"{index}: no index of version 1 of whole numbers")
    count, bound_count = np.frombuffer(head[18:34].tobytes(), "<u8").tolist()
    size = 34 + 12 * count + 8 * bound_count
    if len(head) not in (size, size + count):
        raise BadData(f"{index}: {len(head)} bytes, not {size}, or {size + count} with modes")

    def column(start: int, length: int, dtype: str) -> np.ndarray:
        end = start + length * np.dtype(dtype).itemsize
        return np.frombuffer(head[start:end].tobytes(), dtype)

    lengths = column(34, count, "<i4")
    pointers = column(34 + 4 * count, count, "<i8")
    bounds = column(34 + 12 * count, bound_count, "<i8")
    modes = column(size, count, "i1").tolist() if len(head) > size else None
    tokens = content(data, np.dtype(_TYPES[int(head[17])]))
    starts = pointers // tokens.itemsize
    if count and (
        (lengths < 0).any() or (pointers % tokens.itemsize).any() or (starts < 0).any()
        or (starts + lengths > len(tokens)).any()
    ):  # fmt: skip
        raise BadData(f"{index}: sequences that aren't in the {len(tokens)} tokens of {data.name}")
    if len(bounds) == 0 or bounds[0] != 0 or bounds[-1] != count or (np.diff(bounds) < 0).any():
        raise BadData(f"{index}: documents that are not all {count} sequences")
    for first, last in zip(bounds.tolist(), bounds[1:].tolist(), strict=False):
        parts = [tokens[starts[each] : starts[each] + lengths[each]] for each in range(first, last)]
        ids = np.concatenate(parts) if parts else tokens[:0]
        if len(ids) and (ids.min() < 0 or ids.max() >= 1 << 32):
            raise BadData(f"{data}: numbers that aren't ids in sequences {first} to {last}")
        yield Document(
            ids.astype(np.uint32), None, lengths[first:last].tolist(),
            None if modes is None else modes[first:last],
        )  # fmt: skip
