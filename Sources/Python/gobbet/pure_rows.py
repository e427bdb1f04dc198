"""Samplers and packed rows by Python alone: of files elsewhere, or where the library is missing."""

from __future__ import annotations

import ctypes
from hashlib import sha256
from itertools import accumulate
from struct import pack
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ._native import address
from .errors import BadData, InvalidArgument
from .pure.kept import Kept
from .pure.order import Route, Shares, WindowPermutation, mixed
from .pure.row_plan import RowPlan
from .row_options import RowOptions
from .sampler_state import MOST_STOPS, SamplerState

if TYPE_CHECKING:
    from .pure_backends import PureDataset

#: Numbers of a state that may have all 64 bits.
_UNBOUNDED = {"seed", "epoch"}


class Sampled(NamedTuple):
    """Windows or rows, as far as they decide the order; `name` begins messages."""

    name: str
    content_id: bytes
    length: int
    stride: int
    window_count: int

    def sampler(
        self, state: SamplerState, *, begins: bool, place: tuple[int, int] | None
    ) -> PureSampler:
        """The sampler at `state`, or one that begins as it says.

        Raises:
            BadData: The state is of something else, or none that a sampler can be in.
            InvalidArgument: There is no such rank, order or number. A ValueError.
        """
        for name, number in state._asdict().items():
            if isinstance(number, int) and number >= 1 << 63 and name not in _UNBOUNDED:
                raise InvalidArgument(f"{name}: {number}")
        if place is not None and not place[0] < place[1] < 1 << 63:
            raise InvalidArgument(f"rank: {place[0]} of {place[1]}")
        if begins:
            state = state._replace(
                content_id=self.content_id, length=self.length, stride=self.stride,
                window_count=self.window_count,
            )  # fmt: skip
        try:
            sampler = PureSampler(self._own(state))
        except BadData as error:
            if begins:
                raise InvalidArgument(f"state: {error}") from None
            raise
        return sampler if place is None else PureSampler(self._own(self._shared(state, *place)))

    def _own(self, state: SamplerState) -> SamplerState:
        """`state` if it is of these windows, and a sampler can be in it."""
        if state.content_id != self.content_id:
            self._fail(f"of content {state.content_id.hex()}, not {self.content_id.hex()}")
        if (state.length, state.stride, state.window_count) != self[2:]:
            self._fail(
                f"{state.window_count} windows of {state.length} every {state.stride} tokens"
            )
        if not _is_possible(state):
            self._fail("no sampler has such numbers")
        return state

    def _shared(self, state: SamplerState, rank: int, world_size: int) -> SamplerState:
        """The state of another rank; of another number of them, they share what is left."""
        if world_size == state.world_size:
            return state._replace(rank=rank)
        earlier = state.earlier
        if state.position:
            earlier += ((state.world_size, state.position),)
        if len(earlier) > MOST_STOPS:
            raise BadData(
                f"state: the number of ranks has changed more than {MOST_STOPS} times in this epoch"
            )
        return state._replace(rank=rank, world_size=world_size, position=0, earlier=earlier)

    def _fail(self, reason: str) -> NoReturn:
        raise BadData(f"{self.name}: the sampler's state is of something else: {reason}")


def _is_possible(state: SamplerState) -> bool:
    route = Route(state.window_count)
    if not all(route.stop(*stop) for stop in state.earlier):
        return False
    return (
        state.rank < state.world_size
        and state.position <= Shares(route.left, state.world_size).longest
        and (state.order != "groups" or min(state.windows_per_group, state.groups_together) > 0)
    )


class PureSampler:
    """The order of a state that is possible."""

    def __init__(self, state: SamplerState) -> None:
        self._begin(state)

    def _begin(self, state: SamplerState) -> None:
        self._state, self._route = state, Route(state.window_count)
        for stop in state.earlier:
            self._route.stop(*stop)
        shares = Shares(self._route.left, state.world_size)
        self._start, end = shares.bound(state.rank), shares.bound(state.rank + 1)
        self.share = end - self._start
        self._windows = WindowPermutation(
            state.window_count, state.order, mixed(state.epoch, mixed(state.seed, 0)),
            state.windows_per_group, state.groups_together,
        )  # fmt: skip

    def take(self, count: int) -> npt.NDArray[np.uint64]:
        """The next indices of the epoch."""
        position = self._state.position
        count = max(0, min(count, self.share - position))
        self._state = self._state._replace(position=position + count)
        return self._windows.at(self._route.positions(self._start + position, count))

    def next_epoch(self) -> None:
        """Begins the next epoch."""
        epoch = (self._state.epoch + 1) % (1 << 64)
        self._begin(self._state._replace(epoch=epoch, position=0, earlier=()))

    def state(self) -> SamplerState:
        """All that resuming needs."""
        return self._state


class PureRows:
    """Rows of whole documents, planned and read by Python."""

    def __init__(self, dataset: PureDataset, options: RowOptions) -> None:
        if dataset.id_bound > 1 << 31:
            raise InvalidArgument(
                f"{dataset.name}: ids up to {dataset.id_bound - 1} do not fit targets of 32 bits"
            )
        self._dataset, self._options = dataset, options
        self._plans: Kept[RowPlan] = Kept(options.plan_bytes or 64 << 20)
        numbers = options.length, *options.codes, options.group_size
        self.content_id = sha256(
            bytes.fromhex(dataset.content_id) + pack("<4Q", *numbers)
        ).hexdigest()
        groups = range(-(-dataset.document_count // options.group_size))
        plans = [self._counts(self._plan(group)) for group in groups]
        #: Where the rows of each group begin; at last how many there are.
        self._starts = np.array([0, *accumulate(rows for rows, *_ in plans)], np.int64)
        self.row_count = int(self._starts[-1])
        self.token_count = sum(tokens for _, tokens, _ in plans)
        self.too_long_count = sum(too_long for *_, too_long in plans)
        self.cropped_token_count = dataset.token_count - self.token_count
        self.padding_count = self.row_count * options.length - self.token_count

    def _counts(self, plan: RowPlan) -> tuple[int, int, int]:
        if self._options.long_documents == "fail" and plan.too_long_count:
            _, ends = self._dataset.document_bounds(0, self._dataset.document_count)
            lengths = np.diff(ends, prepend=np.zeros(1, np.uint64))
            document = int(np.argmax(lengths > self._options.length))
            raise BadData(
                f"{self._dataset.name}: document {document} has {lengths[document]} tokens, and a "
                f"row {self._options.length}; crop, split or drop what is too long"
            )
        return plan.row_count, plan.token_count, plan.too_long_count

    def _plan(self, group: int) -> RowPlan:
        def made() -> RowPlan:
            options, first = self._options, group * self._options.group_size
            last = min(first + options.group_size, self._dataset.document_count)
            start, ends = self._dataset.document_bounds(first, last)
            lengths = np.diff(ends.astype(np.int64), prepend=np.int64(start))
            return RowPlan(lengths, options.length, options.long_documents, options.gaps)

        return self._plans.get(group, made, lambda plan: plan.byte_count)

    def _parts(self, row: int) -> Iterator[tuple[int, int, bool]]:
        """Which tokens of the dataset a row holds, and whether their document goes on after them."""
        group = int(np.searchsorted(self._starts, row, side="right")) - 1
        first = group * self._options.group_size
        plan = self._plan(group)
        for document, start, end in plan.parts(row - int(self._starts[group])):
            begin, ends = self._dataset.document_bounds(first + document, first + document + 1)
            yield begin + start, begin + end, begin + end < int(ends[0])

    def read(
        self, indices: npt.NDArray[np.uint64], padding: int, kind: np.dtype[Any], length: int,
        places: tuple[int, int, int, int],
    ) -> int:  # fmt: skip
        """Writes rows to memory."""
        shape = (len(indices), length)
        if shape[0] * length >= 1 << 31:
            raise InvalidArgument("indices: more than 2^31 - 1 tokens at once")
        parts = [list(self._parts(row)) for row in indices.tolist()]
        self._dataset.prefetch([
            (start, end + continues) for row in parts for start, end, continues in row
        ])  # fmt: skip
        inputs, targets = np.full(shape, padding, kind), np.full(shape, -100, kind)
        bounds = [0]
        for row, row_parts in enumerate(parts):
            place = 0
            for start, end, continues in row_parts:
                self._read_part(
                    start, end, end + continues, inputs[row, place:], targets[row, place:]
                )
                place += end - start
                bounds.append(row * length + place)
            if place < length:
                bounds.append((row + 1) * length)
        starts = np.array(bounds[:-1], np.int64)
        positions = np.arange(shape[0] * length) - np.repeat(starts, np.diff(bounds))
        for place, array in zip(places, (inputs, targets, positions.astype(kind))):
            ctypes.memmove(place, address(array), array.nbytes)
        ends = np.array(bounds, np.int32)
        ctypes.memmove(places[3], address(ends), ends.nbytes)
        return len(bounds)

    def _read_part(
        self, start: int, end: int, known: int, inputs: npt.NDArray[np.integer],
        targets: npt.NDArray[np.integer],
    ) -> None:  # fmt: skip
        """Tokens `start` to `end`, and as targets those after the first that are `known`."""
        tokens = self._dataset.tokens(start, known, inputs.dtype)
        inputs[: end - start] = tokens[: end - start]
        wanted = targets[: known - start - 1]
        wanted[:] = tokens[1:]
        if self._dataset.has_loss_mask and known > start + 1:
            wanted[~self._dataset.loss_mask(start + 1, known)] = -100

    def sampler(
        self, state: SamplerState, *, begins: bool = False, place: tuple[int, int] | None = None
    ) -> PureSampler:
        """A sampler of the rows."""
        length = self._options.length
        sampled = Sampled(
            self._dataset.name, bytes.fromhex(self.content_id), length, length, self.row_count
        )
        return sampled.sampler(state, begins=begins, place=place)
