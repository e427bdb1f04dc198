"""Counted pretokens, which vocabularies are learned from."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from . import _native
from ._native import address, local
from .encoding import Encoding
from .native_backends import NativeVocabulary
from .progress import Progress
from .training_options import shown_merges, training_options

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Path = str | os.PathLike[str]

#: Bytes of text that are counted in one call.
_CHUNK_BYTES = 1 << 23


class Counts:
    """Counted pretokens of text that is split as `pattern` says: cl100k, gpt2, llama3, o200k, …

    Args:
        pattern: How text is split: cl100k, gpt2, llama3, o200k, …

    Raises:
        InvalidArgument: There is no such pattern. A ValueError.

    Example:
        >>> counts = gobbet.Counts("gpt2")
        >>> counts.add_texts(["a cat", "a dog"])
        >>> len(counts)
        3
    """

    def __init__(self, pattern: str = "cl100k") -> None:
        library = _native.library()
        _native.check(
            library.counts_make(
                _native.c_text(pattern, "a pattern"), local.handle_at, local.error_at
            )
        )
        self.pattern = pattern
        self._owner = _native.Handle(local.handle.value, library.counts_close)
        self._library = library

    def __len__(self) -> int:
        """How many different pretokens there are."""
        _native.check(
            self._library.counts_size(self._owner.value, local.count_at, local.error_at)
        )
        return int(local.count.value)

    def add_texts(self, texts: Iterable[str | bytes], *, progress: bool = False) -> None:
        """Counts the pretokens of documents; `progress` shows how far it is, by tqdm.

        Args:
            texts: Documents, as text or UTF-8.
            progress: Whether tqdm shows how far it is, where it is installed.

        Raises:
            InvalidArgument: The counts are closed. A ValueError.

        Example:
            >>> counts = gobbet.Counts()
            >>> counts.add_texts(line for line in ["a cat", "a dog"])
        """
        chunk: list[bytes] = []
        size = 0
        with Progress("counting", progress) as shown:
            for text in texts:
                data = text.encode("utf-8", "replace") if isinstance(text, str) else text
                chunk.append(data)
                size += len(data)
                if size >= _CHUNK_BYTES:
                    self._add(chunk)
                    shown.add(size, len(chunk))
                    chunk, size = [], 0
            if chunk:
                self._add(chunk)
                shown.add(size, len(chunk))

    def _add(self, texts: list[bytes]) -> None:
        joined, ends = _native.joined(texts)
        _native.check(
            self._library.counts_add_documents(
                self._owner.value, joined, ctypes.addressof(ends), len(texts), local.error_at
            )
        )

    def add_joined(self, texts: npt.NDArray[np.uint8], ends: npt.NDArray[np.uint64]) -> None:
        """Counts the pretokens of documents one after the other: `i` ends at `ends[i]`.

        Args:
            texts: The bytes of all documents, one after the other.
            ends: Where each document ends.

        Raises:
            InvalidArgument: The ends don't rise, or don't end with the texts. A ValueError.

        Example:
            >>> counts = gobbet.Counts()
            >>> counts.add_joined(np.frombuffer(b"a cata dog", np.uint8), np.array([5, 10], np.uint64))
            >>> len(counts)
            3
        """
        from .corpus_reader import checked

        texts, ends = checked(texts, ends)
        _native.check(
            self._library.counts_add_documents(
                self._owner.value, address(texts), address(ends), len(ends), local.error_at
            )
        )

    def add_files(
        self,
        paths: Path | Sequence[Path],
        *,
        text_key: str | None = None,
        progress: bool = False,
    ) -> None:
        """Counts the pretokens of the documents of files and directories, as `gobbet` reads them:
        plain, or compressed by gzip, zstd, bzip2, xz or lz4.

        `progress` shows how far it is, by tqdm.
        A `CorpusWarning` says which files in directories were left out since they hold no text.

        Args:
            paths: A file, a directory, or several.
            text_key: The key of a JSON object that holds its text; `text` if it is None.
            progress: Whether tqdm shows how far it is, where it is installed.

        Raises:
            NoInput: A file is missing. A FileNotFoundError.
            BadData: A file holds no text, or a line none under the key. A ValueError.

        Example:
            >>> counts = gobbet.Counts()
            >>> counts.add_files("corpus/en")
            >>> len(counts) > 1000
            True
        """
        from .corpus import batches

        with Progress("counting", progress) as shown:
            for batch in batches(paths, text_key=text_key, batch_bytes=_CHUNK_BYTES):
                if len(batch):
                    self.add_joined(batch.texts, batch.ends)
                    shown.add(len(batch.texts), len(batch))

    def add_file(self, path: Path) -> None:
        """Adds the counts of a file that `write` or `gobbet counts` wrote, of the same pattern.

        Args:
            path: A file of counts.

        Raises:
            NoInput: There is no such file. A FileNotFoundError.
            BadData: The file is damaged, or its counts are of another pattern. A ValueError.

        Example:
            >>> counts = gobbet.Counts()
            >>> counts.add_texts(["a cat"])
            >>> counts.write("cat.counts.gobbet", replace=True)
            >>> both = gobbet.Counts()
            >>> both.add_file("cat.counts.gobbet")
            >>> len(both)
            2
        """
        _native.check(
            self._library.counts_add_file(
                self._owner.value, _native.path_bytes(path), local.error_at
            )
        )

    def write(self, path: Path, *, replace: bool = False) -> None:
        """Writes the counts as a file: the same counts always give the same bytes.

        Args:
            path: The file to write.
            replace: Whether a file that is there is replaced.

        Raises:
            CannotCreate: The file exists, or can't be made. A FileExistsError.

        Example:
            >>> counts = gobbet.Counts()
            >>> counts.add_texts(["a cat"])
            >>> counts.write("cat.counts.gobbet", replace=True)
        """
        _native.check(
            self._library.counts_write(
                self._owner.value, _native.path_bytes(path), replace, local.error_at
            )
        )

    def train(
        self,
        vocab_size: int,
        *,
        special_tokens: Sequence[str] = (),
        special_tokens_first: bool = False,
        min_frequency: int = 0,
        max_token_length: int = 0,
        tie_break: Literal["huggingface", "bytes"] = "huggingface",
        name: str = "trained",
        progress: bool = False,
    ) -> Encoding:
        """Learns a vocabulary of `vocab_size` tokens: bytes, merges and special tokens together.

        Args:
            vocab_size: How many tokens the vocabulary has.
            special_tokens: The special tokens, in the order of their ids.
            special_tokens_first: Whether they take the first ids, not the last.
            min_frequency: Pairs that occur less often are not merged.
            max_token_length: Tokens are shorter than this many bytes; 0 for no bound.
            tie_break: Whose order decides between pairs that are equally frequent.
            name: The name of the encoding.
            progress: Whether tqdm shows how many merges are learned, where it is installed.

        Returns:
            The vocabulary, ready to encode.

        Raises:
            InvalidArgument: An option is wrong. A ValueError.

        Example:
            >>> counts = gobbet.Counts()
            >>> counts.add_files("corpus/en")
            >>> counts.train(1000, special_tokens=["<|endoftext|>"]).n_vocab
            1000
        """
        options, kept = training_options(
            vocab_size, special_tokens, special_tokens_first, min_frequency, max_token_length,
            tie_break,
        )  # fmt: skip
        with shown_merges(options, progress):
            _native.check(
                self._library.train(
                    self._owner.value, ctypes.addressof(options), local.handle_at, local.error_at
                )
            )
        del kept
        return Encoding._of(NativeVocabulary(local.handle.value), name)

    @staticmethod
    def merge(paths: Sequence[Path], output: Path, *, replace: bool = False) -> None:
        """Writes the sum of several files of counts, in bounded memory.

        Args:
            paths: Files of counts of the same pattern.
            output: The file to write.
            replace: Whether a file that is there is replaced.

        Raises:
            NoInput: A file is missing. A FileNotFoundError.
            BadData: A file is damaged, or of another pattern. A ValueError.
            CannotCreate: The output exists, or can't be made. A FileExistsError.

        Example:
            >>> for name, text in [("one", "a cat"), ("two", "a dog")]:
            ...     counts = gobbet.Counts()
            ...     counts.add_texts([text])
            ...     counts.write(f"{name}.counts.gobbet", replace=True)
            >>> gobbet.Counts.merge(["one.counts.gobbet", "two.counts.gobbet"], "all.counts.gobbet", replace=True)
        """
        encoded = [_native.path_bytes(path) for path in paths]
        listed = (ctypes.c_char_p * len(encoded))(*encoded)
        _native.check(
            _native.library().counts_merge_files(
                ctypes.addressof(listed),
                len(encoded),
                _native.path_bytes(output),
                replace,
                local.error_at,
            )
        )
