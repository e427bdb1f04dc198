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
    from .row_options import RowOptions
    from .sampler_state import SamplerState
    from .weights_file import TensorInfo

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

    def decode_bytes(self, tokens: Any, skip_special_tokens: bool) -> bytes:
        """The bytes of tokens, of special ones too unless they are left out."""

    def token_bytes(self, token: int) -> bytes:
        """The bytes of one token; raises `NotFound` if there is none."""

    def token_id(self, data: bytes) -> int:
        """The id of the token with these bytes; raises `NotFound` if there is none."""

    def special_ids(self) -> list[int]:
        """The ids of special tokens."""

    def part(self, name: str) -> str | None:
        """A part of the tokenizer's own files that the vocabulary keeps; None if it keeps none."""

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

    def loss_rule(self) -> list[int] | None:
        """The rule of the first file that has one, as the library lays it out."""

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

    def rows(self, options: RowOptions) -> RowsBackend:
        """Rows of whole documents."""

    def sampler(
        self, state: SamplerState, *, begins: bool = False, place: tuple[int, int] | None = None
    ) -> SamplerBackend:
        """A sampler of windows: one that begins with `state`, or goes on there, as another rank of
        another number of them if `place` says so."""

    def close(self) -> None:
        """Closes the files."""


class SamplerBackend(Protocol):
    """The order of windows or rows, and how far it was followed."""

    @property
    def share(self) -> int:
        """How many indices this rank visits an epoch; since the last change of their number."""

    def take(self, count: int) -> npt.NDArray[np.uint64]:
        """The next indices of the epoch, fewer at its end."""

    def next_epoch(self) -> None:
        """Begins the next epoch."""

    def state(self) -> SamplerState:
        """All that resuming needs."""


class RowsBackend(Protocol):
    """Rows of whole documents, planned."""

    row_count: int
    token_count: int
    cropped_token_count: int
    padding_count: int
    too_long_count: int
    content_id: str

    def read(
        self, indices: npt.NDArray[np.uint64], padding: int, kind: np.dtype[Any], length: int,
        places: tuple[int, int, int, int],
    ) -> int:  # fmt: skip
        """Writes inputs, targets, positions and bounds of rows to memory; how many bounds there are."""

    def sampler(
        self, state: SamplerState, *, begins: bool = False, place: tuple[int, int] | None = None
    ) -> SamplerBackend:
        """A sampler of rows, as a dataset makes one of windows."""


class WeightsBackend(Protocol):
    """A file of tensors, opened and listed."""

    #: The tensors in the order of their data.
    tensors: list[TensorInfo]

    def set_place(self) -> tuple[int, int] | None:
        """Which file of a set it is, from 1, and how many there are; None if it doesn't say."""

    def descriptor(self) -> int:
        """A descriptor of the file that was opened, which the caller closes."""

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
        from .native_dataset import NativeDataset

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
