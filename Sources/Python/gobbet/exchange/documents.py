"""Documents between formats, and files that appear when all of them are written."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import BadData, CannotCreate, NoInput


class Document(NamedTuple):
    """The tokens of a document, and what formats say of them."""

    #: The ids, uint32.
    tokens: npt.NDArray[np.uint32]
    #: Which of them count in a loss; None if all do.
    mask: npt.NDArray[np.bool_] | None = None
    #: Megatron: how many tokens each of its sequences has; None for one sequence.
    lengths: Sequence[int] | None = None
    #: Megatron: the mode of each sequence; None if the files tell none.
    modes: Sequence[int] | None = None


def narrowest(id_bound: int, *names: str) -> np.dtype:
    """The first little-endian type of `names` that ids below `id_bound` are of."""
    for name in names:
        if id_bound - 1 <= np.iinfo(name).max:
            return np.dtype(name).newbyteorder("<")
    raise BadData(f"ids up to {id_bound - 1} don't fit into {' or '.join(names)}")


def content(path: pathlib.Path, dtype: np.dtype) -> npt.NDArray[Any]:
    """The numbers in a file, which are mapped.

    Raises:
        BadData: The file doesn't hold whole numbers. A ValueError.
        NoInput: There is no such file. A FileNotFoundError.
    """
    if not path.is_file():
        raise NoInput(f"{path}: there is no such file")
    size = path.stat().st_size
    if size % dtype.itemsize:
        raise BadData(f"{path}: {size} bytes aren't whole numbers of {dtype.itemsize}")
    return np.memmap(path, dtype, "r") if size else np.empty(0, dtype)


def cut(
    path: pathlib.Path, tokens: npt.NDArray[Any], ends: npt.NDArray[np.integer], field: str
) -> Iterator[tuple[int, int]]:
    """Where documents begin and end that follow one another up to the last token.

    Raises:
        BadData: The ends fall, or the last isn't that of the tokens. A ValueError.
    """
    start = 0
    for number, end in enumerate(map(int, ends)):
        if not start <= end <= len(tokens):
            raise BadData(f"{path}: {field} {number} ends at {end}, not {start} to {len(tokens)}")
        yield start, end
        start = end
    if start != len(tokens):
        raise BadData(f"{path}: {field} ends at token {start} of {len(tokens)}")


@contextmanager
def appearing(*paths: pathlib.Path) -> Iterator[list[pathlib.Path]]:
    """Places for files or folders that get their names, the first one last, when the block has ended.

    Raises:
        CannotCreate: One of them is there. A FileExistsError.
    """
    for path in paths:
        if path.exists():
            raise CannotCreate(f"{path}: file exists")
    folder = pathlib.Path(tempfile.mkdtemp(prefix=".gobbet-", dir=paths[0].parent))
    try:
        places = [folder / path.name for path in paths]
        yield places
        for place, path in reversed(list(zip(places, paths, strict=True))):
            if place.exists():
                os.rename(place, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
