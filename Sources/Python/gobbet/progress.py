"""How far a long job is, shown by tqdm where that is installed."""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import Any


class Progress:
    """A bar of bytes and documents on standard error or in a notebook.

    `wanted` is what a caller said with `progress=`: False shows nothing, and so does True where tqdm is
    missing, with a warning.
    """

    def __init__(self, what: str, wanted: bool) -> None:
        self._what = what
        self._bar: Any = None
        self._make: Any = None
        self._documents = 0
        if not wanted:
            return
        try:
            from tqdm.auto import tqdm
        except ImportError:
            warnings.warn("progress=True: tqdm is not installed, so nothing is shown", stacklevel=3)
        else:
            self._make = tqdm

    def add(self, byte_count: int, document_count: int) -> None:
        """Adds bytes and documents that are done."""
        if self._make is not None:
            self._bar = self._bar or self._make(desc=self._what, unit="B", unit_scale=True)
            self._documents += document_count
            self._bar.set_postfix_str(f"{self._documents:,} documents", refresh=False)
            self._bar.update(byte_count)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
