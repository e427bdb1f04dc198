"""The options of training as the library takes them, and how far it is with them."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from . import _native, _structures
from .errors import InvalidArgument
from .limits import whole
from .progress import Progress

#: Seconds from one look at how far training is to the next.
_SHOWN_SECONDS = 0.2


def training_options(
    vocab_size: int,
    special_tokens: Sequence[str],
    special_tokens_first: bool,
    min_frequency: int,
    max_token_length: int,
    tie_break: str,
) -> tuple[_structures.TrainingOptions, object]:
    """The options, and what must live as long as they do."""
    vocab_size = whole(vocab_size, "vocab_size", 1, (1 << 32) - 1)
    min_frequency = whole(min_frequency, "min_frequency")
    max_token_length = whole(max_token_length, "max_token_length")
    if tie_break not in ("huggingface", "bytes"):
        raise InvalidArgument(f"tie_break: {tie_break} isn't one of huggingface, bytes")
    texts, ends = _native.joined([token.encode() for token in special_tokens])
    options = _structures.TrainingOptions(
        size=ctypes.sizeof(_structures.TrainingOptions),
        vocabulary_size=vocab_size,
        tie_break=int(tie_break == "bytes"),
        special_tokens_first=special_tokens_first,
        minimum_frequency=min_frequency,
        maximum_token_length=max_token_length,
        specials=texts,
        special_ends=ctypes.addressof(ends),
        special_count=len(special_tokens),
    )
    return options, (texts, ends)


@contextmanager
def shown_merges(options: _structures.TrainingOptions, wanted: bool) -> Iterator[None]:
    """Shows how many merges a call has learned with these options, which the library counts."""
    with Progress("merging", wanted) as shown:
        if not shown.is_shown:
            yield
            return
        count, ended = ctypes.c_uint64(), threading.Event()
        options.merge_count = ctypes.addressof(count)

        def show() -> None:
            while not ended.wait(_SHOWN_SECONDS):
                shown.say(f"{count.value:,} merges")

        thread = threading.Thread(target=show, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            options.merge_count = None
        shown.say(f"{count.value:,} merges")
