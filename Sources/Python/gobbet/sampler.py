"""The order in which windows are visited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .errors import InvalidArgument
from .limits import whole
from .sampler_state import SamplerState, State, number

if TYPE_CHECKING:
    from .dataset import TokenDataset
    from .rows import PackedRows


class Sampler:
    """The indices of windows in the order of an epoch, computed and not stored.

    Iterating goes on where the sampler is, to the end of the epoch; `next_epoch` begins another.
    All that resuming needs are the few numbers of `state_dict`.

    Example:
        >>> sampler = dataset.sampler(256, seed=1)
        >>> len(sampler.take(4))
        4
    """

    def __init__(self, dataset: TokenDataset | PackedRows, state: Mapping[str, Any]) -> None:
        self.dataset = dataset
        self._backend = dataset._backend.sampler(SamplerState.stored(state), begins=True)

    def take(self, count: int) -> npt.NDArray[np.uint64]:
        """The next `count` indices of this epoch; fewer, then none, at its end.

        Args:
            count: How many.

        Returns:
            The indices.

        Raises:
            OutOfRange: The number is negative. A ValueError.

        Example:
            >>> dataset.sampler(256, order="sequential").take(3)
            array([0, 1, 2], dtype=uint64)
        """
        return self._backend.take(whole(count, "count"))

    def __iter__(self) -> Iterator[int]:
        while True:
            # One at a time, so that the state is always that of the caller.
            index = self.take(1)
            if len(index) == 0:
                return
            yield int(index[0])

    def batches(self, size: int, *, drop_last: bool = False) -> Iterator[npt.NDArray[np.uint64]]:
        """The rest of the epoch in arrays of `size` indices.

        Args:
            size: Indices of each array.
            drop_last: Whether a last array of fewer is left out.

        Yields:
            Arrays of indices.

        Raises:
            OutOfRange: The size isn't positive. A ValueError.

        Example:
            >>> for indices in dataset.sampler(256, seed=1).batches(8):
            ...     inputs, targets = windows.batch(indices)
        """
        size = whole(size, "size", 1)
        while True:
            indices = self.take(size)
            if len(indices) == 0 or drop_last and len(indices) < size:
                return
            yield indices

    def next_epoch(self) -> None:
        """Begins the next epoch.

        Example:
            >>> sampler = dataset.sampler(256)
            >>> sampler.next_epoch()
        """
        self._backend.next_epoch()

    def __len__(self) -> int:
        """How many windows this rank visits an epoch; since the last change of their number."""
        return self._backend.share

    def state_dict(self) -> State:
        """All that resuming needs, on any rank: a few numbers and the content id of the dataset.

        `earlier` has a pair for each change of the number of ranks in this epoch: how many they
        were, and how many windows each had visited since the change before.

        Returns:
            Numbers and texts that JSON has.

        Example:
            >>> sampler = dataset.sampler(256, seed=1)
            >>> first = sampler.take(10)
            >>> again = dataset.sampler(256, seed=1)
            >>> again.load_state_dict(sampler.state_dict())
            >>> bool((again.take(5) == sampler.take(5)).all())
            True
        """
        return self._backend.state().as_dict()

    def load_state_dict(
        self,
        state: Mapping[str, Any],
        *,
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        """Goes on where another sampler of the same dataset stopped.

        Args:
            state: What `state_dict` of that sampler gave.
            rank: This rank, if it isn't that of the state; with `world_size`.
            world_size: How many ranks there are now. The ranks of the state must all have visited
                equally many windows, or their whole share; what they left is shared out anew.

        Raises:
            BadData: The state is of another dataset, or of other windows.

        Example:
            >>> sampler = dataset.sampler(256, seed=1)
            >>> sampler.load_state_dict(dataset.sampler(256, seed=1).state_dict())
        """
        if (rank is None) != (world_size is None):
            raise InvalidArgument("rank and world_size come together")
        place = None
        if rank is not None and world_size is not None:
            place = number("rank", rank), number("world_size", world_size)
        self._backend = self.dataset._backend.sampler(SamplerState.stored(state), place=place)
