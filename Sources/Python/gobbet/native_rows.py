"""Samplers and packed rows of the library's."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _native, _structures
from ._native import address, local
from .row_options import RowOptions
from .sampler_state import NUMBERS, ORDERS, SamplerState

if TYPE_CHECKING:
    from .native_dataset import NativeDataset


class NativeSampler:
    """A sampler that the library made by one of its functions."""

    def __init__(
        self, function: str, sampled: int, state: SamplerState, place: tuple[int, int] | None
    ) -> None:
        library = self._library = _native.library()
        structure = _structures.SamplerState(size=ctypes.sizeof(_structures.SamplerState))
        structure.order = ORDERS[state.order]
        for name in NUMBERS:
            setattr(structure, name, getattr(state, name))
        structure.content_id[:] = state.content_id
        structure.stop_count = len(state.earlier)
        for index, (world_size, position) in enumerate(state.earlier):
            structure.stop_world_sizes[index] = world_size
            structure.stop_positions[index] = position
        _native.check(
            getattr(library, function)(
                sampled, ctypes.addressof(structure), *(place or ()), local.handle_at,
                local.error_at,
            )
        )  # fmt: skip
        self._owner = _native.Handle(local.handle.value, library.sampler_close)

    def take(self, count: int) -> npt.NDArray[np.uint64]:
        """The next indices of the epoch."""
        result = np.empty(count, dtype=np.uint64)
        status = self._library.sampler_next(
            self._owner.value, address(result), count, local.count_at, local.error_at
        )
        if status:
            _native.fail(status)
        found = local.count.value
        return result if found == count else result[:found].copy()

    def next_epoch(self) -> None:
        """Begins the next epoch."""
        _native.check(self._library.sampler_next_epoch(self._owner.value, local.error_at))

    def _described(self) -> _structures.SamplerState:
        structure = _structures.SamplerState(size=ctypes.sizeof(_structures.SamplerState))
        _native.check(
            self._library.sampler_describe(
                self._owner.value, ctypes.addressof(structure), local.number_at, local.error_at
            )
        )
        return structure

    @property
    def share(self) -> int:
        """How many indices this rank visits an epoch."""
        self._described()
        return int(local.number.value)

    def state(self) -> SamplerState:
        """All that resuming needs."""
        structure = self._described()
        names = {code: name for name, code in ORDERS.items()}
        return SamplerState(
            order=names[structure.order],
            content_id=bytes(structure.content_id),
            earlier=tuple(
                (structure.stop_world_sizes[index], structure.stop_positions[index])
                for index in range(structure.stop_count)
            ),
            **{name: int(getattr(structure, name)) for name in NUMBERS},
        )


class NativeRows:
    """Rows that the library has planned."""

    def __init__(self, dataset: NativeDataset, options: RowOptions) -> None:
        self._dataset, self._options = dataset, options
        self._library = _native.library()
        self._make()
        info = _structures.RowsInfo(size=ctypes.sizeof(_structures.RowsInfo))
        _native.check(
            self._library.rows_describe(self._owner.value, ctypes.addressof(info), local.error_at)
        )
        self.row_count: int = info.row_count
        self.token_count: int = info.token_count
        self.cropped_token_count: int = info.cropped_token_count
        self.padding_count: int = info.padding_count
        self.too_long_count: int = info.too_long_count
        self.content_id: str = bytes(info.content_id).hex()

    def _make(self) -> None:
        options = self._options
        long_documents, gaps = options.codes
        structure = _structures.RowOptions(
            size=ctypes.sizeof(_structures.RowOptions),
            long_documents=long_documents,
            gaps=gaps,
            length=options.length,
            group_document_count=options.group_documents,
            plan_byte_budget=options.plan_bytes,
        )
        _native.check(
            self._library.rows_make(
                self._dataset.handle(), ctypes.addressof(structure), local.handle_at,
                local.error_at,
            )
        )  # fmt: skip
        self._owner = _native.Handle(local.handle.value, self._library.rows_close)
        self._generation = _native.generation

    def _handle(self) -> int:
        """The handle; one of this process's own, for a fork may come while another is used."""
        if self._generation != _native.generation:
            # It is not closed: whoever used it as the process forked never ends.
            inherited = self._owner
            self._make()
            inherited.value = 0
        return self._owner.value

    def read(
        self, indices: npt.NDArray[np.uint64], padding: int, kind: np.dtype[Any], length: int,
        places: tuple[int, int, int, int],
    ) -> int:  # fmt: skip
        """Writes rows to memory."""
        status = self._library.rows_read(
            self._handle(),
            address(indices),
            len(indices),
            padding,
            _native.INTEGER_TYPES[kind.name],
            *places,
            len(indices) * length + 1,
            local.count_at,
            local.error_at,
        )
        if status:
            _native.fail(status)
        return int(local.count.value)

    def sampler(
        self, state: SamplerState, *, begins: bool = False, place: tuple[int, int] | None = None
    ) -> NativeSampler:
        """A sampler of the rows."""
        if begins:
            return NativeSampler("rows_sampler_make", self._handle(), state, None)
        place = place or (state.rank, state.world_size)
        return NativeSampler("rows_sampler_resume_as", self._handle(), state, place)
