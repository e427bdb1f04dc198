"""How documents are packed into rows."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from .errors import InvalidArgument
from .limits import whole

LongDocuments = Literal["split", "crop", "drop", "fail"]
Gaps = Literal["pad", "crop"]
_LONG: tuple[str, ...] = get_args(LongDocuments)
_GAPS: tuple[str, ...] = get_args(Gaps)


class RowOptions(NamedTuple):
    """The options of `TokenDataset.packed_rows`; 0 for defaults."""

    length: int
    long_documents: str
    gaps: str
    group_documents: int
    plan_bytes: int

    @classmethod
    def checked(
        cls, length: int, long_documents: str, gaps: str, group_documents: int, plan_bytes: int
    ) -> RowOptions:
        """The options, if there are such.

        Raises:
            InvalidArgument: There are none. A ValueError.
        """
        if long_documents not in _LONG or gaps not in _GAPS:
            raise InvalidArgument(
                f"long_documents is {' or '.join(_LONG)} and gaps is {' or '.join(_GAPS)}, "
                f"not {long_documents!r} and {gaps!r}"
            )
        return cls(
            whole(length, "length", 1, 1 << 24), long_documents, gaps,
            whole(group_documents, "group_documents", 0, 1 << 30), whole(plan_bytes, "plan_bytes"),
        )  # fmt: skip

    @property
    def group_size(self) -> int:
        """Documents that are packed together."""
        return self.group_documents or 1 << 18

    @property
    def codes(self) -> tuple[int, int]:
        """What the library, and the content id of rows, have for `long_documents` and `gaps`."""
        return _LONG.index(self.long_documents) + 1, _GAPS.index(self.gaps) + 1
