"""Windows of a token dataset for `torch.utils.data`.

- `WindowDataset`: map-style, for samplers of one's own;
- `WindowStream`: iterable, whose workers and ranks share the windows among them;
- `WindowLoader`: batches, read by threads, in an order that does not depend on their number, which
  resumes from a few integers at the very batch where it stopped.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from .dataset import TokenDataset, Windows
from .errors import BadData, InvalidArgument
from .sampler import Order, Sampler

Path = str | os.PathLike[str]
Pair = tuple[torch.Tensor, torch.Tensor]


class WindowBatch(Sequence):
    """Windows that lie in one tensor of rows: inputs, and the token behind.

    It is a list of pairs for whoever takes it for one; `collate` takes it whole.
    """

    def __init__(self, rows: torch.Tensor) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index):
        row = self.rows[index]
        return row[:-1], row[1:]


def collate(samples: Any) -> Any:
    """Batches of a `WindowDataset` without a copy: for `DataLoader(…, collate_fn=collate)`."""
    if isinstance(samples, WindowBatch):
        return samples.rows[:, :-1], samples.rows[:, 1:]
    return torch.utils.data.default_collate(samples)


class WindowDataset(Dataset):
    """The windows of a dataset by their indices: pairs of inputs and targets, int64.

    With `collate` as the loader's `collate_fn` a batch is read in one step. `pin_memory` is for
    `rows` outside of a loader's workers; a DataLoader pins by itself.
    """

    def __init__(
        self,
        dataset: TokenDataset | Path | Sequence[Path],
        length: int,
        stride: int | None = None,
        *,
        dtype: str = "int64",
        pin_memory: bool = False,
    ) -> None:
        self.dataset = dataset if isinstance(dataset, TokenDataset) else TokenDataset(dataset)
        self.windows: Windows = self.dataset.windows(length, stride, dtype=dtype)
        self._dtype: torch.dtype = getattr(torch, dtype)
        self._pin_memory = pin_memory

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> Pair:
        batch = self.__getitems__([index])
        return batch[0]

    def __getitems__(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> WindowBatch:
        """Many windows at once, as `DataLoader` asks for them."""
        return WindowBatch(self.rows(indices))

    def rows(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> torch.Tensor:
        """Windows and the token behind each, [indices, length + 1]: inputs and targets in one."""
        chosen = np.ascontiguousarray(indices, dtype=np.uint64)
        if self.dataset._pure is not None:
            read = torch.from_numpy(self.windows.rows(chosen))
            return read.pin_memory() if self._pin_memory else read
        shape = (len(chosen), self.windows.length + 1)
        if get_worker_info() is not None:
            # Written where the main process will read it, and not copied there afterwards.
            size = shape[0] * shape[1] * self._dtype.itemsize
            storage = torch.UntypedStorage._new_shared(size)
            rows = torch.empty(0, dtype=self._dtype).set_(storage, 0, shape)
        else:
            rows = torch.empty(shape, dtype=self._dtype, pin_memory=self._pin_memory)
        self.windows.rows_into(chosen, rows.data_ptr())
        return rows


class WindowStream(IterableDataset):
    """The windows of an epoch, shared among ranks and the workers of each.

    Every pass over it is an epoch, and the next pass another. Workers that are started anew for
    each pass begin at the epoch of `set_epoch`. `state_dict` tells where this copy of it is (each
    worker has its own), as torchdata's `StatefulDataLoader` wants it.
    """

    def __init__(
        self,
        dataset: TokenDataset | Path | Sequence[Path],
        length: int,
        stride: int | None = None,
        *,
        order: Order = "shuffled",
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        dtype: str = "int64",
    ) -> None:
        self._windows = WindowDataset(dataset, length, stride, dtype=dtype)
        self._order, self._seed = order, seed
        self._rank, self._world_size = _place(rank, world_size)
        self._epoch = 0
        self._sampler: Sampler | None = None
        self._made_as = (1, 0)
        self._state: Mapping[str, object] | None = None

    def __getstate__(self) -> dict[str, object]:
        # A sampler is of this process; where it is, is not.
        return self.__dict__ | {"_sampler": None, "_state": self.state_dict() or None}

    def set_epoch(self, epoch: int) -> None:
        """The number of the next pass."""
        self._epoch = epoch
        self._sampler = self._state = None

    def _make(self, workers: int, worker: int) -> Sampler:
        windows = self._windows.windows
        sampler = self._windows.dataset.sampler(
            windows.length,
            windows.stride,
            order=self._order,
            seed=self._seed,
            epoch=self._epoch,
            rank=self._rank * workers + worker,
            world_size=self._world_size * workers,
        )
        if self._state is not None:
            sampler.load_state_dict(self._state)
            self._state = None
        return sampler

    def __iter__(self) -> Iterator[Pair]:
        info = get_worker_info()
        place = (1, 0) if info is None else (info.num_workers, info.id)
        if self._sampler is None or self._state is not None or self._made_as != place:
            self._sampler, self._made_as = self._make(*place), place
        for index in self._sampler:
            yield self._windows[index]
        self._sampler.next_epoch()
        self._epoch += 1

    def state_dict(self) -> dict[str, Any]:
        """Where this copy is; empty before its first pass."""
        if self._sampler is not None and self._state is None:
            return self._sampler.state_dict()
        return dict(self._state or {})

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Goes on where another copy, of the same rank and worker, stopped."""
        self._state = dict(state) or None


class WindowLoader:
    """Batches of windows, in an order that does not depend on the number of workers.

    A pass over it gives the rest of the epoch, the next pass the next epoch: pairs of inputs and
    targets, each [batch_size, length]. `state_dict` tells how far the *caller* has come, not the
    workers that read ahead; `load_state_dict` goes on there.

    The workers are threads, which read at the same time, since the library holds no lock of
    Python's: what they read is in the memory of this process, and is not sent from another. Each
    reads `prefetch_factor` batches ahead, into pinned memory if `pin_memory`.

    `rank` and `world_size` are those of `torch.distributed` where it is initialized.
    """

    def __init__(
        self,
        dataset: TokenDataset | Path | Sequence[Path],
        length: int,
        batch_size: int,
        *,
        stride: int | None = None,
        order: Order = "shuffled",
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        num_workers: int = 0,
        prefetch_factor: int = 2,
        pin_memory: bool = False,
        drop_last: bool = True,
        dtype: str = "int64",
    ) -> None:
        if batch_size < 1 or num_workers < 0 or prefetch_factor < 1:
            raise InvalidArgument(
                f"batches of {batch_size} windows by {num_workers} workers, {prefetch_factor} ahead"
            )
        self._windows = WindowDataset(dataset, length, stride, dtype=dtype, pin_memory=pin_memory)
        rank, world_size = _place(rank, world_size)
        self._sampler = self._windows.dataset.sampler(
            length, stride, order=order, seed=seed, rank=rank, world_size=world_size
        )
        self._batch_size, self._drop_last = batch_size, drop_last
        self._num_workers, self._ahead = num_workers, num_workers * prefetch_factor
        self._position: dict[str, int | str] = self._sampler.state_dict()

    def __len__(self) -> int:
        """How many batches an epoch has."""
        count = len(self._sampler)
        return count // self._batch_size if self._drop_last else -(-count // self._batch_size)

    def __iter__(self) -> Iterator[Pair]:
        # What the workers of an earlier pass read ahead, this pass reads again.
        self._sampler.load_state_dict(self._position)
        batches = self._sampler.batches(self._batch_size, drop_last=self._drop_last)
        read = self._windows.rows
        for rows in self._read_ahead(batches) if self._num_workers else map(read, batches):
            self._position["position"] = int(self._position["position"]) + len(rows)
            yield rows[:, :-1], rows[:, 1:]
        self._position["epoch"] = int(self._position["epoch"]) + 1
        self._position["position"] = 0

    def _read_ahead(self, batches: Iterator[npt.NDArray[np.uint64]]) -> Iterator[torch.Tensor]:
        """The rows of batches, in order, read by the workers."""
        pool = ThreadPoolExecutor(self._num_workers, thread_name_prefix="gobbet")
        try:
            waiting: deque[Future[torch.Tensor]] = deque(
                pool.submit(self._windows.rows, batch) for batch in islice(batches, self._ahead)
            )
            while waiting:
                rows = waiting.popleft().result()
                waiting.extend(
                    pool.submit(self._windows.rows, batch) for batch in islice(batches, 1)
                )
                yield rows
        finally:
            pool.shutdown(cancel_futures=True)

    def state_dict(self) -> dict[str, int | str]:
        """All that resuming needs: a few numbers and the content id of the dataset."""
        return dict(self._position)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on behind the last batch that the loader of `state` gave out.

        Raises `BadData` if the state is of another dataset.
        """
        for name in ("length", "stride", "world_size", "rank"):
            if state.get(name) != self._position[name]:
                raise BadData(
                    f"the state is of {name} {state.get(name)}, and here it is "
                    f"{self._position[name]}"
                )
        self._sampler.load_state_dict(state)
        self._position = self._sampler.state_dict()


def _place(rank: int | None, world_size: int | None) -> tuple[int, int]:
    """The rank and the number of ranks, as told or as torch.distributed has them."""
    if (rank is None) != (world_size is None):
        raise InvalidArgument("rank and world_size come together")
    if rank is not None and world_size is not None:
        return rank, world_size
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1
