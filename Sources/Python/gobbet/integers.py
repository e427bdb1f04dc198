"""Integers as the library takes them: none is rounded, cut or wrapped on the way."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from ._native import INTEGER_TYPES
from .errors import InvalidArgument, OutOfRange


def integers(
    values: npt.ArrayLike, dtype: npt.DTypeLike, what: str, *, below: int | None = None
) -> npt.NDArray[Any]:
    """`values` as a contiguous array of `dtype` with one axis.

    Args:
        values: A sequence or an array of integers.
        dtype: The integer type that the library reads.
        what: What error messages call the values.
        below: The bound that every value is below; the limit of `dtype` if it is None.

    Raises:
        InvalidArgument: There isn't one axis, or a value isn't an integer. A ValueError.
        OutOfRange: A value is negative or too large. A ValueError and an OverflowError.

    Both name the index of the first such value.
    """
    kind = np.dtype(dtype)
    array = np.asarray(values)
    if array.ndim != 1:
        raise InvalidArgument(f"{what}: {array.ndim} axes, not one")
    if array.size == 0:
        return np.zeros(0, kind)
    limits = np.iinfo(kind)
    low = int(limits.min)
    high = int(limits.max) if below is None else min(int(limits.max), below - 1)
    if array.dtype.kind not in "iu":
        array = _whole(
            array.tolist() if isinstance(values, np.ndarray) else values, what, low, high
        )
    elif (array.dtype != kind or below is not None) and not (
        low <= int(array.min()) and int(array.max()) <= high
    ):
        _require_range(array.tolist(), what, low, high)
    return np.ascontiguousarray(array, kind)


def ends(values: npt.ArrayLike, count: int, what: str) -> npt.NDArray[np.uint64]:
    """Where pieces that lie one after the other end, as a contiguous array of uint64.

    Args:
        values: Where each piece ends, in the order of the pieces.
        count: Where the last must end.
        what: What error messages call the values.

    Raises:
        InvalidArgument: An end is before the one in front of it, or the last isn't `count`.
        OutOfRange: An end is negative.
    """
    array = integers(values, np.uint64, what)
    falling = np.flatnonzero(array[1:] < array[:-1])
    if len(falling):
        index = int(falling[0]) + 1
        raise InvalidArgument(
            f"{what}: index {index} is {array[index]}, before {array[index - 1]} in front of it"
        )
    last = int(array[-1]) if len(array) else 0
    if last != count:
        raise InvalidArgument(
            f"{what}: the last is {last if len(array) else 'missing'}, not {count}"
        )
    return array


def token_type(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """The type of arrays of tokens.

    Raises:
        InvalidArgument: The library writes no such type. A ValueError.
    """
    known = ", ".join(INTEGER_TYPES)
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise InvalidArgument(f"tokens as {dtype!r}: none of {known}") from None
    if kind.name not in INTEGER_TYPES or not kind.isnative:
        raise InvalidArgument(f"tokens as {kind.name}: none of {known}")
    return kind


def truth_values(values: npt.ArrayLike, what: str) -> npt.NDArray[np.bool_]:
    """`values`, each of which is true or false, 1 or 0: labels, -100 among them, aren't a mask.

    Raises:
        InvalidArgument: Some are neither. A ValueError.
    """
    array = np.asarray(values)
    if array.dtype == np.bool_ or array.size == 0:
        return array.astype(np.bool_)
    if array.dtype.kind not in "iu" or not ((array == 0) | (array == 1)).all():
        wrong = next(
            value
            for value in array.ravel().tolist()
            if isinstance(value, float) or value not in (0, 1)
        )
        raise InvalidArgument(
            f"{what}: a mask holds {wrong!r}: True or 1 for ids that count, False or 0 for others; "
            "of labels, give labels != -100"
        )
    return array.astype(np.bool_)


def _whole(values: Any, what: str, low: int, high: int) -> npt.NDArray[Any]:
    """Values of a type that NumPy has no integers for, such as Python's own or floats."""
    numbers = []
    for index, value in enumerate(values):
        if isinstance(value, (bool, np.bool_)):
            raise InvalidArgument(f"{what}: index {index} is {value!r}, not an integer")
        try:
            numbers.append(operator.index(value))
        except TypeError:
            raise InvalidArgument(f"{what}: index {index} is {value!r}, not an integer") from None
    _require_range(numbers, what, low, high)
    return np.array(numbers, dtype=np.int64 if low < 0 else np.uint64)


def _require_range(numbers: Iterable[int], what: str, low: int, high: int) -> None:
    for index, number in enumerate(numbers):
        if not low <= number <= high:
            raise OutOfRange(f"{what}: index {index} is {number}, not from {low} to {high}")
