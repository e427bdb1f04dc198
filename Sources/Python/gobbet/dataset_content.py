"""The tokens of a dataset, by place and by document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from .backends import DatasetBackend
from .errors import InvalidArgument
from .integers import token_type
from .loss_rules import LossRule, rule_of


class DatasetContent:
    """What a dataset holds."""

    _backend: DatasetBackend
    token_count: int
    document_count: int
    dtype: np.dtype[Any]

    def tokens(
        self, start: int, end: int, *, dtype: npt.DTypeLike | None = None
    ) -> npt.NDArray[np.integer]:
        """Tokens `start` to `end`, without it.

        Args:
            start: The first token.
            end: The token after the last.
            dtype: The type of the array; that of the dataset if it is None.

        Returns:
            The tokens.

        Raises:
            InvalidArgument: There are no such tokens. A ValueError.
            BadData: A block is damaged. A ValueError.

        Example:
            >>> len(dataset.tokens(10, 20))
            10
        """
        if not 0 <= start <= end <= self.token_count:
            raise InvalidArgument(f"tokens {start}..<{end} of {self.token_count}")
        kind = self.dtype if dtype is None else token_type(dtype)
        return self._backend.tokens(start, end, kind)

    def loss_mask(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        """Which of tokens `start` to `end`, without it, count in a loss.

        Args:
            start: The first token.
            end: The token after the last.

        Returns:
            A truth value for each token.

        Raises:
            InvalidArgument: There are no such tokens. A ValueError.
            BadData: A block is damaged. A ValueError.

        Example:
            >>> bool(dataset.loss_mask(0, 10).all())
            True
        """
        if not 0 <= start <= end <= self.token_count:
            raise InvalidArgument(f"tokens {start}..<{end} of {self.token_count}")
        return self._backend.loss_mask(start, end)

    @property
    def loss_rule(self) -> LossRule | None:
        """What says by its ids which tokens of a document count in a loss where nothing else does; None
        if there is no such rule.

        Returns:
            The rule.

        Example:
            >>> dataset.loss_rule is None
            True
        """
        numbers = self._backend.loss_rule()
        return None if numbers is None else rule_of(numbers)

    # MARK: Documents

    def document_bounds(
        self, first: int = 0, last: int | None = None
    ) -> tuple[int, npt.NDArray[np.uint64]]:
        """Where document `first` begins, and where documents `first` to `last`, without it, end.

        Args:
            first: The first document.
            last: The document after the last; the number of documents if it is None.

        Returns:
            Where the first begins, and where each ends.

        Raises:
            InvalidArgument: There is no such document. A ValueError.

        Example:
            >>> start, ends = dataset.document_bounds()
            >>> start, len(ends) == dataset.document_count
            (0, True)
        """
        last = self.document_count if last is None else last
        if not 0 <= first <= last <= self.document_count:
            raise InvalidArgument(f"documents {first}..<{last} of {self.document_count}")
        return self._backend.document_bounds(first, last)

    def document(self, index: int) -> npt.NDArray[np.integer]:
        """The tokens of a document.

        Args:
            index: The document.

        Returns:
            Its tokens.

        Raises:
            InvalidArgument: There is no such document. A ValueError.
            BadData: A block is damaged. A ValueError.

        Example:
            >>> int(dataset.document(0)[-1]) == encoding.eot_token
            True
        """
        position = index + self.document_count if index < 0 else index
        if not 0 <= position < self.document_count:
            raise IndexError(f"document {index} of {self.document_count}")
        start, ends = self.document_bounds(position, position + 1)
        return self.tokens(start, int(ends[0]))

    def documents(self) -> Iterator[npt.NDArray[np.integer]]:
        """All documents, one after the other.

        Yields:
            Arrays of tokens.

        Raises:
            BadData: A block is damaged. A ValueError.

        Example:
            >>> sum(len(document) for document in dataset.documents()) == len(dataset)
            True
        """
        step = 4096
        for first in range(0, self.document_count, step):
            start, ends = self.document_bounds(first, min(first + step, self.document_count))
            for end in ends.tolist():
                yield self.tokens(start, end)
                start = end

    def document_containing(self, token: int) -> int:
        """The document that token `token` is of.

        Args:
            token: The token.

        Returns:
            The document.

        Raises:
            InvalidArgument: There is no such token. A ValueError.

        Example:
            >>> dataset.document_containing(0)
            0
        """
        if not 0 <= token < self.token_count:
            raise InvalidArgument(f"token {token} of {self.token_count}")
        return self._backend.document_containing(token)
