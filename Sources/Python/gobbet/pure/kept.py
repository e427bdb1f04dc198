"""What was made last and may be asked for again, within a bound of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from .forks import renew_in_children

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by keys, those used last, of at most `most_bytes` together, and one at least.

    Any number of threads may use it; what several ask for at a time is made once.
    """

    def __init__(self, most_bytes: int) -> None:
        #: The bound.
        self.most_bytes = most_bytes
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Forgets what threads were about, none of which is in a forked process."""
        self._lock = threading.Lock()
        self._making: dict[Hashable, Future[Value]] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def find(self, key: Hashable) -> Value | None:
        """The value that is kept for a key."""
        with self._lock:
            if (kept := self._values.get(key)) is None:
                return None
            self._values.move_to_end(key)
            return kept[0]

    def get(self, key: Hashable, make: Callable[[], Value], size: Callable[[Value], int]) -> Value:
        """The value that is kept for a key, else the one that `make` makes, of `size` bytes.

        What `make` raises is raised for all that wait for it.
        """
        with self._lock:
            if (kept := self._values.get(key)) is not None:
                self._values.move_to_end(key)
                return kept[0]
            others = self._making.get(key)
            if others is None:
                made: Future[Value] = Future()
                self._making[key] = made
        if others is not None:
            return others.result()
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                self._making.pop(key, None)
            made.set_exception(error)
            raise
        with self._lock:
            self._making.pop(key, None)
            self._values[key] = value, size(value)
            self._bytes += self._values[key][1]
            while self._bytes > self.most_bytes and len(self._values) > 1:
                self._bytes -= self._values.popitem(last=False)[1][1]
        made.set_result(value)
        return value
