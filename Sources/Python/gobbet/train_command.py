"""Training by the command `gobbet`, which splits by any expression and learns pieces of characters too.

`gobbet.train` learns byte-level tokens in this process; the library, which is kept small, has no other
trainer. Options and errors are those of `gobbet train`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .command import Path, _name, _options, _run


@dataclass(frozen=True)
class Training:
    """What `train_files` has written.

    Example:
        >>> done = gobbet.train_files("corpus/", "split.gobbet", 600, split=r"\\p{L}+|\\P{L}")
        >>> done.output, done.vocabulary_size
        ('split.gobbet', 600)
    """

    #: The file that was named.
    output: str
    #: How many tokens the vocabulary has; fewer than were asked for if the corpus gave no more.
    vocabulary_size: int
    #: How many of them merges make.
    merges: int
    #: How many documents were read.
    documents: int
    #: How many bytes of text they have.
    bytes: int


def train_files(
    inputs: Path | Sequence[Path],
    output: Path,
    size: int,
    *,
    force: bool = False,
    text_key: str | None = None,
    lines: bool = False,
    pattern: str | None = None,
    split: str | None = None,
    template: Path | None = None,
    special: Sequence[str] = (),
    tie_break: Literal["huggingface", "bytes"] | None = None,
    minimum_frequency: int | None = None,
    maximum_token_length: int | None = None,
    model: Literal["byte-level", "sentencepiece"] | None = None,
    like: Literal["tokenizers", "sentencepiece"] | None = None,
    byte_fallback: bool = False,
    split_digits: bool = False,
    required_characters: str | None = None,
    dummy_prefix: bool = True,
    unknown_token: str | None = None,
    limit_alphabet: int | None = None,
    character_coverage: float | None = None,
    maximum_piece_length: int | None = None,
    maximum_sentence_length: int | None = None,
    control_symbol: Sequence[str] = (),
    user_defined_symbol: Sequence[str] = (),
    unk_id: int | None = None,
    bos_id: int | None = None,
    eos_id: int | None = None,
    pad_id: int | None = None,
    keep_extra_spaces: bool = False,
    whitespace_only_pieces: bool = False,
    split_by_unicode_script: bool = True,
    split_by_number: bool = True,
    split_by_whitespace: bool = True,
    progress: bool = False,
) -> Training:
    """Trains a vocabulary on files, with every option of `gobbet train`.

    Args:
        inputs: A file or a folder, or several.
        output: The `.gobbet` file to write, which `gobbet.Encoding` opens.
        size: How many tokens the vocabulary has.
        force: Whether the output is replaced if it exists.
        text_key: The key of a JSON object that holds its text, `a.b` for nested ones.
        lines: Whether each line is a document, as for programs that read files.
        pattern: How text is split: cl100k, gpt2, llama3, o200k, …
        split: A regular expression to split text by instead, as with Split in a tokenizer.json.
        template: A vocabulary whose normalizer, pre-tokenizer and decoder are taken.
        special: The special tokens, in the order of their ids.
        tie_break: Whose order decides between pairs that are equally frequent.
        minimum_frequency: Pairs that occur less often are not merged.
        maximum_token_length: Tokens are shorter than this many bytes, or characters.
        model: What tokens are made of: bytes, or characters with spaces spelled as U+2581.
        like: With characters, whose trainer is followed.
        byte_fallback: Whether each byte has a token, for characters that have none.
        split_digits: Whether each digit stays alone.
        required_characters: Characters that get a token however rare they are.
        dummy_prefix: Whether a space goes in front of every text.
        unknown_token: tokenizers: the special token that stands for unknown characters.
        limit_alphabet: tokenizers: how many characters get a token at most.
        character_coverage: sentencepiece: the share of the text whose characters get a piece.
        maximum_piece_length: sentencepiece: the most characters of a piece.
        maximum_sentence_length: sentencepiece: texts of more bytes are left out.
        control_symbol: sentencepiece: pieces that no text yields.
        user_defined_symbol: sentencepiece: pieces that stand for their text wherever it is.
        unk_id: sentencepiece: the id of <unk>.
        bos_id: sentencepiece: the id of <s>, or -1 for none.
        eos_id: sentencepiece: the id of </s>, or -1 for none.
        pad_id: sentencepiece: the id of <pad>, or -1 for none.
        keep_extra_spaces: sentencepiece: whether spaces at the ends of a text, and all of a run, stay.
        whitespace_only_pieces: sentencepiece: whether pieces may be nothing but spaces.
        split_by_unicode_script: sentencepiece: whether pieces have characters of one script only.
        split_by_number: sentencepiece: whether digits count as a script.
        split_by_whitespace: sentencepiece: whether pieces end before a space.
        progress: Whether to show how far it is, by tqdm where that is installed.

    Returns:
        What was learned.

    Raises:
        InvalidArgument: An option is wrong, or has no effect with the others. A ValueError.
        BadData: An input is damaged or holds no text. A ValueError.
        NoInput: An input is missing. A FileNotFoundError.
        CannotCreate: The output exists, or can't be made. A FileExistsError.
        LibraryMissing: There is no command `gobbet`. An ImportError.

    Example:
        >>> done = gobbet.train_files("corpus/", "pieces.gobbet", 2000, model="sentencepiece")
        >>> gobbet.Encoding(done.output).n_vocab == done.vocabulary_size
        True
    """
    listed = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    words = ["train", *map(_name, listed), "--output=" + os.fspath(output)]
    words += _options(
        size=size, force=force, text_key=text_key, lines=lines, pattern=pattern, split=split,
        template=template, special=special, tie_break=tie_break, minimum_frequency=minimum_frequency,
        maximum_token_length=maximum_token_length, model=model, like=like,
        byte_fallback=byte_fallback, split_digits=split_digits,
        required_characters=required_characters, no_dummy_prefix=not dummy_prefix,
        unknown_token=unknown_token, limit_alphabet=limit_alphabet,
        character_coverage=character_coverage, maximum_piece_length=maximum_piece_length,
        maximum_sentence_length=maximum_sentence_length, control_symbol=control_symbol,
        user_defined_symbol=user_defined_symbol, unk_id=unk_id, bos_id=bos_id, eos_id=eos_id,
        pad_id=pad_id, keep_extra_spaces=keep_extra_spaces,
        whitespace_only_pieces=whitespace_only_pieces,
        no_split_by_unicode_script=not split_by_unicode_script,
        no_split_by_number=not split_by_number, no_split_by_whitespace=not split_by_whitespace,
    )  # fmt: skip
    (found,) = _run(words, progress=progress)
    (learned,) = found["vocabularies"]
    return Training(
        learned["output"], learned["vocabulary_size"], learned["merges"], found["documents"],
        found["bytes"],
    )  # fmt: skip
