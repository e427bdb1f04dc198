"""Text that continues a prompt, piece by piece."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from . import _native, _structures
from ._native import local
from .errors import InvalidArgument
from .limits import whole

if TYPE_CHECKING:
    import numpy.typing as npt

#: Why a generation ended, by the library's numbers.
_ENDS = {1: "limit", 2: "stop token", 3: "stop text", 4: "context"}


class Generation:
    """What continues a prompt, as `Model.generate` gives it. Belongs to one thread.

    It is an iterator of pieces of text, none of them empty. `tokens` iterates over the ids instead, and
    `run` does all at once. Nothing is computed before it is asked for.

    Example:
        >>> for piece in model.generate("ROMEO:", max_tokens=3, temperature=0):
        ...     assert isinstance(piece, str)
    """

    def __init__(self, library: _native.Library, owner: _native.Handle, *, is_empty: bool) -> None:
        self._library = library
        self._owner = owner
        self._step = _structures.GenerationStep(size=ctypes.sizeof(_structures.GenerationStep))
        self._step_at = ctypes.addressof(self._step)
        #: The tokens so far, without the prompt's.
        self.ids: list[int] = []
        #: Their text so far.
        self.text = ""
        #: Why there is no more: "limit", "stop token", "stop text", "context"; None before the end.
        self.end: str | None = "limit" if is_empty else None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        """The next piece of text.

        Raises:
            BadData: The weights lead to logits that are infinite or no numbers. A ValueError.
        """
        while self.end is None:
            if text := self._advance():
                return text
        raise StopIteration

    def tokens(self) -> Iterator[int]:
        """The ids of the tokens, one by one; a token that ends the text isn't among them.

        Yields:
            Ids.

        Raises:
            InvalidArgument: The generation is closed. A ValueError.

        Example:
            >>> len(list(model.generate("ROMEO:", max_tokens=3, temperature=0).tokens()))
            3
        """
        while self.end is None:
            count = len(self.ids)
            self._advance()
            if len(self.ids) > count:
                yield self.ids[-1]

    def run(self, show: Callable[[str], object] | None = None) -> str:
        """All of the text.

        Args:
            show: Is called with each piece as it comes; what answers False ends it there.

        Returns:
            The text, without the prompt.

        Raises:
            InvalidArgument: The generation is closed. A ValueError.

        Example:
            >>> text = model.generate("ROMEO:", max_tokens=3, temperature=0).run()
        """
        for piece in self:
            if show is not None and show(piece) is False:
                break
        return self.text

    def close(self) -> None:
        """Frees what the tokens so far have left in memory, and ends the threads.

        Example:
            >>> model.generate("ROMEO:").close()
        """
        self._owner.close()
        self.end = self.end or "limit"

    def _advance(self) -> str:
        step = self._step
        _native.check(
            self._library.generation_next(self._owner.value, self._step_at, local.error_at)
        )
        if step.end:
            self.end = _ENDS.get(step.end, "limit")
        else:
            self.ids.append(step.id)
        text = ""
        if step.text_byte_count:
            text = _native.text_of(
                lambda *place: self._library.generation_text(self._owner.value, *place)
            ).decode()
            self.text += text
        if step.end:
            self._owner.close()
        return text


def options_of(
    limit: int | None,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    min_p: float | None,
    repetition_penalty: float | None,
    seed: int,
    stops: list[str],
    stop_tokens: npt.NDArray[np.uint32],
    ignore_ends: bool,
    num_threads: int,
) -> tuple[_structures.GenerationOptions, object]:
    """The options as the library takes them, and what they point to."""
    for name, value in (("top_k", top_k), ("top_p", top_p), ("repetition_penalty", repetition_penalty)):
        # Zeros are the library's "not given".
        if value == 0:
            raise InvalidArgument(f"{name}: 0 leaves no token to choose")
    texts, ends = _native.joined([text.encode() for text in stops])
    options = _structures.GenerationOptions(
        size=ctypes.sizeof(_structures.GenerationOptions),
        thread_count=num_threads,
        maximum_token_count=limit or 0,
        temperature=temperature,
        top_p=top_p or 0,
        min_p=min_p or 0,
        repetition_penalty=repetition_penalty or 0,
        top_k=0 if top_k is None else whole(top_k, "top_k", 1, (1 << 63) - 1),
        seed=whole(seed, "seed"),
        stop_ids=_native.address(stop_tokens),
        stop_id_count=len(stop_tokens),
        stop_texts=texts,
        stop_text_ends=ctypes.addressof(ends),
        stop_text_count=len(stops),
        ignore_ends=int(ignore_ends),
    )
    kept: tuple[Any, ...] = (stop_tokens, texts, ends)
    return options, kept
