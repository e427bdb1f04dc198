"""Requests made at the same time: what each waits for is mostly the way to the server and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

#: The most requests under way for one call.
MOST_AT_ONCE = 8

Item = TypeVar("Item")
Result = TypeVar("Result")


def at_once(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """What `function` gives for each item, by several threads, in order; the first error if any."""
    if len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(items)), thread_name_prefix="gobbet") as pool:
        return list(pool.map(function, items))
