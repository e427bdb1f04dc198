"""Windows, rows and their order over a token dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from .row_options import Gaps, LongDocuments
from .sampler import Sampler
from .sampler_state import Order
from .windows import Windows

if TYPE_CHECKING:
    from .dataset import TokenDataset
    from .rows import PackedRows, RowBatch


class DatasetViews:
    """What makes a dataset into what a model trains on."""

    @property
    def _dataset(self) -> TokenDataset:
        return cast("TokenDataset", self)

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
        return Windows(self._dataset, length, length if stride is None else stride, dtype)

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
            self._dataset,
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

        return document_rows(self._dataset, indices, padding=padding, length=length)

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
            self._dataset,
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
