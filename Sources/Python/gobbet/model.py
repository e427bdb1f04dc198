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
from .limits import thread_count, whole
from .model_outputs import ModelOutputs
from .native_backends import NativeVocabulary
from .remote.urls import is_remote, shown
from .showing import facts_html

if TYPE_CHECKING:
    from .model_outputs import AllowedSpecial, Prompt

Path = str | os.PathLike[str]
#: What a model computes with.
Element = Literal["stored", "f32", "bf16", "int8"]


class Model(ModelOutputs):
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
            GGUF's quantized blocks, as they are.
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

    def _encoding(self) -> Encoding:
        return self.vocabulary

    def generate(
        self,
        prompt: Prompt,
        *,
        max_tokens: int | None = None,
        allowed_special: AllowedSpecial = frozenset(),
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
            allowed_special: The special tokens of a text that become tokens, such as the marks of a chat,
                or "all" of them.
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
        tokens = self._tokens(prompt, allowed_special)
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
