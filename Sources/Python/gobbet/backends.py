"""What reads a file for a class of this package: the native library, or Python alone.

`VocabularyBackend`, `DatasetBackend` and `WeightsBackend` say what both have to do; `NativeVocabulary`
and so on do it by the library, `PureVocabulary` and so on by `gobbet.pure`. Which of them it is, is
decided once, where a file is opened.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol
from collections.abc import Sequence

from . import _native
from .remote.urls import is_remote

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .encoding import Encoding
    from .weights import TensorInfo

Path = str | os.PathLike[str]


class VocabularyBackend(Protocol):
    """A vocabulary that decodes; to encode and to write, it has a library and a handle there."""

    #: The library; of Python alone one that is missing, which says so when it is called.
    library: _native.Library
    handle: int

    @property
    def n_vocab(self) -> int:
        """How many ids there are at most: all are below this."""

    @property
    def merge_count(self) -> int:
        """How many merges the vocabulary has."""

    @property
    def pattern(self) -> str:
        """The name of the pattern; empty for settings that have none."""

    @property
    def fingerprint(self) -> str:
        """What names the content of the vocabulary, in hexadecimal."""

    def decode_bytes(self, tokens: Any) -> bytes:
        """The bytes of tokens."""

    def token_bytes(self, token: int) -> bytes:
        """The bytes of one token; raises `NotFound` if there is none."""

    def token_id(self, data: bytes) -> int:
        """The id of the token with these bytes; raises `NotFound` if there is none."""

    def special_ids(self) -> list[int]:
        """The ids of special tokens."""

    def reopened(self, encoding: Encoding) -> tuple[object, ...]:
        """How pickle makes the encoding anew."""


class DatasetBackend(Protocol):
    """Token files, opened and checked."""

    token_count: int
    document_count: int
    id_bound: int
    block_token_count: int
    codec: str
    content_id: str
    fingerprint: str
    has_loss_mask: bool

    def tokens(self, start: int, end: int, kind: np.dtype[Any]) -> npt.NDArray[np.integer]:
        """Tokens `start` to `end` as that type."""

    def loss_mask(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        """Which of these tokens count in a loss."""

    def document_bounds(self, first: int, last: int) -> tuple[int, npt.NDArray[np.uint64]]:
        """Where document `first` begins, and where documents `first` to `last` end."""

    def document_containing(self, token: int) -> int:
        """The document that a token is of."""

    def copy_windows(
        self, length: int, stride: int, indices: npt.NDArray[np.uint64], kind: np.dtype[Any],
        inputs: int, targets: int | None,
    ) -> None:  # fmt: skip
        """Writes windows, [indices, length], and their targets to memory; without targets the inputs
        have one token more."""

    def vocabulary(self) -> Encoding:
        """The vocabulary in the first file; raises `NotFound` if there is none."""

    def metadata(self) -> str | None:
        """The metadata of the first file."""

    def handle(self, purpose: str) -> int:
        """The library's handle of the dataset; raises `LibraryMissing` where there is none."""

    def close(self) -> None:
        """Closes the files."""


class WeightsBackend(Protocol):
    """A file of tensors, opened and listed."""

    #: The tensors in the order of their data.
    tensors: list[TensorInfo]

    def set_place(self) -> tuple[int, int] | None:
        """Which file of a set it is, from 1, and how many there are; None if it doesn't say."""

    def metadata(self) -> dict[str, str]:
        """The metadata in its order."""

    def vocabulary(self) -> Encoding:
        """The vocabulary in the file; raises `NotFound` if there is none."""

    def read_into(self, index: int, first: int, last: int, address: int, byte_count: int) -> None:
        """Copies rows `first` to `last` of a tensor to memory, checked."""

    def check(self, index: int, first: int, last: int) -> bool:
        """Compares rows with their checksums; False if that is not possible without copying them."""

    def close(self) -> None:
        """Closes the file."""


def open_vocabulary(path: Path, pattern: str | None) -> VocabularyBackend:
    """The vocabulary in a file; that of a remote one is fetched for the library."""
    if _native.available():
        from .native_backends import NativeVocabulary

        if not is_remote(path):
            return NativeVocabulary.opened(path, pattern)
        from .remote import local_vocabulary

        with local_vocabulary(str(path)) as fetched:
            return NativeVocabulary.opened(fetched, pattern)
    from .pure_backends import PureVocabulary

    return PureVocabulary(path, pattern)


def open_dataset(paths: Sequence[str], cache_bytes: int) -> DatasetBackend:
    """The tokens in files; remote ones are read by Python."""
    if _native.available() and not any(map(is_remote, paths)):
        from .native_backends import NativeDataset

        return NativeDataset(paths, cache_bytes)
    from .pure_backends import PureDataset

    return PureDataset(paths, cache_bytes)


def open_weights(path: str) -> WeightsBackend:
    """The tensors in a file; a remote one is read by Python."""
    if _native.available() and not is_remote(path):
        from .native_backends import NativeWeights

        return NativeWeights(path)
    from .pure_backends import PureWeights

    return PureWeights(path)
