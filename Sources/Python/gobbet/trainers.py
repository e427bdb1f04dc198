"""Windows and packed rows as trainers take them: by index, or one after the other with a state.

| in | use | state |
|---|---|---|
| Grain | `grain.MapDataset.source(Examples(rows))` | Grain's, of the order that Grain makes |
| PyTorch's DataLoader | `Examples(rows)` | the sampler's |
| Hugging Face's datasets | `dataset_view(Examples(rows))` | the program's that shuffles it |
| torchtitan, torchdata | `gobbet.torch_data.ExampleStream(Examples(rows))` | its own, on any number of ranks |
| JAX | `jax.dlpack.from_dlpack(array)` for each array of `rows.batch(indices)` | the sampler's |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import InvalidArgument
from .rows import PackedRows
from .sampler import Sampler
from .windows import Windows

#: The names that models of transformers have for what an example holds. Targets are shifted already,
#: which `shift_labels` says; a model that doesn't know it must not be given `labels`.
TRANSFORMERS = {
    "input_ids": "inputs",
    "labels": "targets",
    "shift_labels": "targets",
    "position_ids": "positions",
}


class Examples:
    """Windows or packed rows by index, each a dictionary of arrays.

    Args:
        rows: `dataset.windows(…)` or `dataset.packed_rows(…)`.
        names: What the dictionary calls `inputs`, `targets` and, of packed rows, `positions`, as
            `TRANSFORMERS`; these names if it is None. What isn't in it is left out.

    Example:
        examples = Examples(gobbet.TokenDataset("packed/").packed_rows(2048))
        batches = grain.MapDataset.source(examples).shuffle(seed=1).batch(8)
    """

    def __init__(self, rows: PackedRows | Windows, names: Mapping[str, str] | None = None) -> None:
        self.rows = rows
        fields = ("inputs", "targets", *(("positions",) if isinstance(rows, PackedRows) else ()))
        if names is None:
            names = {field: field for field in fields}
        if unknown := set(names.values()) - {"inputs", "targets", "positions"}:
            raise InvalidArgument(f"examples have no {', '.join(sorted(unknown))}")
        self._names = {name: fields.index(each) for name, each in names.items() if each in fields}

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        # Grain compares this text when it resumes.
        rows = self.rows
        if isinstance(rows, Windows):
            return (
                f"<Examples: {rows.length} tokens every {rows.stride} of {rows.dataset.content_id}>"
            )
        return f"<Examples: rows of {rows.length} tokens, {rows.content_id}>"

    def columns(
        self, indices: Sequence[int] | npt.NDArray[np.integer]
    ) -> dict[str, npt.NDArray[np.integer]]:
        """Many examples as arrays of a row each."""
        batch = self.rows.batch(indices)
        return {name: batch[field] for name, field in self._names.items()}

    def __getitem__(self, index: int) -> dict[str, npt.NDArray[np.integer]]:
        place = range(len(self))[index]
        return {name: values[0] for name, values in self.columns([place]).items()}

    def __getitems__(self, indices: Sequence[int]) -> list[dict[str, npt.NDArray[np.integer]]]:
        columns = self.columns(indices)
        return [
            {name: values[row] for name, values in columns.items()} for row in range(len(indices))
        ]

    def sampler(self, **options: Any) -> Sampler:
        """The order in which examples are visited: `sampler` of rows, or of the windows' dataset."""
        rows = self.rows
        if isinstance(rows, Windows):
            return rows.dataset.sampler(rows.length, rows.stride, **options)
        return rows.sampler(**options)


def dataset_view(examples: Examples) -> Any:
    """A `datasets.Dataset` that reads an example when it is asked for; nothing is copied before.

    It can be shuffled, selected from and shared out as any other.
    """
    import datasets

    places = datasets.Dataset.from_dict({"row": np.arange(len(examples))})
    return places.with_transform(lambda batch: examples.columns(batch["row"]))
