"""Files that Python reads alone, where the native library is missing."""

from __future__ import annotations

import ctypes
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, cast
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from . import _native
from ._native import address
from .errors import InvalidArgument, LibraryMissing, NotFound
from .pure import Container, Tokens, Vocabulary, Weights

if TYPE_CHECKING:
    from .backends import Path
    from .encoding import Encoding
    from .weights import TensorInfo


class _NoLibrary:
    """The library where there is none: what is asked of it says so."""

    quick = None
    encode_at = 0

    def __getattr__(self, name: str) -> NoReturn:
        raise LibraryMissing("encoding and writing need the native library, which is missing")


class PureVocabulary:
    """The vocabulary of a Gobbet file; it decodes, and encodes nothing."""

    library = cast(_native.Library, _NoLibrary())
    handle = 0

    def __init__(self, file: Path | Container, pattern: str | None = None) -> None:
        if pattern is not None:
            raise InvalidArgument("a Gobbet file says by itself how text is split")
        self._vocabulary = vocabulary = Vocabulary(file)
        self._path = file.path if isinstance(file, Container) else os.fspath(file)
        self.n_vocab = vocabulary.id_bound
        self.merge_count = len(vocabulary.merges)
        self.pattern = vocabulary.pattern
        self.fingerprint = vocabulary.fingerprint.hex()

    @cached_property
    def _tokens(self) -> dict[int, bytes]:
        return self._vocabulary.all_tokens

    @cached_property
    def _by_bytes(self) -> dict[bytes, int]:
        return {text: token for token, text in self._tokens.items()}

    def decode_bytes(self, tokens: Any) -> bytes:
        """The bytes of tokens."""
        pipeline = self._vocabulary.pipeline
        if pipeline and pipeline.decoders:
            raise LibraryMissing(
                "decoding with this vocabulary's decoders needs the native library, "
                "which is missing"
            )
        return b"".join(self.token_bytes(int(token)) for token in tokens)

    def token_bytes(self, token: int) -> bytes:
        """The bytes of one token."""
        try:
            return self._tokens[token]
        except KeyError:
            raise NotFound(f"no token has the id {token}") from None

    def token_id(self, data: bytes) -> int:
        """The id of the token with these bytes."""
        try:
            return self._by_bytes[data]
        except KeyError:
            raise NotFound(f"no token has the bytes {data!r}") from None

    def special_ids(self) -> list[int]:
        """The ids of special tokens."""
        return [
            token
            for token in self._vocabulary.special_tokens.values()
            if not self._vocabulary.is_ordinary(token)
        ]

    def reopened(self, encoding: Encoding) -> tuple[object, ...]:
        """From its file: nothing can be written here."""
        return type(encoding), (self._path,)


class PureDataset:
    """The tokens of one file."""

    def __init__(self, paths: Sequence[str]) -> None:
        if len(paths) != 1:
            raise LibraryMissing("several files as one need the native library, which is missing")
        self._path, = paths
        self._file = file = Tokens(self._path)
        self.token_count, self.document_count = file.token_count, file.document_count
        self.id_bound, self.block_token_count = file.id_bound, file.block_token_count
        self.codec, self.content_id = file.codec, file.content_id.hex()
        self.fingerprint = file.fingerprint.hex()
        self.has_loss_mask = file.has_loss_mask

    def tokens(self, start: int, end: int, kind: np.dtype[Any]) -> npt.NDArray[np.integer]:
        """Tokens as that type."""
        tokens = self._file.tokens(start, end)
        if len(tokens) and int(tokens.max()) > np.iinfo(kind).max:
            raise InvalidArgument(f"an id of {int(tokens.max())} is no {kind.name}")
        return tokens.astype(kind, copy=False)

    def loss_mask(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        """Which tokens count in a loss."""
        return self._file.loss_mask(start, end)

    def document_bounds(self, first: int, last: int) -> tuple[int, npt.NDArray[np.uint64]]:
        """Where documents begin and end."""
        ends = self._file.document_ends
        return int(ends[first - 1]) if first else 0, ends[first:last]

    def document_containing(self, token: int) -> int:
        """The document that a token is of."""
        return int(np.searchsorted(self._file.document_ends, token, side="right"))

    def copy_windows(
        self, length: int, stride: int, indices: npt.NDArray[np.uint64], kind: np.dtype[Any],
        inputs: int, targets: int | None,
    ) -> None:  # fmt: skip
        """Writes windows to memory."""
        columns = length + (targets is None)
        rows = np.empty((len(indices), columns), dtype=kind)
        wanted = np.empty((len(indices), length), dtype=kind)
        for row, target, index in zip(rows, wanted, indices.tolist()):
            start = index * stride
            tokens = self.tokens(start, start + length + 1, kind)
            row[:], target[:] = tokens[:columns], tokens[1:]
            if targets is not None and self.has_loss_mask:
                target[~self.loss_mask(start + 1, start + length + 1)] = -100
        ctypes.memmove(inputs, address(rows), rows.nbytes)
        if targets is not None:
            ctypes.memmove(targets, address(wanted), wanted.nbytes)

    def vocabulary(self) -> Encoding:
        """The vocabulary in the file."""
        return _embedded(self._path)

    def metadata(self) -> str | None:
        """The metadata of the file."""
        return self._file.metadata

    def handle(self, purpose: str) -> NoReturn:
        """There is none."""
        raise LibraryMissing(f"{purpose} the native library, which is missing")

    def close(self) -> None:
        """Nothing is to be closed."""


class PureWeights:
    """The tensors of a file."""

    def __init__(self, path: str) -> None:
        from .weights import TensorInfo

        self._path = path
        self._file = Weights(path)
        self.tensors: list[TensorInfo] = [
            TensorInfo(
                tensor.name, tensor.element_type, tensor.shape, tensor.byte_count,
                tensor.byte_count, tensor.is_raw, tensor.file_offset if tensor.is_raw else 0,
            )
            for tensor in self._file.tensors
        ]  # fmt: skip

    def set_place(self) -> tuple[int, int] | None:
        """Which file of a set it is, and how many there are."""
        found = self._file.set_place
        return None if found is None else (found.number, found.count)

    def metadata(self) -> dict[str, str]:
        """The metadata in its order."""
        return self._file.metadata()

    def vocabulary(self) -> Encoding:
        """The vocabulary in the file."""
        return _embedded(self._path)

    def read_into(self, index: int, first: int, last: int, address: int, byte_count: int) -> None:
        """Copies rows of a tensor to memory, checked."""
        from .weights import row_bytes

        start = first * row_bytes(self.tensors[index])
        data = self._file.read(self._file.tensors[index], start, start + byte_count)
        ctypes.memmove(address, data, byte_count)

    def check(self, index: int, first: int, last: int) -> bool:
        """Only what is copied is checked."""
        return False

    def close(self) -> None:
        """Nothing is to be closed."""


def _embedded(path: str) -> Encoding:
    """The encoding of the vocabulary in a file."""
    from .encoding import Encoding

    container = Container(path)
    if container.find("VOCB") is None:
        raise NotFound(f"{path}: no vocabulary is embedded")
    return Encoding._of(PureVocabulary(container), os.path.basename(path))
