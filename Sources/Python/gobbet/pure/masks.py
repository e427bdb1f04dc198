"""Which tokens count in a loss (`Spec/Tokens.md`, "Masks")."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import BadData
from .groups import number


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
        self._runs = [self._read_runs(length) for length in lengths]
        if self._offset != len(data):
            raise BadData(f"{where}: {len(data) - self._offset} bytes too many")

    def _number(self, most: int) -> int:
        value, self._offset = number(self._data, self._offset, self._where)
        if value > most:
            raise BadData(f"{self._where}: {value} is more than {most}")
        return value

    def _read_runs(self, length: int) -> list[int] | None:
        """The runs of a document; None where the rule says them."""
        count = self._number(length + 1 if length else 0)
        if count == 0:
            return None
        runs: list[int] = []
        left = length
        for _ in range(count - 1):
            runs.append(self._number(left - 1))
            if runs[-1] == 0 and len(runs) > 1:
                raise BadData(f"{self._where}: a run of no tokens")
            left -= runs[-1]
        return [*runs, left]

    def mask(self, document: int, ids: np.ndarray) -> np.ndarray:
        """Which of the ids of a document count."""
        runs = self._runs[document]
        if runs is not None:
            return np.repeat(np.arange(len(runs)) % 2 == 1, runs)
        if not self._openings:
            return np.ones(len(ids), dtype=np.bool_)
        mask = np.zeros(len(ids), dtype=np.bool_)
        tokens, counts = ids.tolist(), False
        for index, token in enumerate(tokens):
            mask[index] = counts and self._closings.get(token, True)
            if any(tokens[max(0, index + 1 - len(opening)) : index + 1] == opening
                   for opening in self._openings):  # fmt: skip
                counts = True
            elif token in self._closings:
                counts = False
        return mask
