"""The `.npy` files of dolma and OLMo-core (3.0), which are ids without a header."""

from __future__ import annotations

import gzip
import os
import pathlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ..errors import BadData, InvalidArgument, NoInput
from .documents import Document, appearing, content, cut, narrowest

_TYPES = ("uint8", "uint16", "uint32", "uint64")


def _beside(path: pathlib.Path, ending: str) -> pathlib.Path:
    return path.with_name(path.name.removesuffix(".npy") + ending)


def read(
    path: pathlib.Path, *, dtype: npt.DTypeLike | None = None, eos: int | None = None
) -> Iterator[Document]:
    """The documents of `NAME.npy`: those that `NAME.csv.gz` lists, or those that end in `eos`.

    Masks are read from `NAME.mask`, an array of bools, if it is there (OLMo-core's
    `label_mask_paths`).

    Args:
        dtype: The type of the ids, of which the file says nothing; if it is None, the one whose width
            gives as many ids as the list has.
        eos: The id that ends each document, with which the list isn't read, as in OLMo-core.
    """
    listed = _listed(_beside(path, ".csv.gz")) if eos is None or dtype is None else []
    if dtype is None:
        dtype = _type(path, listed[-1] if listed else 0)
    kind = np.dtype(dtype).newbyteorder("<")
    if kind.name not in _TYPES:
        raise InvalidArgument(f"ids as {kind.name}: {', '.join(_TYPES)} are possible")
    tokens = content(path, kind)
    masks = _beside(path, ".mask")
    mask = content(masks, np.dtype("u1")) if masks.exists() else None
    if mask is not None and (len(mask) != len(tokens) or len(mask) and mask.max() > 1):
        raise BadData(f"{masks}: not a 0 or 1 for each of {len(tokens)} tokens")
    ends = np.array(listed, np.int64) if eos is None else np.flatnonzero(tokens == eos) + 1
    for start, end in cut(path, tokens, ends, "document"):
        ids = tokens[start:end]
        if len(ids) and ids.max() >= 1 << 32:
            raise BadData(f"{path}: id {ids.max()} has more than 32 bits")
        yield Document(ids.astype(np.uint32), None if mask is None else mask[start:end].astype(np.bool_))


def _type(path: pathlib.Path, count: int) -> str:
    """The type of `count` ids that fill a file."""
    size = len(content(path, np.dtype("u1")))
    for name in _TYPES:
        if size == count * np.dtype(name).itemsize:
            return name
    raise BadData(
        f"{path}: {size} bytes for the {count} ids of its list, 1, 2, 4 or 8 for each: give dtype"
    )


def _listed(path: pathlib.Path) -> list[int]:
    """Where documents end, if each begins where the one before it ends."""
    ends = [0]
    if not path.is_file():
        raise NoInput(f"{path}: there is no such file, which lists the documents: give eos and dtype")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            start, end, *_ = [*line.rstrip("\n").split(","), ""]
            if not start.isdecimal() or not end.isdecimal() or int(start) != ends[-1]:
                raise BadData(f"{path}, line {number}: no document that begins at {ends[-1]}")
            ends.append(int(end))
    return ends[1:]


def write(
    path: pathlib.Path,
    documents: Iterator[Document],
    *,
    id_bound: int,
    dtype: npt.DTypeLike | None = None,
) -> None:
    """Writes `NAME.npy`, the list `NAME.csv.gz`, and `NAME.mask` if a document has a mask.

    Args:
        dtype: The type of the ids; the narrowest that holds them if it is None.
    """
    kind = narrowest(id_bound, *(_TYPES if dtype is None else (np.dtype(dtype).name,)))
    count, is_masked = 0, False
    listed, masked = _beside(path, ".csv.gz"), _beside(path, ".mask")
    with appearing(path, listed, masked) as (ids, table, mask):
        with (
            open(ids, "wb") as tokens,
            open(mask, "wb") as masks,
            open(table, "wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=0) as lines,
        ):
            for document in documents:
                tokens.write(document.tokens.astype(kind).tobytes())
                end = count + len(document.tokens)
                lines.write(f"{count},{end}\n".encode())
                count = end
                is_masked |= document.mask is not None
                ones = np.ones(len(document.tokens), np.bool_)
                masks.write((ones if document.mask is None else document.mask).tobytes())
        if not is_masked:
            os.remove(mask)
