"""Token datasets: ranges, documents, windows."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from . import _native
from ._native import address
from .backends import open_dataset
from .encoding import Encoding
from .errors import BadData, InvalidArgument
from .integers import integers
from .limits import whole
from .dataset_folder import DatasetFolder, manifest_of
from .remote.urls import shown
from .row_options import Gaps, LongDocuments
from .sampler import Sampler
from .sampler_state import Order, window_count
from .showing import facts_html

if TYPE_CHECKING:
    from .rows import PackedRows, RowBatch

Path = str | os.PathLike[str]


class TokenDataset:
    """The tokens of one packed file, of a folder of shards, or of several files read as one.

    `dataset[i]` is a token, `dataset[a:b]` an array of them. A dataset may be used by several
    threads, sent to other processes, which open the files again, and used on in a forked one. It may
    have more files than a process may have open: some are then opened when they are read.

    Args:
        paths: A file; the folder that `gobbet pack` or `gobbet.jobs` wrote, or the manifest in it; or
            several files, whose tokens follow one another.
        split: The part of the folder, `train` if it is None, or `validation`.
        cache_bytes: How many bytes of decoded blocks are kept; 0 for 16 MiB.
        dtype: The type of arrays of tokens: uint16 where the ids fit it, and uint32 otherwise, if
            it is None.

    Raises:
        NoInput: A file is missing, or the folder has no manifest. A FileNotFoundError.
        NotFound: The folder has no such split. A KeyError.
        BadData: A file is damaged, or another than the manifest lists. A ValueError.

    Example:
        >>> dataset = gobbet.TokenDataset("corpus.gobbet")
        >>> len(dataset[10:20])
        10
    """

    def __init__(
        self,
        paths: Path | Sequence[Path],
        *,
        split: str | None = None,
        cache_bytes: int = 0,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        listed = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
        self.paths: list[str] = [os.fsdecode(path) for path in listed]
        folder = None
        if len(listed) == 1 and (manifest := manifest_of(self.paths[0])) is not None:
            folder = DatasetFolder(manifest, "train" if split is None else split)
            self.paths = folder.paths
        elif split is not None:
            raise InvalidArgument(f"split {split}: only a folder with a manifest has splits")
        self._cache_bytes = cache_bytes = whole(cache_bytes, "cache_bytes")
        self._backend = backend = open_dataset(self.paths, cache_bytes)
        self.token_count: int = backend.token_count
        self.document_count: int = backend.document_count
        #: Ids are below this.
        self.id_bound: int = backend.id_bound
        #: Tokens that are read and checked at once.
        self.block_token_count: int = backend.block_token_count
        #: raw16, raw32, packed, rank or archive.
        self.codec: str = backend.codec
        #: The content id of the file, or of the list of files, in hexadecimal.
        self.content_id: str = backend.content_id
        #: The fingerprint of the vocabulary that the tokens are of, in hexadecimal.
        self.fingerprint: str = backend.fingerprint
        #: Whether the dataset says which tokens count in a loss; otherwise all do.
        self.has_loss_mask: bool = backend.has_loss_mask
        if folder is not None and folder.content_id != self.content_id:
            folder.blame(lambda path: TokenDataset(path, cache_bytes=1).content_id)
        self.dtype = _integer_type(
            ("uint16" if self.id_bound <= 1 << 16 else "uint32") if dtype is None else dtype
        )

    def __repr__(self) -> str:
        name = shown(self.paths[0]) if len(self.paths) == 1 else f"{len(self.paths)} files"
        return f"<TokenDataset {name!r}: {self.token_count} tokens>"

    def _repr_html_(self) -> str:
        name = shown(self.paths[0]) if len(self.paths) == 1 else f"{len(self.paths)} files"
        return facts_html(name, {
            "tokens": self.token_count, "documents": self.document_count, "ids below": self.id_bound,
            "codec": self.codec, "tokens of a block": self.block_token_count,
            "says which tokens count in a loss": self.has_loss_mask,
            "content id": self.content_id, "vocabulary": self.fingerprint,
        })  # fmt: skip

    def __len__(self) -> int:
        return self.token_count

    def __getitem__(self, index: int | slice) -> int | npt.NDArray[np.integer]:
        if isinstance(index, slice):
            start, stop, step = index.indices(self.token_count)
            if step == 1:
                return self.tokens(start, max(start, stop))
            if step > 1:
                return self.tokens(start, max(start, stop))[::step].copy()
            if start <= stop:
                return self.tokens(0, 0)
            return self.tokens(stop + 1, start + 1)[::step].copy()
        position = index + self.token_count if index < 0 else index
        if not 0 <= position < self.token_count:
            raise IndexError(f"token {index} of {self.token_count}")
        return int(self.tokens(position, position + 1)[0])

    def tokens(
        self, start: int, end: int, *, dtype: npt.DTypeLike | None = None
    ) -> npt.NDArray[np.integer]:
        """Tokens `start` to `end`, without it.

        Args:
            start: The first token.
            end: The token after the last.
            dtype: The type of the array; that of the dataset if it is None.

        Returns:
            The tokens.

        Raises:
            InvalidArgument: There are no such tokens. A ValueError.
            BadData: A block is damaged. A ValueError.

        Example:
            >>> len(dataset.tokens(10, 20))
            10
        """
        if not 0 <= start <= end <= self.token_count:
            raise InvalidArgument(f"tokens {start}..<{end} of {self.token_count}")
        kind = self.dtype if dtype is None else _integer_type(dtype)
        return self._backend.tokens(start, end, kind)

    def loss_mask(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        """Which of tokens `start` to `end`, without it, count in a loss.

        Args:
            start: The first token.
            end: The token after the last.

        Returns:
            A truth value for each token.

        Raises:
            InvalidArgument: There are no such tokens. A ValueError.
            BadData: A block is damaged. A ValueError.

        Example:
            >>> bool(dataset.loss_mask(0, 10).all())
            True
        """
        if not 0 <= start <= end <= self.token_count:
            raise InvalidArgument(f"tokens {start}..<{end} of {self.token_count}")
        return self._backend.loss_mask(start, end)

    # MARK: Documents

    def document_bounds(
        self, first: int = 0, last: int | None = None
    ) -> tuple[int, npt.NDArray[np.uint64]]:
        """Where document `first` begins, and where documents `first` to `last`, without it, end.

        Args:
            first: The first document.
            last: The document after the last; the number of documents if it is None.

        Returns:
            Where the first begins, and where each ends.

        Raises:
            InvalidArgument: There is no such document. A ValueError.

        Example:
            >>> start, ends = dataset.document_bounds()
            >>> start, len(ends) == dataset.document_count
            (0, True)
        """
        last = self.document_count if last is None else last
        if not 0 <= first <= last <= self.document_count:
            raise InvalidArgument(f"documents {first}..<{last} of {self.document_count}")
        return self._backend.document_bounds(first, last)

    def document(self, index: int) -> npt.NDArray[np.integer]:
        """The tokens of a document.

        Args:
            index: The document.

        Returns:
            Its tokens.

        Raises:
            InvalidArgument: There is no such document. A ValueError.
            BadData: A block is damaged. A ValueError.

        Example:
            >>> int(dataset.document(0)[-1]) == encoding.eot_token
            True
        """
        position = index + self.document_count if index < 0 else index
        if not 0 <= position < self.document_count:
            raise IndexError(f"document {index} of {self.document_count}")
        start, ends = self.document_bounds(position, position + 1)
        return self.tokens(start, int(ends[0]))

    def documents(self) -> Iterator[npt.NDArray[np.integer]]:
        """All documents, one after the other.

        Yields:
            Arrays of tokens.

        Raises:
            BadData: A block is damaged. A ValueError.

        Example:
            >>> sum(len(document) for document in dataset.documents()) == len(dataset)
            True
        """
        step = 4096
        for first in range(0, self.document_count, step):
            start, ends = self.document_bounds(first, min(first + step, self.document_count))
            for end in ends.tolist():
                yield self.tokens(start, end)
                start = end

    def document_containing(self, token: int) -> int:
        """The document that token `token` is of.

        Args:
            token: The token.

        Returns:
            The document.

        Raises:
            InvalidArgument: There is no such token. A ValueError.

        Example:
            >>> dataset.document_containing(0)
            0
        """
        if not 0 <= token < self.token_count:
            raise InvalidArgument(f"token {token} of {self.token_count}")
        return self._backend.document_containing(token)

    # MARK: Windows

    def windows(
        self, length: int, stride: int | None = None, *, dtype: npt.DTypeLike | None = None
    ) -> Windows:
        """Windows of `length` inputs, each `stride` tokens (`length`) after the one before.

        Args:
            length: Inputs of each window.
            stride: Tokens from the start of a window to the start of the next; `length` if it
                is None.
            dtype: The type of the arrays; that of the dataset if it is None.

        Returns:
            The windows.

        Raises:
            InvalidArgument: The length or the stride isn't positive. A ValueError.

        Example:
            >>> inputs, targets = dataset.windows(256)[0]
            >>> bool((inputs[1:] == targets[:-1]).all())
            True
        """
        return Windows(self, length, length if stride is None else stride, dtype)

    def packed_rows(
        self,
        length: int,
        *,
        long_documents: LongDocuments = "split",
        gaps: Gaps = "pad",
        group_documents: int = 0,
        plan_bytes: int = 0,
        dtype: npt.DTypeLike = "int64",
    ) -> PackedRows:
        """Whole documents in rows of `length` tokens, by best fit: see `PackedRows`.

        Args:
            length: Tokens of each row.
            long_documents: What becomes of a document longer than a row: split, crop, drop or fail.
            gaps: What fills the rest of a row: pad or crop.
            group_documents: Documents that are packed together; 0 for 262,144.
            plan_bytes: Memory for plans; 0 for 64 MiB.
            dtype: int32 or int64.

        Returns:
            The rows.

        Raises:
            InvalidArgument: An option isn't one of those. A ValueError.
            BadData: A document is longer than a row, and `long_documents` is `fail`. A ValueError.

        Example:
            >>> dataset.packed_rows(256).batch([0]).inputs.shape
            (1, 256)
        """
        from .rows import PackedRows

        return PackedRows(
            self,
            length,
            long_documents=long_documents,
            gaps=gaps,
            group_documents=group_documents,
            plan_bytes=plan_bytes,
            dtype=dtype,
        )

    def document_rows(
        self,
        indices: Sequence[int] | npt.NDArray[np.integer],
        *,
        padding: int,
        length: int | None = None,
    ) -> RowBatch:
        """Documents in rows of their own, with their targets, as fine-tuning takes them.

        Args:
            indices: The documents.
            padding: The input after a document that is shorter than a row, whose target is -100.
            length: Inputs of each row; as many as the longest document has targets if it is None.

        Returns:
            The rows as arrays, [indices, length].

        Raises:
            InvalidArgument: There is no such document. A ValueError.

        Example:
            >>> inputs, targets, *_ = dataset.document_rows(range(8), padding=0)
            >>> len(inputs)
            8
        """
        from .rows import document_rows

        return document_rows(self, indices, padding=padding, length=length)

    def sampler(
        self,
        length: int,
        stride: int | None = None,
        *,
        order: Order = "shuffled",
        seed: int = 0,
        epoch: int = 0,
        rank: int = 0,
        world_size: int = 1,
        windows_per_group: int = 64,
        groups_together: int = 16,
    ) -> Sampler:
        """The order in which windows are visited: every one once an epoch, by exactly one rank.

        With order `groups`, groups of neighbouring windows are shuffled, then the windows of some
        groups together, so that each block is decoded about once.

        Args:
            length: Inputs of each window.
            stride: Tokens from the start of a window to the start of the next; `length` if it
                is None.
            order: sequential, shuffled or groups.
            seed: What the order is made from.
            epoch: The epoch to begin with.
            rank: Which of the readers this is.
            world_size: How many readers share the windows.
            windows_per_group: Windows of a group.
            groups_together: Groups whose windows are shuffled together.

        Returns:
            The sampler.

        Raises:
            InvalidArgument: There is no such order or rank. A ValueError.

        Example:
            >>> sampler = dataset.sampler(256, order="groups", seed=1)
            >>> inputs, targets = windows.batch(sampler.take(8))
        """
        return Sampler(
            self,
            {
                "order": order,
                "windows_per_group": windows_per_group if order == "groups" else 0,
                "groups_together": groups_together if order == "groups" else 0,
                "length": length,
                "stride": length if stride is None else stride,
                "window_count": 0,
                "seed": seed,
                "epoch": epoch,
                "rank": rank,
                "world_size": world_size,
                "position": 0,
            },
        )

    @cached_property
    def _vocabulary(self) -> Encoding:
        return self._backend.vocabulary()

    def vocabulary(self) -> Encoding:
        """The vocabulary that the first file embeds.

        Returns:
            The vocabulary.

        Raises:
            NotFound: The file embeds none. A KeyError.

        Example:
            >>> dataset.vocabulary().n_vocab
            4096
        """
        return self._vocabulary

    @property
    def metadata(self) -> str | None:
        """The metadata of the first file, JSON; None if it has none.

        Returns:
            JSON, or None.

        Raises:
            InvalidArgument: The dataset is closed. A ValueError.

        Example:
            >>> dataset.metadata is None
            True
        """
        return self._backend.metadata()

    # MARK: Its life

    def close(self) -> None:
        """Closes the files; what is asked for later is refused.

        Example:
            >>> gobbet.TokenDataset("corpus.gobbet").close()
        """
        self._backend.close()

    def __enter__(self) -> TokenDataset:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[object, ...]:
        return _reopened, (self.paths, self._cache_bytes, self.dtype.name, self.content_id)


class Windows(Sequence[Any]):
    """The windows of a dataset: `windows[i]` is a pair of inputs and targets, one token further.

    `windows.batch(indices)` gives many at once, as arrays of a row each.

    Args:
        dataset: The dataset.
        length: Inputs of each window.
        stride: Tokens from the start of a window to the start of the next.
        dtype: The type of the arrays; that of the dataset if it is None.

    Raises:
        InvalidArgument: The length or the stride isn't positive. A ValueError.

    Example:
        >>> windows = dataset.windows(256, stride=128)
        >>> inputs, targets = windows[0]
    """

    def __init__(
        self, dataset: TokenDataset, length: int, stride: int, dtype: npt.DTypeLike | None = None
    ) -> None:
        if length < 1 or stride < 1:
            raise InvalidArgument(f"windows of {length} tokens, every {stride}")
        self.dataset = dataset
        self.length = length
        self.stride = stride
        self.dtype = dataset.dtype if dtype is None else _integer_type(dtype)
        self._count = window_count(dataset.token_count, length, stride)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._count))]
        position = index + self._count if index < 0 else index
        if not 0 <= position < self._count:
            raise IndexError(f"window {index} of {self._count}")
        self._require_room()
        start = position * self.stride
        row = self.dataset.tokens(start, start + self.length + 1, dtype=self.dtype)
        targets = row[1:].copy()
        self._ignore(targets, start)
        return row[:-1].copy(), targets

    def _require_room(self) -> None:
        if self.dataset.has_loss_mask and self.dtype.name not in ("int32", "int64"):
            raise InvalidArgument(
                f"windows as {self.dtype.name}: the dataset says which tokens count in a loss, and "
                "targets of -100 need int32 or int64"
            )

    def _ignore(self, targets: npt.NDArray[np.integer], start: int) -> None:
        """Writes -100 over the targets of the window at token `start` that don't count in a loss."""
        if self.dataset.has_loss_mask:
            targets[~self.dataset.loss_mask(start + 1, start + self.length + 1)] = -100

    def rows(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
        """Windows and the token after each, [indices, length + 1]: inputs and targets in one.

        Args:
            indices: The windows.

        Returns:
            The tokens.

        Raises:
            InvalidArgument: The dataset says which tokens count in a loss, which these rows can't;
                `batch` does. A ValueError.

        Example:
            >>> windows.rows([0, 1]).shape
            (2, 257)
        """
        if self.dataset.has_loss_mask:
            raise InvalidArgument(
                "the dataset says which tokens count in a loss, which rows can't say: use batch"
            )
        return self._rows(indices)

    def _rows(
        self, indices: Sequence[int] | npt.NDArray[np.integer]
    ) -> npt.NDArray[np.integer]:
        chosen = integers(indices, np.uint64, "windows", below=self._count)
        result = np.empty((len(chosen), self.length + 1), dtype=self.dtype)
        self.batch_into(chosen, address(result), None)
        return result

    def batch_into(
        self, indices: npt.NDArray[np.uint64], inputs: int, targets: int | None
    ) -> None:
        """Writes inputs and targets, [indices, length] each, to memory at two addresses.

        Without targets (None), the inputs are those of `rows`. There must be room for them.

        Args:
            indices: The windows.
            inputs: The address of the inputs.
            targets: The address of the targets, or None.

        Raises:
            InvalidArgument: There is no such window. A ValueError.

        Example:
            >>> inputs = np.empty((1, 256), windows.dtype)
            >>> targets = np.empty_like(inputs)
            >>> windows.batch_into(np.array([0], np.uint64), inputs.ctypes.data, targets.ctypes.data)
        """
        self.dataset._backend.copy_windows(
            self.length, self.stride, indices, self.dtype, inputs, targets
        )

    def batch(
        self, indices: Sequence[int] | npt.NDArray[np.integer]
    ) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.integer]]:
        """Inputs and targets of many windows, each [indices, length], contiguous and apart.

        Args:
            indices: The windows.

        Returns:
            Inputs and targets.

        Raises:
            InvalidArgument: There is no such window. A ValueError.

        Example:
            >>> inputs, targets = windows.batch([0, 3])
            >>> inputs.shape
            (2, 256)
        """
        chosen = integers(indices, np.uint64, "windows", below=self._count)
        self._require_room()
        shape = (len(chosen), self.length)
        inputs, targets = np.empty(shape, self.dtype), np.empty(shape, self.dtype)
        self.batch_into(chosen, address(inputs), address(targets))
        return inputs, targets


def _integer_type(dtype: npt.DTypeLike) -> np.dtype[Any]:
    known = ", ".join(_native.INTEGER_TYPES)
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise InvalidArgument(f"tokens as {dtype!r}: none of {known}") from None
    if kind.name not in _native.INTEGER_TYPES or not kind.isnative:
        raise InvalidArgument(f"tokens as {kind.name}: none of {known}")
    return kind


def _reopened(paths: list[str], cache_bytes: int, dtype: str, content_id: str) -> TokenDataset:
    dataset = TokenDataset(paths, cache_bytes=cache_bytes, dtype=dtype)
    if dataset.content_id != content_id:
        raise BadData(f"{paths[0]}: no longer the dataset that it was")
    return dataset
