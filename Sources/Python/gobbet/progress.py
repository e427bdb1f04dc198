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
        # Compared with None: a bar of tqdm's that has no total is neither true nor false.
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

    @property
    def is_shown(self) -> bool:
        """Whether there is something to show it by."""
        return self._make is not None

    def add(self, byte_count: int, document_count: int) -> None:
        """Adds bytes and documents that are done."""
        if self._make is not None:
            if self._bar is None:
                self._bar = self._make(desc=self._what, unit="B", unit_scale=True)
            self._documents += document_count
            self._bar.set_postfix_str(f"{self._documents:,} documents", refresh=False)
            self._bar.update(byte_count)

    def say(self, text: str) -> None:
        """Shows a line in place of the bar, as the command words it."""
        if self._make is not None:
            if self._bar is None:
                self._bar = self._make(bar_format="{desc}")
            self._bar.set_description_str(f"{self._what}: {text}")

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
