"""Whole numbers as C takes them: ctypes would silently cut those that are too large."""

from __future__ import annotations

import operator
from typing import Any

from .errors import InvalidArgument, OutOfRange

#: The most threads that a call works with, as the library has it.
MOST_THREADS = 1024


def whole(value: Any, what: str, low: int = 0, high: int = (1 << 64) - 1) -> int:
    """`value` if it is an integer from `low` to `high`.

    Raises:
        InvalidArgument: It isn't an integer. A ValueError.
        OutOfRange: It is smaller or larger. A ValueError and an OverflowError.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidArgument(f"{what}: {value!r} isn't an integer") from None
    if isinstance(value, bool):
        raise InvalidArgument(f"{what}: {value!r} isn't an integer")
    if not low <= number <= high:
        raise OutOfRange(f"{what}: {number} is not from {low} to {high}")
    return number


def thread_count(value: Any, what: str = "num_threads") -> int:
    """A number of threads, 0 to 1,024, of which 0 stands for all cores."""
    return whole(value, what, 0, MOST_THREADS)
