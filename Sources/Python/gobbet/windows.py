"""The windows of a dataset: inputs and targets by index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._native import address
from .errors import InvalidArgument
from .integers import integers, token_type
from .sampler_state import window_count

if TYPE_CHECKING:
    from .dataset import TokenDataset


class Windows(Sequence[Any]):
    """The windows of a dataset: `windows[i]` is a pair of inputs and targets, one token further.

    `windows.batch(indices)` gives many at once, as arrays of a row each.

    Args:
        dataset: The dataset.
        length: Inputs of each window.
        stride: Tokens from the start of a window to the start of the next.
        dtype: The type of the arrays; that of the dataset if it is None.

    Raises:
        InvalidArgument: The length or the stride isn't positive. A ValueError.

    Example:
        >>> windows = dataset.windows(256, stride=128)
        >>> inputs, targets = windows[0]
    """

    def __init__(
        self, dataset: TokenDataset, length: int, stride: int, dtype: npt.DTypeLike | None = None
    ) -> None:
        if length < 1 or stride < 1:
            raise InvalidArgument(f"windows of {length} tokens, every {stride}")
        self.dataset = dataset
        self.length = length
        self.stride = stride
        self.dtype = dataset.dtype if dtype is None else token_type(dtype)
        self._count = window_count(dataset.token_count, length, stride)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._count))]
        position = index + self._count if index < 0 else index
        if not 0 <= position < self._count:
            raise IndexError(f"window {index} of {self._count}")
        self._require_room()
        start = position * self.stride
        row = self.dataset.tokens(start, start + self.length + 1, dtype=self.dtype)
        targets = row[1:].copy()
        self._ignore(targets, start)
        return row[:-1].copy(), targets

    def _require_room(self) -> None:
        if self.dataset.has_loss_mask and self.dtype.name not in ("int32", "int64"):
            raise InvalidArgument(
                f"windows as {self.dtype.name}: the dataset says which tokens count in a loss, and "
                "targets of -100 need int32 or int64"
            )

    def _ignore(self, targets: npt.NDArray[np.integer], start: int) -> None:
        """Writes -100 over the targets of the window at token `start` that don't count in a loss."""
        if self.dataset.has_loss_mask:
            targets[~self.dataset.loss_mask(start + 1, start + self.length + 1)] = -100

    def rows(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
        """Windows and the token after each, [indices, length + 1]: inputs and targets in one.

        Args:
            indices: The windows.

        Returns:
            The tokens.

        Raises:
            InvalidArgument: The dataset says which tokens count in a loss, which these rows can't;
                `batch` does. A ValueError.

        Example:
            >>> windows.rows([0, 1]).shape
            (2, 257)
        """
        if self.dataset.has_loss_mask:
            raise InvalidArgument(
                "the dataset says which tokens count in a loss, which rows can't say: use batch"
            )
        return self._rows(indices)

    def _rows(
        self, indices: Sequence[int] | npt.NDArray[np.integer]
    ) -> npt.NDArray[np.integer]:
        chosen = integers(indices, np.uint64, "windows", below=self._count)
        result = np.empty((len(chosen), self.length + 1), dtype=self.dtype)
        self.batch_into(chosen, address(result), None)
        return result

    def batch_into(
        self, indices: npt.NDArray[np.uint64], inputs: int, targets: int | None
    ) -> None:
        """Writes inputs and targets, [indices, length] each, to memory at two addresses.

        Without targets (None), the inputs are those of `rows`. There must be room for them.

        Args:
            indices: The windows.
            inputs: The address of the inputs.
            targets: The address of the targets, or None.

        Raises:
            InvalidArgument: There is no such window. A ValueError.

        Example:
            >>> inputs = np.empty((1, 256), windows.dtype)
            >>> targets = np.empty_like(inputs)
            >>> windows.batch_into(np.array([0], np.uint64), inputs.ctypes.data, targets.ctypes.data)
        """
        self.dataset._backend.copy_windows(
            self.length, self.stride, indices, self.dtype, inputs, targets
        )

    def batch(
        self, indices: Sequence[int] | npt.NDArray[np.integer]
    ) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.integer]]:
        """Inputs and targets of many windows, each [indices, length], contiguous and apart.

        Args:
            indices: The windows.

        Returns:
            Inputs and targets.

        Raises:
            InvalidArgument: There is no such window. A ValueError.

        Example:
            >>> inputs, targets = windows.batch([0, 3])
            >>> inputs.shape
            (2, 256)
        """
        chosen = integers(indices, np.uint64, "windows", below=self._count)
        self._require_room()
        shape = (len(chosen), self.length)
        inputs, targets = np.empty(shape, self.dtype), np.empty(shape, self.dtype)
        self.batch_into(chosen, address(inputs), address(targets))
        return inputs, targets
