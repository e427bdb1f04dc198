"""Locks in forked processes, in which the threads that hold them don't exist."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Renewed(Protocol):
    """What holds locks, and is made as new where nothing was under way."""

    def renew(self) -> None:
        """Forgets what threads were about."""


_all: weakref.WeakSet[Renewed] = weakref.WeakSet()


def renew_in_children(each: Renewed) -> None:
    """Has `renew` called in processes that are forked from this one, as long as `each` lives."""
    _all.add(each)


def _renew_all() -> None:
    for each in list(_all):
        each.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
