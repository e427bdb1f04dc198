"""Files of tensors, opened and listed; `gobbet.numpy` and `gobbet.torch` make arrays of them."""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from .backends import open_weights
from .block_types import BLOCKS
from .errors import BadData, InvalidArgument, NoInput, NotFound
from .remote.urls import is_remote, shown
from .showing import facts_html
from .special_tokens import listed
from .weight_sets import check_neighbours

if TYPE_CHECKING:
    from .encoding import Encoding

Path = str | os.PathLike[str]

#: The name and the bits of every element type, by its code in `Spec/Weights.md`.
ELEMENT_TYPES = {
    1: ("f64", 64), 2: ("f32", 32), 3: ("f16", 16), 4: ("bf16", 16), 5: ("f8e4m3", 8),
    6: ("f8e5m2", 8), 8: ("f8e8m0", 8), 9: ("f8e4m3fnuz", 8), 10: ("f8e5m2fnuz", 8),
    11: ("f6e2m3", 6), 12: ("f6e3m2", 6), 13: ("f4e2m1", 4), 16: ("i64", 64), 17: ("i32", 32), 18: ("i16", 16), 19: ("i8", 8),
    20: ("i4", 4), 32: ("u64", 64), 33: ("u32", 32), 34: ("u16", 16), 35: ("u8", 8),
    36: ("u4", 4), 48: ("bool", 8), 64: ("c64", 64),
}  # fmt: skip
# Of those in blocks no element has bits of its own.
ELEMENT_TYPES |= {code: (name, 0) for code, (name, _, _) in BLOCKS.items()}
#: The names that safetensors has for them.
SAFETENSORS_NAMES = {
    1: "F64", 2: "F32", 3: "F16", 4: "BF16", 5: "F8_E4M3", 6: "F8_E5M2", 8: "F8_E8M0",
    9: "F8_E4M3FNUZ", 10: "F8_E5M2FNUZ", 11: "F6_E2M3", 12: "F6_E3M2", 13: "F4", 16: "I64",
    17: "I32", 18: "I16", 19: "I8", 20: "I4", 32: "U64", 33: "U32", 34: "U16", 35: "U8", 36: "U4",
    48: "BOOL", 64: "C64",
}  # fmt: skip


#: Tensors that a notebook shows; of the rest the number is.
_SHOWN = 40


class TensorInfo(NamedTuple):
    """A tensor, without its data.

    Example:
        >>> with gobbet.safe_open("weights.gobbet") as file:
        ...     info = file.tensors()[0]
        >>> info.name, info.shape
        ('wte', (4, 8))
    """

    name: str
    #: The code of the element type in `Spec/Weights.md`.
    element_type: int
    shape: tuple[int, ...]
    byte_count: int
    stored_byte_count: int
    #: Whether the data lies in the file as it is, and can be mapped.
    is_raw: bool
    #: Where it lies; 0 if that is not known.
    file_offset: int

    @property
    def dtype(self) -> str:
        """The name of the element type: f32, bf16, i64, …

        Returns:
            The name.

        Example:
            >>> with gobbet.safe_open("weights.gobbet") as file:
            ...     print(file.tensors()[0].dtype)
            f32
        """
        return ELEMENT_TYPES[self.element_type][0]



class WeightsFile:
    """The tensors of a file and their bytes; by Python alone where the library is missing.

    A file of a set, as `model-00001-of-00003.gobbet`, is compared with those before and after it that
    are there, if it is a local one: `BadData` if they are of another set.
    """

    def __init__(self, path: Path) -> None:
        self.path = os.fspath(path)
        self._mapped: mmap.mmap | None = None
        self._stamp = () if is_remote(self.path) else _stamp(self.path)
        self._backend = open_weights(self.path)
        #: The tensors in the order of their data.
        self.tensors: list[TensorInfo] = self._backend.tensors
        if not is_remote(self.path) and (place := self.set_place()):
            check_neighbours(self.path, place)
        self._index = {info.name: place for place, info in enumerate(self.tensors)}

    def set_place(self) -> tuple[int, int] | None:
        """Which file of a set it is, from 1, and how many there are; None if it doesn't say."""
        return self._backend.set_place()

    def find(self, name: str) -> int:
        """The index of the tensor of that name.

        Raises `NotFound`, a KeyError, if there is none.
        """
        try:
            return self._index[name]
        except KeyError:
            raise NotFound(
                f"{self.path}: no tensor is called {name}; {listed(self._index)}"
            ) from None

    def metadata(self) -> dict[str, str]:
        """The metadata in its order."""
        return self._backend.metadata()

    def vocabulary(self) -> Encoding:
        """The vocabulary that the file embeds.

        Raises `NotFound` if it embeds none.
        """
        return self._backend.vocabulary()

    def mapped(self) -> mmap.mmap:
        """The file, mapped copy-on-write: what is written there stays in this process.

        It lives as long as an array that looks into it.
        """
        if self._mapped is None:
            try:
                with open(self.path, "rb") as file:
                    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
                    same = _identity(os.fstat(file.fileno())) == self._stamp
            except OSError as error:
                raise NoInput(f"{self.path}: {error.strerror}") from None
            if not same:
                raise BadData(f"{self.path}: the file was replaced while it was open")
            self._mapped = mapped
        return self._mapped

    def read_into(self, index: int, first: int, last: int, address: int, byte_count: int) -> None:
        """Copies rows `first` to `last` of the first axis to memory at `address`, checked."""
        self._backend.read_into(index, first, last, address, byte_count)

    def check(self, index: int, first: int, last: int) -> bool:
        """Compares rows `first` to `last` of a tensor with their checksums, once.

        Returns:
            Whether that is possible here; without the library, only what is copied is checked.

        Raises:
            BadData: The rows are damaged.
        """
        return self._backend.check(index, first, last)

    def close(self) -> None:
        """Closes the file; arrays that look into it go on living."""
        self._backend.close()
        self._mapped = None


def row_bytes(info: TensorInfo) -> int:
    """Bytes of a row of the first axis; of all there is where there is no axis."""
    rows = info.shape[0] if info.shape else 1
    return info.byte_count // rows if rows else 0


def _stamp(path: str) -> tuple[int, ...]:
    try:
        return _identity(os.stat(path))
    except OSError as error:
        raise NoInput(f"{path}: {error.strerror}") from None


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


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
    raise InvalidArgument(f"framework {framework} is none of np, numpy, pt, torch, pytorch")
