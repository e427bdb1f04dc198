"""Weights as PyTorch tensors, with the interface of `safetensors.torch`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from . import weight_sets
from .element_types import BLOCKS
from .errors import InvalidArgument
from .weights import SafeOpen
from .weights_file import Path, row_bytes
from .weights_writer import Codec, WeightsWriter

if TYPE_CHECKING:
    from .encoding import Encoding

_DTYPES = {
    code: getattr(torch, name)
    for code, name in {
        1: "float64", 2: "float32", 3: "float16", 4: "bfloat16", 5: "float8_e4m3fn",
        6: "float8_e5m2", 8: "float8_e8m0fnu", 9: "float8_e4m3fnuz", 10: "float8_e5m2fnuz",
        16: "int64", 17: "int32", 18: "int16", 19: "int8", 32: "uint64",
        33: "uint32", 34: "uint16", 35: "uint8", 48: "bool", 64: "complex64",
    }.items()
    if hasattr(torch, name)
}  # fmt: skip
_CODES = {dtype: code for code, dtype in _DTYPES.items()}


class safe_open(SafeOpen):
    """A file of tensors that come as PyTorch tensors on `device`.

    Args:
        filename: The file.
        device: Where the tensors go.
        verify: Whether checksums of data that is stored raw are compared.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: The file is damaged, or holds no tensors. A ValueError.

    Example:
        >>> with gobbet.torch.safe_open("weights.gobbet") as file:
        ...     print(file.get_tensor("wte").shape)
        torch.Size([4, 8])
    """

    def __init__(
        self, filename: Path, device: str | int | torch.device = "cpu", *, verify: bool = True
    ) -> None:
        super().__init__(filename, verify=verify)
        self._device = torch.device(device)
        self._bytes: torch.Tensor | None = None

    def _whole(self, index: int) -> torch.Tensor:
        info = self._file.tensors[index]
        return self._rows(index, 0, info.shape[0] if info.shape else 1).reshape(info.shape)

    def _rows(self, index: int, first: int, last: int) -> torch.Tensor:
        info = self._file.tensors[index]
        dtype = _DTYPES.get(info.element_type)
        if info.element_type in BLOCKS:
            raise InvalidArgument(
                f"{info.name}: is stored in blocks of {info.dtype}: have them by get_blocks of "
                "gobbet.numpy, or convert the file with --type f32"
            )
        if dtype is None:
            raise InvalidArgument(f"{info.name}: this PyTorch has no {info.dtype}")
        shape = (last - first, *info.shape[1:])
        width = row_bytes(info)
        size = (last - first) * width
        if size == 0:
            tensor = torch.empty(shape, dtype=dtype, device="cpu")
        elif (
            info.is_raw
            and info.file_offset
            and (not self._verify or self._file.check(index, first, last))
        ):
            start = info.file_offset + first * width
            tensor = self._mapped()[start : start + size].view(dtype).view(shape)
        else:
            tensor = torch.empty(shape, dtype=dtype, device="cpu")
            self._file.read_into(index, first, last, tensor.data_ptr(), size)
        return tensor if self._device.type == "cpu" else tensor.to(self._device)

    def _mapped(self) -> torch.Tensor:
        """The whole file as bytes, which keep its mapping alive."""
        if self._bytes is None:
            self._bytes = torch.frombuffer(self._file.mapped(), dtype=torch.uint8)
        return self._bytes

    def close(self) -> None:
        """Closes the file; tensors that were got go on living.

        Example:
            >>> gobbet.torch.safe_open("weights.gobbet").close()
        """
        super().close()
        self._bytes = None


def load_file(
    filename: Path, device: str | int | torch.device = "cpu", *, verify: bool = True
) -> dict[str, torch.Tensor]:
    """All tensors of a file by their names; those stored raw look into the mapped file.

    What is written to them stays in this process. With `verify` False their checksums are not
    compared: see `safe_open`. The device is `device`, as with safetensors, not that of
    `torch.set_default_device`.

    Args:
        filename: The file.
        device: Where the tensors go.
        verify: Whether checksums of data that is stored raw are compared.

    Returns:
        Tensors by names.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: The file is damaged, or holds no tensors. A ValueError.

    Example:
        >>> gobbet.torch.load_file("weights.gobbet")["wte"].dtype
        torch.float32
    """
    with safe_open(filename, device, verify=verify) as file:
        return file.get_tensors()


def load_set(
    filename: Path, device: str | int | torch.device = "cpu", *, verify: bool = True
) -> dict[str, torch.Tensor]:
    """All tensors of the set of files that one belongs to: `model-00001-of-00003.gobbet`.

    Args:
        filename: Any file of the set.
        device: Where the tensors go.
        verify: Whether checksums of data that is stored raw are compared.

    Returns:
        Tensors by names.

    Raises:
        NoInput: A file of the set is missing. A FileNotFoundError.
        BadData: A file is damaged, or of another set. A ValueError.

    Example:
        >>> list(gobbet.torch.load_set("weights.gobbet"))
        ['wte']
    """
    return weight_sets.load_set(filename, lambda path: load_file(path, device, verify=verify))


def save_file(
    tensors: Mapping[str, torch.Tensor],
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
        tensors: Tensors by names.
        filename: The file to write.
        metadata: Texts by names that the file holds too.
        codec: compact or raw.
        vocabulary: A vocabulary that the file embeds.
        replace: Whether a file that is there is replaced.

    Raises:
        CannotCreate: The file exists, and `replace` is False. A FileExistsError.
        InvalidArgument: An element type has no place in the format. A ValueError.

    Example:
        >>> gobbet.torch.save_file({"wte": torch.zeros(4, 8)}, "zeros.gobbet")
    """
    with WeightsWriter(
        os.fspath(filename), metadata=metadata, codec=codec, vocabulary=vocabulary, replace=replace
    ) as writer:
        for name, tensor in tensors.items():
            code = _CODES.get(tensor.dtype)
            if code is None:
                known = ", ".join(str(dtype) for dtype in _CODES)
                raise InvalidArgument(f"{name}: {tensor.dtype} isn't one of {known}")
            data = tensor.detach().to("cpu").contiguous()
            writer.add(name, code, tuple(data.shape), data.data_ptr(), data.nbytes)
        writer.finish()


def load_model(
    model: torch.nn.Module, filename: Path, strict: bool = True
) -> tuple[list[str], list[str]]:
    """Loads the tensors of a file into a model; the names that are missing, and those too many.

    Args:
        model: The model.
        filename: The file.
        strict: Whether names that are missing or too many are an error.

    Returns:
        Names that the file lacks, and names that the model lacks.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: The file is damaged, or holds no tensors. A ValueError.
        RuntimeError: Names don't fit, and `strict` is True, or shapes don't.

    Example:
        >>> model = torch.nn.Linear(8, 4)
        >>> gobbet.torch.save_model(model, "linear.gobbet")
        >>> gobbet.torch.load_model(model, "linear.gobbet")
        ([], [])
    """
    result: Any = model.load_state_dict(load_file(filename), strict=strict)
    return list(result.missing_keys), list(result.unexpected_keys)


def save_model(
    model: torch.nn.Module, filename: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Writes the state of a model.

    Args:
        model: The model.
        filename: The file to write.
        metadata: Texts by names that the file holds too.

    Raises:
        InvalidArgument: An element type has no place in the format. A ValueError.

    Example:
        >>> gobbet.torch.save_model(torch.nn.Linear(8, 4), "linear.gobbet")
    """
    save_file(model.state_dict(), filename, metadata)
