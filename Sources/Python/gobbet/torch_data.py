"""Windows of a token dataset for `torch.utils.data`.

- `WindowDataset`: map-style, for samplers of one's own;
- `WindowStream`: iterable, whose workers and ranks share the windows among them;
- `WindowLoader` (`gobbet.window_loader`): batches, read by threads, in an order that does not
  depend on their number, which resumes from a few integers at the very batch where it stopped;
- `RowLoader` (`gobbet.row_loader`): the same for rows of whole documents, with their positions and
  cumulative lengths.

Inputs and targets are tensors of their own, contiguous, in the memory of the CPU. `WindowLoader`
puts them on the device that `torch.set_default_device` names; the others leave that to the
`DataLoader`, whose workers cannot share the memory of another device.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from .dataset import TokenDataset
from .errors import BadData
from .integers import integers
from .ranks import Ranks, refuse_change
from .sampler import Sampler
from .sampler_state import Order, share_length
from .windows import Windows

if TYPE_CHECKING:
    from .row_loader import RowLoader as RowLoader
    from .window_loader import WindowLoader as WindowLoader

Path = str | os.PathLike[str]
Pair = tuple[torch.Tensor, torch.Tensor]
_CPU = torch.device("cpu")


class WindowBatch(Sequence[Pair]):
    """Windows that lie side by side in two tensors: a sequence of pairs of inputs and targets.

    It is a list of pairs for whoever takes it for one; `collate` takes it whole.

    Args:
        inputs: The inputs, [windows, length].
        targets: The targets, of the same shape.

    Example:
        >>> batch = WindowDataset(dataset, 256).__getitems__([0, 1])
        >>> len(batch), batch[0][0].shape
        (2, torch.Size([256]))
    """

    def __init__(self, inputs: torch.Tensor, targets: torch.Tensor) -> None:
        self.inputs, self.targets = inputs, targets

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: Any) -> Any:
        return self.inputs[index], self.targets[index]


def collate(samples: Any) -> Any:
    """Batches of a `WindowDataset` without a copy: for `DataLoader(…, collate_fn=collate)`.

    Args:
        samples: What a dataset gave for the indices of a batch.

    Returns:
        Inputs and targets, [batch, length].

    Example:
        >>> loader = torch.utils.data.DataLoader(WindowDataset(dataset, 256), 4, collate_fn=collate)
        >>> inputs, targets = next(iter(loader))
        >>> inputs.shape
        torch.Size([4, 256])
    """
    if isinstance(samples, WindowBatch):
        return samples.inputs, samples.targets
    return torch.utils.data.default_collate(samples)


class WindowDataset(Dataset[Pair]):
    """The windows of a dataset by their indices: pairs of inputs and targets, int64, on the CPU.

    With `collate` as the loader's `collate_fn` a batch is read in one step. `pin_memory` is for
    `batch` outside of a loader's workers; a DataLoader pins by itself.

    Args:
        dataset: A dataset, or its path or paths, as `TokenDataset` takes them.
        length: Inputs of each window.
        stride: Tokens from the start of a window to the start of the next; `length` if it is None.
        dtype: uint16, uint32, int32 or int64.
        pin_memory: Whether the tensors lie in pinned memory.

    Raises:
        InvalidArgument: The length or the type isn't one of those. A ValueError.
        NoInput: A file is missing. A FileNotFoundError.

    Example:
        >>> inputs, targets = WindowDataset("corpus.gobbet", 256)[0]
        >>> inputs.shape
        torch.Size([256])
    """

    def __init__(
        self,
        dataset: TokenDataset | Path | Sequence[Path],
        length: int,
        stride: int | None = None,
        *,
        dtype: str = "int64",
        pin_memory: bool = False,
    ) -> None:
        self.dataset = dataset if isinstance(dataset, TokenDataset) else TokenDataset(dataset)
        self.windows: Windows = self.dataset.windows(length, stride, dtype=dtype)
        self._dtype: torch.dtype = getattr(torch, self.windows.dtype.name)
        self._pin_memory = pin_memory

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> Pair:
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"window {index} of {len(self)}")
        inputs, targets = self.batch([place])
        return inputs[0], targets[0]

    def __getitems__(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> WindowBatch:
        """Many windows at once, as `DataLoader` asks for them."""
        return WindowBatch(*self.batch(indices))

    def batch(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> Pair:
        """The inputs and the targets of windows, each [indices, length].

        Args:
            indices: The windows.

        Returns:
            Inputs and targets.

        Raises:
            InvalidArgument: An index isn't an integer, or there is no such window.

        Example:
            >>> inputs, targets = WindowDataset(dataset, 256).batch([0, 1])
            >>> inputs.shape
            torch.Size([2, 256])
        """
        return self._read(integers(indices, np.uint64, "windows", below=len(self)))

    def _read(self, chosen: npt.NDArray[np.uint64]) -> Pair:
        """The same for indices as a sampler gives them."""
        shape = (len(chosen), self.windows.length)
        if get_worker_info() is not None:
            inputs, targets = self._shared(shape)
        elif self._pin_memory:
            inputs = torch.empty(shape, dtype=self._dtype, device=_CPU, pin_memory=True)
            targets = torch.empty(shape, dtype=self._dtype, device=_CPU, pin_memory=True)
        else:
            inputs = torch.empty(shape, dtype=self._dtype, device=_CPU)
            targets = torch.empty(shape, dtype=self._dtype, device=_CPU)
        self.windows.batch_into(chosen, inputs.data_ptr(), targets.data_ptr())
        return inputs, targets

    def _shared(self, shape: tuple[int, int]) -> Pair:
        """Room where the main process will read it, so that it isn't copied there afterwards.

        It is one piece, of which both have a half: a worker sends one descriptor a batch, not two.
        """
        size = 2 * shape[0] * shape[1] * self._dtype.itemsize
        storage = torch.UntypedStorage._new_shared(size)  # type: ignore[no-untyped-call]
        room = torch.empty(0, dtype=self._dtype, device=_CPU)
        room.set_(storage, 0, (2, *shape))  # type: ignore[call-overload]
        return room[0], room[1]


class WindowStream(IterableDataset[Pair]):
    """The windows of an epoch, shared among ranks and the workers of each.

    Every pass over it is an epoch, and the next pass another. Workers that are started anew for
    each pass begin at the epoch of `set_epoch`. `state_dict` tells where this copy of it is (each
    worker has its own), as torchdata's `StatefulDataLoader` wants it.

    `rank` and `world_size` are those of `torch.distributed` when a pass begins, unless given. Where
    another shares out what the stream gives, as accelerate and the Trainer of transformers do with
    iterable datasets, give rank 0 and world size 1.

    Args:
        dataset: A dataset, or its path or paths.
        length: Inputs of each window.
        stride: Tokens from the start of a window to the start of the next; `length` if it is
            None.
        order: sequential, shuffled or groups.
        seed: What the order is made from.
        rank: Which of the readers this is; with `world_size`.
        world_size: How many readers share the windows.
        dtype: uint16, uint32, int32 or int64.

    Raises:
        InvalidArgument: There is no such order, rank or type. A ValueError.
        NoInput: A file is missing. A FileNotFoundError.

    Example:
        >>> loader = torch.utils.data.DataLoader(WindowStream(dataset, 256, seed=1), 4)
        >>> inputs, targets = next(iter(loader))
        >>> inputs.shape
        torch.Size([4, 256])
    """

    def __init__(
        self,
        dataset: TokenDataset | Path | Sequence[Path],
        length: int,
        stride: int | None = None,
        *,
        order: Order = "shuffled",
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        dtype: str = "int64",
    ) -> None:
        self._windows = WindowDataset(dataset, length, stride, dtype=dtype)
        self._ranks = Ranks(rank, world_size)
        #: Where an epoch begins, whatever the rank.
        self._start = self._windows.dataset.sampler(
            length, stride, order=order, seed=seed
        ).state_dict()
        self._epoch = 0
        self._sampler: Sampler | None = None
        #: The rank, the world size, the number of workers and the worker of the sampler.
        self._made_as = (0, 1, 1, 0)
        self._state: dict[str, Any] | None = None

    def __getstate__(self) -> dict[str, object]:
        # A sampler is of this process; where it is, is not.
        return self.__dict__ | {
            "_sampler": None, "_state": self.state_dict() or None,
            "_ranks": self._ranks.for_workers(),
        }  # fmt: skip

    def __len__(self) -> int:
        """How many windows this rank, with all its workers, visits an epoch."""
        rank, world_size = self._ranks.now()
        return share_length(len(self._windows), rank, world_size)

    def set_epoch(self, epoch: int) -> None:
        """The number of the next pass; one that was begun, and is of this number, goes on.

        Args:
            epoch: The number, from 0.

        Raises:
            InvalidArgument: The number is negative. A ValueError.

        Example:
            >>> WindowStream(dataset, 256).set_epoch(3)
        """
        if self._state is not None:
            current = int(self._state["epoch"])
        elif self._sampler is not None:
            current = int(self._sampler.state_dict()["epoch"])
        else:
            current = self._epoch
        self._epoch = epoch
        if epoch != current:
            self._sampler = self._state = None

    def reset(self) -> None:
        """Begins with the first window of the first epoch, as a new stream does.

        Example:
            >>> WindowStream(dataset, 256).reset()
        """
        self._epoch = 0
        self._sampler = self._state = None

    def _make(self, place: tuple[int, int, int, int]) -> Sampler:
        rank, world_size, workers, worker = place
        state = self._state or self._start | {"epoch": self._epoch}
        saved, here = int(state.get("workers", 1)), world_size * workers
        begun = state["position"] or state.get("earlier")
        # One of several workers knows its own place only.
        if (
            begun
            and (saved > 1 or workers > 1)
            and (state["world_size"] != here or saved not in (1, workers))
        ):
            raise BadData(
                f"the state is of {state['world_size']} readers, {saved} in each rank, and here "
                f"are {here}, {workers} in each rank: streams with workers go on among as many, "
                "WindowLoader among any number of ranks"
            )
        windows = self._windows.windows
        sampler = self._windows.dataset.sampler(windows.length, windows.stride)
        sampler.load_state_dict(state, rank=rank * workers + worker, world_size=here)
        self._state = None
        return sampler

    def __iter__(self) -> Iterator[Pair]:
        info = get_worker_info()
        rank, world_size = self._ranks.now()
        place = (rank, world_size, *((1, 0) if info is None else (info.num_workers, info.id)))
        if self._sampler is not None and self._state is None:
            before = self._made_as[:2]
            if before != (rank, world_size) and self._sampler.state_dict()["position"]:
                refuse_change(before, (rank, world_size))
        if self._sampler is None or self._state is not None or self._made_as != place:
            self._sampler, self._made_as = self._make(place), place
        sampler = self._sampler
        for index in sampler:
            yield self._windows[index]
            self._ranks.require_same((rank, world_size))
        sampler.next_epoch()
        self._epoch = int(sampler.state_dict()["epoch"])

    def state_dict(self) -> dict[str, Any]:
        """Where this copy is; empty before its first pass.

        Returns:
            Numbers and texts.

        Example:
            >>> WindowStream(dataset, 256).state_dict()
            {}
        """
        if self._sampler is not None and self._state is None:
            return self._sampler.state_dict() | {"workers": self._made_as[2]}
        return dict(self._state or {})

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on where another copy, of any rank, stopped.

        With workers it must be that of the same worker, among as many ranks and workers.

        Args:
            state: What `state_dict` gave.

        Raises:
            BadData: The state is of another dataset, or of other windows.

        Example:
            >>> stream = WindowStream(dataset, 256)
            >>> first = next(iter(stream))
            >>> WindowStream(dataset, 256).load_state_dict(stream.state_dict())
        """
        if state:
            windows = self._windows.windows
            resumed = self._windows.dataset.sampler(windows.length, windows.stride)
            resumed.load_state_dict(state)
        self._state = dict(state) or None


def __getattr__(name: str) -> Any:
    if name == "WindowLoader":
        from .window_loader import WindowLoader

        return WindowLoader
    if name == "RowLoader":
        from .row_loader import RowLoader

        return RowLoader
    if name == "ExampleStream":
        from .example_stream import ExampleStream

        return ExampleStream
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
