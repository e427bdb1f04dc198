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

    `format` is `text`, `jsonl`, `parquet`, `warc`, or `auto`: by the content of each file. The text is
    under `text_key` of an object, or in that column, and under `text` if that is None; `id_key` is the
    key of what names the document, or a header of WARC. `separator` ends a document in a text file. `bad_lines` are lines, or
    rows, without text. A key or a separator that applies to no file is an error.
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
                raise InvalidArgument(f"{name}: {value} is none of {', '.join(known)}")
        if self.separator == b"":
            raise InvalidArgument("separator: is empty")
        keys_of(self.key)
        if self.id_key is not None:
            keys_of(self.id_key)

    @property
    def library_format(self) -> Literal["auto", "text", "jsonl"]:
        """What the library takes files for, which reads neither Parquet nor WARC."""
        return "auto" if self.format == "parquet" or self.format == "warc" else self.format

    @property
    def key(self) -> str:
        """The key of the text."""
        return "text" if self.text_key is None else self.text_key


@dataclass(frozen=True)
class PackOptions:
    """How a dataset is packed; each means what the option of `gobbet pack` of that name does."""

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
            raise InvalidArgument(f"codec: {self.codec} is none of {', '.join(BLOCK_TOKENS)}")
        block = self.block_tokens
        if block is not None and (block % 8 or not 8 <= block <= 1 << 21):
            raise InvalidArgument(f"block_tokens: {block} is no multiple of 8 from 8 to 2097152")
        if self.append is not None and self.append_eot:
            raise InvalidArgument("append or append_eot, not both")

    @property
    def splits(self) -> tuple[str, ...]:
        """The parts that there will be."""
        return SPLITS if self.validation > 0 else SPLITS[:1]

    def appended(self, encoding: Encoding) -> int | None:
        """The id that is put after every document."""
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
        raise InvalidArgument(f"{key} is no key, nor keys joined by dots")
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
