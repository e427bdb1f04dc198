"""Vocabularies, with the interface of tiktoken's `Encoding`."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Literal
from collections.abc import Collection, Sequence

from . import _native, _structures
from ._native import address, local
from .decoding import Decoding
from .errors import InvalidArgument, SpecialToken
from .saving import Saving
from .special_tokens import Policy, refusal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_NONE: frozenset[str] = frozenset()
_size = ctypes.c_size_t.from_param
#: Bytes of text of one call of a batch, which bound the memory that a batch takes.
_BATCH_BYTES = 1 << 24


class Encoding(Decoding, Saving):
    """A vocabulary, ready to encode and to decode; shared by any number of threads.

    It is made from a file: a Gobbet file that holds a vocabulary, tiktoken ranks, `tokenizer.json`,
    `vocab.json` with `merges.txt` beside it, or GGUF. `pattern` names how text is split, for files
    that do not say it (tiktoken's): gpt2, cl100k, llama3, o200k, qwen2, …
    """

    def __new__(cls, *arguments: object, **options: object) -> Encoding:
        if cls is Encoding and arguments and not _native.available():
            from .pure_encoding import PureEncoding

            return object.__new__(PureEncoding)
        return object.__new__(cls)

    def __init__(
        self, path: str | os.PathLike[str], *, pattern: str | None = None, name: str | None = None
    ) -> None:
        _native.check(
            _native.library().vocabulary_open(
                _native.path_bytes(path),
                _native.optional_text(pattern, "a pattern"),
                local.handle_at,
                local.error_at,
            )
        )
        self._start(local.handle.value, name or os.path.basename(os.fspath(path)))

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
        return cls._of(local.handle.value, name)

    @classmethod
    def _of(cls, handle: int | None, name: str) -> Encoding:
        encoding = object.__new__(Encoding)
        encoding._start(handle, name)
        return encoding

    def _start(self, handle: int | None, name: str) -> None:
        library = _native.library()
        self.name = name
        self._owner = _native.Handle(handle, library.vocabulary_close)
        self._handle = self._owner.value
        self._library = library
        self._encode = library.encode_quickly
        self._handle_argument = ctypes.c_void_p.from_param(self._handle)
        info = _structures.VocabularyInfo(size=ctypes.sizeof(_structures.VocabularyInfo))
        _native.check(
            library.vocabulary_describe(self._handle, ctypes.addressof(info), local.error_at)
        )
        #: How many ids there are at most: all are below this.
        self.n_vocab: int = info.id_bound
        self._longest: int = info.longest_token_byte_count
        #: How many merges the vocabulary has.
        self.merge_count: int = info.merge_count
        #: The name of the pattern; empty for settings that have none.
        self.pattern: str = info.pattern.decode()
        #: What names the content of the vocabulary, in hexadecimal.
        self.fingerprint: str = bytes(info.fingerprint).hex()
        self._policies: dict[object, Policy] = {}
        self._default = self._policy(_NONE, "all")

    def __repr__(self) -> str:
        return f"<Encoding {self.name!r}>"

    # MARK: Encoding

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of a text; special tokens in it are ordinary text."""
        return local.ids[: self._encoded(text, None)].tolist()

    def encode(
        self,
        text: str,
        *,
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
    ) -> list[int]:
        """The ids of a text.

        Special tokens that are allowed become tokens. Those that are disallowed, all others unless
        they are named, raise `SpecialToken`, a ValueError; the rest is ordinary text.
        """
        if allowed_special is _NONE and disallowed_special == "all":
            policy = self._default
        else:
            policy = self._policy(allowed_special, disallowed_special)
        return local.ids[: self._encoded(text, policy)].tolist()

    def encode_to_numpy(
        self,
        text: str,
        *,
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
    ) -> npt.NDArray[np.uint32]:
        """The same as `encode`, as an array."""
        if allowed_special is _NONE and disallowed_special == "all":
            policy = self._default
        else:
            policy = self._policy(allowed_special, disallowed_special)
        count = self._encoded(text, policy)
        mine = local.scratch
        ids = mine.array
        if ids is None:
            ids = mine.ids_array()
        return ids[:count].copy()

    def _encoded(self, text: str, policy: Policy | None) -> int:
        """Encodes into the buffer of this thread; how many ids there are."""
        try:
            data = text.encode()
        except UnicodeEncodeError:
            data = _mended(text)
        mine = local.scratch
        length = len(data)
        if length > mine.room:
            mine.grow(length)
        specials = None
        if policy is not None and policy.prefix in data and policy.concerns(data):
            specials = policy.argument
            policy.refuse_others(data)
        status = self._encode(
            self._handle_argument, data, _size(length), specials, mine.buffer_argument,
            mine.room_argument, mine.count_argument, mine.error_argument,
        )  # fmt: skip
        if status:
            self._refused(status, data, policy)
        return mine.count.value

    def _policy(
        self,
        allowed: Literal["all"] | AbstractSet[str],
        disallowed: Literal["all"] | Collection[str],
    ) -> Policy | None:
        if isinstance(disallowed, str) and disallowed != "all":
            raise InvalidArgument("disallowed_special is \"all\" or a collection of strings")
        if not isinstance(disallowed, str):
            if not disallowed and not allowed:
                return None
            disallowed = frozenset(disallowed)
        if not isinstance(allowed, str):
            allowed = frozenset(allowed)
        elif allowed != "all":
            raise InvalidArgument("allowed_special is \"all\" or a set of strings")
        key = (allowed, disallowed)
        policy = self._policies.get(key)
        if policy is None:
            if len(self._policies) >= 64:
                self._policies.clear()
            policy = self._policies[key] = Policy(self, allowed, disallowed)
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
        """The ids of many texts, by `num_threads` threads (0: all cores)."""
        return self._batch(text, None, num_threads)

    def encode_batch(
        self,
        text: Sequence[str],
        *,
        num_threads: int = 0,
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
    ) -> list[list[int]]:
        """The ids of many texts, each as by `encode`."""
        return self._batch(text, self._policy(allowed_special, disallowed_special), num_threads)

    def encode_batch_to_numpy(
        self,
        text: Sequence[str],
        *,
        num_threads: int = 0,
        allowed_special: Literal["all"] | AbstractSet[str] = _NONE,
        disallowed_special: Literal["all"] | Collection[str] = "all",
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """The ids of many texts one after the other, and where those of each text end."""
        import numpy as np

        policy = self._policy(allowed_special, disallowed_special)
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
        """The ids of texts one behind the other, `i` up to `ends[i]`, and where those of each end.

        Special tokens in them are ordinary text.
        """
        import numpy as np

        from .corpus_reader import checked

        texts, ends = checked(texts, ends)
        ids, id_ends = np.empty(len(texts), np.uint32), np.empty(len(ends), np.uint64)
        _native.check(
            self._library.encode_batch(
                self._handle, address(texts), address(ends), len(ends), None, 1, address(ids),
                len(ids), address(id_ends), local.count_at, local.error_at,
            )
        )  # fmt: skip
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

    def _batches(self, texts: Sequence[str], policy: Policy | None, threads: int):
        """Encodes some texts at a time into the buffer of this thread: how many ids, their ends."""
        first = 0
        while first < len(texts):
            data, size = [], 0
            for text in texts[first:]:
                try:
                    data.append(text.encode())
                except UnicodeEncodeError:
                    data.append(_mended(text))
                size += len(data[-1])
                if size >= _BATCH_BYTES:
                    break
            first += len(data)
            joined, ends = _native.joined(data)
            if size > local.room:
                local.grow(size)
            specials = None
            if policy is not None and policy.prefix in joined and policy.concerns(joined):
                specials = policy.address
                for each in data:
                    policy.refuse_others(each)
            id_ends = (ctypes.c_uint64 * len(data))()
            status = self._library.encode_batch(
                self._handle,
                joined,
                ctypes.addressof(ends),
                len(data),
                specials,
                max(threads, 0),
                local.buffer_at,
                local.room,
                ctypes.addressof(id_ends),
                local.count_at,
                local.error_at,
            )
            if status:
                self._refused(status, joined, policy)
            yield local.count.value, id_ends

    def encode_single_token(self, text_or_bytes: str | bytes) -> int:
        """The id of the token that is exactly this, special ones too.

        Raises `NotFound`, a KeyError, if there is none.
        """
        data = text_or_bytes.encode() if isinstance(text_or_bytes, str) else text_or_bytes
        found = ctypes.c_uint32()
        _native.check(
            self._library.vocabulary_id(
                self._handle, data, len(data), ctypes.addressof(found), local.error_at
            )
        )
        return found.value

    def count(self, text: str) -> int:
        """How many tokens a text has; special tokens in it are ordinary text."""
        try:
            data = text.encode()
        except UnicodeEncodeError:
            data = _mended(text)
        _native.check(
            self._library.count(self._handle, data, len(data), local.count_at, local.error_at)
        )
        return local.count.value


def _mended(text: str) -> bytes:
    """The UTF-8 of text with surrogates: pairs become scalars, single ones U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
