"""litdata's chunks of tokens, as its TokensLoader reads them (0.2.76)."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import BadData, InvalidArgument
from .documents import Document, appearing, content, narrowest

_U4 = np.dtype("<u4")
#: litdata's numbers for the types of PyTorch's tensors.
_TYPES = {14: "int16", 16: "int32", 18: "int64", 20: "uint16"}
#: The tree of a sample that is one tensor.
_SPEC = '[1, {"type": null, "context": null, "children_spec": []}]'


def write(
    path: pathlib.Path,
    documents: Iterator[Document],
    *,
    id_bound: int,
    chunk_tokens: int = 1 << 24,
) -> None:
    """Writes a folder with an item for each document.

    Args:
        chunk_tokens: Tokens of a chunk, at most, unless a document has more.
    """
    dtype = narrowest(id_bound, "uint16", "int32", "int64")
    code = next(code for code, name in _TYPES.items() if name == dtype.name)
    chunks: list[dict[str, Any]] = []
    items: list[bytes] = []
    with appearing(path) as (folder,):
        folder.mkdir()

        def flush() -> None:
            offsets = np.cumsum([4 + 4 * (len(items) + 1), *map(len, items)]).astype(_U4)
            data = b"".join([np.array([len(items)], _U4).tobytes(), offsets.tobytes(), *items])
            name = f"chunk-0-{len(chunks)}.bin"
            (folder / name).write_bytes(data)
            chunks.append(
                {
                    "chunk_bytes": len(data), "chunk_size": len(items),
                    "dim": sum(map(len, items)) // dtype.itemsize, "filename": name,
                }
            )  # fmt: skip
            items.clear()

        count = 0
        for document in documents:
            if document.mask is not None:
                raise InvalidArgument("litdata's chunks of tokens have no place for masks")
            if items and count + len(document.tokens) > chunk_tokens:
                flush()
                count = 0
            items.append(document.tokens.astype(dtype).tobytes())
            count += len(document.tokens)
        if items:
            flush()
        config = {
            "chunk_bytes": None, "chunk_size": chunk_tokens, "compression": None,
            "compression_batch_size": None, "compression_level": None,
            "data_format": [f"no_header_tensor:{code}"], "data_spec": _SPEC, "encryption": None,
            "ipc_compression": None, "item_loader": "TokensLoader", "types": "tensor",
        }  # fmt: skip
        index = {"chunks": chunks, "config": config, "updated_at": "0"}
        (folder / "index.json").write_text(json.dumps(index, sort_keys=True))


def read(path: pathlib.Path) -> Iterator[Document]:
    """The items of a folder as documents, in the order of its chunks."""
    index = json.loads((path / "index.json").read_bytes())
    config = index["config"]
    kind, _, code = str(config["data_format"][0]).partition(":")
    if len(config["data_format"]) != 1 or kind != "no_header_tensor" or int(code) not in _TYPES:
        raise BadData(f"{path}: items of {config['data_format']}, not one tensor of whole numbers")
    if config.get("compression") or config.get("encryption"):
        raise BadData(f"{path}: chunks that are compressed or encrypted are not read")
    dtype = np.dtype(_TYPES[int(code)]).newbyteorder("<")
    for chunk in index["chunks"]:
        yield from _documents(path / chunk["filename"], chunk, dtype)


def _documents(path: pathlib.Path, chunk: dict[str, Any], dtype: np.dtype) -> Iterator[Document]:
    data = content(path, np.dtype("u1"))
    count = int(chunk["chunk_size"])
    head = 4 * (count + 2)
    if len(data) != chunk["chunk_bytes"] or len(data) < head:
        raise BadData(f"{path}: {len(data)} bytes, not {chunk['chunk_bytes']}")
    numbers = np.frombuffer(data[:head].tobytes(), _U4).tolist()
    offsets = numbers[1:]
    if numbers[0] != count or offsets[0] != head or offsets[-1] != len(data):
        raise BadData(f"{path}: not the {count} items that index.json says")
    for number, (start, end) in enumerate(zip(offsets, offsets[1:], strict=False)):
        if end < start or (end - start) % dtype.itemsize:
            raise BadData(f"{path}: item {number} has {end - start} bytes")
        ids = np.frombuffer(data[start:end].tobytes(), dtype)
        if len(ids) and (ids.min() < 0 or ids.max() >= 1 << 32):
            raise BadData(f"{path}: item {number} has numbers that aren't ids")
        yield Document(ids.astype(np.uint32))
