"""Texts to tokens, many at a time."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Literal

from . import _native
from ._native import address, local
from .joining import join, utf8
from .limits import thread_count
from .special_tokens import Policy
from .text_encoding import NONE, TextEncoding

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Bytes of text of one call of a batch: one thread's fit its cache, a thread of several has more, for
#: which starting it pays, and all of them together have a bound.
_ONE_THREADS_BYTES, _A_THREADS_BYTES, _BATCH_BYTES = 1 << 16, 1 << 19, 1 << 24


class BatchEncoding(TextEncoding):
    """What an encoding does with many texts, by several threads."""

    _quick: Any

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
        allowed_special: Literal["all"] | AbstractSet[str] = NONE,
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
        allowed_special: Literal["all"] | AbstractSet[str] = NONE,
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
