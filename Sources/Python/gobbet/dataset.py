"""Token datasets: ranges, documents, windows."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from .backends import open_dataset
from .encoding import Encoding
from .errors import BadData, InvalidArgument
from .integers import token_type
from .limits import whole
from .dataset_folder import DatasetFolder, manifest_of
from .remote.urls import shown
from .row_options import Gaps, LongDocuments
from .sampler import Sampler
from .sampler_state import Order
from .showing import facts_html
from .windows import Windows

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
        self.dtype = token_type(
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
        kind = self.dtype if dtype is None else token_type(dtype)
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


def _reopened(paths: list[str], cache_bytes: int, dtype: str, content_id: str) -> TokenDataset:
    dataset = TokenDataset(paths, cache_bytes=cache_bytes, dtype=dtype)
    if dataset.content_id != content_id:
        raise BadData(f"{paths[0]}: no longer the dataset that it was")
    return dataset
