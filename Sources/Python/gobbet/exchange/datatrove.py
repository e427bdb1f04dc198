"""datatrove's `.ds` with `.ds.index` and `.ds.loss` (0.10.1)."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator

import numpy as np

from ..errors import BadData
from .documents import Document, appearing, content, cut, narrowest

_INDEX = np.dtype("<u8")


def read(path: pathlib.Path) -> Iterator[Document]:
    """The documents of `NAME.ds`, where `NAME.ds.index` says they end; with masks where there is a
    `NAME.ds.loss`."""
    ends = content(path.with_name(path.name + ".index"), _INDEX)
    count = int(ends[-1]) if len(ends) else 0
    size = path.stat().st_size
    if size not in (2 * count, 4 * count):
        raise BadData(f"{path}: {size} bytes, not 2 or 4 for each of the index's {count} tokens")
    tokens = content(path, np.dtype("<u2" if size == 2 * count else "<u4"))
    losses = path.with_name(path.name + ".loss")
    loss = content(losses, np.dtype("u1")) if losses.exists() else None
    if loss is not None and (len(loss) != count or (count and loss.max() > 1)):
        raise BadData(f"{losses}: not a 0 or 1 for each of {count} tokens")
    for start, end in cut(path, tokens, ends, "document"):
        mask = None if loss is None else loss[start:end].astype(np.bool_)
        yield Document(tokens[start:end].astype(np.uint32), mask)


def write(
    path: pathlib.Path,
    documents: Iterator[Document],
    *,
    id_bound: int,
    tokenizer: str = "Unknown Tokenizer",
) -> None:
    """Writes `NAME.ds`, its index and its metadata, and `NAME.ds.loss` if a document has a mask.

    Args:
        tokenizer: What the metadata call the tokenizer.
    """
    # 65,536 ids are of 16 bits.
    dtype = narrowest(id_bound, "uint16", "uint32")
    others = [path.with_name(path.name + end) for end in (".index", ".loss", ".metadata")]
    count, is_masked = 0, False
    with appearing(path, *others) as (ids, index, loss, metadata):
        with open(ids, "wb") as tokens, open(index, "wb") as ends, open(loss, "wb") as masks:
            for document in documents:
                tokens.write(document.tokens.astype(dtype).tobytes())
                count += len(document.tokens)
                ends.write(np.array([count], _INDEX).tobytes())
                is_masked |= document.mask is not None
                mask = np.ones(len(document.tokens), np.bool_)
                masks.write((mask if document.mask is None else document.mask).tobytes())
        if not is_masked:
            os.remove(loss)
        metadata.write_text(f"{tokenizer}|{dtype.itemsize}\n{count}\n{_readable(count)}")


def _readable(count: int) -> str:
    """A number of tokens with three digits, rounded as humanize's `metric` does."""
    exponent = len(str(count)) - 1
    value = count / 1000 ** (exponent // 3)
    if round(value, 2 - exponent % 3) >= 10 ** (exponent % 3 + 1):
        exponent += 1
        value = count / 1000 ** (exponent // 3)
    return f"{value:.{2 - exponent % 3}f} {('', 'k', 'M', 'G', 'T', 'P', 'E')[exponent // 3]}T"
