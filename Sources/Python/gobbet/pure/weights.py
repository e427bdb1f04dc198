"""Weights (`Spec/Weights.md`)."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass

from ..element_types import ELEMENT_TYPES
from ..errors import BadData, InvalidArgument, NotFound
from .checksum import crc32c
from .container import Container
from .differences import added, read_base
from .planes import block_bytes, joined
from .tensor_table import Tensor, TensorTable, bad, read_table
from .vocabulary import KINDS as VOCABULARY_KINDS
from .vocabulary import Vocabulary

#: Blocks that are read in one step.
_RUN = 8
_KINDS = {"TENS", "TDAT", "TBLK", "BASE"} | VOCABULARY_KINDS


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
        self._tables: list[TensorTable] = []
        # A tensor of a later table takes the place of one of the same name in an earlier.
        self._index: dict[str, Tensor] = {}
        count = sum(section.kind == "TENS" for section in self._file.sections)
        for number in range(max(1, count)):
            tensors, table = read_table(self._file, number)
            self._tables.append(table)
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
        return bad(self._file, section, cause)

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
        whole = block_bytes(tensor.element_type)
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
        start = first * block_bytes(tensor.element_type)
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
            raise self._bad("TENS", f"{tensor.name} does not begin after the tensor before it")
        position = padding
        blocks: list[bytes | memoryview] = []
        for index, (start, end) in enumerate(zip(bounds, bounds[1:]), first):
            block = data[position : position + end - start]
            position += end - start
            where = f"{self._file.path}: TDAT: block {index} of {tensor.name}"
            number = tensor.first_block + index
            if crc32c(block) != table.checksums[number]:
                raise BadData(f"{where}: the checksum is wrong")
            length = table.lengths[number]
            blocks.append(block if tensor.is_raw else joined(block, tensor.element_type, length, where))
        return blocks
