"""Files of tensors, opened and listed."""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING, NamedTuple

from .backends import open_weights
from .element_types import ELEMENT_TYPES
from .errors import BadData, NoInput, NotFound
from .remote.urls import is_remote
from .special_tokens import listed
from .weight_sets import check_neighbours

if TYPE_CHECKING:
    from .encoding import Encoding

Path = str | os.PathLike[str]


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
                descriptor = self._backend.descriptor()
                try:
                    mapped = mmap.mmap(descriptor, 0, access=mmap.ACCESS_COPY)
                    same = _identity(os.fstat(descriptor)) == self._stamp
                finally:
                    os.close(descriptor)
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
