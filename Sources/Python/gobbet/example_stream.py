"""Examples one after the other, with a state that resumes on any number of ranks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.utils.data import IterableDataset, get_worker_info

from .errors import InvalidArgument
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

    def __getstate__(self) -> dict[str, Any]:
        # A sampler is of this process; where it is, is not.
        return self.__dict__ | {"_sampler": self._sampler.state_dict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state
        self._sampler = self._examples.sampler(**self._options, **self._place)
        self.load_state_dict(state["_sampler"])

    def __iter__(self) -> Iterator[Example]:
        info = get_worker_info()
        if info is not None and info.num_workers > 1:
            raise InvalidArgument("a stream of examples has one worker at most: RowLoader has more")
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

    def state_dict(self) -> dict[str, Any]:
        """Where the stream is, on any rank."""
        return self._sampler.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on where the stream of any rank stopped.

        Raises:
            BadData: The state is of another dataset, or of other rows. A ValueError.
        """
        self._sampler.load_state_dict(state, **self._place)
