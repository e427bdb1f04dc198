"""Vocabularies, with the interface of tiktoken's `Encoding`."""

from __future__ import annotations

import ctypes
import os

from . import _native, _structures
from ._native import local
from .backends import Path, VocabularyBackend, open_vocabulary
from .batch_encoding import BatchEncoding
from .decoding import Decoding
from .errors import InvalidArgument, OutOfRange
from .native_backends import NativeVocabulary
from .remote.urls import shown
from .saving import Saving
from .showing import Showing


class Encoding(BatchEncoding, Decoding, Saving, Showing):
    """A vocabulary, ready to encode and to decode; shared by any number of threads.

    It is made from a file: a Gobbet file that holds a vocabulary, tiktoken ranks, `tokenizer.json`,
    `vocab.json` with `merges.txt` beside it (or `encoder.json` with `vocab.bpe`), a `.model` of
    SentencePiece's, `tekken.json`, BERT's `vocab.txt`, or GGUF. `pattern` names how text is split, for
    files that do not say it (tiktoken's): gpt2, cl100k, llama3, o200k, qwen2, …

    Args:
        path: The file.
        pattern: How text is split, for files that don't say it.
        name: What the encoding is called; the name of the file if it is None.

    Raises:
        NoInput: There is no such file. A FileNotFoundError.
        BadData: The file is damaged, or holds no vocabulary. A ValueError.
        InvalidArgument: There is no such pattern, or the file needs one. A ValueError.

    Example:
        >>> encoding = gobbet.Encoding("my.gobbet")
        >>> encoding.encode("Hello, world.")
        [39, 473, 78, 11, 3385, 450, 13]
    """

    def __init__(self, path: Path, *, pattern: str | None = None, name: str | None = None) -> None:
        backend = open_vocabulary(path, pattern)
        self._start(backend, name or os.path.basename(shown(os.fspath(path))))

    @classmethod
    def from_ranks(
        cls,
        mergeable_ranks: dict[bytes, int],
        special_tokens: dict[str, int] | None = None,
        *,
        pattern: str,
        name: str = "ranks",
    ) -> Encoding:
        """An encoding of tokens by rank and special tokens, as tiktoken's is made.

        `pattern` is the name of the pattern, not its regular expression.

        Args:
            mergeable_ranks: Ordinary tokens and their ids.
            special_tokens: Special tokens and their ids.
            pattern: The name of a pattern: gpt2, cl100k, …
            name: What the encoding is called.

        Returns:
            The encoding.

        Raises:
            InvalidArgument: The ranks aren't a byte-pair vocabulary, or there is no such pattern.
                A ValueError.

        Example:
            >>> ranks = {bytes([value]): value for value in range(256)} | {b"ab": 256}
            >>> gobbet.Encoding.from_ranks(ranks, {"<|end|>": 257}, pattern="gpt2").encode("abc")
            [256, 99]
        """
        count = max(mergeable_ranks.values(), default=-1) + 1
        if count > 1 << 24 or min(mergeable_ranks.values(), default=0) < 0:
            raise InvalidArgument("ranks must be from 0 to 2^24 - 1")
        tokens = [b""] * count
        for token, rank in mergeable_ranks.items():
            if tokens[rank]:
                raise InvalidArgument(f"two tokens have the rank {rank}")
            tokens[rank] = token
        specials = sorted((special_tokens or {}).items(), key=lambda pair: pair[1])
        for special, identifier in specials:
            if not 0 <= identifier < 1 << 32:
                raise OutOfRange(f"special token {special}: its id is {identifier}, not from 0 to 2^32 - 1")
        data, ends = _native.joined(tokens)
        texts, text_ends = _native.joined([text.encode() for text, _ in specials])
        ids = (ctypes.c_uint32 * len(specials))(*[token for _, token in specials])
        _native.check(
            _native.library().vocabulary_from_ranks(
                data,
                ctypes.addressof(ends),
                count,
                texts,
                ctypes.addressof(text_ends),
                ctypes.addressof(ids),
                len(specials),
                _native.c_text(pattern, "a pattern"),
                local.handle_at,
                local.error_at,
            )
        )
        return cls._of(NativeVocabulary(local.handle.value), name)

    @classmethod
    def _of(cls, backend: VocabularyBackend, name: str) -> Encoding:
        encoding = cls.__new__(cls)
        encoding._start(backend, name)
        return encoding

    def _start(self, backend: VocabularyBackend, name: str) -> None:
        library = backend.library
        self.name = name
        self._backend, self._library, self._handle = backend, library, backend.handle
        quick = self._quick = library.quick
        self._encode = None if quick is None else quick.encode
        self._encoder = _structures.QuickEncoder(library.encode_at, self._handle)
        self._encoder_at = ctypes.addressof(self._encoder)
        self._policies = {}

    def __repr__(self) -> str:
        return f"<Encoding {self.name!r}>"

    @property
    def merge_count(self) -> int:
        """How many merges the vocabulary has.

        Returns:
            Their number.

        Example:
            >>> encoding.merge_count
            3839
        """
        return self._backend.merge_count

    @property
    def pattern(self) -> str:
        """How text is split.

        Returns:
            The name of the pattern; empty for settings that have none.

        Example:
            >>> encoding.pattern
            'cl100k'
        """
        return self._backend.pattern

    @property
    def fingerprint(self) -> str:
        """What names the content of the vocabulary.

        Returns:
            The SHA-256 of all that it is, in hexadecimal.

        Example:
            >>> len(encoding.fingerprint)
            64
        """
        return self._backend.fingerprint

    def kept_part(self, name: str) -> str | None:
        """A part of the tokenizer's own files that the vocabulary keeps as it was.

        Args:
            name: "truncation", "padding" or "post_processor" of a tokenizer.json, as JSON;
                "tokenizer_config", the text of a tokenizer_config.json; "chat_template", that of a
                chat_template.jinja or of a GGUF file.

        Returns:
            The text; None if the vocabulary keeps no such part.

        Example:
            >>> encoding.kept_part("chat_template") is None
            True
        """
        return self._backend.part(name)
