"""Vocabularies out of text: counting pretokens, and learning merges from the counts."""

from __future__ import annotations

import ctypes
import os
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from . import _native
from ._native import local
from .counts import Counts
from .encoding import Encoding
from .native_backends import NativeVocabulary
from .training_options import shown_merges, training_options

Path = str | os.PathLike[str]


def train(
    source: Path | Iterable[str | bytes | os.PathLike[str]],
    vocab_size: int,
    *,
    pattern: str = "cl100k",
    text_key: str | None = None,
    special_tokens: Sequence[str] = (),
    special_tokens_first: bool = False,
    min_frequency: int = 0,
    max_token_length: int = 0,
    tie_break: Literal["huggingface", "bytes"] = "huggingface",
    name: str = "trained",
    progress: bool = False,
) -> Encoding:
    """Learns a vocabulary of `vocab_size` tokens: bytes, merges and special tokens together.

    `gobbet train` learns the same from the same files with the same options.

    Args:
        source: The path of a file or of a directory, or an iterable of texts; elements that are
            `pathlib.Path`s are files and directories. What they hold is what the command reads of
            them.
        vocab_size: How many tokens the vocabulary has.
        pattern: How text is split: cl100k, gpt2, llama3, o200k, …
        text_key: The key of a JSON object that holds its text, `a.b` for nested ones; `text` if it
            is None.
        special_tokens: The special tokens, in the order of their ids.
        special_tokens_first: Whether they take the first ids, not the last.
        min_frequency: Pairs that occur less often are not merged.
        max_token_length: Tokens are shorter than this many bytes; 0 for no bound.
        tie_break: Whose order decides between pairs that are equally frequent.
        name: The name of the encoding.
        progress: Whether tqdm shows how much was read and learned, where it is installed.

    Returns:
        The vocabulary, ready to encode.

    Raises:
        InvalidArgument: An option is wrong, or there is no such pattern.
        NoInput: A file is missing.
        BadData: A file holds no text, or a line none under the key.

    Warns:
        CorpusWarning: Files in directories were left out since they hold no text.

    Example:
        >>> encoding = gobbet.train("corpus/", 1000, special_tokens=["<|endoftext|>"])
        >>> encoding.n_vocab
        1000
    """
    counts = Counts(pattern)
    paths: list[Path] = []
    elements = [pathlib.Path(source)] if isinstance(source, (str, os.PathLike)) else source

    def texts() -> Iterator[str | bytes]:
        for element in elements:
            if isinstance(element, os.PathLike):
                paths.append(element)
            else:
                yield element

    counts.add_texts(texts(), progress=progress)
    if paths:
        # Together, since a key is an error only if none of them has a use for it.
        counts.add_files(paths, text_key=text_key, progress=progress)
    return counts.train(
        vocab_size,
        special_tokens=special_tokens,
        special_tokens_first=special_tokens_first,
        min_frequency=min_frequency,
        max_token_length=max_token_length,
        tie_break=tie_break,
        name=name,
        progress=progress,
    )


def train_from_counts(
    path: Path,
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
    """Learns a vocabulary from a file of counts, which is read where it lies.

    Args:
        path: A file of counts.
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
        NoInput: There is no such file. A FileNotFoundError.
        BadData: The file is damaged. A ValueError.
        InvalidArgument: An option is wrong. A ValueError.

    Example:
        >>> counts = gobbet.Counts()
        >>> counts.add_files("corpus/en")
        >>> counts.write("en.counts.gobbet", replace=True)
        >>> gobbet.train_from_counts("en.counts.gobbet", 1000).n_vocab
        1000
    """
    options, kept = training_options(
        vocab_size, special_tokens, special_tokens_first, min_frequency, max_token_length, tie_break
    )
    with shown_merges(options, progress):
        _native.check(
            _native.library().train_from_file(
                _native.path_bytes(path), ctypes.addressof(options), local.handle_at,
                local.error_at,
            )
        )  # fmt: skip
    del kept
    return Encoding._of(NativeVocabulary(local.handle.value), name)
