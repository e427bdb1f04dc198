"""Models: logits, states and vectors as NumPy arrays, and text that goes on."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from . import _native, _structures
from ._native import address, local
from .encoding import Encoding
from .errors import InvalidArgument
from .generation import Generation, options_of
from .integers import integers
from .joining import utf8
from .limits import thread_count, whole
from .native_backends import NativeVocabulary
from .progress import Progress
from .remote.urls import is_remote, shown
from .showing import facts_html

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    #: A text, which becomes the tokens of `Model.encode`, or token ids.
    Prompt = str | npt.ArrayLike

Path = str | os.PathLike[str]
#: What a model computes with.
Element = Literal["stored", "f32", "bf16", "int8"]
Pooling = Literal["mean", "first", "last"]

#: Texts that are embedded at once where it is shown how many are done.
_TEXTS_SHOWN = 64
_POOLINGS = {"mean": 0, "first": 1, "last": 2}


class Model:
    """A decoder or an encoder with its weights in memory; shared by any number of threads.

        model = gobbet.Model("Qwen3-0.6B")
        logits = model.logits("The river")          # float32 [T, V]
        for piece in model.generate("The river", max_tokens=50):
            print(piece, end="", flush=True)
        vectors = gobbet.Model("all-MiniLM-L6-v2").embed(["A cat sits.", "Ein Hund bellt."])

    Arrays are written by the library into memory of NumPy's own: nothing copies them on the way, and
    `torch.from_numpy` doesn't either. With `out` they go into an array of the caller's.

    Args:
        path: A `.gobbet` file, safetensors, GGUF, or a folder with config.json and model.safetensors, on
            this machine.
        element: What it computes with; "stored" is what the file has: its floats of 16 or 32 bits, or
            GGUF's quantized blocks, as they are. The file must not be cut short meanwhile.
        vocabulary: The vocabulary, instead of the one in the file or beside it.
        num_threads: Threads that load and compute, 0 (one per core) to 1,024; they change no result.

    Raises:
        BadData: The file is damaged, or holds no model of a family that is known. A ValueError.
        InvalidArgument: The path is a URL. A ValueError.
        NoInput: There is no such file. A FileNotFoundError.
        LibraryMissing: There is no native library. An ImportError.

    Example:
        >>> model = gobbet.Model("model")
        >>> model.logits("But, soft!").shape[1]
        1024
        >>> text = model.generate("But, soft!", max_tokens=5).run()
    """

    def __init__(
        self,
        path: Path,
        *,
        element: Element = "stored",
        vocabulary: Encoding | None = None,
        num_threads: int = 0,
    ) -> None:
        if is_remote(path):
            raise InvalidArgument(
                f"{shown(str(path))}: models are read from this machine only: download it first"
            )
        library = self._library = _native.library()
        self._threads = thread_count(num_threads)
        self._vocabulary = vocabulary
        options = _structures.ModelOptions(
            size=ctypes.sizeof(_structures.ModelOptions),
            thread_count=self._threads,
            element=_native.c_text(element, "an element"),
            vocabulary=None if vocabulary is None else vocabulary._handle,
        )
        _native.check(
            library.model_open(
                _native.path_bytes(path), ctypes.addressof(options), local.handle_at,
                local.error_at,
            )
        )  # fmt: skip
        self._owner = _native.Handle(local.handle.value, library.model_close)
        self._handle = self._owner.value
        self.name = os.path.basename(os.fspath(path))
        info = _structures.ModelInfo(size=ctypes.sizeof(_structures.ModelInfo))
        _native.check(
            library.model_describe(self._handle, ctypes.addressof(info), local.error_at)
        )
        #: Ids are below this.
        self.n_vocab: int = info.id_bound
        #: Logits of a position; 0 for an encoder.
        self.logit_count: int = info.logit_count
        #: Floats of a state.
        self.hidden_size: int = info.hidden_size
        self.layer_count: int = info.layer_count
        self.head_count: int = info.head_count
        #: Tokens that it can see at once.
        self.context_length: int = info.context_length
        #: Bytes of the matrices in memory.
        self.weight_byte_count: int = info.weight_byte_count

    def __repr__(self) -> str:
        return f"<Model {self.name!r}>"

    def _repr_html_(self) -> str:
        return facts_html(self.name, {
            "layers": self.layer_count, "hidden size": self.hidden_size, "heads": self.head_count,
            "context length": self.context_length, "ids below": self.n_vocab,
            "an encoder": self.is_encoder, "bytes of weights in memory": self.weight_byte_count,
        })  # fmt: skip

    @property
    def is_encoder(self) -> bool:
        """Whether it has states and vectors only, no logits.

        Returns:
            False for a decoder.

        Example:
            >>> model.is_encoder
            False
        """
        return self.logit_count == 0

    @property
    def vocabulary(self) -> Encoding:
        """The vocabulary that it was opened with, or that is in its file or beside it.

        Returns:
            The vocabulary.

        Raises:
            NotFound: There is none. A KeyError.

        Example:
            >>> model.vocabulary.n_vocab
            1024
        """
        if self._vocabulary is None:
            _native.check(
                self._library.model_vocabulary(self._handle, local.handle_at, local.error_at)
            )
            self._vocabulary = Encoding._of(NativeVocabulary(local.handle.value), self.name)
        return self._vocabulary

    def encode(self, text: str) -> npt.NDArray[np.uint32]:
        """The ids of a text as the model takes it: with the token that its texts begin with, and for an
        encoder with those around it. Special tokens in the text are ordinary text.

        Args:
            text: The text.

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
        for _ in range(2):
            status = self._library.model_tokens(
                self._handle, data, len(data), address(ids), len(ids), local.count_at,
                local.error_at,
            )  # fmt: skip
            if status != _native.BUFFER_TOO_SMALL:
                break
            ids = np.empty(local.count.value, np.uint32)
        _native.check(status)
        return ids[: local.count.value]

    def logits(
        self, ids: Prompt, *, first: int = 0, out: Floats | None = None,
        num_threads: int | None = None,
    ) -> Floats:  # fmt: skip
        """The logits behind each token, float32 [T - first, V].

        Args:
            ids: Token ids, or a text.
            first: The first position whose logits are wanted; negative ones count from the end, so that
                -1 gives the last row only. The rows are the same whatever is left out.
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
        tokens = self._tokens(ids)
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
        self, ids: Prompt, *, out: Floats | None = None, num_threads: int | None = None
    ) -> Floats:
        """The states behind the last layer and its norm, float32 [T, C]; as `logits` otherwise.

        Args:
            ids: Token ids, or a text.
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
        return self._states(ids, 0, out, num_threads)

    def hidden_states(
        self, ids: Prompt, *, out: Floats | None = None, num_threads: int | None = None
    ) -> Floats:
        """The states before the first layer, after each but the last, and behind the last and its norm,
        float32 [layers + 1, T, C]; as `logits` otherwise.

        Args:
            ids: Token ids, or a text.
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
        return self._states(ids, 1, out, num_threads)

    def attention_weights(
        self, ids: Prompt, layer: int, *, out: Floats | None = None,
        num_threads: int | None = None,
    ) -> Floats:  # fmt: skip
        """What the heads of a layer look at, float32 [heads, T, T]; as `logits` otherwise.

        Args:
            ids: Token ids, or a text.
            layer: The layer, from 0.
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
        tokens = self._tokens(ids)
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
        out: Floats | None = None, num_threads: int | None = None, progress: bool = False,
    ) -> Floats:  # fmt: skip
        """A vector for each text, float32 [texts, C]: the states of its tokens pooled.

        Args:
            texts: Texts, or the ids of each. Texts get the special tokens of the vocabulary.
            pooling: The mean of the states, the first, as of `[CLS]`, or the last.
            normalize: Whether vectors are divided by their length.
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
            raise InvalidArgument("texts: a string, not several")
        if pooling not in _POOLINGS:
            raise InvalidArgument(f"pooling: {pooling!r} is none of {', '.join(_POOLINGS)}")
        pieces = [self._tokens(text) for text in texts]
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

    def generate(
        self,
        prompt: Prompt,
        *,
        max_tokens: int | None = None,
        temperature: float = 0.0,
        top_k: int | None = None,
        top_p: float | None = None,
        min_p: float | None = None,
        repetition_penalty: float | None = None,
        seed: int = 0,
        stop: str | Sequence[str] = (),
        stop_tokens: Iterable[int] = (),
        ignore_ends: bool = False,
        num_threads: int | None = None,
    ) -> Generation:
        """What continues a prompt: an iterator of pieces of text, computed as they are asked for.

        Args:
            prompt: A text, which gets the token that the model's texts begin with, or token ids.
            max_tokens: Tokens at most; None for as many as the context holds.
            temperature: 0 takes the likeliest token; higher gives more varied text.
            top_k: Draws from this many of the likeliest tokens.
            top_p: Draws from the smallest set of tokens whose probabilities add up to this.
            min_p: Draws from tokens at least this many times as likely as the likeliest.
            repetition_penalty: Above 1 makes tokens that were there before less likely.
            seed: The seed of the draws; the same seed gives the same text.
            stop: Texts that end it, and aren't part of it.
            stop_tokens: Ids that end it, besides those that the model's files say end a text.
            ignore_ends: Whether only `stop_tokens` end it.
            num_threads: Instead of the model's own; with several it can't be used after a fork.

        Returns:
            An iterator of pieces of text.

        Raises:
            InvalidArgument: The model is an encoder, the prompt is empty or too long, or a setting is
                out of its range. A ValueError.

        Example:
            >>> for piece in model.generate("But, soft!", max_tokens=20, seed=1):
            ...     text = piece
        """
        tokens = self._tokens(prompt)
        limit = None if max_tokens is None else whole(max_tokens, "max_tokens")
        stops = [stop] if isinstance(stop, str) else list(stop)
        options, kept = options_of(
            limit, temperature, top_k, top_p, min_p, repetition_penalty, seed, stops,
            integers(list(stop_tokens), np.uint32, "stop_tokens"), ignore_ends,
            self._count(num_threads),
        )  # fmt: skip
        _native.check(
            self._library.generation_make(
                self._handle, address(tokens), len(tokens), ctypes.addressof(options),
                local.handle_at, local.error_at,
            )
        )  # fmt: skip
        del kept
        handle = _native.Handle(local.handle.value, self._library.generation_close)
        return Generation(self._library, handle, is_empty=limit == 0)

    def close(self) -> None:
        """Frees the weights when the last generation ends; calls are refused from then on.

        Example:
            >>> gobbet.Model("model").close()
        """
        self._owner.close()
        self._handle = 0

    def _states(
        self, ids: Prompt, all_layers: int, out: Floats | None, num_threads: int | None
    ) -> Floats:
        tokens = self._tokens(ids)
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

    def _tokens(self, ids: Prompt) -> npt.NDArray[np.uint32]:
        return self.encode(ids) if isinstance(ids, str) else integers(ids, np.uint32, "ids")

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
