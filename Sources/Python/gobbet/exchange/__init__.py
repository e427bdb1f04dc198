"""Token datasets in the formats of other programs, in and out.

    python -m gobbet.exchange export packed/ --to mds -o shards/ --compression zstd:3
    python -m gobbet.exchange import shards/ --from mds -v my.gobbet -o packed.gobbet

`read` gives the documents of such files, and `write` writes documents, so that files of one program
become those of another without a dataset between them.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..dataset import TokenDataset
from ..dataset_writer import DatasetWriter
from ..encoding import Encoding
from ..errors import InvalidArgument
from . import datatrove, litdata, mds, megatron, olmo
from .documents import Document

__all__ = ["FORMATS", "Document", "export", "import_documents", "read", "write"]

#: What reads and writes each format.
FORMATS = {
    "datatrove": datatrove,
    "litdata": litdata,
    "mds": mds,
    "megatron": megatron,
    "olmo": olmo,
}


def _module(name: str) -> Any:
    if name not in FORMATS:
        raise InvalidArgument(f"{name!r} isn't one of the formats {', '.join(FORMATS)}")
    return FORMATS[name]


def read(path: str | os.PathLike[str], format: str, **options: Any) -> Iterator[Document]:
    """The documents of files of another program, one after the other.

    Args:
        path: What the program names: datatrove's `.ds`, OLMo's `.npy`, Megatron's prefix, the folder
            of MDS or litdata.
        format: datatrove, litdata, mds, megatron or olmo.
        options: Those of the format's `read`.

    Raises:
        BadData: The files aren't what their format says. A ValueError.

    Example:
        for tokens, mask, *_ in read("shards/", "mds"):
            ...
    """
    documents: Iterator[Document] = _module(format).read(pathlib.Path(path), **options)
    return documents


def write(
    path: str | os.PathLike[str],
    format: str,
    documents: Iterable[Document],
    *,
    id_bound: int,
    **options: Any,
) -> None:
    """Writes documents as another program reads them; files appear when all are written.

    Args:
        path: What `read` is given afterwards, which must not be there.
        format: datatrove, litdata, mds, megatron or olmo.
        documents: The documents.
        id_bound: Every id is below this, which decides on the width of what is written.
        options: Those of the format's `write`.

    Raises:
        InvalidArgument: The format has no place for what a document holds. A ValueError.
        CannotCreate: There is something already. A FileExistsError.
    """
    _module(format).write(pathlib.Path(path), iter(documents), id_bound=id_bound, **options)


def export(
    dataset: TokenDataset,
    path: str | os.PathLike[str],
    format: str,
    *,
    masks: bool | None = None,
    **options: Any,
) -> None:
    """Writes a dataset as another program reads it, as `write` does.

    Args:
        masks: Whether to write which tokens count in a loss; None to do so where some don't. A format
            without a place for that is an error unless it is False.
    """
    with_masks = dataset.has_loss_mask if masks is None else masks

    def documents() -> Iterator[Document]:
        start = 0
        for ids in dataset.documents():
            end = start + len(ids)
            mask = dataset.loss_mask(start, end) if with_masks else None
            yield Document(ids.astype(np.uint32), mask)
            start = end

    write(path, format, documents(), id_bound=dataset.id_bound, **options)


def import_documents(
    path: str | os.PathLike[str],
    format: str,
    output: str | os.PathLike[str],
    encoding: Encoding,
    *,
    codec: str = "rank",
    replace: bool = False,
    **options: Any,
) -> None:
    """Writes files of another program as a dataset whose ids are of `encoding`.

    Raises:
        BadData: The files aren't what their format says. A ValueError.
        OutOfRange: An id isn't one of the vocabulary's. A ValueError.
    """
    with DatasetWriter(output, encoding, codec=codec, replace=replace) as writer:
        for tokens, mask, *_ in read(path, format, **options):
            if mask is None:
                writer.add(tokens)
            else:
                writer.add_masked((tokens, mask))
