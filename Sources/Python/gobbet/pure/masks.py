"""Which tokens count in a loss (`Spec/Tokens.md`, "Masks")."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..errors import BadData
from .groups import number, numbers


class LossMasks:
    """The section LMSK: a rule, and for each document its runs, or that the rule holds."""

    def __init__(
        self, data: bytes | memoryview, lengths: Sequence[int], id_bound: int, where: str
    ) -> None:
        self._data, self._offset, self._where = data, 0, where
        self._openings = []
        for _ in range(self._number(64)):
            length = self._number(16)
            if length == 0:
                raise BadData(f"{where}: an opening of no ids")
            self._openings.append([self._number(id_bound - 1) for _ in range(length)])
        closings = [self._number(2 * id_bound - 1) for _ in range(self._number(64))]
        #: Whether a closing itself counts.
        self._closings = {value >> 1: value & 1 == 1 for value in closings}
        if sorted(self._closings) != [value >> 1 for value in closings]:
            raise BadData(f"{where}: closings that do not rise")
        if closings and not self._openings:
            raise BadData(f"{where}: closings without openings")
        #: Of each document; None where the rule says them.
        self._runs = self._read_runs(lengths)

    @property
    def rule(self) -> list[int] | None:
        """The rule, laid out as in `gobbet.h`; None if there is none."""
        if not self._openings:
            return None
        numbers = [len(self._openings)]
        for opening in self._openings:
            numbers += [len(opening), *opening]
        for closing, counts in self._closings.items():
            numbers += [closing, int(counts)]
        return numbers

    def _number(self, most: int) -> int:
        value, self._offset = number(self._data, self._offset, self._where)
        if value > most:
            raise BadData(f"{self._where}: {value} is more than {most}")
        return value

    def _read_runs(self, lengths: Sequence[int]) -> list[list[int] | None]:
        """The runs of all documents, which are the rest of the section."""
        values = numbers(memoryview(self._data)[self._offset :], self._where).tolist()
        found: list[list[int] | None] = []
        place = 0
        for length in lengths:
            if place == len(values):
                raise BadData(f"{self._where}: runs of {len(found)} documents, not {len(lengths)}")
            count, place = values[place], place + 1
            if count > (length + 1 if length else 0):
                raise BadData(f"{self._where}: {count} runs of {length} tokens")
            if count == 0:
                found.append(None)
                continue
            runs = values[place : place + count - 1]
            place += count - 1
            left = length - sum(runs)
            # The last run is what is left, and only the first may have no tokens.
            if len(runs) < count - 1 or 0 in runs[1:] or runs and left < 1:
                raise BadData(f"{self._where}: runs that aren't those of {length} tokens")
            found.append([*runs, left])
        if place != len(values):
            raise BadData(f"{self._where}: {len(values) - place} numbers too many")
        return found

    def mask(self, document: int, count: int, ids: Callable[[], np.ndarray]) -> np.ndarray:
        """Which of the first `count` ids of a document count; `ids` gives them where a rule asks."""
        runs = self._runs[document]
        if runs is not None:
            return np.repeat(np.arange(len(runs)) % 2 == 1, runs)[:count]
        return self._ruled(ids()) if self._openings else np.ones(count, dtype=np.bool_)

    def _ruled(self, ids: np.ndarray) -> np.ndarray:
        """Which ids count by the rule."""
        mask = np.zeros(len(ids), dtype=np.bool_)
        place, counts = 0, False
        watched = [*self._closings, *(opening[-1] for opening in self._openings)]
        for index in np.flatnonzero(np.isin(ids, watched)).tolist():
            token = int(ids[index])
            mask[place:index] = counts
            mask[index] = counts and self._closings.get(token, True)
            if any(ids[max(0, index + 1 - len(opening)) : index + 1].tolist() == opening
                   for opening in self._openings):  # fmt: skip
                counts = True
            elif token in self._closings:
                counts = False
            place = index + 1
        mask[place:] = counts
        return mask
