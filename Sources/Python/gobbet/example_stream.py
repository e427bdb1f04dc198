"""Examples one after the other, with a state that resumes on any number of ranks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.utils.data import IterableDataset, get_worker_info

from .errors import BadData
from .sampler_state import Order
from .trainers import Examples

Example = tuple[dict[str, torch.Tensor], torch.Tensor]


class ExampleStream(IterableDataset[Example]):
    """Pairs of `{"input": …, "positions": …}` and labels, as torchtitan's datasets give them.

    Labels are shifted, and -100 where nothing is to be learned; there are positions for packed rows.
    `state_dict` is a few numbers, and that of one rank is that of all, if they have given out
    equally many: `load_state_dict` goes on at the very next example, and among another number of
    ranks shares out what is left, so that each example of the epoch is still seen once. The order
    within a rank is then another one than without the change.

    The workers of a `DataLoader` or `StatefulDataLoader` share out what a rank reads. A state is then
    that of one worker, and resumes among as many ranks and workers, as torchdata wants it.

    Args:
        examples: The examples, under their own names.
        rank: Which of the readers this is (`dp_rank`).
        world_size: How many readers there are (`dp_world_size`).
        order: As `TokenDataset.sampler` has it.
        seed: What the order is made from.
        infinite: Whether another epoch follows each.

    Example:
        stream = ExampleStream(Examples(rows), rank=dp_rank, world_size=dp_world_size)
        loader = StatefulDataLoader(stream, batch_size=8)
    """

    def __init__(
        self,
        examples: Examples,
        *,
        rank: int = 0,
        world_size: int = 1,
        order: Order = "shuffled",
        seed: int = 0,
        infinite: bool = True,
    ) -> None:
        self._examples, self._infinite = examples, infinite
        self._place = {"rank": rank, "world_size": world_size}
        self._options = {"order": order, "seed": seed}
        self._sampler = examples.sampler(**self._options, **self._place)
        #: Among how many workers the rank is shared where the sampler is.
        self._workers = 1

    def __getstate__(self) -> dict[str, Any]:
        # A sampler is of this process; where it is, is not.
        return self.__dict__ | {"_sampler": self._sampler.state_dict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state
        self._sampler = self._examples.sampler(**self._options)
        self._sampler.load_state_dict(state["_sampler"])

    def __iter__(self) -> Iterator[Example]:
        self._share()
        while True:
            for index in self._sampler:
                example = {
                    name: torch.from_numpy(values) for name, values in self._examples[index].items()
                }
                labels = example.pop("targets")
                yield {"input": example.pop("inputs"), **example}, labels
            self._sampler.next_epoch()
            if not self._infinite:
                return

    def _readers(self) -> dict[str, int]:
        """Which of all workers of all ranks this is, and how many there are."""
        info = get_worker_info()
        if info is None:
            return self._place
        rank, world_size = self._place["rank"], self._place["world_size"]
        return {
            "rank": rank * info.num_workers + info.id,
            "world_size": world_size * info.num_workers,
        }

    def _share(self) -> None:
        """Shares a rank out among the workers, once this is one of them."""
        readers = self._readers()
        workers = readers["world_size"] // self._place["world_size"]
        if workers != self._workers:
            self._sampler.load_state_dict(self._sampler.state_dict(), **readers)
            self._workers = workers

    def state_dict(self) -> dict[str, Any]:
        """Where the stream is, on any rank, or in this worker where there are several."""
        return self._sampler.state_dict() | {"workers": self._workers}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on where the stream of any rank stopped, or that of this worker.

        Raises:
            BadData: The state is of another dataset, or of other rows; or of several workers, and
                here is another number of them, or of ranks. A ValueError.
        """
        readers = self._readers()
        here = readers["world_size"] // self._place["world_size"]
        known = {name: value for name, value in state.items() if name != "workers"}
        workers = state.get("workers", 1)
        if workers > 1 and (workers != here or state.get("world_size") != readers["world_size"]):
            ranks = state.get("world_size", 0) // workers
            raise BadData(
                f"the state is of {ranks} ranks of {workers} workers, and here are "
                f"{self._place['world_size']} of {here}: workers stop at places of their own"
            )
        self._sampler.load_state_dict(known, **readers)
        self._workers = here
