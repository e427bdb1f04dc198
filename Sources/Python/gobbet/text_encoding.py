"""Texts to tokens, one at a time."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

from . import _native
from ._native import local
from .backends import VocabularyBackend
from .errors import InvalidArgument, SpecialToken
from .joining import utf8
from .special_tokens import Policy, refusal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .encoding import Encoding
    from .native_backends import NativeVocabulary

#: No special tokens: what is allowed unless the caller says otherwise.
NONE: frozenset[str] = frozenset()


class TextEncoding:
    """What an encoding does with a text."""

    _backend: VocabularyBackend
    _library: _native.Library
    _handle: int
    #: The extension's function that encodes, if the extension is there, and what it is handed.
    _encode: Any
    _encoder_at: int
    _policies: dict[object, Policy]

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of a text; special tokens in it are ordinary text.

        Args:
            text: The text.

        Returns:
            The ids.

        Raises:
            InvalidArgument: The text isn't a `str`. A ValueError.

        Example:
            >>> len(encoding.encode_ordinary("<|endoftext|>")) > 1
            True
        """
        mine = local.scratch
        count = self._encoded(text, None, mine)
        return mine.ids[:count].tolist()

    def encode(
        self,
        text: str,
        *,
        allowed_special: Literal["all"] | AbstractSet[str] = NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
        add_special_tokens: bool = False,
        truncate: bool = False,
        pad: bool = False,
    ) -> list[int]:
        """The ids of a text.

        Special tokens that are allowed become tokens. Those that are disallowed, all others unless
        they are named, raise `SpecialToken`, a ValueError; the rest is ordinary text.

        Args:
            text: The text.
            allowed_special: The special tokens that become tokens, or "all" of them.
            disallowed_special: The special tokens that raise `SpecialToken`; "all" is all that
                are not allowed. The rest is ordinary text.
            add_special_tokens: Whether those of the vocabulary's post-processor, if it has one, are
                put around each text.
            truncate: Whether the tokens are cut to the length that the truncation of the vocabulary's
                tokenizer.json says.
            pad: Whether they are filled up as its padding says; to the longest of a batch, if it says so.

        Returns:
            The ids.

        Raises:
            SpecialToken: The text holds a special token that is disallowed. A ValueError.
            InvalidArgument: The tokenizer.json says nothing of the lengths that were asked for. A
                ValueError.

        Example:
            >>> encoding.encode("Hello<|endoftext|>", allowed_special={"<|endoftext|>"})
            [39, 473, 78, 4095]
        """
        if allowed_special is NONE and disallowed_special == "all" and not add_special_tokens:
            policy = self._default
        else:
            policy = self._policy(allowed_special, disallowed_special, add_special_tokens)
        mine = local.scratch
        count = self._encoded(text, policy, mine)
        ids = mine.ids[:count].tolist()
        if truncate or pad:
            return self._fitted([ids], add_special_tokens, truncate, pad)[0]
        return ids

    def encode_to_numpy(
        self,
        text: str,
        *,
        allowed_special: Literal["all"] | AbstractSet[str] = NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
        add_special_tokens: bool = False,
    ) -> npt.NDArray[np.uint32]:
        """The same as `encode`, as an array.

        Args:
            text: The text.
            allowed_special: The special tokens that become tokens, or "all" of them.
            disallowed_special: The special tokens that raise `SpecialToken`; "all" is all that
                are not allowed. The rest is ordinary text.
            add_special_tokens: Whether those of the vocabulary's post-processor, if it has one, are
                put around each text.

        Returns:
            The ids.

        Raises:
            SpecialToken: The text holds a special token that is disallowed. A ValueError.

        Example:
            >>> encoding.encode_to_numpy("Hello")
            array([ 39, 473,  78], dtype=uint32)
        """
        if allowed_special is NONE and disallowed_special == "all" and not add_special_tokens:
            policy = self._default
        else:
            policy = self._policy(allowed_special, disallowed_special, add_special_tokens)
        mine = local.scratch
        count = self._encoded(text, policy, mine)
        ids = mine.array
        if ids is None:
            ids = mine.ids_array()
        return ids[:count].copy()

    def count(self, text: str) -> int:
        """How many tokens a text has; special tokens in it are ordinary text.

        Args:
            text: The text.

        Returns:
            The number of tokens.

        Raises:
            InvalidArgument: The text isn't a `str`. A ValueError.

        Example:
            >>> encoding.count("Hello, world.")
            7
        """
        data = utf8(text)
        _native.check(
            self._library.count(self._handle, data, len(data), local.count_at, local.error_at)
        )
        return int(local.count.value)

    def encode_single_token(self, text_or_bytes: str | bytes) -> int:
        """The id of the token that is exactly this, special ones too.

        Args:
            text_or_bytes: The token.

        Returns:
            Its id.

        Raises:
            NotFound: No token is this. A KeyError.

        Example:
            >>> encoding.encode_single_token("<|endoftext|>")
            4095
        """
        data = text_or_bytes.encode() if isinstance(text_or_bytes, str) else text_or_bytes
        return self._backend.token_id(data)

    @cached_property
    def _default(self) -> Policy | None:
        return self._policy(NONE, "all")

    def _fitted(
        self, batch: list[list[int]], added: bool, truncate: bool, pad: bool
    ) -> list[list[int]]:
        from .lengths import fitted

        vocabulary = cast("NativeVocabulary", self._backend)
        return fitted(vocabulary, batch, added=added, truncate=truncate, pad=pad)

    def _encoded(self, text: str, policy: Policy | None, mine: _native.Scratch) -> int:
        """Encodes into the buffer of this thread; how many ids there are."""
        encode = self._encode
        if encode is not None and (policy is None or not policy.others):
            try:
                count = encode(
                    text, self._encoder_at, 0 if policy is None else policy.address, mine.quick_at
                )
            except UnicodeEncodeError:
                count = -1
            if count >= 0:
                return int(count)
            # Surrogates, a special token, or more text than there is room for.
        return self._encoded_bytes(utf8(text), policy, mine)

    def _encoded_bytes(self, data: bytes, policy: Policy | None, mine: _native.Scratch) -> int:
        if len(data) > mine.room:
            mine.grow(len(data))
        specials = 0
        if policy is not None:
            specials = policy.address
            policy.refuse_others(data)
        while True:
            status = self._library.encode(
                self._handle, data, len(data), specials, mine.buffer_at, mine.room, mine.count_at,
                mine.error_at,
            )  # fmt: skip
            # A normalizer may make a text longer.
            if status != _native.BUFFER_TOO_SMALL:
                break
            mine.grow(mine.count.value)
        if status:
            self._refused(status, data, policy)
        return mine.count.value

    def _policy(
        self,
        allowed: Literal["all"] | AbstractSet[str],
        disallowed: Literal["all"] | Collection[str],
        adds: bool = False,
    ) -> Policy | None:
        if isinstance(disallowed, str) and disallowed != "all":
            raise InvalidArgument("disallowed_special is \"all\" or a collection of strings")
        if not isinstance(disallowed, str):
            if not disallowed and not allowed and not adds:
                return None
            disallowed = frozenset(disallowed)
        if not isinstance(allowed, str):
            allowed = frozenset(allowed)
        elif allowed != "all":
            raise InvalidArgument("allowed_special is \"all\" or a set of strings")
        key = (allowed, disallowed, adds)
        policy = self._policies.get(key)
        if policy is None:
            if len(self._policies) >= 64:
                self._policies.clear()
            policy = self._policies[key] = Policy(
                cast("Encoding", self), allowed,
                cast('Literal["all"] | frozenset[str]', disallowed), adds,
            )
        return policy

    def _refused(self, status: int, data: bytes, policy: Policy | None) -> None:
        if status == _native.SPECIAL_TOKEN and policy is not None:
            places = [
                (data.find(token.encode()), -len(token), token)
                for token in policy.refused
                if token.encode() in data
            ]
            if places:
                raise SpecialToken(refusal(min(places)[2]))
        _native.fail(status)
