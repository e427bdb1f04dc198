"""The order in which windows or rows are visited, computed from a few numbers as the library does."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

_MASK = (1 << 64) - 1
_ROUNDS = 6

Indices = np.ndarray[tuple[int], np.dtype[np.uint64]]


def mixed(value: int, key: int) -> int:
    """A well-mixed number of 64 bits of two: the finaliser of SplitMix64 (Steele, Lea, Flood 2014)."""
    return int(_mixed(np.array([value & _MASK], np.uint64), key)[0])


def _mixed(values: Indices, key: int) -> Indices:
    turned = np.uint64(key * 0xD1B54A32D192ED03 & _MASK)
    state = values * np.uint64(0x9E3779B97F4A7C15) + turned
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


class Permutation:
    """The numbers below `count` in an order that a key decides.

    A Feistel network permutes the numbers of just enough bits; what falls outside `count` goes
    through it again until it falls inside.
    """

    def __init__(self, count: int, key: int) -> None:
        bits = (count - 1).bit_length() if count > 1 else 0
        self._count, self._key = count, key
        self._low, self._high = bits // 2, bits - bits // 2

    def at(self, positions: Indices) -> Indices:
        """The numbers at positions, all below `count`."""
        values = self._once(positions)
        while len(outside := np.flatnonzero(values >= np.uint64(self._count))):
            values[outside] = self._once(values[outside])
        return values

    def _once(self, values: Indices) -> Indices:
        shift = np.uint64(self._low)
        low_mask, high_mask = np.uint64((1 << self._low) - 1), np.uint64((1 << self._high) - 1)
        low, high = values & low_mask, values >> shift
        # Each half is changed by a function of the other alone, so every round can be undone.
        for step in range(_ROUNDS):
            if step % 2 == 0:
                high = high ^ (_mixed(low, self._key + step) & high_mask)
            else:
                low = low ^ (_mixed(high, self._key + step) & low_mask)
        return high << shift | low


class WindowPermutation:
    """The window at each position of an epoch.

    Groups of neighbouring windows are shuffled, then the windows of some groups together; the windows
    lie on a ring that the key turns, so that the few that fill no group are others each epoch.
    """

    def __init__(
        self, count: int, order: str, key: int, windows_per_group: int, groups_together: int
    ) -> None:
        self._count, self._order, self._key = count, order, key
        self._size, self._together = windows_per_group, groups_together
        self._groups = count // windows_per_group if order == "groups" else count
        self._permutation = Permutation(self._groups, key)

    def at(self, positions: Indices) -> Indices:
        """The windows at positions."""
        if self._order == "sequential" or len(positions) == 0:
            return positions
        if self._order == "shuffled":
            return self._permutation.at(positions)
        grouped = self._groups * self._size
        places = positions.copy()
        inside = positions < np.uint64(grouped)
        if inside.any():
            places[inside] = self._grouped(positions[inside], grouped)
        turn = np.uint64(mixed(1, self._key) % self._count)
        return (places + turn) % np.uint64(self._count)

    def _grouped(self, positions: Indices, grouped: int) -> Indices:
        span = self._size * self._together
        span = grouped if span >= 1 << 63 else span
        starts = positions // np.uint64(span) * np.uint64(span)
        places = np.empty_like(positions)
        for start in np.unique(starts).tolist():
            chosen = starts == np.uint64(start)
            within = Permutation(min(span, grouped - start), self._key + start + 1)
            places[chosen] = within.at(positions[chosen] - np.uint64(start)) + np.uint64(start)
        size = np.uint64(self._size)
        return self._permutation.at(places // size) * size + places % size


class Shares:
    """How a sequence of windows is shared out: ranks take parts of nearly equal length, in order."""

    def __init__(self, count: int, world_size: int) -> None:
        self.count, self.world_size = count, world_size

    def bound(self, rank: int) -> int:
        """Where the part of a rank begins."""
        return self.count * rank // self.world_size

    @property
    def longest(self) -> int:
        """Windows of the longest part; the others have as many, or one fewer."""
        return -(-self.count // self.world_size)

    def left_after(self, position: int) -> int:
        """How many windows are left once every rank has visited that many of its part, or all."""
        return max(0, self.count - position * self.world_size)

    def place_of_left(self, index: int, position: int) -> int:
        """Where in the sequence the windows that are left lie, one part's after the other's."""
        # The first window left of a rank is number `bound(rank) - position * rank`: of the ranks
        # whose first is at most `index`, the last has it.
        after = bisect_right(
            range(self.world_size), index, key=lambda rank: self.bound(rank) - position * rank
        )
        return index + position * after


class Route:
    """The way from the windows that are left in an epoch back to their positions in its order."""

    def __init__(self, count: int) -> None:
        #: How many windows are left.
        self.left = count
        self._stops: list[tuple[Shares, int]] = []

    def stop(self, world_size: int, position: int) -> bool:
        """Takes away what ranks visited that stopped at `position`; False if they can't have."""
        shares = Shares(self.left, max(1, world_size))
        if world_size < 1 or not 0 < position <= shares.longest:
            return False
        self._stops.append((shares, position))
        self.left = shares.left_after(position)
        return True

    def positions(self, first: int, count: int) -> Indices:
        """The positions of `count` windows of those that are left, from `first` on."""
        if not self._stops:
            return np.arange(first, first + count, dtype=np.uint64)
        places = []
        for index in range(first, first + count):
            for shares, position in reversed(self._stops):
                index = shares.place_of_left(index, position)
            places.append(index)
        return np.array(places, np.uint64)
