"""The order in which windows are visited."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from . import _native, _structures
from ._native import address, local
from .errors import InvalidArgument

if TYPE_CHECKING:
    from .dataset import TokenDataset
    from .rows import PackedRows

Order = Literal["sequential", "shuffled", "groups"]
#: What a sampler is, as it is stored: numbers, names, and the pairs of `earlier`.
State = dict[str, Any]

_ORDERS: dict[str, int] = {"sequential": 1, "shuffled": 2, "groups": 3}
_STATE_NUMBERS = (
    "windows_per_group",
    "groups_together",
    "length",
    "stride",
    "window_count",
    "seed",
    "epoch",
    "rank",
    "world_size",
    "position",
)
#: How often the number of ranks may change in an epoch.
_MOST_STOPS = 16


class Sampler:
    """The indices of windows in the order of an epoch, computed and not stored.

    Iterating goes on where the sampler is, to the end of the epoch; `next_epoch` begins another.
    All that resuming needs are the few numbers of `state_dict`.

    Example:
        >>> sampler = dataset.sampler(256, seed=1)
        >>> len(sampler.take(4))
        4
    """

    #: What begins a sampler, what goes on with one, and what does so as another rank.
    _functions = ("sampler_make", "sampler_resume", "sampler_resume_as")

    def __init__(self, dataset: TokenDataset | PackedRows, state: Mapping[str, Any]) -> None:
        self.dataset = dataset
        self._make(self._functions[0], state)

    def _make(self, function: str, state: Mapping[str, Any], *place: int) -> None:
        library = _native.library()
        structure = _structures.SamplerState(size=ctypes.sizeof(_structures.SamplerState))
        order = state.get("order")
        if order not in _ORDERS:
            raise InvalidArgument(f"order {order} is none of {', '.join(_ORDERS)}")
        structure.order = _ORDERS[order]
        try:
            for name in _STATE_NUMBERS:
                setattr(structure, name, _number(name, state[name]))
            content = bytes.fromhex(str(state.get("content_id", "00" * 32)))
            structure.content_id[:] = content
            stops = [(int(world_size), int(position))
                     for world_size, position in state.get("earlier", ())]  # fmt: skip
        except (KeyError, ValueError, TypeError) as error:
            if isinstance(error, InvalidArgument):
                raise
            raise InvalidArgument(f"no state of a sampler: {error!r}") from None
        if len(stops) > _MOST_STOPS:
            raise InvalidArgument(f"earlier has {len(stops)} stops, more than {_MOST_STOPS}")
        structure.stop_count = len(stops)
        for index, (world_size, position) in enumerate(stops):
            structure.stop_world_sizes[index] = _number("earlier", world_size)
            structure.stop_positions[index] = _number("earlier", position)
        dataset = self.dataset
        _native.check(
            getattr(library, function)(
                dataset._live("sampling needs"), ctypes.addressof(structure), *place, local.handle_at,
                local.error_at,
            )
        )  # fmt: skip
        self._owner = _native.Handle(local.handle.value, library.sampler_close)
        self._library = library

    def take(self, count: int) -> npt.NDArray[np.uint64]:
        """The next `count` indices of this epoch; fewer, then none, at its end.

        Args:
            count: How many.

        Returns:
            The indices.

        Raises:
            InvalidArgument: The number is negative. A ValueError.

        Example:
            >>> dataset.sampler(256, order="sequential").take(3)
            array([0, 1, 2], dtype=uint64)
        """
        result = np.empty(count, dtype=np.uint64)
        status = self._library.sampler_next(
            self._owner.value, address(result), count, local.count_at, local.error_at
        )
        if status:
            _native.fail(status)
        found = local.count.value
        return result if found == count else result[:found].copy()

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
            InvalidArgument: The size isn't positive. A ValueError.

        Example:
            >>> for indices in dataset.sampler(256, seed=1).batches(8):
            ...     inputs, targets = windows.batch(indices)
        """
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
        _native.check(self._library.sampler_next_epoch(self._owner.value, local.error_at))

    def _described(self) -> tuple[_structures.SamplerState, int]:
        structure = _structures.SamplerState(size=ctypes.sizeof(_structures.SamplerState))
        _native.check(
            self._library.sampler_describe(
                self._owner.value, ctypes.addressof(structure), local.number_at, local.error_at
            )
        )
        return structure, local.number.value

    def __len__(self) -> int:
        """How many windows this rank visits an epoch; since the last change of their number."""
        return self._described()[1]

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
        structure, _ = self._described()
        names = {code: name for name, code in _ORDERS.items()}
        state: State = {"order": names[structure.order]}
        state |= {name: getattr(structure, name) for name in _STATE_NUMBERS}
        state["content_id"] = bytes(structure.content_id).hex()
        state["earlier"] = [
            [structure.stop_world_sizes[index], structure.stop_positions[index]]
            for index in range(structure.stop_count)
        ]
        return state

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
        if rank is None or world_size is None:
            self._make(self._functions[1], state)
        else:
            place = _number("rank", rank), _number("world_size", world_size)
            self._make(self._functions[2], state, *place)


def share_length(count: int, rank: int, world_size: int) -> int:
    """How many of `count` windows are those of a rank."""
    return count * (rank + 1) // world_size - count * rank // world_size


def windows_left(state: Mapping[str, Any]) -> int:
    """How many windows of the epoch were left, for all ranks, when their number last changed."""
    left = int(state["window_count"])
    for world_size, position in state.get("earlier", ()):
        left = 0 if position > left // world_size else left - position * world_size
    return left


def _number(name: str, value: Any) -> int:
    number = int(value)
    if not 0 <= number < 1 << 64:
        raise InvalidArgument(f"{name} must be from 0 to 2^64 - 1")
    return number
