"""Tokens back to text, and what a vocabulary holds."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from . import _native
from ._native import local
from .errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ids = Sequence[int] | npt.NDArray[np.integer]


class Decoding:
    """What an encoding does with ids."""

    _library: _native.Library
    _handle: int
    _longest: int
    #: How many ids there are at most: all are below this.
    n_vocab: int

    def decode_bytes(self, tokens: Ids) -> bytes:
        """The bytes of tokens, special ones too.

        Args:
            tokens: The ids.

        Returns:
            The bytes.

        Raises:
            NotFound: An id has no token. A KeyError.

        Example:
            >>> encoding.decode_bytes([39, 473, 78])
            b'Hello'
        """
        ids, address, count = _ids(tokens)
        mine = local
        status = self._library.decode(
            self._handle, address, count, mine.buffer_at, 4 * mine.room, mine.count_at,
            mine.error_at,
        )  # fmt: skip
        if status == _native.BUFFER_TOO_SMALL:
            mine.grow(mine.count.value // 4 + 1)
            status = self._library.decode(
                self._handle, address, count, mine.buffer_at, 4 * mine.room, mine.count_at,
                mine.error_at,
            )  # fmt: skip
        del ids
        if status:
            _native.fail(status)
        return bytes(mine.bytes[: mine.count.value])

    def decode(self, tokens: Ids, errors: str = "replace") -> str:
        """The text of tokens; `errors` says what becomes of bytes that are no UTF-8.

        Args:
            tokens: The ids.
            errors: What becomes of bytes that are no UTF-8, as `bytes.decode` has it.

        Returns:
            The text.

        Raises:
            NotFound: An id has no token. A KeyError.
            UnicodeDecodeError: The bytes are no UTF-8, and `errors` is strict.

        Example:
            >>> encoding.decode([39, 473, 78])
            'Hello'
        """
        return self.decode_bytes(tokens).decode("utf-8", errors)

    def decode_single_token_bytes(self, token: int) -> bytes:
        """The bytes of a token, a special one too.

        Args:
            token: The id.

        Returns:
            Its bytes.

        Raises:
            NotFound: No token has the id. A KeyError.

        Example:
            >>> encoding.decode_single_token_bytes(473)
            b'ell'
        """
        if not 0 <= token < 1 << 32:
            raise NotFound(f"no token has the id {token}")
        mine = local
        if self._longest > 4 * mine.room:
            mine.grow(self._longest // 4 + 1)
        status = self._library.vocabulary_token(
            self._handle, token, mine.buffer_at, 4 * mine.room, mine.count_at, mine.error_at
        )
        if status:
            _native.fail(status)
        return bytes(mine.bytes[: mine.count.value])

    def decode_tokens_bytes(self, tokens: Ids) -> list[bytes]:
        """The bytes of each token.

        Args:
            tokens: The ids.

        Returns:
            The bytes of each.

        Raises:
            NotFound: An id has no token. A KeyError.

        Example:
            >>> encoding.decode_tokens_bytes([39, 473, 78])
            [b'H', b'ell', b'o']
        """
        return [self.decode_single_token_bytes(int(token)) for token in tokens]

    def decode_with_offsets(self, tokens: Ids) -> tuple[str, list[int]]:
        """The text, and for each token the index of the first character that has bytes of it.

        Args:
            tokens: The ids.

        Returns:
            The text, and an index for each token.

        Raises:
            NotFound: An id has no token. A KeyError.
            UnicodeDecodeError: The bytes are no UTF-8.

        Example:
            >>> encoding.decode_with_offsets([39, 473, 78])
            ('Hello', [0, 1, 4])
        """
        pieces = self.decode_tokens_bytes(tokens)
        offsets, length = [], 0
        for piece in pieces:
            continues = 0x80 <= piece[0] < 0xC0
            offsets.append(max(0, length - continues))
            length += sum(not 0x80 <= byte < 0xC0 for byte in piece)
        return b"".join(pieces).decode(), offsets

    def decode_batch(
        self, batch: Iterable[Ids], *, errors: str = "replace", num_threads: int = 0
    ) -> list[str]:
        """The texts of many lists of tokens. `num_threads` is there for callers of tiktoken.

        Args:
            batch: Lists of ids.
            errors: What becomes of bytes that are no UTF-8, as `bytes.decode` has it.
            num_threads: Has no effect; it is there for callers of tiktoken.

        Returns:
            The text of each.

        Raises:
            NotFound: An id has no token. A KeyError.

        Example:
            >>> encoding.decode_batch([[39, 473, 78], [13]])
            ['Hello', '.']
        """
        return [self.decode(tokens, errors) for tokens in batch]

    def decode_bytes_batch(self, batch: Iterable[Ids], *, num_threads: int = 0) -> list[bytes]:
        """The bytes of many lists of tokens. `num_threads` is there for callers of tiktoken.

        Args:
            batch: Lists of ids.
            num_threads: Has no effect; it is there for callers of tiktoken.

        Returns:
            The bytes of each.

        Raises:
            NotFound: An id has no token. A KeyError.

        Example:
            >>> encoding.decode_bytes_batch([[39, 473, 78], [13]])
            [b'Hello', b'.']
        """
        return [self.decode_bytes(tokens) for tokens in batch]

    # MARK: What there is

    @property
    def max_token_value(self) -> int:
        """The largest id.

        Returns:
            The id.

        Example:
            >>> encoding.max_token_value
            4095
        """
        return self.n_vocab - 1

    @cached_property
    def _tokens(self) -> dict[int, bytes]:
        """The bytes of every token by its id, special ones too."""
        found = {}
        for token in range(self.n_vocab):
            try:
                found[token] = self.decode_single_token_bytes(token)
            except NotFound:
                continue
        return found

    @cached_property
    def special_tokens(self) -> dict[str, int]:
        """The special tokens and their ids.

        Returns:
            Ids by tokens.

        Example:
            >>> encoding.special_tokens
            {'<|endoftext|>': 4095}
        """
        status = self._library.vocabulary_special_tokens(
            self._handle, local.buffer_at, local.room, local.count_at, local.error_at
        )
        if status == _native.BUFFER_TOO_SMALL:
            local.grow(local.count.value)
            status = self._library.vocabulary_special_tokens(
                self._handle, local.buffer_at, local.room, local.count_at, local.error_at
            )
        _native.check(status)
        ids = local.ids[: local.count.value].tolist()
        return {
            self.decode_single_token_bytes(token).decode("utf-8", "surrogateescape"): token
            for token in ids
        }

    @cached_property
    def special_tokens_set(self) -> set[str]:
        """The special tokens.

        Returns:
            The tokens.

        Example:
            >>> encoding.special_tokens_set
            {'<|endoftext|>'}
        """
        return set(self.special_tokens)

    @cached_property
    def _special_ids(self) -> frozenset[int]:
        return frozenset(self.special_tokens.values())

    def is_special_token(self, token: int) -> bool:
        """Whether the id is that of a special token.

        Args:
            token: The id.

        Returns:
            True for a special token.

        Example:
            >>> encoding.is_special_token(4095)
            True
        """
        return token in self._special_ids

    @property
    def eot_token(self) -> int:
        """The id of `<|endoftext|>`.

        Returns:
            The id.

        Raises:
            NotFound: The vocabulary has no such token. A KeyError.

        Example:
            >>> encoding.eot_token
            4095
        """
        try:
            return self.special_tokens["<|endoftext|>"]
        except KeyError:
            raise NotFound("the vocabulary has no <|endoftext|>") from None

    def token_byte_values(self) -> list[bytes]:
        """The bytes of all ordinary tokens, sorted.

        Returns:
            The bytes of each.

        Example:
            >>> len(encoding.token_byte_values())
            4095
        """
        special = self._special_ids
        return sorted(text for token, text in self._tokens.items() if token not in special)


def _ids(tokens: Ids) -> tuple[object, int, int]:
    """Something that keeps ids alive as uint32, their address, and how many there are."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(tokens, numpy.ndarray):
        if tokens.dtype.kind not in "iu" or tokens.ndim != 1:
            raise InvalidArgument("ids are one axis of integers")
        if tokens.dtype != numpy.uint32:
            wrong = (tokens < 0) | (tokens > 0xFFFFFFFF)
            if wrong.any():
                raise NotFound(f"no token has the id {int(tokens[wrong][0])}")
        ids = numpy.ascontiguousarray(tokens, dtype=numpy.uint32)
        return ids, ids.__array_interface__["data"][0], len(ids)
    try:
        packed = array("I", tokens)
    except OverflowError:
        wrong = next(token for token in tokens if not 0 <= token < 1 << 32)
        raise NotFound(f"no token has the id {wrong}") from None
    return packed, packed.buffer_info()[0], len(packed)
