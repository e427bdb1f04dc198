"""What a job was asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..encoding import Encoding
from ..errors import InvalidArgument, NotFound
from ..special_tokens import listed, missing_special

#: The parts of a dataset, in their order.
SPLITS = ("train", "validation")

#: The most bytes of a line or text document, as the library has it.
LONGEST_DOCUMENT = 1 << 30
#: Of how many tokens from the start of a shard ranks are made, as the library has it.
SAMPLE_TOKENS = 1 << 22
#: The tokens of a block that each codec has.
BLOCK_TOKENS = {name: 1 << 14 for name in ("raw16", "raw32", "packed", "rank")} | {
    "archive": 1 << 20
}
_END_NAMES = ("<|endoftext|>", "<|end_of_text|>", "<|end▁of▁sentence|>", "</s>", "<eos>")


@dataclass(frozen=True)
class Reading:
    """How files become documents.

    A key or a separator that applies to no file is an error.

    Args:
        format: What files are; `auto` is by the content of each.
        text_key: The key, or the column, of the text; `text` if it is None.
        id_key: The key, the column, or the header of WARC, of what names the document.
        separator: What ends a document in a text file.
        bad_lines: What becomes of lines, or rows, without text.

    Raises:
        InvalidArgument: A value isn't one of these. A ValueError.

    Example:
        >>> from gobbet import jobs
        >>> jobs.Reading(format="jsonl", text_key="content").key
        'content'
    """

    format: Literal["auto", "text", "jsonl", "parquet", "warc"] = "auto"
    text_key: str | None = None
    id_key: str | None = None
    separator: bytes | None = None
    bad_lines: Literal["fail", "skip"] = "fail"

    def __post_init__(self) -> None:
        for name, value, known in (
            ("format", self.format, ("auto", "text", "jsonl", "parquet", "warc")),
            ("bad_lines", self.bad_lines, ("fail", "skip")),
        ):
            if value not in known:
                raise InvalidArgument(f"{name}: {value} isn't one of {', '.join(known)}")
        if self.separator == b"":
            raise InvalidArgument("separator: is empty")
        keys_of(self.key)
        if self.id_key is not None:
            keys_of(self.id_key)

    @property
    def library_format(self) -> Literal["auto", "text", "jsonl"]:
        """What the library takes files for, which reads neither Parquet nor WARC.

        Returns:
            The format, or `auto` for the two.

        Example:
            >>> from gobbet import jobs
            >>> jobs.Reading(format="parquet").library_format
            'auto'
        """
        return "auto" if self.format == "parquet" or self.format == "warc" else self.format

    @property
    def key(self) -> str:
        """The key of the text.

        Returns:
            The key that was given, or `text`.

        Example:
            >>> from gobbet import jobs
            >>> jobs.Reading().key
            'text'
        """
        return "text" if self.text_key is None else self.text_key


@dataclass(frozen=True)
class PackOptions:
    """How a dataset is packed, as the options of `gobbet pack` of these names say.

    Args:
        shard_tokens: About how many tokens a shard has; None for one shard.
        validation: The share of the documents that are for validation.
        unique: Whether to leave out documents that were there before.
        append: The special token to put after every document.
        append_eot: Whether to put the vocabulary's end-of-text token there.
        sources: Whether to keep where each document came from.
        lengths: Whether to keep how many bytes each document had.
        codec: How tokens are stored: `rank`, `archive`, `packed`, `raw16` or `raw32`.
        block_tokens: The tokens of a block; None for what the codec has.
        embed_vocabulary: Whether the first shard holds the vocabulary.

    Raises:
        InvalidArgument: A value is outside its range. A ValueError.

    Example:
        >>> from gobbet import jobs
        >>> jobs.PackOptions(shard_tokens=100_000_000, validation=0.01).splits
        ('train', 'validation')
    """

    shard_tokens: int | None = None
    validation: float = 0.0
    unique: bool = False
    append: str | None = None
    append_eot: bool = False
    sources: bool = False
    lengths: bool = False
    codec: str = "rank"
    block_tokens: int | None = None
    embed_vocabulary: bool = True

    def __post_init__(self) -> None:
        if self.shard_tokens is not None and self.shard_tokens < 1:
            raise InvalidArgument(f"shard_tokens: {self.shard_tokens}")
        if not 0 <= self.validation < 1:
            raise InvalidArgument(f"validation: {self.validation} is not from 0 to below 1")
        if self.codec not in BLOCK_TOKENS:
            raise InvalidArgument(f"codec: {self.codec} isn't one of {', '.join(BLOCK_TOKENS)}")
        block = self.block_tokens
        if block is not None and (block % 8 or not 8 <= block <= 1 << 21):
            raise InvalidArgument(f"block_tokens: {block} isn't a multiple of 8 from 8 to 2097152")
        if self.append is not None and self.append_eot:
            raise InvalidArgument("append or append_eot, not both")

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that there will be.

        Returns:
            `train`, and `validation` if a share of the documents is for it.

        Example:
            >>> from gobbet import jobs
            >>> jobs.PackOptions().splits
            ('train',)
        """
        return SPLITS if self.validation > 0 else SPLITS[:1]

    def appended(self, encoding: Encoding) -> int | None:
        """The id that is put after every document.

        Args:
            encoding: The vocabulary that packs.

        Returns:
            The id; None if nothing is put there.

        Raises:
            NotFound: The vocabulary has no such token. A KeyError.

        Example:
            >>> from gobbet import jobs
            >>> jobs.PackOptions(append_eot=True).appended(encoding) == encoding.eot_token
            True
        """
        specials = encoding.special_tokens
        if self.append_eot:
            for name in _END_NAMES:
                if name in specials:
                    return specials[name]
            raise NotFound(
                "append_eot: the vocabulary has no end-of-text token; use append, for "
                f"{listed(specials)}"
            )
        if self.append is None:
            return None
        if self.append not in specials:
            raise NotFound(missing_special(self.append, specials))
        return specials[self.append]


def keys_of(key: str) -> list[str]:
    """The keys of a path as `a.b`, outermost first; `\\.` is a dot inside a key."""
    keys, escaped = [""], False
    for character in key:
        if not escaped and character == "\\":
            escaped = True
        elif not escaped and character == ".":
            keys.append("")
        else:
            keys[-1] += character
            escaped = False
    if escaped or "" in keys:
        raise InvalidArgument(f"{key} isn't a key, nor keys joined by dots")
    return keys


def _path_text(path: str) -> str:
    """A path as the library keeps it in texts: a byte that belongs to no character as one of U+10FF80
    to U+10FFFF."""
    return "".join(
        chr(0x10FF00 + ord(letter) - 0xDC00) if 0xDC80 <= ord(letter) <= 0xDCFF else letter
        for letter in path
    )


def plan_of(
    inputs: Sequence[str], reading: Reading, options: PackOptions, encoding: Encoding
) -> dict[str, Any]:
    """What decides the result, as `gobbet pack` has it in its manifests."""
    separator = None
    if reading.separator is not None:
        separator = "".join(
            chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\{byte:02x}"
            for byte in reading.separator
        )
    return {
        "inputs": [_path_text(os.fsdecode(path)) for path in inputs],
        "format": reading.format,
        "text_key": reading.key,
        "id_key": reading.id_key,
        "separator": separator,
        "bad_lines": reading.bad_lines,
        "longest_document": LONGEST_DOCUMENT,
        "appended_token": options.appended(encoding),
        "unique_documents": options.unique,
        "sources": options.sources or reading.id_key is not None,
        "byte_counts": options.lengths,
        "codec": options.codec,
        "block_tokens": options.block_tokens or BLOCK_TOKENS[options.codec],
        "sample_tokens": SAMPLE_TOKENS,
        "embeds_vocabulary": options.embed_vocabulary,
        "shard_tokens": options.shard_tokens,
        "validation_share": str(float(options.validation)),
    }
