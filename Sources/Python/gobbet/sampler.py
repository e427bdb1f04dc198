"""The order in which windows are visited."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from . import _native, _structures
from ._native import address, local
from .errors import InvalidArgument, LibraryMissing

if TYPE_CHECKING:
    from .dataset import TokenDataset

Order = Literal["sequential", "shuffled", "groups"]

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


class Sampler:
    """The indices of windows in the order of an epoch, computed and not stored.

    Iterating goes on where the sampler is, to the end of the epoch; `next_epoch` begins another.
    All that resuming needs are the few numbers of `state_dict`.
    """

    def __init__(self, dataset: TokenDataset, state: Mapping[str, object]) -> None:
        self.dataset = dataset
        self._make(_native.library().sampler_make, state)

    def _make(self, function, state: Mapping[str, object]) -> None:
        library = _native.library()
        structure = _structures.SamplerState(size=ctypes.sizeof(_structures.SamplerState))
        try:
            structure.order = _ORDERS[str(state["order"])]
            for name in _STATE_NUMBERS:
                number = int(state[name])  # type: ignore[call-overload]
                if not 0 <= number < 1 << 64:
                    raise InvalidArgument(f"{name} must be from 0 to 2^64 - 1")
                setattr(structure, name, number)
            content = bytes.fromhex(str(state.get("content_id", "00" * 32)))
            structure.content_id[:] = content
        except (KeyError, ValueError, TypeError) as error:
            if isinstance(error, InvalidArgument):
                raise
            raise InvalidArgument(f"no state of a sampler: {error!r}") from None
        dataset = self.dataset
        if dataset._pure is not None:
            raise LibraryMissing("sampling needs the native library, which is missing")
        _native.check(
            function(
                dataset._live(), ctypes.addressof(structure), local.handle_at, local.error_at
            )
        )
        self._owner = _native.Handle(local.handle.value, library.sampler_close)
        self._library = library

    def take(self, count: int) -> npt.NDArray[np.uint64]:
        """The next `count` indices of this epoch; fewer, then none, at its end."""
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
        """The rest of the epoch in arrays of `size` indices."""
        while True:
            indices = self.take(size)
            if len(indices) == 0 or drop_last and len(indices) < size:
                return
            yield indices

    def next_epoch(self) -> None:
        """Begins the next epoch."""
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
        """How many windows this rank visits an epoch."""
        return self._described()[1]

    def state_dict(self) -> dict[str, int | str]:
        """All that resuming needs: a few numbers and the content id of the dataset."""
        structure, _ = self._described()
        names = {code: name for name, code in _ORDERS.items()}
        state: dict[str, int | str] = {"order": names[structure.order]}
        state |= {name: getattr(structure, name) for name in _STATE_NUMBERS}
        state["content_id"] = bytes(structure.content_id).hex()
        return state

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Goes on where another sampler of the same dataset stopped.

        Raises `BadData` if the state is of another dataset.
        """
        self._make(_native.library().sampler_resume, state)
