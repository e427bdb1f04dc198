"""What an encoding can do without the native library: decode, and tell what it holds."""

from __future__ import annotations

import os
from functools import cached_property
from typing import NoReturn
from collections.abc import Sequence

from .encoding import Encoding
from .errors import InvalidArgument, LibraryMissing, NotFound
from .pure import Container, Vocabulary


class PureEncoding(Encoding):
    """The vocabulary of a Gobbet file, read by Python alone; it decodes, and encodes nothing."""

    def __init__(
        self,
        path: str | os.PathLike[str] | Container,
        *,
        pattern: str | None = None,
        name: str | None = None,
    ) -> None:
        if pattern is not None:
            raise InvalidArgument("a Gobbet file says by itself how text is split")
        self._vocabulary = Vocabulary(path)
        path = path.path if isinstance(path, Container) else os.fspath(path)
        self._path = path
        self.name = name or os.path.basename(path)
        self.n_vocab = self._vocabulary.id_bound
        self.merge_count = len(self._vocabulary.merges)
        self.pattern = self._vocabulary.pattern
        self.fingerprint = self._vocabulary.fingerprint.hex()
        self._default = None

    @cached_property
    def _tokens(self) -> dict[int, bytes]:
        return self._vocabulary.all_tokens

    @cached_property
    def _by_bytes(self) -> dict[bytes, int]:
        return {text: token for token, text in self._tokens.items()}

    @cached_property
    def special_tokens(self) -> dict[str, int]:
        return {
            text.decode("utf-8", "surrogateescape"): token
            for text, token in self._vocabulary.special_tokens.items()
            if not self._vocabulary.is_ordinary(token)
        }

    def decode_single_token_bytes(self, token: int) -> bytes:
        try:
            return self._tokens[token]
        except KeyError:
            raise NotFound(f"no token has the id {token}") from None

    def decode_bytes(self, tokens: Sequence[int]) -> bytes:  # type: ignore[override]
        pipeline = self._vocabulary.pipeline
        if pipeline and pipeline.decoders:
            raise LibraryMissing(
                "decoding with this vocabulary's decoders needs the native library, "
                "which is missing"
            )
        return b"".join(self.decode_tokens_bytes(tokens))

    def encode_single_token(self, text_or_bytes: str | bytes) -> int:
        data = text_or_bytes.encode() if isinstance(text_or_bytes, str) else text_or_bytes
        try:
            return self._by_bytes[data]
        except KeyError:
            raise NotFound(f"no token has the bytes {data!r}") from None

    def _needs_library(self, *arguments: object, **options: object) -> NoReturn:
        raise LibraryMissing("encoding and writing need the native library, which is missing")

    _encoded = _batches = count = save = _needs_library

    def _policy(self, allowed: object, disallowed: object) -> None:
        return None

    def __reduce__(self) -> tuple[object, ...]:
        return PureEncoding, (self._path,)
