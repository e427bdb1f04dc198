"""Rules that say by the ids of a document which of its tokens count in a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .errors import InvalidArgument
from .integers import integers


class LossRule(NamedTuple):
    """Tokens count after an opening, up to a closing (`Spec/Tokens.md`, "Masks").

    Masks that follow from the rule of a file take next to no room in it.

    Example:
        >>> rule = gobbet.LossRule([[7, 8]], {9: True})
        >>> gobbet.DatasetWriter("made.gobbet", encoding, loss_rule=rule, replace=True).close()
    """

    #: Sequences of ids after which tokens count: 1 to 64 of 1 to 16 ids each.
    openings: Sequence[Sequence[int]]
    #: Ids after which they no longer do, at most 64, and whether each counts itself.
    closings: Mapping[int, bool] = {}

    def _numbers(self) -> npt.NDArray[np.uint32]:
        """The rule as the library takes it, which checks it."""
        numbers = [len(self.openings)]
        for opening in self.openings:
            numbers += [len(opening), *opening]
        for closing, counts in self.closings.items():
            numbers += [closing, int(counts)]
        if len(numbers) == 1:
            raise InvalidArgument("loss_rule: has no openings")
        return integers(numbers, np.uint32, "loss_rule")


def rule_of(numbers: Sequence[int]) -> LossRule:
    """The rule that the library lays out so."""
    left = list(numbers)
    openings = []
    for _ in range(left.pop(0)):
        length = left.pop(0)
        openings.append(left[:length])
        del left[:length]
    return LossRule(openings, {id: bool(counts) for id, counts in zip(left[::2], left[1::2])})
