"""The shards of MosaicML's streaming (MDS, 0.13)."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BadData, InvalidArgument
from ..integers import truth_values
from .documents import Document, appearing, narrowest

_U4 = np.dtype("<u4")


def _zstandard() -> Any:
    import zstandard

    return zstandard


def _array(values: npt.NDArray[np.generic]) -> bytes:
    """An array of one dimension: how many bytes its length takes, the length, the values."""
    length = len(values)
    width = next(width for width in (0, 1, 2, 3) if length < 1 << (8 << width))
    return bytes([1 << 2 | width]) + length.to_bytes(1 << width, "little") + values.tobytes()


def _values(data: memoryview, dtype: np.dtype, where: str) -> npt.NDArray[np.generic]:
    """The array that `_array` wrote."""
    width = 1 << (data[0] & 3) if len(data) else 0
    length = int.from_bytes(data[1 : 1 + width], "little")
    if len(data) == 0 or data[0] >> 2 != 1 or len(data) != 1 + width + length * dtype.itemsize:
        raise BadData(f"{where}: no array of one dimension")
    return np.frombuffer(data[1 + width :], dtype)


def write(
    path: pathlib.Path,
    documents: Iterator[Document],
    *,
    id_bound: int,
    compression: str | None = None,
    hashes: Sequence[str] = (),
    size_limit: int = 1 << 26,
) -> None:
    """Writes a folder with a sample for each document: the column `tokens`, and `mask` if the first
    document has a mask.

    Args:
        compression: None, `zstd` or `zstd:LEVEL`.
        hashes: What shards are hashed with, as `sha1`, in the order of the alphabet.
        size_limit: Bytes of a shard before compression.
    """
    name, _, level = (compression or "").partition(":")
    if name not in ("", "zstd") or (level and not level.isdecimal()):
        raise InvalidArgument(f"compression {compression!r} is neither zstd nor zstd:LEVEL")
    if list(hashes) != sorted(set(hashes)) or not set(hashes) <= hashlib.algorithms_available:
        raise InvalidArgument(f"hashes {list(hashes)} are unknown, or not in the alphabet's order")
    dtype = narrowest(id_bound, "uint16", "uint32")
    shards: list[dict[str, Any]] = []
    with appearing(path) as (folder,):
        folder.mkdir()
        first = next(documents, None)
        masked = first is not None and first.mask is not None
        columns = {"mask": "ndarray:uint8"} if masked else {}
        columns["tokens"] = f"ndarray:{dtype.name}"
        config = {
            "column_encodings": list(columns.values()), "column_names": list(columns),
            "column_sizes": [None] * len(columns), "compression": compression, "format": "mds",
            "hashes": list(hashes), "size_limit": size_limit, "version": 2,
        }  # fmt: skip
        text = json.dumps(config, sort_keys=True).encode()
        samples: list[bytes] = []

        def described(data: bytes, name: str) -> dict[str, Any]:
            digests = {each: hashlib.new(each, data).hexdigest() for each in hashes}
            return {"basename": name, "bytes": len(data), "hashes": digests}

        def flush() -> None:
            ends = np.cumsum([0, *map(len, samples)]) + 4 + 4 * (len(samples) + 1) + len(text)
            head = np.array([len(samples)], _U4).tobytes() + ends.astype(_U4).tobytes()
            data = b"".join([head, text, *samples])
            raw = described(data, f"shard.{len(shards):05}.mds")
            packed = None
            if compression:
                compressor = _zstandard().ZstdCompressor(int(level or 3))
                data = compressor.compress(data)
                packed = described(data, raw["basename"] + ".zstd")
            (folder / (packed or raw)["basename"]).write_bytes(data)
            shards.append(config | {"raw_data": raw, "samples": len(samples), "zip_data": packed})

        # Beside the samples a shard has its number of samples, its offsets and the configuration.
        base = 8 + len(text)
        size = base
        document = first
        while document is not None:
            if len(document.tokens) == 0:
                raise InvalidArgument("MDS has no empty documents")
            if masked != (document.mask is not None):
                raise InvalidArgument("MDS has a mask for all documents or for none")
            arrays = [] if document.mask is None else [_array(document.mask.astype(np.uint8))]
            arrays.append(_array(document.tokens.astype(dtype)))
            sample = np.array([len(each) for each in arrays], _U4).tobytes() + b"".join(arrays)
            if size_limit and size_limit < size + len(sample) + 4:
                flush()
                samples.clear()
                size = base
            samples.append(sample)
            size += len(sample) + 4
            document = next(documents, None)
        if samples:
            flush()
        index = json.dumps({"shards": shards, "version": 2}, sort_keys=True)
        (folder / "index.json").write_text(index)


def read(path: pathlib.Path, *, tokens: str = "tokens", mask: str = "mask") -> Iterator[Document]:
    """The documents of a folder, in the order of its shards; hashes that hashlib knows are checked.

    Args:
        tokens: The column of ids.
        mask: The column that says which tokens count in a loss, if there is one.
    """
    index = json.loads((path / "index.json").read_bytes())
    for shard in index["shards"]:
        yield from _documents(path, shard, tokens, mask)


def _checked(path: pathlib.Path, described: dict[str, Any]) -> bytes:
    data: bytes = (path / described["basename"]).read_bytes()
    _check(data, described, path / described["basename"])
    return data


def _check(data: bytes, described: dict[str, Any], where: pathlib.Path) -> None:
    if len(data) != described["bytes"]:
        raise BadData(f"{where}: {len(data)} bytes, not {described['bytes']}")
    for name, digest in described["hashes"].items():
        if name in hashlib.algorithms_available and hashlib.new(name, data).hexdigest() != digest:
            raise BadData(f"{where}: its {name} isn't what index.json says")


def _documents(
    path: pathlib.Path, shard: dict[str, Any], tokens: str, mask: str
) -> Iterator[Document]:
    raw = shard["raw_data"]
    where = path / raw["basename"]
    if shard["zip_data"] is None:
        data = _checked(path, raw)
    elif (shard["compression"] or "").partition(":")[0] == "zstd":
        packed = _checked(path, shard["zip_data"])
        data = _zstandard().ZstdDecompressor().decompress(packed, max_output_size=raw["bytes"])
        _check(data, raw, where)
    else:
        raise BadData(f"{where}: compression {shard['compression']} is not read, only zstd")
    names, kinds = shard["column_names"], shard["column_encodings"]
    if tokens not in names:
        raise BadData(f"{where}: no column {tokens} among {', '.join(names)}")
    count = shard["samples"]
    if len(data) < 4 * (count + 2) or int.from_bytes(data[:4], "little") != count:
        raise BadData(f"{where}: not the {count} samples that index.json says")
    offsets = np.frombuffer(data, _U4, count + 1, 4).tolist()
    for number in range(count):
        place = f"{where}, sample {number}"
        sample = memoryview(data)[offsets[number] : offsets[number + 1]]
        fields = _fields(sample, shard["column_sizes"], place)
        found = dict(zip(names, zip(kinds, fields, strict=True), strict=True))
        ids = _column(found[tokens], place)
        counted = _column(found[mask], place) if mask in found else None
        if counted is not None and len(counted) != len(ids):
            raise BadData(f"{place}: a mask of {len(counted)} for {len(ids)} tokens")
        counts = None if counted is None else truth_values(counted, place)
        yield Document(ids.astype(np.uint32), counts)


def _fields(sample: memoryview, sizes: Sequence[int | None], where: str) -> list[memoryview]:
    place = 4 * sum(size is None for size in sizes)
    variable = iter(np.frombuffer(sample[:place], _U4).tolist())
    fields = []
    for size in sizes:
        end = place + (next(variable) if size is None else size)
        fields.append(sample[place:end])
        place = end
    if place != len(sample):
        raise BadData(f"{where}: {len(sample)} bytes, not {place}")
    return fields


def _column(column: tuple[str, memoryview], where: str) -> npt.NDArray[np.generic]:
    """The numbers of a column: `ndarray:TYPE` or `ndarray:TYPE:LENGTH`."""
    kind, data = column
    name, *rest = kind.split(":")
    if name != "ndarray" or not rest or np.dtype(rest[0]).kind not in "uib":
        raise BadData(f"{where}: a column of {kind}, not ndarray:TYPE of whole numbers")
    dtype = np.dtype(rest[0]).newbyteorder("<")
    values = np.frombuffer(data, dtype) if len(rest) > 1 else _values(data, dtype, where)
    if len(values) and (values.min() < 0 or values.max() >= 1 << 32):
        raise BadData(f"{where}: numbers that aren't ids")
    return values
