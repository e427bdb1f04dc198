"""Which of the processes of a distributed training this one is."""

from __future__ import annotations

import os
from typing import NoReturn

import torch
from torch.utils.data import get_worker_info

from .errors import InvalidArgument


class Ranks:
    """A rank and a world size, as they were given or as `torch.distributed` has them.

    Asked for when a pass over the data begins, since loaders are often made before
    `init_process_group` is called.
    """

    def __init__(self, rank: int | None, world_size: int | None) -> None:
        if (rank is None) != (world_size is None):
            raise InvalidArgument("rank and world_size come together")
        self._given: tuple[int, int] | None = None
        #: Those of the process that has started this one, a worker of its DataLoader.
        self._inherited: tuple[int, int] | None = None
        if rank is not None and world_size is not None:
            if not 0 <= rank < world_size:
                raise InvalidArgument(f"rank {rank} of {world_size}: ranks count from 0")
            self._given = rank, world_size

    def now(self) -> tuple[int, int]:
        """The rank and the world size.

        Raises:
            InvalidArgument: A launcher has started several processes, and `torch.distributed` does
                not know of it yet: each of them would read the same.
        """
        if self._given is not None:
            return self._given
        if (found := _initialized()) is not None:
            return found
        if get_worker_info() is not None and self._inherited is not None:
            return self._inherited
        world_size = os.environ.get("WORLD_SIZE", "1")
        if "RANK" in os.environ and world_size.isdecimal() and int(world_size) > 1:
            raise InvalidArgument(
                f"this is one of {world_size} processes (WORLD_SIZE), and all of them would read "
                "the same: call torch.distributed.init_process_group first, or give rank and "
                "world_size"
            )
        return 0, 1

    def require_same(self, before: tuple[int, int]) -> None:
        """Raises `InvalidArgument` if `torch.distributed` has others than `before`."""
        if self._given is None and (now := _initialized()) is not None and now != before:
            refuse_change(before, now)

    def for_workers(self) -> Ranks:
        """A copy for processes that this one starts, which may be workers of its DataLoader."""
        copy = Ranks(None, None)
        copy._given = self._given
        copy._inherited = _initialized() or self._inherited
        return copy


def refuse_change(before: tuple[int, int], now: tuple[int, int]) -> NoReturn:
    """Raises `InvalidArgument`: an epoch that was begun among some ranks does not go on so."""
    raise InvalidArgument(
        f"this was rank {before[0]} of {before[1]} when the epoch began, and is rank {now[0]} of "
        f"{now[1]} now: a change comes between epochs, or by load_state_dict"
    )


def _initialized() -> tuple[int, int] | None:
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return None
