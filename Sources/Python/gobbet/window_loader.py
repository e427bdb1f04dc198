"""Batches of windows, read by threads, that resume at the very batch where they stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .dataset import TokenDataset
from .errors import BadData, InvalidArgument
from .limits import thread_count
from .ranks import Ranks, refuse_change
from .sampler import Sampler
from .sampler_state import Order, share_length, windows_left
from .torch_data import Path, WindowDataset


#: Batches whose indices are computed in one call.
_BATCHES_AT_ONCE = 64


def _batches(sampler: Sampler, size: int) -> Iterator[npt.NDArray[np.uint64]]:
    """The rest of the epoch in arrays of `size` indices, the last perhaps shorter.

    The sampler is ahead of them: its state is not that of the caller.
    """
    while len(indices := sampler.take(size * _BATCHES_AT_ONCE)):
        for start in range(0, len(indices), size):
            yield indices[start : start + size]


class WindowLoader:
    """Batches of windows, in an order that does not depend on the number of workers.

    A pass over it gives the rest of the epoch, the next pass the next epoch: pairs of inputs and
    targets, each [batch_size, length]. `state_dict` tells how far the *caller* has come, not the
    workers that read ahead; `load_state_dict` goes on there, on every rank and among any number of
    ranks.

    The workers are threads, which read at the same time, since the library holds no lock of
    Python's: what they read is in the memory of this process, and is not sent from another.

    Args:
        dataset: A dataset, or its path or paths, as `TokenDataset` takes them.
        length: Inputs of each window.
        batch_size: Windows of each batch.
        stride: Tokens from the start of a window to the start of the next; `length` if it is None.
        order: sequential, shuffled or groups, as `TokenDataset.sampler` has them.
        seed: What the order is made from.
        rank: Which of the readers this is; with `world_size`. Without them they are those of
            `torch.distributed` when a pass begins.
        world_size: How many readers share the windows.
        num_workers: Threads that read; 0 to read in the caller's.
        prefetch_factor: Batches that each of them reads ahead.
        pin_memory: Whether batches lie in pinned memory.
        drop_last: Whether windows that fill no batch are left out. All ranks then have equally many
            batches; else some may have one more.
        dtype: uint16, uint32, int32 or int64.
        device: Where the batches go; the device of `torch.set_default_device` if it is None.

    Raises:
        InvalidArgument: An option isn't one of those. A ValueError.
        NoInput: A file is missing. A FileNotFoundError.

    Example:
        >>> for inputs, targets in WindowLoader("corpus.gobbet", 256, 32, num_workers=2):
        ...     assert inputs.shape == targets.shape == (32, 256)
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
        device: str | int | torch.device | None = None,
    ) -> None:
        num_workers = thread_count(num_workers, "num_workers")
        if batch_size < 1 or prefetch_factor < 1:
            raise InvalidArgument(
                f"batches of {batch_size} windows by {num_workers} workers, {prefetch_factor} ahead"
            )
        self._windows = WindowDataset(dataset, length, stride, dtype=dtype, pin_memory=pin_memory)
        self._ranks = Ranks(rank, world_size)
        self._batch_size, self._drop_last = batch_size, drop_last
        self._num_workers, self._ahead = num_workers, num_workers * prefetch_factor
        self._pin_memory = pin_memory
        self._device = None if device is None else torch.device(device)
        self._begin_with(self._windows.dataset.sampler(length, stride, order=order, seed=seed))

    def _begin_with(self, sampler: Sampler) -> None:
        """Starts where a sampler is."""
        self._start = sampler.state_dict()
        #: Where the caller is; the rank and the world size are those of `_place`, or of whoever
        #: saved the state.
        self._state = dict(self._start)
        #: The rank and the world size of this epoch, once it was begun here.
        self._place: tuple[int, int] | None = None
        self._pass: object = None

    def _sampler(self) -> Sampler:
        windows = self._windows.windows
        return self._windows.dataset.sampler(windows.length, windows.stride)

    def _read(self, indices: npt.NDArray[np.uint64]) -> Any:
        return self._windows._read(indices)

    def __len__(self) -> int:
        """How many batches an epoch has, one that was begun elsewhere too."""
        rank, world_size = self._ranks.now()
        count = int(self._start["window_count"])
        if self._drop_last:
            return count // world_size // self._batch_size
        return -(-share_length(count, rank, world_size) // self._batch_size)

    def __iter__(self) -> Iterator[Any]:
        place = self._ranks.now()
        if self._place not in (None, place) and self._state["position"]:
            refuse_change(self._place, place)
        sampler = self._sampler()
        sampler.load_state_dict(self._state, rank=place[0], world_size=place[1])
        state = sampler.state_dict()
        self._state, self._place, self._pass = state, place, (mine := object())
        device = torch.get_default_device() if self._device is None else self._device
        left, position = windows_left(state), int(state["position"])
        batches = _batches(sampler, self._batch_size)
        if self._drop_last:
            shortest = left // place[1]
            batches = islice(batches, max(0, shortest - position) // self._batch_size)
        for batch in self._read_ahead(batches) if self._num_workers else map(self._read, batches):
            if self._pass is not mine:
                raise InvalidArgument(
                    "another pass over this loader has begun, or it was moved: begin a new pass"
                )
            self._ranks.require_same(place)
            count = batch[0].size(0)
            position += count
            if count < self._batch_size:
                # The last of this rank, and so of all: some may have one window more.
                position = -(-left // place[1])
            self._state = state | {"position": position}
            if device.type != "cpu":
                batch = tuple(each.to(device, non_blocking=self._pin_memory) for each in batch)
            yield self._given(batch)
        if self._pass is mine:
            self._begin(int(state["epoch"]) + 1)

    def _given(self, batch: Any) -> Any:
        """A batch as the caller gets it."""
        return batch

    def _begin(self, epoch: int) -> None:
        self._state = self._state | {"epoch": epoch, "position": 0, "earlier": []}
        self._place = self._pass = None

    def _read_ahead(self, batches: Iterator[npt.NDArray[np.uint64]]) -> Iterator[Any]:
        """What batches hold, in order, read by the workers."""
        pool = ThreadPoolExecutor(self._num_workers, thread_name_prefix="gobbet")
        try:
            waiting: deque[Future[Any]] = deque(
                pool.submit(self._read, batch) for batch in islice(batches, self._ahead)
            )
            while waiting:
                pair = waiting.popleft().result()
                waiting.extend(pool.submit(self._read, batch) for batch in islice(batches, 1))
                yield pair
        finally:
            pool.shutdown(cancel_futures=True)

    def set_epoch(self, epoch: int) -> None:
        """Begins epoch `epoch`, unless that is where the loader is: it then goes on there.

        Args:
            epoch: The number, from 0.

        Raises:
            InvalidArgument: The number is negative. A ValueError.

        Example:
            >>> loader = WindowLoader(dataset, 256, 8)
            >>> loader.set_epoch(1)
        """
        if epoch != self._state["epoch"]:
            self._begin(epoch)

    def reset(self) -> None:
        """Goes to the first batch of the first epoch, as a new loader does.

        Example:
            >>> loader = WindowLoader(dataset, 256, 8)
            >>> loader.reset()
        """
        self._state = dict(self._start)
        self._place = self._pass = None

    def state_dict(self) -> dict[str, Any]:
        """All that resuming needs, on any rank: a few numbers and the content id of the dataset.

        Returns:
            Numbers and texts that JSON has.

        Example:
            >>> loader = WindowLoader(dataset, 256, 8)
            >>> state = loader.state_dict()
        """
        return dict(self._state)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on after the last batch that the loader of `state` gave out.

        The state of one rank is that of all, who have given out equally many batches. Among
        another number of ranks every window of the epoch is still seen once.

        Args:
            state: What `state_dict` gave.

        Raises:
            BadData: The state is of another dataset, or of other windows.

        Example:
            >>> loader = WindowLoader(dataset, 256, 8)
            >>> loader.load_state_dict(WindowLoader(dataset, 256, 8).state_dict())
        """
        for name in ("length", "stride"):
            if state.get(name) != self._start[name]:
                raise BadData(
                    f"the state is of {name} {state.get(name)}, and here it is {self._start[name]}"
                )
        sampler = self._sampler()
        sampler.load_state_dict(state)
        self._state = sampler.state_dict()
        self._place = self._pass = None
