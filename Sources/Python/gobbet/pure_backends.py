"""Files that Python reads alone, where the native library is missing."""

from __future__ import annotations

import ctypes
import os
from bisect import bisect_right
from functools import cached_property
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn, cast
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from . import _native
from ._native import address
from .errors import BadData, InvalidArgument, LibraryMissing, NotFound
from .pure import Container, Tokens, Vocabulary, Weights
from .pure.kept import Kept
from .remote.requests import at_once
from .remote.urls import is_remote, shown
from .sampler_state import window_count

if TYPE_CHECKING:
    from .backends import Path
    from .encoding import Encoding
    from .pure_rows import PureRows, PureSampler
    from .row_options import RowOptions
    from .sampler_state import SamplerState
    from .weights_file import TensorInfo


#: The most bytes of tables that opening a remote file fetches: it takes less than 128 KiB in all.
_TABLE_BYTES = 80 << 10


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
        self._path = file.place if isinstance(file, Container) else os.fspath(file)
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

    def decode_bytes(self, tokens: Any, skip_special_tokens: bool) -> bytes:
        """The bytes of tokens, of special ones too unless they are left out."""
        pipeline = self._vocabulary.pipeline
        if pipeline and pipeline.decoders:
            raise LibraryMissing(
                "decoding with this vocabulary's decoders needs the native library, "
                "which is missing"
            )
        left_out = frozenset(self.special_ids() if skip_special_tokens else ())
        texts = ((token, self.token_bytes(int(token))) for token in tokens)
        return b"".join(text for token, text in texts if token not in left_out)

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

    def part(self, name: str) -> str | None:
        """A part of the tokenizer's own files that the vocabulary keeps; None if it keeps none."""
        post = self._vocabulary.post
        return post.kept.get(name) if post else None

    def reopened(self, encoding: Encoding) -> tuple[object, ...]:
        """From its file: nothing can be written here."""
        return type(encoding), (self._path,)


def _parts(starts: list[int], first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Which files hold `first` to `last` of what `starts` counts, and the range within each."""
    for index, (start, end) in enumerate(zip(starts, starts[1:])):
        low, high = max(first, start), min(last, end)
        if low < high:
            yield index, low - start, high - start


class PureDataset:
    """The tokens of files, which follow one another."""

    def __init__(self, paths: Sequence[str], cache_bytes: int) -> None:
        blocks: Kept[np.ndarray] = Kept(cache_bytes or 16 << 20)
        self._blocks = blocks
        self._files = files = at_once(lambda path: Tokens(path, blocks=blocks), paths)
        self._paths = list(paths)
        #: What errors call the dataset.
        self.name = shown(paths[0])
        first = files[0]
        if len(files) == 1 and not first.is_local:
            # One file is opened with all that windows need, of many the first window of each is.
            first.fetch_tables(_TABLE_BYTES)
        for path, file in zip(paths, files):
            if file.fingerprint != first.fingerprint:
                raise BadData(f"{shown(path)}: has another vocabulary than {shown(paths[0])}")
        #: Where the tokens, and the documents, of each file begin; at last how many there are.
        self._token_starts = [0, *accumulate(file.token_count for file in files)]
        self._document_starts = [0, *accumulate(file.document_count for file in files)]
        self.token_count, self.document_count = self._token_starts[-1], self._document_starts[-1]
        self.id_bound = max(file.id_bound for file in files)
        self.block_token_count, self.codec = first.block_token_count, first.codec
        ids = [file.content_id for file in files]
        self.content_id = (ids[0] if len(ids) == 1 else sha256(b"".join(ids)).digest()).hex()
        self.fingerprint = first.fingerprint.hex()
        self.has_loss_mask = any(file.has_loss_mask for file in files)

    def tokens(self, start: int, end: int, kind: np.dtype[Any]) -> npt.NDArray[np.integer]:
        """Tokens as that type."""
        parts = [self._files[index].tokens(low, high)
                 for index, low, high in _parts(self._token_starts, start, end)]  # fmt: skip
        tokens = parts[0] if len(parts) == 1 else np.concatenate([*parts, np.empty(0, np.uint32)])
        if len(tokens) and int(tokens.max()) > np.iinfo(kind).max:
            raise InvalidArgument(f"an id of {int(tokens.max())} isn't a {kind.name}")
        return tokens.astype(kind, copy=False)

    def loss_mask(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        """Which tokens count in a loss."""
        parts = [self._files[index].loss_mask(low, high)
                 for index, low, high in _parts(self._token_starts, start, end)]  # fmt: skip
        return np.concatenate([*parts, np.empty(0, np.bool_)])

    def loss_rule(self) -> list[int] | None:
        """The rule of the first file that has one, as the library lays it out."""
        return next((rule for file in self._files if (rule := file.loss_rule)), None)

    def document_bounds(self, first: int, last: int) -> tuple[int, npt.NDArray[np.uint64]]:
        """Where documents begin and end."""
        ends = [
            self._files[index].documents.first(high)[low:high].astype(np.uint64)
            + np.uint64(self._token_starts[index])
            for index, low, high in _parts(self._document_starts, max(0, first - 1), last)
        ]
        found = np.concatenate([*ends, np.empty(0, np.uint64)])
        return (int(found[0]), found[1:]) if first else (0, found)

    def document_containing(self, token: int) -> int:
        """The document that a token is of."""
        index = bisect_right(self._token_starts, token) - 1
        place = self._files[index].documents.containing(token - self._token_starts[index])
        return self._document_starts[index] + place

    def copy_windows(
        self, length: int, stride: int, indices: npt.NDArray[np.uint64], kind: np.dtype[Any],
        inputs: int, targets: int | None,
    ) -> None:  # fmt: skip
        """Writes windows to memory."""
        columns = length + (targets is None)
        rows = np.empty((len(indices), columns), dtype=kind)
        wanted = np.empty((len(indices), length), dtype=kind)
        starts = [index * stride for index in indices.tolist()]
        self.prefetch([(start, start + length + 1) for start in starts])
        for row, target, start in zip(rows, wanted, starts):
            tokens = self.tokens(start, start + length + 1, kind)
            row[:], target[:] = tokens[:columns], tokens[1:]
            if targets is not None and self.has_loss_mask:
                target[~self.loss_mask(start + 1, start + length + 1)] = -100
        ctypes.memmove(inputs, address(rows), rows.nbytes)
        if targets is not None:
            ctypes.memmove(targets, address(wanted), wanted.nbytes)

    def vocabulary(self) -> Encoding:
        """The vocabulary in the first file."""
        return _embedded(self._paths[0])

    def metadata(self) -> str | None:
        """The metadata of the first file."""
        return self._files[0].metadata

    def prefetch(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Reads blocks of remote files that ranges of tokens lie in, several at a time."""
        wanted = dict.fromkeys(
            (index, block)
            for start, end in ranges
            for index, low, high in _parts(self._token_starts, start, end)
            for block in self._files[index].blocks_elsewhere(low, high)
        )
        # In the order of their use, and no more than are kept until then.
        most = max(1, self._blocks.most_bytes // (4 * self.block_token_count))
        at_once(lambda place: self._files[place[0]].fetch(place[1]), list(wanted)[:most])

    def rows(self, options: RowOptions) -> PureRows:
        """Rows of whole documents."""
        from .pure_rows import PureRows

        return PureRows(self, options)

    def sampler(
        self, state: SamplerState, *, begins: bool = False, place: tuple[int, int] | None = None
    ) -> PureSampler:
        """A sampler of windows."""
        from .pure_rows import Sampled

        if not (state.length and state.stride):
            raise InvalidArgument("length and stride must be positive")
        count = window_count(self.token_count, state.length, state.stride)
        content_id = bytes.fromhex(self.content_id)
        sampled = Sampled(self.name, content_id, state.length, state.stride, count)
        return sampled.sampler(state, begins=begins, place=place)

    def close(self) -> None:
        """Nothing is to be closed."""


class PureWeights:
    """The tensors of a file."""

    def __init__(self, path: str) -> None:
        from .weights_file import TensorInfo

        self._path = path
        self._file = Weights(path)
        can_map = not is_remote(path)
        self.tensors: list[TensorInfo] = [
            TensorInfo(
                tensor.name, tensor.element_type, tensor.shape, tensor.byte_count,
                tensor.byte_count, tensor.is_raw and can_map,
                tensor.file_offset if tensor.is_raw else 0,
            )
            for tensor in self._file.tensors
        ]  # fmt: skip

    def set_place(self) -> tuple[int, int] | None:
        """Which file of a set it is, and how many there are."""
        found = self._file.set_place
        return None if found is None else (found.number, found.count)

    def descriptor(self) -> int:
        """A descriptor of the file, which the caller closes."""
        return os.open(self._path, os.O_RDONLY)

    def metadata(self) -> dict[str, str]:
        """The metadata in its order."""
        return self._file.metadata()

    def vocabulary(self) -> Encoding:
        """The vocabulary in the file."""
        return _embedded(self._path)

    def read_into(self, index: int, first: int, last: int, address: int, byte_count: int) -> None:
        """Copies rows of a tensor to memory, checked."""
        from .weights_file import row_bytes

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

    if is_remote(path):
        return Encoding(path)
    container = Container(path)
    if container.find("VOCB") is None:
        raise NotFound(f"{path}: no vocabulary is embedded")
    return Encoding._of(PureVocabulary(container), os.path.basename(path))
