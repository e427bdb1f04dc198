"""What decides the order of windows, and how far it was followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from .errors import InvalidArgument

Order = Literal["sequential", "shuffled", "groups"]
#: A sampler as it is stored: numbers, names, and the pairs of `earlier`.
State = dict[str, Any]

ORDERS: dict[str, int] = {"sequential": 1, "shuffled": 2, "groups": 3}
#: How often the number of ranks may change in an epoch.
MOST_STOPS = 16


class SamplerState(NamedTuple):
    """A stored state whose numbers are whole, and fit 64 bits; whether a sampler can have them is
    the backend's to say."""

    order: str
    windows_per_group: int
    groups_together: int
    length: int
    stride: int
    window_count: int
    seed: int
    epoch: int
    rank: int
    world_size: int
    position: int
    #: Of what is visited, 32 bytes.
    content_id: bytes
    #: For each change of the number of ranks how many they were, and how far each had come.
    earlier: tuple[tuple[int, int], ...]

    @classmethod
    def stored(cls, state: Mapping[str, Any]) -> SamplerState:
        """The state that `state_dict` of a sampler gave.

        Raises:
            InvalidArgument: It is none.
        """
        order = state.get("order")
        if order not in ORDERS:
            raise InvalidArgument(f"order {order} isn't one of {', '.join(ORDERS)}")
        try:
            numbers = {name: number(name, state[name]) for name in NUMBERS}
            content_id = bytes.fromhex(str(state.get("content_id", "00" * 32)))
            stops = tuple(
                (number("earlier", world_size), number("earlier", position))
                for world_size, position in state.get("earlier", ())
            )
        except InvalidArgument:
            raise
        except (KeyError, ValueError, TypeError) as error:
            raise InvalidArgument(f"no state of a sampler: {error!r}") from None
        if len(content_id) != 32:
            raise InvalidArgument(f"no state of a sampler: a content id of {len(content_id)} bytes")
        if len(stops) > MOST_STOPS:
            raise InvalidArgument(f"earlier has {len(stops)} stops, more than {MOST_STOPS}")
        return cls(order=str(order), content_id=content_id, earlier=stops, **numbers)

    def as_dict(self) -> State:
        """The state as it is stored: what JSON has."""
        return self._asdict() | {
            "content_id": self.content_id.hex(),
            "earlier": [list(stop) for stop in self.earlier],
        }


#: The numbers of a state, which the library's structure calls the same.
NUMBERS = SamplerState._fields[1:-2]


def window_count(token_count: int, length: int, stride: int) -> int:
    """How many windows of `length` inputs there are, each of which has a token after its last."""
    return max(0, -(-(token_count - length) // stride))


def share_length(count: int, rank: int, world_size: int) -> int:
    """How many of `count` windows are those of a rank."""
    return count * (rank + 1) // world_size - count * rank // world_size


def windows_left(state: Mapping[str, Any]) -> int:
    """How many windows of the epoch were left, for all ranks, when their number last changed."""
    left = int(state["window_count"])
    for world_size, position in state.get("earlier", ()):
        left = 0 if position > left // world_size else left - position * world_size
    return left


def number(name: str, value: Any) -> int:
    """`value` as an integer that fits 64 bits without a sign."""
    whole = int(value)
    if not 0 <= whole < 1 << 64:
        raise InvalidArgument(f"{name} must be from 0 to 2^64 - 1")
    return whole
