"""Rows of whole documents, packed by best fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ._native import address
from .dataset import TokenDataset
from .errors import InvalidArgument
from .integers import integers
from .limits import whole
from .row_options import Gaps, LongDocuments, RowOptions
from .sampler import Sampler
from .sampler_state import Order
from .showing import facts_html


class RowBatch(NamedTuple):
    """Rows side by side, as a model takes them.

    Example:
        >>> inputs, targets, positions, bounds = rows.batch([0])
        >>> inputs.shape
        (1, 256)
    """

    #: The tokens a model reads, [rows, length].
    inputs: npt.NDArray[np.integer]
    #: For each the token that follows it in its document; -100 where none does, and for padding.
    targets: npt.NDArray[np.integer]
    #: For each how many tokens of its part of a document come before it in the row.
    positions: npt.NDArray[np.integer]
    #: Where the parts begin among all inputs, and then how many inputs there are: `cu_seqlens`,
    #: int32, for attention inside documents. The padding of a row is a part of its own.
    bounds: npt.NDArray[np.int32]


class PackedRows:
    """Documents of a dataset packed into rows of one length.

    The documents of each group of neighbours are packed together, the longest first, each into the
    fullest row that it fits into. Which rows there are follows from the lengths of the documents
    and the options: nothing is stored.

    Args:
        dataset: The dataset.
        length: Tokens of each row.
        long_documents: Whether the rest of a document that is longer than a row goes into further
            rows (`split`) or is left out (`crop`); or whether the whole document is (`drop`), or is
            an error (`fail`).
        gaps: Whether what no document fits into is padding (`pad`), or is filled with the beginning
            of a document whose rest is left out (`crop`): all rows are then full, and a last one of
            a group that isn't is left out.
        group_documents: Documents that are packed together; 0 for 262,144. Larger groups leave less
            room, smaller ones keep what a row reads together in a compressed dataset.
        plan_bytes: Memory for plans, at 4 to 8 bytes a document; 0 for 64 MiB. What doesn't fit is
            planned again when it is read.
        dtype: int32 or int64.

    Raises:
        InvalidArgument: An option isn't one of those. A ValueError.
        BadData: A document is longer than a row, and `long_documents` is `fail`. A ValueError.

    Example:
        >>> rows = dataset.packed_rows(256)
        >>> for indices in rows.sampler(seed=1).batches(8):
        ...     inputs, targets, positions, cu_seqlens = rows.batch(indices)
    """

    def __init__(
        self,
        dataset: TokenDataset,
        length: int,
        *,
        long_documents: LongDocuments = "split",
        gaps: Gaps = "pad",
        group_documents: int = 0,
        plan_bytes: int = 0,
        dtype: npt.DTypeLike = "int64",
    ) -> None:
        self.dtype = np.dtype(dtype)
        if self.dtype.name not in ("int32", "int64"):
            raise InvalidArgument(f"rows as {self.dtype.name}: targets of -100 need int32 or int64")
        self.dataset = dataset
        self._options = options = RowOptions.checked(
            length, long_documents, gaps, group_documents, plan_bytes
        )
        self.length = options.length
        self._backend = rows = dataset._backend.rows(options)
        #: Tokens of the dataset that are in rows.
        self.token_count: int = rows.token_count
        #: Tokens of the dataset that are in none.
        self.cropped_token_count: int = rows.cropped_token_count
        #: Places of rows that hold no token.
        self.padding_count: int = rows.padding_count
        #: Documents that are longer than a row.
        self.too_long_count: int = rows.too_long_count
        #: Of the dataset and the options, in hexadecimal: what samplers are of.
        self.content_id: str = rows.content_id

    def __reduce__(self) -> tuple[object, ...]:
        return _planned, (self.dataset, self._options, self.dtype.name)

    def __len__(self) -> int:
        return self._backend.row_count

    def __repr__(self) -> str:
        return f"<PackedRows: {len(self)} of {self.length} tokens, {self.efficiency:.5f} used>"

    def _repr_html_(self) -> str:
        options = self._options
        return facts_html("rows of whole documents", {
            "rows": len(self), "tokens of a row": self.length,
            "places that hold a token": f"{self.efficiency:.3%}", "padding": self.padding_count,
            "tokens left out": self.cropped_token_count,
            "documents longer than a row": self.too_long_count,
            "long documents": options.long_documents, "gaps": options.gaps,
        })  # fmt: skip

    @property
    def efficiency(self) -> float:
        """The share of the places of all rows that hold a token; 1 if there are no rows.

        Returns:
            A number from 0 to 1.

        Example:
            >>> rows.efficiency > 0.9
            True
        """
        return self.token_count / (len(self) * self.length) if len(self) else 1.0

    def batch(
        self, indices: Sequence[int] | npt.NDArray[np.integer], *, padding: int = 0
    ) -> RowBatch:
        """Rows by their indices; what documents leave empty holds `padding`.

        Args:
            indices: The rows.
            padding: The input where a row holds no token.

        Returns:
            The rows as arrays, [indices, length].

        Raises:
            InvalidArgument: There is no such row. A ValueError.

        Example:
            >>> rows.batch([0, 1]).targets.shape
            (2, 256)
        """
        chosen = integers(indices, np.uint64, "rows", below=self._backend.row_count)
        shape = (len(chosen), self.length)
        batch = RowBatch(
            np.empty(shape, self.dtype),
            np.empty(shape, self.dtype),
            np.empty(shape, self.dtype),
            # Memory that is never touched takes no room.
            np.empty(shape[0] * shape[1] + 1, np.int32),
        )
        inputs, targets, positions, bounds = map(address, batch)
        count = self._read(chosen, (inputs, targets, positions, bounds), padding=padding)
        return batch._replace(bounds=batch.bounds[:count].copy())

    def _read(
        self, indices: npt.NDArray[np.uint64], places: tuple[int, int, int, int], *, padding: int
    ) -> int:
        """Fills memory at four addresses; how many bounds there are."""
        return self._backend.read(
            indices, whole(padding, "padding", 0, (1 << 31) - 1), self.dtype, self.length, places
        )

    def sampler(
        self,
        *,
        order: Order = "shuffled",
        seed: int = 0,
        epoch: int = 0,
        rank: int = 0,
        world_size: int = 1,
        windows_per_group: int | None = None,
        groups_together: int = 1,
    ) -> Sampler:
        """The order in which rows are visited, as `TokenDataset.sampler` has it for windows.

        With order `groups`, a group is as many rows as the documents that are packed together have,
        if `windows_per_group` is None: the blocks of a compressed dataset are then decoded about
        once, if `group_documents` is so small that the tokens of a group fit into the cache.

        Args:
            order: sequential, shuffled or groups.
            seed: What the order is made from.
            epoch: The epoch to begin with.
            rank: Which of the readers this is.
            world_size: How many readers share the rows.
            windows_per_group: Rows of a group.
            groups_together: Groups whose rows are shuffled together.

        Returns:
            The sampler.

        Raises:
            InvalidArgument: There is no such order or rank. A ValueError.

        Example:
            >>> sorted(rows.sampler(seed=1)) == list(range(len(rows)))
            True
        """
        if windows_per_group is None:
            groups = -(-self.dataset.document_count // self._options.group_size)
            windows_per_group = max(1, -(-len(self) // max(1, groups)))
        return Sampler(
            self,
            {
                "order": order,
                "windows_per_group": windows_per_group if order == "groups" else 0,
                "groups_together": groups_together if order == "groups" else 0,
                "length": self.length,
                "stride": self.length,
                "window_count": 0,
                "seed": seed,
                "epoch": epoch,
                "rank": rank,
                "world_size": world_size,
                "position": 0,
            },
        )


def _planned(dataset: TokenDataset, options: RowOptions, dtype: str) -> PackedRows:
    """Rows in another process."""
    return PackedRows(dataset, **options._asdict(), dtype=dtype)


def document_rows(
    dataset: TokenDataset,
    indices: Sequence[int] | npt.NDArray[np.integer],
    *,
    padding: int,
    length: int | None = None,
) -> RowBatch:
    """Documents in rows of their own, int64: see `TokenDataset.document_rows`."""
    chosen = integers(indices, np.uint64, "documents", below=dataset.document_count).tolist()
    bounds = [dataset.document_bounds(index, index + 1) for index in chosen]
    ranges = [(start, int(ends[0])) for start, ends in bounds]
    if length is None:
        length = max(1, max((end - start for start, end in ranges), default=1) - 1)
    shape = (len(ranges), whole(length, "length", 1))
    inputs = np.full(shape, whole(padding, "padding"), np.int64)
    targets = np.full(shape, -100, np.int64)
    positions = np.tile(np.arange(length), (len(ranges), 1))
    ends = []
    for row, (start, end) in enumerate(ranges):
        tokens = dataset.tokens(start, min(end, start + length + 1), dtype="int64")
        count = min(len(tokens), length)
        inputs[row, :count] = tokens[:count]
        mask = dataset.loss_mask(start, start + len(tokens))[1:]
        targets[row, : len(mask)] = np.where(mask, tokens[1:], -100)
        positions[row, count:] = np.arange(length - count)
        ends += [row * length + count] * (count > 0) + [(row + 1) * length] * (count < length)
    return RowBatch(inputs, targets, positions, np.array([0, *ends], np.int32))
