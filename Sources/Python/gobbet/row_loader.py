"""Batches of packed rows, read by threads, that resume at the very batch where they stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from .errors import InvalidArgument
from .limits import thread_count
from .ranks import Ranks
from .rows import PackedRows
from .sampler import Sampler
from .sampler_state import Order
from .window_loader import WindowLoader

_CPU = torch.device("cpu")


class RowTensors(NamedTuple):
    """Rows of packed documents side by side: the tensors of a `RowBatch`.

    Example:
        >>> batch = next(iter(RowLoader(rows, 4)))
        >>> batch.inputs.shape
        torch.Size([4, 256])
    """

    #: The tokens a model reads, [rows, length].
    inputs: torch.Tensor
    #: For each the token that follows it in its document; -100 where none does, and for padding.
    targets: torch.Tensor
    #: For each how many tokens of its part of a document come before it in the row.
    positions: torch.Tensor
    #: Where the parts begin among all inputs, and then how many inputs there are, int32.
    cu_seqlens: torch.Tensor


class RowLoader(WindowLoader):
    """Batches of packed rows: what `WindowLoader` is for windows.

    Each batch is a `RowTensors`. The rows' lengths and dtype are those of `rows`.

    Args:
        rows: The rows, as `TokenDataset.packed_rows` gives them.
        batch_size: Rows of each batch.
        order: sequential, shuffled or groups, as `TokenDataset.sampler` has them.
        seed: What the order is made from.
        rank: Which of the readers this is; with `world_size`. Without them they are those of
            `torch.distributed` when a pass begins.
        world_size: How many readers share the rows.
        num_workers: Threads that read; 0 to read in the caller's.
        prefetch_factor: Batches that each of them reads ahead.
        pin_memory: Whether batches lie in pinned memory.
        drop_last: Whether rows that fill no batch are left out.
        padding: The input where a row holds no token.
        device: Where the batches go; the device of `torch.set_default_device` if it is None.

    Raises:
        InvalidArgument: An option isn't one of those. A ValueError.

    Example:
        >>> for inputs, targets, positions, cu_seqlens in RowLoader(rows, 4):
        ...     assert inputs.shape == (4, 256)
    """

    def __init__(
        self,
        rows: PackedRows,
        batch_size: int,
        *,
        order: Order = "shuffled",
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        num_workers: int = 0,
        prefetch_factor: int = 2,
        pin_memory: bool = False,
        drop_last: bool = True,
        padding: int = 0,
        device: str | int | torch.device | None = None,
    ) -> None:
        num_workers = thread_count(num_workers, "num_workers")
        if batch_size < 1 or prefetch_factor < 1:
            raise InvalidArgument(
                f"batches of {batch_size} rows by {num_workers} workers, {prefetch_factor} ahead"
            )
        self._rows, self._padding = rows, padding
        #: Memory for bounds that no thread uses.
        self._bounds: list[npt.NDArray[np.int32]] = []
        self._ranks = Ranks(rank, world_size)
        self._batch_size, self._drop_last = batch_size, drop_last
        self._num_workers, self._ahead = num_workers, num_workers * prefetch_factor
        self._pin_memory = pin_memory
        self._device = None if device is None else torch.device(device)
        self._begin_with(rows.sampler(order=order, seed=seed))

    def __iter__(self) -> Iterator[RowTensors]:
        return super().__iter__()

    def _sampler(self) -> Sampler:
        return self._rows.sampler()

    def _read(self, indices: npt.NDArray[np.uint64]) -> Any:
        rows, shape = self._rows, (len(indices), self._rows.length)
        # In one piece, which the allocator keeps for the next batch; three would go back to the
        # system together, and come back as pages of zeros.
        batch = torch.empty(
            (3, *shape), dtype=getattr(torch, rows.dtype.name), device=_CPU,
            pin_memory=self._pin_memory,
        )  # fmt: skip
        start, step = batch.data_ptr(), batch[0].nbytes
        # Lists are popped and appended to by one thread at a time.
        bounds = self._bounds.pop() if self._bounds else np.empty(0, np.int32)
        if len(bounds) <= shape[0] * shape[1]:
            bounds = np.empty(shape[0] * shape[1] + 1, np.int32)
        places = start, start + step, start + 2 * step, bounds.ctypes.data
        count = rows._read(indices, places, padding=self._padding)
        cu_seqlens = torch.from_numpy(bounds[:count].copy())
        self._bounds.append(bounds)
        return *batch.unbind(), cu_seqlens.pin_memory() if self._pin_memory else cu_seqlens

    def _given(self, batch: Any) -> RowTensors:
        return RowTensors(*batch)
