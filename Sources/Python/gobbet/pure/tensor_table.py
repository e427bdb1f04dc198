"""Tables of tensors, and where the data of each lies (`Spec/Weights.md`)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..element_types import BLOCKS, ELEMENT_TYPES, data_bytes
from ..errors import BadData
from .container import Container
from .planes import BLOCK, block_bytes
from .records import is_name
from .sources import RawPayload


@dataclass(frozen=True)
class Tensor:
    """A tensor without its data."""

    name: str
    #: The code of the element type.
    element_type: int
    shape: tuple[int, ...]
    is_raw: bool
    byte_count: int
    #: Where the data begins in the file.
    file_offset: int
    #: The number of its first block, and how many there are.
    first_block: int
    block_count: int
    #: The number of the table that it is of.
    table: int
    #: Whether its blocks hold the difference from the tensor of a base.
    is_delta: bool = False
    #: Zeros in front of its data.
    padding: int = 0


class TensorTable(NamedTuple):
    """The data and the blocks of one table of tensors."""

    data: RawPayload
    origin: int
    #: 0, and where each block ends among those of the table, without what pads tensors.
    ends: list[int]
    lengths: list[int]
    checksums: list[int]


class _Draft(NamedTuple):
    """What the table says of a tensor."""

    name: str
    element_type: int
    codec: int
    shape: tuple[int, ...]
    byte_count: int
    #: Where its data begins in the section of data.
    offset: int


def bad(file: Container, section: str, cause: str) -> BadData:
    """The error that names a section of a file."""
    return BadData(f"{file.path}: {section}: {cause}")


def read_table(file: Container, number: int) -> tuple[list[Tensor], TensorTable]:
    """The tensors of table `number`, and the table; raises `BadData` if it is damaged."""
    name = str(number) if number else ""
    section = file.section("TDAT", name)
    if section.payload % 16384:
        raise bad(file, "TDAT", "does not begin at a multiple of 16384")
    drafts = _drafts(file, file.read(file.section("TENS", name), limit=1 << 26))
    counts = [-(-draft.byte_count // block_bytes(draft.element_type)) for draft in drafts]
    blocks = _blocks(file, name, sum(counts))
    stored, lengths, checksums = blocks.tolist()
    data = file.raw(section)
    tensors = []
    first = end = 0
    for draft, count in zip(drafts, counts):
        _check_place(file, draft, data, end)
        padding = draft.offset - end
        end = draft.offset + sum(stored[first : first + count])
        whole = block_bytes(draft.element_type)
        for block in range(count):
            length = min(whole, draft.byte_count - block * whole)
            if lengths[first + block] != length or (
                draft.codec == 0 and stored[first + block] != length
            ):
                raise bad(
                    file, "TBLK", f"a block of {draft.name} has another length than its data"
                )
        tensors.append(
            Tensor(
                draft.name, draft.element_type, draft.shape, draft.codec == 0, draft.byte_count,
                section.payload + draft.offset, first, count, number, draft.codec == 2, padding,
            )
        )  # fmt: skip
        first += count
    if end != data.byte_count:
        raise bad(file, "TDAT", "another length than the tensors")
    ends = [0, *np.cumsum(blocks[0], dtype=np.int64).tolist()]
    return tensors, TensorTable(data, section.payload, ends, lengths, checksums)


def _drafts(file: Container, table: bytes) -> list[_Draft]:
    """The entries of a table of tensors."""
    if len(table) < 8 or int.from_bytes(table[4:8], "little") != BLOCK:
        raise bad(file, "TENS", f"is cut, or blocks are not of {BLOCK} bytes")
    drafts = []
    position = 8
    for _ in range(int.from_bytes(table[:4], "little")):
        if len(table) - position < 16:
            raise bad(file, "TENS", "is cut")
        length, kind, codec, rank, offset = struct.unpack_from("<HBBIQ", table, position)
        position += 16
        if kind not in ELEMENT_TYPES or codec > 2 or rank > 8 or offset % 64:
            raise bad(file, "TENS", "an element type, a codec, a rank or an offset is wrong")
        if not 1 <= length <= 512 or len(table) - position < 8 * rank + length:
            raise bad(file, "TENS", "is cut, or a name is too long")
        shape = struct.unpack_from(f"<{rank}Q", table, position)
        position += 8 * rank
        name = _name(file, table[position : position + length])
        position += length
        size = data_bytes(kind, shape)
        if size is None or size >= 1 << 60:
            raise bad(file, "TENS", f"{name} does not fit, or has no whole blocks")
        drafts.append(_Draft(name, kind, codec, shape, size, offset))
    if position != len(table):
        raise bad(file, "TENS", "something follows the tensors")
    return drafts


def _name(file: Container, data: bytes) -> str:
    try:
        name = data.decode()
    except UnicodeDecodeError:
        raise bad(file, "TENS", "a name isn't UTF-8") from None
    if name == "." or not is_name(name):
        raise bad(file, "TENS", "a name has a character that names must not have")
    return name


def _blocks(file: Container, name: str, count: int) -> np.ndarray[tuple[int, int], Any]:
    """The stored lengths, the lengths and the checksums of `count` blocks."""
    section = file.section("TBLK", name)
    if section.byte_count != 12 * count:
        raise bad(file, "TBLK", f"{section.byte_count} bytes for {count} blocks")
    return np.frombuffer(file.read(section), dtype="<u4").reshape(3, count)


def _check_place(file: Container, draft: _Draft, data: RawPayload, end: int) -> None:
    """Refuses a tensor that leaves a hole after the data before it, or that can't be compact."""
    is_next = draft.offset == -(-end // 64) * 64
    if not is_next or file.is_local and any(data.read(end, draft.offset)):
        raise bad(file, "TENS", f"{draft.name} does not begin after the tensor before it")
    if draft.codec == 2:
        file.section("BASE")
    kind = draft.element_type
    if draft.codec and not 1 <= kind <= 6 and kind not in BLOCKS:
        raise bad(file, "TENS", f"{draft.name} is compact, but not of floating-point numbers")
