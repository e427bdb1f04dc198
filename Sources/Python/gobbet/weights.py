"""Tensors by safetensors' interface; `gobbet.numpy` and `gobbet.torch` make arrays of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from .element_types import SAFETENSORS_NAMES
from .errors import InvalidArgument
from .remote.urls import shown
from .showing import facts_html
from .weights_file import Path, TensorInfo, WeightsFile

if TYPE_CHECKING:
    from .encoding import Encoding

#: Tensors that a notebook shows; of the rest the number is.
_SHOWN = 40


class SafeOpen:
    """A file of tensors with the interface of safetensors' `safe_open`.

    Data that is stored raw is mapped and not copied. Its checksums are compared when a tensor, or
    some rows of it, are asked for first, which reads them once. With `verify` False they are not:
    nothing is then read before it is used, and damage to the file becomes wrong numbers. Data that
    is stored compact is always copied and checked.

    Args:
        filename: The file.
        verify: Whether checksums of data that is stored raw are compared.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: The file is damaged, or holds no tensors. A ValueError.

    Example:
        >>> with gobbet.safe_open("weights.gobbet") as file:
        ...     print(len(file.keys()))
        1
    """

    def __init__(self, filename: Path, *, verify: bool = True) -> None:
        self._file = WeightsFile(filename)
        self._verify = verify

    def _repr_html_(self) -> str:
        tensors = self._file.tensors
        facts: dict[str, object] = {
            info.name: f"{info.dtype} [{', '.join(map(str, info.shape))}]" for info in tensors[:_SHOWN]
        }
        if len(tensors) > _SHOWN:
            facts["and"] = f"{len(tensors) - _SHOWN:,} more"
        return facts_html(f"{shown(self._file.path)}: {len(tensors):,} tensors", facts)

    def _whole(self, index: int) -> Any:
        raise NotImplementedError

    def _rows(self, index: int, first: int, last: int) -> Any:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; tensors that were got go on living.

        Example:
            >>> gobbet.safe_open("weights.gobbet").close()
        """
        self._file.close()

    def keys(self) -> list[str]:
        """The names of the tensors, sorted.

        Returns:
            The names.

        Example:
            >>> with gobbet.safe_open("weights.gobbet") as file:
            ...     print(file.keys())
            ['wte']
        """
        return sorted(info.name for info in self._file.tensors)

    def offset_keys(self) -> list[str]:
        """The names of the tensors in the order of their data.

        Returns:
            The names.

        Example:
            >>> with gobbet.safe_open("weights.gobbet") as file:
            ...     print(file.offset_keys())
            ['wte']
        """
        return [info.name for info in self._file.tensors]

    def tensors(self) -> list[TensorInfo]:
        """What there is to know of each tensor, in the order of their data.

        Returns:
            A description of each.

        Example:
            >>> with gobbet.safe_open("weights.gobbet") as file:
            ...     print([info.name for info in file.tensors()])
            ['wte']
        """
        return list(self._file.tensors)

    def metadata(self) -> dict[str, str]:
        """The metadata in its order.

        Returns:
            Texts by names.

        Example:
            >>> with gobbet.safe_open("weights.gobbet") as file:
            ...     print(file.metadata())
            {}
        """
        return self._file.metadata()

    def vocabulary(self) -> Encoding:
        """The vocabulary that the file embeds.

        Returns:
            The vocabulary.

        Raises:
            NotFound: The file embeds none. A KeyError.

        Example:
            >>> with gobbet.safe_open("weights.gobbet") as file:
            ...     file.vocabulary()
            Traceback (most recent call last):
            gobbet.errors.NotFound: ...
        """
        return self._file.vocabulary()

    def get_tensor(self, name: str) -> Any:
        """The tensor of that name.

        Args:
            name: The name of the tensor.

        Returns:
            An array, or a tensor of PyTorch's.

        Raises:
            NotFound: There is no such tensor. A KeyError.
            BadData: Its data is damaged. A ValueError.

        Example:
            >>> with gobbet.safe_open("weights.gobbet") as file:
            ...     print(file.get_tensor("wte").shape)
            (4, 8)
        """
        return self._whole(self._file.find(name))

    def get_tensors(self) -> dict[str, Any]:
        """All tensors by their names, in the order of their data.

        Returns:
            Arrays, or tensors of PyTorch's, by names.

        Raises:
            BadData: The data of a tensor is damaged. A ValueError.

        Example:
            >>> with gobbet.safe_open("weights.gobbet") as file:
            ...     print(list(file.get_tensors()))
            ['wte']
        """
        return {info.name: self._whole(place) for place, info in enumerate(self._file.tensors)}

    def get_slice(self, name: str) -> TensorSlice:
        """The tensor of that name, of which only what is asked for is read.

        Args:
            name: The name of the tensor.

        Returns:
            What stands for the tensor, to be indexed.

        Raises:
            NotFound: There is no such tensor. A KeyError.

        Example:
            >>> with gobbet.safe_open("weights.gobbet") as file:
            ...     print(file.get_slice("wte")[1:3].shape)
            (2, 8)
        """
        return TensorSlice(self, self._file.find(name))


class TensorSlice:
    """A tensor that is read when it is indexed, and only the rows that this needs."""

    def __init__(self, file: SafeOpen, index: int) -> None:
        self._open = file
        self._index = index
        self._info = file._file.tensors[index]

    def get_shape(self) -> list[int]:
        """The lengths of the axes, outermost first."""
        return list(self._info.shape)

    def get_dtype(self) -> str:
        """The element type by safetensors' name: F32, BF16, I64, …"""
        return SAFETENSORS_NAMES.get(self._info.element_type, self._info.dtype.upper())

    def __getitem__(self, key: Any) -> Any:
        shape = self._info.shape
        keys = key if isinstance(key, tuple) else (key,)
        if not shape or not keys or not isinstance(keys[0], (int, slice)):
            return self._open._whole(self._index)[key]
        first = keys[0]
        if isinstance(first, slice):
            places = range(*first.indices(shape[0]))
            low, high = (min(places), max(places) + 1) if places else (0, 0)
            # The rows that were read begin at `low`; a step below zero ends before the first.
            stop = None if places.step < 0 and places else len(places) and places[-1] - low + 1
            start = places[0] - low if places else 0
            inner: int | slice = slice(start, stop, places.step)
        else:
            low = first + shape[0] if first < 0 else first
            if not 0 <= low < shape[0]:
                raise IndexError(f"row {first} of {shape[0]} of {self._info.name}")
            high, inner = low + 1, 0
        return self._open._rows(self._index, low, high)[(inner, *keys[1:])]


def safe_open(
    filename: Path, framework: str = "np", device: Any = "cpu", *, verify: bool = True
) -> SafeOpen:
    """Opens a file of tensors as safetensors' `safe_open` does: for `np` or for `pt`.

    With `verify` False, data that is stored raw is used unchecked.

    Args:
        filename: The file.
        framework: np for NumPy, pt for PyTorch.
        device: Where PyTorch's tensors go.
        verify: Whether checksums of data that is stored raw are compared.

    Returns:
        The open file, also a context manager.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: The file is damaged, or holds no tensors. A ValueError.
        InvalidArgument: There is no such framework. A ValueError.

    Example:
        >>> with gobbet.safe_open("weights.gobbet", "np") as file:
        ...     print(file.keys(), file.get_tensor("wte").shape)
        ['wte'] (4, 8)
    """
    if framework in ("np", "numpy"):
        from . import numpy

        return numpy.safe_open(filename, verify=verify)
    if framework in ("pt", "torch", "pytorch"):
        from . import torch

        return torch.safe_open(filename, device, verify=verify)
    raise InvalidArgument(f"framework {framework} isn't one of np, numpy, pt, torch, pytorch")
