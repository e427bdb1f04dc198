"""Vocabularies, with the interface of tiktoken's `Encoding`."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast
from collections.abc import Collection, Iterator, Sequence

from . import _native, _structures
from ._native import address, local
from .backends import Path, VocabularyBackend, open_vocabulary
from .decoding import Decoding
from .errors import InvalidArgument, OutOfRange, SpecialToken
from .joining import join, utf8
from .limits import thread_count
from .native_backends import NativeVocabulary
from .remote.urls import shown
from .saving import Saving
from .showing import Showing
from .special_tokens import Policy, refusal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_NONE: frozenset[str] = frozenset()
#: Bytes of text of one call of a batch: one thread's fit its cache, a thread of several has more, for
#: which starting it pays, and all of them together have a bound.
_ONE_THREADS_BYTES, _A_THREADS_BYTES, _BATCH_BYTES = 1 << 16, 1 << 19, 1 << 24


class Encoding(Decoding, Saving, Showing):
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
        self._policies: dict[object, Policy] = {}

    @cached_property
    def _default(self) -> Policy | None:
        return self._policy(_NONE, "all")

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

    # MARK: Encoding

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
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
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
        if allowed_special is _NONE and disallowed_special == "all" and not add_special_tokens:
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
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
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
        if allowed_special is _NONE and disallowed_special == "all" and not add_special_tokens:
            policy = self._default
        else:
            policy = self._policy(allowed_special, disallowed_special, add_special_tokens)
        mine = local.scratch
        count = self._encoded(text, policy, mine)
        ids = mine.array
        if ids is None:
            ids = mine.ids_array()
        return ids[:count].copy()

    def _fitted(
        self, batch: list[list[int]], added: bool, truncate: bool, pad: bool
    ) -> list[list[int]]:
        from .lengths import fitted

        vocabulary = cast(NativeVocabulary, self._backend)
        return fitted(vocabulary, batch, added=added, truncate=truncate, pad=pad)

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
                self, allowed,
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

    def encode_ordinary_batch(
        self, text: Sequence[str], *, num_threads: int = 0
    ) -> list[list[int]]:
        """The ids of many texts, by `num_threads` threads, 0 (one per core) to 1,024.

        Args:
            text: The texts.
            num_threads: How many threads work, 1 to 1,024; 0 for one per core.

        Returns:
            The ids of each text.

        Raises:
            InvalidArgument: There are no such threads. A ValueError.

        Example:
            >>> encoding.encode_ordinary_batch(["Hello", "."])
            [[39, 473, 78], [13]]
        """
        return self._batch(text, None, num_threads)

    def encode_batch(
        self,
        text: Sequence[str],
        *,
        num_threads: int = 0,
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
        add_special_tokens: bool = False,
        truncate: bool = False,
        pad: bool = False,
    ) -> list[list[int]]:
        """The ids of many texts, each as by `encode`.

        Args:
            text: The texts.
            num_threads: How many threads work, 1 to 1,024; 0 for one per core.
            allowed_special: The special tokens that become tokens, or "all" of them.
            disallowed_special: The special tokens that raise `SpecialToken`; "all" is all that
                are not allowed. The rest is ordinary text.
            add_special_tokens: Whether those of the vocabulary's post-processor, if it has one, are
                put around each text.
            truncate: Whether the tokens are cut to the length that the truncation of the vocabulary's
                tokenizer.json says.
            pad: Whether they are filled up as its padding says; to the longest of a batch, if it says so.

        Returns:
            The ids of each text.

        Raises:
            SpecialToken: The text holds a special token that is disallowed. A ValueError.
            InvalidArgument: The tokenizer.json says nothing of the lengths that were asked for. A
                ValueError.

        Example:
            >>> encoding.encode_batch(["Hello", "."])
            [[39, 473, 78], [13]]
        """
        policy = self._policy(allowed_special, disallowed_special, add_special_tokens)
        batch = self._batch(text, policy, num_threads)
        if truncate or pad:
            return self._fitted(batch, add_special_tokens, truncate, pad)
        return batch

    def encode_batch_to_numpy(
        self,
        text: Sequence[str],
        *,
        num_threads: int = 0,
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
        add_special_tokens: bool = False,
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """The ids of many texts one after the other, and where those of each text end.

        Args:
            text: The texts.
            num_threads: How many threads work, 1 to 1,024; 0 for one per core.
            allowed_special: The special tokens that become tokens, or "all" of them.
            disallowed_special: The special tokens that raise `SpecialToken`; "all" is all that
                are not allowed. The rest is ordinary text.
            add_special_tokens: Whether those of the vocabulary's post-processor, if it has one, are
                put around each text.

        Returns:
            The ids of all texts, and where those of each end.

        Raises:
            SpecialToken: The text holds a special token that is disallowed. A ValueError.

        Example:
            >>> ids, ends = encoding.encode_batch_to_numpy(["Hello", "world"])
            >>> ends.tolist()
            [3, 6]
        """
        import numpy as np

        policy = self._policy(allowed_special, disallowed_special, add_special_tokens)
        pieces, all_ends, start = [], [], 0
        for count, ends in self._batches(text, policy, num_threads):
            pieces.append(local.ids_array()[:count].copy())
            all_ends.append(np.frombuffer(ends, dtype=np.uint64) + np.uint64(start))
            start += count
        if len(pieces) == 1:
            return pieces[0], all_ends[0]
        empty = np.zeros(0, dtype=np.uint32)
        return (
            np.concatenate(pieces) if pieces else empty,
            np.concatenate(all_ends) if pieces else empty.astype(np.uint64),
        )

    def encode_joined(
        self, texts: npt.NDArray[np.uint8], ends: npt.NDArray[np.uint64]
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """The ids of texts one after the other, `i` up to `ends[i]`, and where those of each end.

        Special tokens in them are ordinary text.

        Args:
            texts: The bytes of all texts.
            ends: Where each text ends.

        Returns:
            The ids of all texts, and where those of each end.

        Raises:
            InvalidArgument: The ends don't rise, or don't end with the texts. A ValueError.

        Example:
            >>> ids, ends = encoding.encode_joined(np.frombuffer(b"HelloHello", np.uint8), np.array([5, 10], np.uint64))
            >>> ends.tolist()
            [3, 6]
        """
        import numpy as np

        from .corpus_reader import checked

        texts, ends = checked(texts, ends)
        ids, id_ends = np.empty(len(texts), np.uint32), np.empty(len(ends), np.uint64)
        while True:
            status = self._library.encode_batch(
                self._handle, address(texts), address(ends), len(ends), None, 1, address(ids),
                len(ids), address(id_ends), local.count_at, local.error_at,
            )  # fmt: skip
            # A normalizer may make a text longer.
            if status != _native.BUFFER_TOO_SMALL:
                break
            ids = np.empty(local.count.value, np.uint32)
        _native.check(status)
        return ids[: local.count.value], id_ends

    def _batch(
        self, texts: Sequence[str], policy: Policy | None, threads: int
    ) -> list[list[int]]:
        result = []
        for _, ends in self._batches(texts, policy, threads):
            ids, start = local.ids, 0
            for end in memoryview(ends).cast("B").cast("Q").tolist():
                result.append(ids[start:end].tolist())
                start = end
        return result

    def _batches(self, texts: Sequence[str], policy: Policy | None, threads: int
    ) -> Iterator[tuple[int, Any]]:
        """Encodes some texts at a time into the buffer of this thread: how many ids, their ends."""
        threads = thread_count(threads)
        workers = threads or os.cpu_count() or 1
        most = _ONE_THREADS_BYTES
        if workers > 1:
            most = min(_A_THREADS_BYTES * workers, _BATCH_BYTES)
        texts = texts if isinstance(texts, list) else list(texts)
        first = 0
        mine = local.scratch
        while first < len(texts):
            count = join(texts, first, most, mine, self._quick)
            size = mine.ends[count - 1]
            if size > mine.room:
                mine.grow(size)
            specials = 0
            if policy is not None:
                specials = policy.address
                if policy.others:
                    for text in texts[first : first + count]:
                        policy.refuse_others(utf8(text))
            first += count
            id_ends = (ctypes.c_uint64 * count)()
            while True:
                status = self._library.encode_batch(
                    self._handle,
                    mine.text_at,
                    mine.ends_at,
                    count,
                    specials,
                    threads,
                    mine.buffer_at,
                    mine.room,
                    ctypes.addressof(id_ends),
                    mine.count_at,
                    mine.error_at,
                )
                if status != _native.BUFFER_TOO_SMALL:
                    break
                mine.grow(mine.count.value)
            if status:
                self._refused(status, mine.text.raw[:size], policy)
            yield mine.count.value, id_ends

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
