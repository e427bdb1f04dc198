"""Weights as NumPy arrays, with the interface of `safetensors.numpy`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import weight_sets
from .element_types import BLOCKS, ELEMENT_TYPES
from .errors import InvalidArgument
from .weights import SafeOpen
from .weights_file import Path, TensorInfo, row_bytes
from .weights_writer import Codec, WeightsWriter

if TYPE_CHECKING:
    from .encoding import Encoding

_DTYPES: dict[int, Any] = {
    1: "<f8", 2: "<f4", 3: "<f2", 16: "<i8", 17: "<i4", 18: "<i2", 19: "i1", 32: "<u8", 33: "<u4",
    34: "<u2", 35: "u1", 48: "?", 64: "<c8",
}  # fmt: skip
_CODES = {np.dtype(text): code for code, text in _DTYPES.items()}
_EXTRA = {
    4: "bfloat16", 5: "float8_e4m3fn", 6: "float8_e5m2", 8: "float8_e8m0fnu",
    9: "float8_e4m3fnuz", 10: "float8_e5m2fnuz",
}  # fmt: skip


class safe_open(SafeOpen):
    """A file of tensors that come as NumPy arrays.

    bf16 and the two f8 are arrays of ml_dtypes where it is installed, or of float32, which holds
    them exactly, where `widen` is set. The 4-bit types become int8 and uint8.

    Args:
        filename: The file.
        verify: Whether checksums of data that is stored raw are compared.
        widen: Whether bf16 and the two f8 become float32 where ml_dtypes isn't installed.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: The file is damaged, or holds no tensors. A ValueError.

    Example:
        >>> with gobbet.numpy.safe_open("weights.gobbet") as file:
        ...     print(file.get_slice("wte")[1:3].shape)
        (2, 8)
    """

    def __init__(self, filename: Path, *, verify: bool = True, widen: bool = False) -> None:
        super().__init__(filename, verify=verify)
        self._widen = widen

    def get_blocks(self, name: str) -> np.ndarray:
        """The blocks of a quantized tensor as they are, in rows of bytes.

        The last axis is the bytes of a row, the others are the tensor's; with that shape
        `gguf.quants.dequantize` takes them.

        Args:
            name: The name of a tensor whose type is stored in blocks, as q4_k.

        Returns:
            uint8 [..., bytes of a row].

        Raises:
            NotFound: There is no such tensor.
            InvalidArgument: Its elements are stored one by one.

        Example:
            >>> with gobbet.numpy.safe_open("weights.gobbet") as file:
            ...     file.get_blocks("wte")
            Traceback (most recent call last):
            gobbet.errors.InvalidArgument: ...
        """
        index = self._file.find(name)
        info = self._file.tensors[index]
        if info.element_type not in BLOCKS:
            raise InvalidArgument(f"{name}: {info.dtype} is not stored in blocks; use get_tensor")
        _, elements, size = BLOCKS[info.element_type]
        shape = (*info.shape[:-1], info.shape[-1] // elements * size)
        rows = info.shape[0]
        if (
            info.byte_count
            and info.is_raw
            and info.file_offset
            and (not self._verify or self._file.check(index, 0, rows))
        ):
            data = np.frombuffer(
                self._file.mapped(), np.uint8, info.byte_count, info.file_offset
            )
            return data.reshape(shape)
        data = np.empty(shape, dtype=np.uint8)
        if info.byte_count:
            address = data.__array_interface__["data"][0]
            self._file.read_into(index, 0, rows, address, info.byte_count)
        return data

    def _whole(self, index: int) -> np.ndarray:
        info = self._file.tensors[index]
        rows = info.shape[0] if info.shape else 1
        if info.element_type in (20, 36):
            return self._nibbles(index, info)
        return self._rows(index, 0, rows).reshape(info.shape)

    def _rows(self, index: int, first: int, last: int) -> np.ndarray:
        info = self._file.tensors[index]
        if info.element_type in (20, 36):
            return self._nibbles(index, info)[first:last]
        dtype = self._dtype(info)
        shape = (last - first, *info.shape[1:])
        width = row_bytes(info)
        size = (last - first) * width
        if size == 0:
            data = np.empty(shape, dtype=dtype)
        elif (
            info.is_raw
            and info.file_offset
            and (not self._verify or self._file.check(index, first, last))
        ):
            start = info.file_offset + first * width
            data = np.frombuffer(
                self._file.mapped(), dtype, size // dtype.itemsize, start
            ).reshape(shape)
        else:
            data = np.empty(shape, dtype=dtype)
            address = data.__array_interface__["data"][0]
            self._file.read_into(index, first, last, address, size)
        return _widened(data, info.element_type) if self._widen else data

    def _dtype(self, info: TensorInfo) -> np.dtype:
        if info.element_type in _DTYPES:
            known: np.dtype = np.dtype(_DTYPES[info.element_type])
            return known
        if info.element_type in BLOCKS:
            raise InvalidArgument(
                f"{info.name}: is stored in blocks of {info.dtype}: have them by get_blocks, or "
                "convert the file with --type f32"
            )
        if info.element_type not in _EXTRA:
            raise InvalidArgument(f"{info.name}: NumPy has no {info.dtype}")
        if self._widen and info.element_type <= 6:
            return np.dtype("<u2" if info.element_type == 4 else "u1")
        try:
            import ml_dtypes
        except ImportError:
            raise InvalidArgument(
                f"{info.name}: NumPy has no {info.dtype}: have it as float32 by widen=True, "
                "install ml_dtypes, or use gobbet.torch"
            ) from None
        extra: np.dtype = np.dtype(getattr(ml_dtypes, _EXTRA[info.element_type]))
        return extra

    def _nibbles(self, index: int, info: TensorInfo) -> np.ndarray:
        packed = np.empty(info.byte_count, dtype=np.uint8)
        self._file.read_into(
            index, 0, info.shape[0] if info.shape else 1,
            packed.__array_interface__["data"][0], info.byte_count,
        )  # fmt: skip
        count = int(np.prod(info.shape, dtype=np.int64))
        halves = np.stack([packed & 15, packed >> 4], axis=1).reshape(-1)[:count]
        if info.element_type == 20:
            halves = ((halves ^ 8).astype(np.int8)) - np.int8(8)
        return halves.reshape(info.shape)


def _widened(data: np.ndarray, element_type: int) -> np.ndarray:
    """bf16 and f8 as float32; the rest as it is."""
    if element_type == 4:
        return (data.astype(np.uint32) << np.uint32(16)).view(np.float32)
    if element_type == 6:
        return (data.astype(np.uint16) << np.uint16(8)).view(np.float16).astype(np.float32)
    if element_type == 5:
        return np.asarray(_F8E4M3[data])
    return data


def _f8e4m3_values() -> np.ndarray:
    codes = np.arange(256)
    exponent, mantissa = codes >> 3 & 15, codes & 7
    values = np.where(
        exponent == 0, mantissa * 2.0**-9, (8 + mantissa) * 2.0 ** (exponent - 10.0)
    )
    values[(codes & 127) == 127] = np.nan
    return np.where(codes > 127, -values, values).astype(np.float32)


_F8E4M3 = _f8e4m3_values()


def load_file(
    filename: Path, *, verify: bool = True, widen: bool = False
) -> dict[str, np.ndarray]:
    """All tensors of a file by their names; those stored raw look into the mapped file.

    With `verify` False their checksums are not compared: see `safe_open`.

    Args:
        filename: The file.
        verify: Whether checksums of data that is stored raw are compared.
        widen: Whether bf16 and the two f8 become float32 where ml_dtypes isn't installed.

    Returns:
        Arrays by names.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: The file is damaged, or holds no tensors. A ValueError.

    Example:
        >>> gobbet.numpy.load_file("weights.gobbet")["wte"].dtype
        dtype('float32')
    """
    with safe_open(filename, verify=verify, widen=widen) as file:
        return file.get_tensors()


def load_set(
    filename: Path, *, verify: bool = True, widen: bool = False
) -> dict[str, np.ndarray]:
    """All tensors of the set of files that one belongs to: `model-00001-of-00003.gobbet`.

    Args:
        filename: Any file of the set.
        verify: Whether checksums of data that is stored raw are compared.
        widen: Whether bf16 and the two f8 become float32 where ml_dtypes isn't installed.

    Returns:
        Arrays by names.

    Raises:
        NoInput: A file of the set is missing. A FileNotFoundError.
        BadData: A file is damaged, or of another set. A ValueError.

    Example:
        >>> list(gobbet.numpy.load_set("weights.gobbet"))
        ['wte']
    """
    return weight_sets.load_set(
        filename, lambda path: load_file(path, verify=verify, widen=widen)
    )


def save_file(
    tensor_dict: Mapping[str, np.ndarray],
    filename: Path,
    metadata: Mapping[str, str] | None = None,
    *,
    codec: Codec = "compact",
    vocabulary: Encoding | None = None,
    replace: bool = True,
) -> None:
    """Writes tensors to a file, which is replaced as safetensors does.

    `compact` is lossless and smaller; `raw` can be mapped. `vocabulary` is embedded.

    Args:
        tensor_dict: Arrays by names.
        filename: The file to write.
        metadata: Texts by names that the file holds too.
        codec: compact or raw.
        vocabulary: A vocabulary that the file embeds.
        replace: Whether a file that is there is replaced.

    Raises:
        CannotCreate: The file exists, and `replace` is False. A FileExistsError.
        InvalidArgument: An element type has no place in the format. A ValueError.

    Example:
        >>> gobbet.numpy.save_file({"wte": np.zeros((4, 8), np.float32)}, "zeros.gobbet", codec="raw")
    """
    with WeightsWriter(
        os.fspath(filename), metadata=metadata, codec=codec, vocabulary=vocabulary, replace=replace
    ) as writer:
        for name, tensor in tensor_dict.items():
            array = np.asarray(tensor)
            code = _code(name, array.dtype)
            if not array.dtype.isnative:
                array = array.astype(array.dtype.newbyteorder("="))
            # `ascontiguousarray` would give a number one axis.
            array = np.ascontiguousarray(array).reshape(array.shape)
            address = array.__array_interface__["data"][0]
            writer.add(name, code, array.shape, address, array.nbytes)
        writer.finish()


def _code(name: str, dtype: np.dtype) -> int:
    code = _CODES.get(dtype.newbyteorder("<"))
    if code is None:
        code = next((code for code, text in _EXTRA.items() if text == dtype.name), None)
    if code is None:
        known = ", ".join(kind for kind, _ in ELEMENT_TYPES.values())
        raise InvalidArgument(f"{name}: {dtype} isn't one of {known}")
    return code
