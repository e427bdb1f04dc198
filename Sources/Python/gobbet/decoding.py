"""Tokens back to text, and what a vocabulary holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from .backends import VocabularyBackend
from .errors import NotFound

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ids = Sequence[int] | npt.NDArray[np.integer]


class Decoding:
    """What an encoding does with ids."""

    _backend: VocabularyBackend

    @property
    def n_vocab(self) -> int:
        """How many ids there are at most.

        Returns:
            A number that all ids are below.

        Example:
            >>> encoding.n_vocab
            4096
        """
        return self._backend.n_vocab

    def decode_bytes(self, tokens: Ids, skip_special_tokens: bool = False) -> bytes:
        """The bytes of tokens, of special ones too unless they are left out.

        Args:
            tokens: The ids.
            skip_special_tokens: Whether to leave special tokens out.

        Returns:
            The bytes.

        Raises:
            NotFound: An id has no token. A KeyError.

        Example:
            >>> encoding.decode_bytes([39, 473, 78])
            b'Hello'
        """
        return self._backend.decode_bytes(tokens, skip_special_tokens)

    def decode(
        self, tokens: Ids, errors: str = "replace", skip_special_tokens: bool = False
    ) -> str:
        """The text of tokens; `errors` says what becomes of bytes that aren't UTF-8.

        Args:
            tokens: The ids.
            errors: What becomes of bytes that aren't UTF-8, as `bytes.decode` has it.
            skip_special_tokens: Whether to leave special tokens out, as `tokenizers` does unless told
                otherwise.

        Returns:
            The text.

        Raises:
            NotFound: An id has no token. A KeyError.
            UnicodeDecodeError: The bytes aren't UTF-8, and `errors` is strict.

        Example:
            >>> encoding.decode([39, 473, 78])
            'Hello'
        """
        return self.decode_bytes(tokens, skip_special_tokens).decode("utf-8", errors)

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
        return self._backend.token_bytes(token)

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
            UnicodeDecodeError: The bytes aren't UTF-8.

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
        self,
        batch: Iterable[Ids],
        *,
        errors: str = "replace",
        num_threads: int = 0,
        skip_special_tokens: bool = False,
    ) -> list[str]:
        """The texts of many lists of tokens. `num_threads` is there for callers of tiktoken.

        Args:
            batch: Lists of ids.
            errors: What becomes of bytes that aren't UTF-8, as `bytes.decode` has it.
            num_threads: Has no effect; it is there for callers of tiktoken.
            skip_special_tokens: Whether to leave special tokens out.

        Returns:
            The text of each.

        Raises:
            NotFound: An id has no token. A KeyError.

        Example:
            >>> encoding.decode_batch([[39, 473, 78], [13]])
            ['Hello', '.']
        """
        return [self.decode(tokens, errors, skip_special_tokens) for tokens in batch]

    def decode_bytes_batch(
        self, batch: Iterable[Ids], *, num_threads: int = 0, skip_special_tokens: bool = False
    ) -> list[bytes]:
        """The bytes of many lists of tokens. `num_threads` is there for callers of tiktoken.

        Args:
            batch: Lists of ids.
            num_threads: Has no effect; it is there for callers of tiktoken.
            skip_special_tokens: Whether to leave special tokens out.

        Returns:
            The bytes of each.

        Raises:
            NotFound: An id has no token. A KeyError.

        Example:
            >>> encoding.decode_bytes_batch([[39, 473, 78], [13]])
            [b'Hello', b'.']
        """
        return [self.decode_bytes(tokens, skip_special_tokens) for tokens in batch]

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
        ids = self._backend.special_ids()
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

