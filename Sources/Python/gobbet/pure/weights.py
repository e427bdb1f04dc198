"""Weights (`Spec/Weights.md`)."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..block_types import BLOCKS, data_bytes
from ..errors import BadData, InvalidArgument, NotFound
from .checksum import crc32c
from .container import Container, is_name
from .differences import added, read_base
from .frames import decompressed
from .sources import RawPayload
from .vocabulary import KINDS as VOCABULARY_KINDS
from .vocabulary import Vocabulary

#: The name and the bits of every element type.
ELEMENT_TYPES = {
    1: ("f64", 64), 2: ("f32", 32), 3: ("f16", 16), 4: ("bf16", 16), 5: ("f8e4m3", 8),
    6: ("f8e5m2", 8), 8: ("f8e8m0", 8), 9: ("f8e4m3fnuz", 8), 10: ("f8e5m2fnuz", 8),
    11: ("f6e2m3", 6), 12: ("f6e3m2", 6), 13: ("f4e2m1", 4), 16: ("i64", 64), 17: ("i32", 32), 18: ("i16", 16), 19: ("i8", 8),
    20: ("i4", 4), 32: ("u64", 64), 33: ("u32", 32), 34: ("u16", 16), 35: ("u8", 8),
    36: ("u4", 4), 48: ("bool", 8), 64: ("c64", 64),
}  # fmt: skip
ELEMENT_TYPES |= {code: (name, 0) for code, (name, _, _) in BLOCKS.items()}
#: Bytes of the fields of a block, in the order of the planes.
_FIELDS = {
    130: (1, 1, 16), 131: (1, 1, 1, 1, 16), 134: (1, 1, 4, 16), 135: (1, 1, 1, 1, 4, 16),
    136: (1, 1, 32), 138: (16, 64, 1, 1, 1, 1), 139: (32, 64, 12, 1, 1),
    140: (1, 1, 1, 1, 12, 128), 141: (1, 1, 1, 1, 12, 32, 128), 142: (128, 64, 16, 1, 1),
    143: (1, 1, 1, 1, 256, 32),
    144: (1, 1, 64), 145: (1, 1, 64, 8), 146: (1, 1, 64, 32), 147: (1, 1, 32, 16),
    148: (1, 1, 16), 149: (1, 1, 64, 8, 32, 4), 150: (1, 1, 64, 8, 8), 151: (1, 1, 2, 4, 128),
    157: (32, 16, 8), 162: (48, 4, 1, 1), 163: (64, 1, 1), 167: (1, 16), 168: (4, 32),
    169: (1, 1, 16), 170: (1, 1, 16),
}  # fmt: skip
_BLOCK = 524_288
#: Blocks that are read in one step.
_RUN = 8
_KINDS = {"TENS", "TDAT", "TBLK", "BASE"} | VOCABULARY_KINDS


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


class _Table(NamedTuple):
    """The data and the blocks of one table of tensors."""

    data: RawPayload
    origin: int
    #: 0, and where each block ends among those of the table, without what pads tensors.
    ends: list[int]
    lengths: list[int]
    checksums: list[int]


@dataclass(frozen=True)
class SetPlace:
    """Which file of a set of files a file is, from 1, and which files come before it."""

    number: int
    count: int
    #: Of all files before it; zeros for the first.
    chain: bytes


class Weights:
    """The tensors of a file; their data is read when it is asked for.

    `chain` are the paths of the files that stand on this one.
    """

    def __init__(
        self, file: str | os.PathLike[str] | Container, chain: tuple[str, ...] = ()
    ) -> None:
        self._chain = chain
        self._base: Weights | None = None
        self._file = file if isinstance(file, Container) else Container(file)
        self._file.refuse_others("TDAT")
        self._file.refuse_unknown(_KINDS)
        self._tables: list[_Table] = []
        # A tensor of a later table takes the place of one of the same name in an earlier.
        self._index: dict[str, Tensor] = {}
        count = sum(section.kind == "TENS" for section in self._file.sections)
        for number in range(max(1, count)):
            tensors = self._read_table(str(number) if number else "")
            found = {tensor.name: tensor for tensor in tensors}
            if len(found) != len(tensors):
                raise self._bad("TENS", "two tensors have the same name")
            self._index |= found
        for kind in ("TDAT", "TBLK"):
            if sum(section.kind == kind for section in self._file.sections) != max(1, count):
                raise self._bad(kind, "not as many as tables")
        #: The tensors in the order of their data.
        self.tensors = list(self._index.values())

    def _bad(self, section: str, cause: str) -> BadData:
        return BadData(f"{self._file.path}: {section}: {cause}")

    def _read_table(self, number: str) -> list[Tensor]:
        data = self._file.section("TDAT", number)
        if data.payload % 16384:
            raise self._bad("TDAT", "does not begin at a multiple of 16384")
        table = self._file.read(self._file.section("TENS", number), limit=1 << 26)
        if len(table) < 8 or int.from_bytes(table[4:8], "little") != _BLOCK:
            raise self._bad("TENS", f"is cut, or blocks are not of {_BLOCK} bytes")
        drafts = []
        position = 8
        for _ in range(int.from_bytes(table[:4], "little")):
            if len(table) - position < 16:
                raise self._bad("TENS", "is cut")
            length, kind, codec, rank, offset = struct.unpack_from("<HBBIQ", table, position)
            position += 16
            if kind not in ELEMENT_TYPES or codec > 2 or rank > 8 or offset % 64:
                raise self._bad("TENS", "an element type, a codec, a rank or an offset is wrong")
            if not 1 <= length <= 512 or len(table) - position < 8 * rank + length:
                raise self._bad("TENS", "is cut, or a name is too long")
            shape = struct.unpack_from(f"<{rank}Q", table, position)
            position += 8 * rank
            name = self._name(table[position : position + length])
            position += length
            size = data_bytes(ELEMENT_TYPES[kind][1], kind, shape)
            if size is None or size >= 1 << 60:
                raise self._bad("TENS", f"{name} does not fit, or has no whole blocks")
            drafts.append((name, kind, codec, shape, size, offset))
        if position != len(table):
            raise self._bad("TENS", "something follows the tensors")
        return self._place(drafts, number)

    def _name(self, data: bytes) -> str:
        try:
            name = data.decode()
        except UnicodeDecodeError:
            raise self._bad("TENS", "a name isn't UTF-8") from None
        if name == "." or not is_name(name):
            raise self._bad("TENS", "a name has a character that names must not have")
        return name

    def _place(self, drafts: list[Any], number: str) -> list[Tensor]:
        """Gives each tensor its blocks, which must lie without holes but for padding."""
        counts = [-(-draft[4] // _block_bytes(draft[1])) for draft in drafts]
        total = sum(counts)
        section = self._file.section("TBLK", number)
        if section.byte_count != 12 * total:
            raise self._bad("TBLK", f"{section.byte_count} bytes for {total} blocks")
        blocks = np.frombuffer(self._file.read(section), dtype="<u4").reshape(3, total)
        stored, lengths, checksums = blocks.tolist()
        section = self._file.section("TDAT", number)
        data, origin = self._file.raw(section), section.payload
        tensors = []
        first = end = 0
        for (name, kind, codec, shape, size, offset), count in zip(drafts, counts):
            is_behind = offset == -(-end // 64) * 64
            if not is_behind or self._file.is_local and any(data.read(end, offset)):
                raise self._bad("TENS", f"{name} does not begin behind the tensor before it")
            if codec == 2:
                self._file.section("BASE")
            if codec and not 1 <= kind <= 6 and kind not in BLOCKS:
                raise self._bad("TENS", f"{name} is compact, but not of floating-point numbers")
            whole = _block_bytes(kind)
            padding = offset - end
            end = offset + sum(stored[first : first + count])
            for block in range(count):
                length = min(whole, size - block * whole)
                if lengths[first + block] != length or (
                    codec == 0 and stored[first + block] != length
                ):
                    raise self._bad("TBLK", f"a block of {name} has another length than its data")
            tensors.append(
                Tensor(
                    name, kind, shape, codec == 0, size, origin + offset, first, count,
                    len(self._tables), codec == 2, padding,
                )
            )  # fmt: skip
            first += count
        if end != data.byte_count:
            raise self._bad("TDAT", "another length than the tensors")
        ends = [0, *np.cumsum(blocks[0], dtype=np.int64).tolist()]
        self._tables.append(_Table(data, origin, ends, lengths, checksums))
        return tensors

    def __getitem__(self, name: str) -> Tensor:
        try:
            return self._index[name]
        except KeyError:
            raise NotFound(f"{self._file.path}: no tensor {name}") from None

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The vocabulary that the file embeds, if it embeds one."""
        return Vocabulary(self._file) if self._file.find("VOCB") else None

    @property
    def content_id(self) -> bytes:
        """The content id of the file."""
        return self._file.content_id

    @property
    def set_place(self) -> SetPlace | None:
        """Which file of a set the file is; None if it doesn't say."""
        section = self._file.find("wset")
        if section is None:
            return None
        content = self._file.read(section, limit=64)
        if len(content) != 40:
            raise self._bad("wset", f"{len(content)} bytes, not 40")
        number, count = struct.unpack_from("<II", content)
        if not 1 <= number <= count:
            raise self._bad("wset", f"file {number} of {count}")
        if number == 1 and any(content[8:]):
            raise self._bad("wset", "a first file that says something of those before it")
        return SetPlace(number, count, content[8:])

    def set_chain(self, place: SetPlace) -> bytes:
        """What the file after this one, which has `place`, says of those before it."""
        tables = [self._file.section(kind).digest for kind in ("TENS", "TDAT")]
        return hashlib.sha256(place.chain + tables[0] + tables[1]).digest()

    def metadata(self) -> dict[str, str]:
        """The metadata in its order; empty if there is none."""
        section = self._file.find("meta")
        if section is None:
            return {}
        try:
            pairs = json.loads(
                self._file.read(section, limit=1 << 24).decode(), object_pairs_hook=list
            )
            # Half a surrogate is JSON, but no text.
            json.dumps(pairs, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise self._bad("meta", str(error)) from None
        if not isinstance(pairs, list) or any(
            not isinstance(pair, tuple) or not isinstance(pair[1], str) for pair in pairs
        ):
            raise self._bad("meta", "not one object of strings")
        if len(dict(pairs)) != len(pairs):
            raise self._bad("meta", "a key comes twice")
        return dict(pairs)

    def read(self, tensor: Tensor, start: int = 0, end: int | None = None) -> bytes:
        """Bytes `start` to `end` of a tensor's data, from the blocks that hold them, checked."""
        end = tensor.byte_count if end is None else end
        if not 0 <= start <= end <= tensor.byte_count:
            raise InvalidArgument(f"bytes {start}..<{end} of {tensor.name}")
        if start == end:
            return b""
        whole = _block_bytes(tensor.element_type)
        first, last = start // whole, -(-end // whole)
        pieces: list[bytes | memoryview] = []
        for run in range(first, last, _RUN):
            pieces += self._decoded(tensor, run, min(last, run + _RUN))
        return b"".join(pieces)[start - first * whole : end - first * whole]

    @property
    def base(self) -> Weights:
        """The file that tensors are stored as differences from.

        Raises:
            BadData: If it holds something else than the file says, or stands on the file.
        """
        if self._base is None:
            path = self._file.place
            section = self._file.section("BASE")
            named = read_base(self._file.read(section, limit=1 << 10), self._file.path)
            base = Weights(named.path(path, self._chain), (*self._chain, path))
            if base.content_id != named.content_id:
                raise self._bad(
                    "BASE",
                    f"{named.file_name} has content id {base.content_id.hex()}, not "
                    f"{named.content_id.hex()}",
                )
            self._base = base
        return self._base

    def _decoded(self, tensor: Tensor, first: int, last: int) -> list[bytes | memoryview]:
        """Blocks `first` to `last` of a tensor, without it, which are read at once."""
        stored = self._stored(tensor, first, last)
        if not tensor.is_delta:
            return stored
        same = self.base._index.get(tensor.name)
        if same is None or (same.element_type, same.shape) != (tensor.element_type, tensor.shape):
            raise self._bad("BASE", f"the base lacks {tensor.name} with its type and its shape")
        start = first * _block_bytes(tensor.element_type)
        width = ELEMENT_TYPES[tensor.element_type][1] // 8 or None
        sums: list[bytes | memoryview] = []
        for block in stored:
            other = self.base.read(same, start, start + len(block))
            sums.append(added(block, other, width))
            start += len(block)
        return sums

    def _stored(self, tensor: Tensor, first: int, last: int) -> list[bytes | memoryview]:
        """The content of blocks as they are stored, differences of a delta, each checked."""
        table = self._tables[tensor.table]
        ends = table.ends
        offset = tensor.file_offset - table.origin - ends[tensor.first_block]
        bounds = ends[tensor.first_block + first : tensor.first_block + last + 1]
        # Of a remote file the zeros in front come with the first block.
        padding = 0 if first or self._file.is_local else tensor.padding
        data = memoryview(table.data.read(offset + bounds[0] - padding, offset + bounds[-1]))
        if any(data[:padding]):
            raise self._bad("TENS", f"{tensor.name} does not begin behind the tensor before it")
        position = padding
        blocks: list[bytes | memoryview] = []
        for index, (start, end) in enumerate(zip(bounds, bounds[1:]), first):
            block = data[position : position + end - start]
            position += end - start
            where = f"{self._file.path}: TDAT: block {index} of {tensor.name}"
            number = tensor.first_block + index
            if crc32c(block) != table.checksums[number]:
                raise BadData(f"{where}: the checksum is wrong")
            blocks.append(_content(tensor, block, table.lengths[number], where))
        return blocks


def _content(
    tensor: Tensor, block: memoryview, length: int, where: str
) -> bytes | memoryview:
    """A block of a tensor as it is when it is not compressed."""
    if tensor.is_raw:
        return block
    if tensor.element_type in BLOCKS:
        return _joined_fields(block, _FIELDS[tensor.element_type], length, where)
    return _joined_planes(block, ELEMENT_TYPES[tensor.element_type][1] // 8, length, where)


def _block_bytes(element_type: int) -> int:
    """Bytes of data in each block of a tensor but its last."""
    if element_type not in BLOCKS:
        return _BLOCK
    _, elements, size = BLOCKS[element_type]
    group = size * (256 // elements)
    return _BLOCK // group * group


def _joined_fields(data: memoryview, fields: tuple[int, ...], length: int, where: str) -> bytes:
    """The blocks whose fields lie in planes."""
    count = length // sum(fields)
    if count * sum(fields) != length or len(data) < 4 * len(fields):
        raise BadData(f"{where}: is cut")
    lengths = struct.unpack_from(f"<{len(fields)}I", data)
    if sum(lengths) + 4 * len(fields) != len(data):
        raise BadData(f"{where}: planes of another length")
    position, parts = 4 * len(fields), []
    for width, stored in zip(fields, lengths):
        plane: bytes | memoryview = data[position : position + stored]
        position += stored
        if stored < count * width:
            plane = decompressed(plane, count * width, where)
        elif stored > count * width:
            raise BadData(f"{where}: a plane of another length")
        parts.append(np.frombuffer(plane, dtype=np.uint8).reshape(count, width))
    return bytes(np.concatenate(parts, axis=1).tobytes())


def _joined_planes(data: memoryview, width: int, length: int, where: str) -> bytes:
    """The elements of a compact block: planes from the top byte down, then rotated back."""
    widths = {1: (1,), 2: (1, 1), 4: (1, 1, 2), 8: (1, 1, 2, 4)}[width]
    count = length // width
    if count * width != length or len(data) < 4 * len(widths):
        raise BadData(f"{where}: is cut")
    lengths = struct.unpack_from(f"<{len(widths)}I", data)
    if sum(lengths) + 4 * len(widths) != len(data):
        raise BadData(f"{where}: planes of another length")
    elements = np.zeros(count, dtype=f"<u{width}")
    position, shift = 4 * len(widths), 8 * width
    for plane_width, stored in zip(widths, lengths):
        plane: bytes | memoryview = data[position : position + stored]
        position += stored
        if stored < count * plane_width:
            plane = decompressed(plane, count * plane_width, where)
        elif stored > count * plane_width:
            raise BadData(f"{where}: a plane of another length")
        shift -= 8 * plane_width
        values = np.frombuffer(plane, dtype=f"<u{plane_width}").astype(elements.dtype)
        elements |= values << elements.dtype.type(shift)
    one = elements.dtype.type(1)
    turned = elements >> one | (elements & one) << elements.dtype.type(8 * width - 1)
    return bytes(turned.tobytes())


def check_set(paths: Sequence[str], *, is_whole: bool) -> None:
    """Checks that files are of one set, those of them that say of which they are; with `is_whole` that
    they are all of it, in their order. Raises `BadData` if they are not."""
    files = [(path, Weights(path)) for path in paths]
    known = [(path, file, place) for path, file in files if (place := file.set_place)]
    if not known:
        return
    if is_whole:
        for number, (path, file) in enumerate(files, 1):
            place = file.set_place
            if place is None:
                raise BadData(f"{path}: is of another set of weights than {known[0][0]}")
            if (place.number, place.count) != (number, len(files)):
                raise BadData(f"{path}: is file {place.number} of a set of {place.count}")
    known.sort(key=lambda each: each[2].number)
    for (path, file, place), (other_path, _, other) in zip(known, known[1:]):
        is_next = other.number == place.number + 1
        if (
            place.count != other.count
            or other.number <= place.number
            or is_next
            and file.set_chain(place) != other.chain
        ):
            raise BadData(f"{other_path}: is of another set of weights than {path}")
