"""What a model computes from tokens: logits, states, attention and vectors."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Literal

import numpy as np

from . import _native
from ._native import address, local
from .errors import InvalidArgument
from .integers import integers
from .joining import utf8
from .limits import thread_count, whole
from .progress import Progress
from .special_tokens import Policy

if TYPE_CHECKING:
    import numpy.typing as npt

    from .encoding import Encoding

    Floats = npt.NDArray[np.float32]
    #: A text, which becomes the tokens of `Model.encode`, or token ids.
    Prompt = str | npt.ArrayLike

Pooling = Literal["mean", "first", "last"]
#: The special tokens of a text that become tokens, or all of them.
AllowedSpecial = Literal["all"] | AbstractSet[str]

#: Texts that are embedded at once where it is shown how many are done.
_TEXTS_SHOWN = 64
_POOLINGS = {"mean": 0, "first": 1, "last": 2}
_NONE: AbstractSet[str] = frozenset()


class ModelOutputs:
    """What a model returns as arrays."""

    _library: _native.Library
    _handle: int
    _threads: int
    logit_count: int
    hidden_size: int
    layer_count: int
    head_count: int

    def _encoding(self) -> Encoding:
        """The vocabulary; the model has it."""
        raise NotImplementedError

    def encode(
        self, text: str, *, allowed_special: AllowedSpecial = _NONE
    ) -> npt.NDArray[np.uint32]:
        """The ids of a text as the model takes it: with the token that its texts begin with, and for an
        encoder with those around it. Special tokens that aren't allowed are ordinary text.

        Args:
            text: The text.
            allowed_special: The special tokens that become tokens, or "all" of them.

        Returns:
            The ids.

        Raises:
            NotFound: There is no vocabulary. A KeyError.

        Example:
            >>> model.encode("But, soft!").dtype
            dtype('uint32')
        """
        data = utf8(text)
        ids = np.empty(len(data) + 8, np.uint32)
        policy = Policy(self._encoding(), allowed_special, _NONE, False) if allowed_special else None
        for _ in range(2):
            status = self._library.model_tokens(
                self._handle, data, len(data), policy.address if policy else 0, address(ids),
                len(ids), local.count_at, local.error_at,
            )  # fmt: skip
            if status != _native.BUFFER_TOO_SMALL:
                break
            ids = np.empty(local.count.value, np.uint32)
        _native.check(status)
        return ids[: local.count.value]

    def logits(
        self, ids: Prompt, *, first: int = 0, allowed_special: AllowedSpecial = _NONE,
        out: Floats | None = None, num_threads: int | None = None,
    ) -> Floats:  # fmt: skip
        """The logits after each token, float32 [T - first, V].

        Args:
            ids: Token ids, or a text.
            first: The first position whose logits are wanted; negative ones count from the end, so that
                -1 gives the last row only. The rows are the same whatever is left out.
            allowed_special: The special tokens of a text that become tokens, or "all" of them.
            out: A contiguous array of that shape to write to.
            num_threads: Instead of the model's own.

        Returns:
            float32 [T, V].

        Raises:
            InvalidArgument: It is an encoder, there are no tokens, one that it doesn't have, or more
                than its context holds. A ValueError.

        Example:
            >>> logits = model.logits("But, soft!")
            >>> int(logits[-1].argmax()) < model.n_vocab
            True
        """
        tokens = self._tokens(ids, allowed_special)
        start = first + len(tokens) if first < 0 else first
        if not 0 <= start <= max(len(tokens) - 1, 0):
            raise InvalidArgument(f"first: {first} of {len(tokens)} tokens")
        rows = self._room(out, (len(tokens) - start, self.logit_count))
        _native.check(
            self._library.model_logits(
                self._handle, address(tokens), len(tokens), start, self._count(num_threads),
                address(rows), rows.size, local.error_at,
            )
        )  # fmt: skip
        return rows

    def states(
        self, ids: Prompt, *, allowed_special: AllowedSpecial = _NONE, out: Floats | None = None,
        num_threads: int | None = None,
    ) -> Floats:  # fmt: skip
        """The states after the last layer and its norm, float32 [T, C]; as `logits` otherwise.

        Args:
            ids: Token ids, or a text.
            allowed_special: The special tokens of a text that become tokens, or "all" of them.
            num_threads: How many threads compute, 1 to 1,024; 0 for those of the model.
            out: The array that gets the result; a new one if it is None.

        Returns:
            float32 [T, C].

        Raises:
            InvalidArgument: There are no ids, or more than the context holds. A ValueError.
            OutOfRange: An id isn't one of the model's. An OverflowError.

        Example:
            >>> model.states("But, soft!").shape[1] == model.hidden_size
            True
        """
        return self._states(ids, 0, allowed_special, out, num_threads)

    def hidden_states(
        self, ids: Prompt, *, allowed_special: AllowedSpecial = _NONE, out: Floats | None = None,
        num_threads: int | None = None,
    ) -> Floats:  # fmt: skip
        """The states before the first layer, after each but the last, and after the last and its norm,
        float32 [layers + 1, T, C]; as `logits` otherwise.

        Args:
            ids: Token ids, or a text.
            allowed_special: The special tokens of a text that become tokens, or "all" of them.
            num_threads: How many threads compute, 1 to 1,024; 0 for those of the model.
            out: The array that gets the result; a new one if it is None.

        Returns:
            float32 [layers + 1, T, C].

        Raises:
            InvalidArgument: There are no ids, or more than the context holds. A ValueError.
            OutOfRange: An id isn't one of the model's. An OverflowError.

        Example:
            >>> model.hidden_states("But, soft!").shape[0] == model.layer_count + 1
            True
        """
        return self._states(ids, 1, allowed_special, out, num_threads)

    def attention_weights(
        self, ids: Prompt, layer: int, *, allowed_special: AllowedSpecial = _NONE,
        out: Floats | None = None, num_threads: int | None = None,
    ) -> Floats:  # fmt: skip
        """What the heads of a layer look at, float32 [heads, T, T]; as `logits` otherwise.

        Args:
            ids: Token ids, or a text.
            layer: The layer, from 0.
            allowed_special: The special tokens of a text that become tokens, or "all" of them.
            num_threads: How many threads compute, 1 to 1,024; 0 for those of the model.
            out: The array that gets the result; a new one if it is None.

        Returns:
            float32 [heads, T, T].

        Raises:
            OutOfRange: There is no such layer, counted from 0.

        Example:
            >>> model.attention_weights("But, soft!", 0).shape[0] == model.head_count
            True
        """
        tokens = self._tokens(ids, allowed_special)
        layer = whole(layer, "layer", 0, self.layer_count - 1)
        weights = self._room(out, (self.head_count, len(tokens), len(tokens)))
        _native.check(
            self._library.model_attention(
                self._handle, address(tokens), len(tokens), layer, self._count(num_threads),
                address(weights), weights.size, local.error_at,
            )
        )  # fmt: skip
        return weights

    def embed(
        self, texts: Iterable[Prompt], *, pooling: Pooling = "mean", normalize: bool = True,
        allowed_special: AllowedSpecial = _NONE, out: Floats | None = None,
        num_threads: int | None = None, progress: bool = False,
    ) -> Floats:  # fmt: skip
        """A vector for each text, float32 [texts, C]: the states of its tokens pooled.

        Args:
            texts: Texts, or the ids of each. Texts get the special tokens of the vocabulary.
            pooling: The mean of the states, the first, as of `[CLS]`, or the last.
            normalize: Whether vectors are divided by their length.
            allowed_special: The special tokens of texts that become tokens, or "all" of them.
            out: A contiguous array of that shape to write to.
            num_threads: Instead of the model's own.
            progress: Whether to show how many are done, by tqdm where that is installed.

        Returns:
            float32 [texts, C].

        Raises:
            InvalidArgument: A text has no tokens, one that the model doesn't have, or more than its
                context holds. A ValueError.

        Example:
            >>> model.embed(["A cat sits.", "A dog barks."]).shape == (2, model.hidden_size)
            True
        """
        if isinstance(texts, str):
            raise InvalidArgument("texts: a string; pass a list of texts, such as [text]")
        if pooling not in _POOLINGS:
            raise InvalidArgument(f"pooling: {pooling!r} isn't one of {', '.join(_POOLINGS)}")
        pieces = [self._tokens(text, allowed_special) for text in texts]
        rows = self._room(out, (len(pieces), self.hidden_size))
        with Progress("embedding", progress) as shown:
            # The numbers of a text are the same whatever it is computed with.
            step = _TEXTS_SHOWN if shown.is_shown else max(1, len(pieces))
            for start in range(0, max(1, len(pieces)), step):
                part = slice(start, start + step)
                self._embed(pieces[part], rows[part], pooling, normalize, num_threads)
                shown.say(f"{min(start + step, len(pieces)):,} of {len(pieces):,} texts")
        return rows

    def _embed(
        self, pieces: list[npt.NDArray[np.uint32]], rows: Floats, pooling: Pooling, normalize: bool,
        num_threads: int | None,
    ) -> None:  # fmt: skip
        """Writes the vectors of texts to rows."""
        ids = np.concatenate(pieces) if pieces else np.empty(0, np.uint32)
        ends = np.cumsum([len(piece) for piece in pieces], dtype=np.uint64)
        _native.check(
            self._library.model_embed(
                self._handle, address(ids), address(ends), len(pieces), _POOLINGS[pooling],
                int(normalize), self._count(num_threads), address(rows), rows.size,
                local.error_at,
            )
        )  # fmt: skip

    def _states(
        self, ids: Prompt, all_layers: int, allowed_special: AllowedSpecial, out: Floats | None,
        num_threads: int | None,
    ) -> Floats:  # fmt: skip
        tokens = self._tokens(ids, allowed_special)
        shape: tuple[int, ...] = (len(tokens), self.hidden_size)
        if all_layers:
            shape = (self.layer_count + 1, *shape)
        states = self._room(out, shape)
        _native.check(
            self._library.model_states(
                self._handle, address(tokens), len(tokens), all_layers, self._count(num_threads),
                address(states), states.size, local.error_at,
            )
        )  # fmt: skip
        return states

    def _tokens(self, ids: Prompt, allowed_special: AllowedSpecial) -> npt.NDArray[np.uint32]:
        if isinstance(ids, str):
            return self.encode(ids, allowed_special=allowed_special)
        if allowed_special:
            raise InvalidArgument("allowed_special: is for texts, and ids need none")
        return integers(ids, np.uint32, "ids")

    def _count(self, num_threads: int | None) -> int:
        return self._threads if num_threads is None else thread_count(num_threads)

    @staticmethod
    def _room(out: Floats | None, shape: tuple[int, ...]) -> Floats:
        if out is None:
            return np.empty(shape, np.float32)
        if out.dtype != np.float32 or out.shape != shape:
            raise InvalidArgument(f"out: {out.dtype} {list(out.shape)}, not float32 {list(shape)}")
        if not (out.flags.c_contiguous and out.flags.writeable):
            raise InvalidArgument("out: not contiguous, or not writeable")
        return out
