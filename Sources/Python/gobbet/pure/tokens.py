"""Token datasets (`Spec/Tokens.md`)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np

from ..errors import BadData, InvalidArgument
from .checksum import crc32c
from .container import Container
from .documents import DocumentEnds
from .masks import LossMasks
from .frames import decompressed
from .groups import number, numbers
from .kept import Kept
from .sources import RawPayload
from .vocabulary import KINDS as VOCABULARY_KINDS
from .vocabulary import Vocabulary

CODECS = {1: "raw16", 2: "raw32", 3: "packed", 4: "rank", 5: "archive"}
_KINDS = {"TOKH", "TOKR", "TOKN", "TOKB", "DOCL", "LMSK"} | VOCABULARY_KINDS
_ESCAPE = 0xFF00


class _Blocks(NamedTuple):
    """The data of all blocks, and the columns of their table."""

    data: RawPayload
    stored: np.ndarray
    ends: np.ndarray
    lengths: np.ndarray
    checksums: np.ndarray


class Tokens:
    """The tokens and the documents of a dataset; a block is read when one of its tokens is.

    Decoded blocks are kept in `blocks`, which files may share; up to 16 MiB if it is None.
    """

    def __init__(
        self, file: str | os.PathLike[str] | Container, *, blocks: Kept[np.ndarray] | None = None
    ) -> None:
        self._file = file if isinstance(file, Container) else Container(file)
        self._file.refuse_others("TOKH")
        self._file.refuse_unknown(_KINDS)
        header = self._file.read(self._file.section("TOKH"), limit=64)
        if len(header) != 64 or any(header[25:32]):
            raise self._bad("TOKH", "not 64 bytes, or reserved ones are not zero")
        self.token_count: int
        self.document_count: int
        #: Ids are below this.
        self.id_bound: int
        self.token_count, self.document_count, self.id_bound, self._block, codec = (
            struct.unpack_from("<QQIIB", header)
        )
        #: The fingerprint of the vocabulary that the ids are of.
        self.fingerprint = header[32:]
        if codec not in CODECS:
            raise self._bad("TOKH", f"codec {codec} is not known")
        self.codec = CODECS[codec]
        bound = {1: 1 << 16, 2: 1 << 32, 3: 1 << 32}.get(codec, (1 << 24) + _ESCAPE)
        if not 0 < self.id_bound <= bound:
            raise self._bad("TOKH", f"the codec cannot hold ids below {self.id_bound}")
        if self.token_count > 1 << 60:
            raise self._bad("TOKH", "more tokens than a file holds")
        if self._block % 8 or not 8 <= self._block <= 1 << 21:
            raise self._bad("TOKH", f"blocks of {self._block} tokens")
        self._width = {1: 16, 2: 32}.get(codec, max(1, (self.id_bound - 1).bit_length()))
        self._codec = codec
        if self._file.is_local:
            # Of a remote file the table is fetched with the first tokens, or by `fetch_tables`.
            _ = self._blocks
        self._kept = Kept[np.ndarray](16 << 20) if blocks is None else blocks
        #: Whether the file says which tokens count in a loss; otherwise all do.
        self.has_loss_mask = self._file.find("LMSK") is not None

    @property
    def block_token_count(self) -> int:
        """Tokens of each block but the last."""
        return int(self._block)

    @property
    def is_local(self) -> bool:
        """Whether the file is mapped."""
        return self._file.is_local

    @property
    def content_id(self) -> bytes:
        """The content id of the file."""
        return self._file.content_id

    @property
    def metadata(self) -> str | None:
        """The metadata, JSON; None if there is none."""
        section = self._file.find("meta")
        return self._file.read(section, limit=16 << 20).decode() if section else None

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The vocabulary that the file embeds, if it embeds one."""
        return Vocabulary(self._file) if self._file.find("VOCB") else None

    def _bad(self, section: str, cause: str) -> BadData:
        return BadData(f"{self._file.path}: {section}: {cause}")

    @cached_property
    def _blocks(self) -> _Blocks:
        """The table of the blocks, checked."""
        codec = self._codec
        count = -(-self.token_count // self._block)
        section = self._file.section("TOKB")
        if section.byte_count != 12 * count:
            raise self._bad("TOKB", f"{section.byte_count} bytes for {count} blocks")
        table = np.frombuffer(self._file.read(section), dtype="<u4").reshape(3, count)
        stored, lengths, checksums = table.astype(np.int64)
        data = self._file.raw(self._file.section("TOKN"))
        ends = np.cumsum(stored)
        if (int(ends[-1]) if count else 0) != data.byte_count:
            raise self._bad("TOKB", "the blocks do not sum up to TOKN")
        if codec <= 3:
            tokens = np.full(count, self._block, dtype=np.int64)
            if count:
                tokens[-1] = self.token_count - (count - 1) * self._block
            wanted = (tokens * self._width + 7) // 8
            if (stored != wanted).any() or (lengths != wanted).any():
                raise self._bad("TOKB", "a block of another length than its tokens")
        elif (lengths > 4 * self._block).any() or (lengths % 2).any():
            raise self._bad("TOKB", "a block of another length than its tokens")
        return _Blocks(data, stored, ends, lengths, checksums)

    @cached_property
    def _ids_by_rank(self) -> np.ndarray:
        classes = np.frombuffer(self._file.read(self._file.section("TOKR")), dtype=np.uint8)
        if len(classes) != self.id_bound:
            raise self._bad("TOKR", f"{len(classes)} classes for {self.id_bound} ids")
        return np.argsort(-classes.astype(np.int16), kind="stable").astype(np.uint32)

    def _decoded(self, index: int) -> np.ndarray:
        """Block `index` as ids, checked."""
        key = id(self), index
        return self._kept.get(key, lambda: self._read(index), lambda ids: ids.nbytes)

    def blocks_elsewhere(self, start: int, end: int) -> Iterator[int]:
        """The blocks of tokens `start` to `end` that are still to be fetched, of a remote file."""
        if start < end and not self._file.is_local:
            for index in range(start // self._block, (end - 1) // self._block + 1):
                if (id(self), index) not in self._kept:
                    yield index

    def fetch_tables(self, most_bytes: int) -> None:
        """Reads what windows need besides their blocks, if it has at most that many bytes in the file."""
        kinds = ["TOKB"] + ["TOKR"] * (self._codec >= 4) + ["DOCL", "LMSK"] * self.has_loss_mask
        if sum(self._file.section(kind).stored_byte_count for kind in kinds) > most_bytes:
            return
        _ = self._blocks
        if self._codec >= 4:
            _ = self._ids_by_rank
        if self.has_loss_mask:
            _ = self._masks

    def fetch(self, index: int) -> None:
        """Has block `index` kept."""
        self._decoded(index)

    def _read(self, index: int) -> np.ndarray:
        blocks = self._blocks
        end, stored = int(blocks.ends[index]), int(blocks.stored[index])
        data = blocks.data.read(end - stored, end)
        where = f"{self._file.path}: TOKN: block {index}"
        if crc32c(data) != int(blocks.checksums[index]):
            raise BadData(f"{where}: the checksum is wrong")
        count = min(self._block, self.token_count - index * self._block)
        if self.codec == "raw16":
            ids = np.frombuffer(data, dtype="<u2").astype(np.uint32)
        elif self.codec == "raw32":
            ids = np.frombuffer(data, dtype="<u4")
        elif self.codec == "packed":
            ids = self._unpacked(data, count)
        else:
            units = decompressed(data, int(blocks.lengths[index]), where)
            ranks = self._ranks(np.frombuffer(units, dtype=">u2").astype(np.uint32), where)
            if len(ranks) != count or (ranks >= self.id_bound).any():
                raise BadData(f"{where}: a rank of no id, or another number of ids")
            ids = self._ids_by_rank[ranks]
        if (ids >= self.id_bound).any():
            raise BadData(f"{where}: an id of {int(ids.max())}, not below {self.id_bound}")
        return ids

    def _unpacked(self, data: bytes | memoryview, count: int) -> np.ndarray:
        bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
        used = count * self._width
        if bits[used:].any():
            raise self._bad("TOKN", "unused bits that are not zero")
        places = np.uint64(1) << np.arange(self._width, dtype=np.uint64)
        return (bits[:used].reshape(count, self._width) @ places).astype(np.uint32)

    @staticmethod
    def _ranks(units: np.ndarray, where: str) -> np.ndarray:
        """Ranks of one unit or of two; in a run of high units every second one begins a rank."""
        high = units >= _ESCAPE
        places = np.arange(len(units))
        last_low = np.maximum.accumulate(np.where(high, -1, places))
        begins_pair = high & ((places - last_low) % 2 == 1)
        if len(units) and begins_pair[-1]:
            raise BadData(f"{where}: an escape is cut")
        second = np.zeros(len(units), dtype=bool)
        second[1:] = begins_pair[:-1]
        ranks = units.copy()
        pairs = np.flatnonzero(begins_pair)
        ranks[pairs] = _ESCAPE + ((units[pairs] - _ESCAPE) << 16 | units[pairs + 1])
        return ranks[~second]

    def tokens(self, start: int, end: int) -> np.ndarray:
        """Tokens `start` to `end`, without it, as uint32."""
        if not 0 <= start <= end <= self.token_count:
            raise InvalidArgument(f"tokens {start}..<{end} of {self.token_count}")
        result = np.empty(end - start, dtype=np.uint32)
        position = start
        while position < end:
            index, offset = divmod(position, self._block)
            ids = self._decoded(index)[offset : offset + end - position]
            result[position - start : position - start + len(ids)] = ids
            position += len(ids)
        return result

    @cached_property
    def documents(self) -> DocumentEnds:
        """Where the documents end."""
        section = self._file.section("DOCL")
        return DocumentEnds(self._file, section, self.document_count, self.token_count)

    @property
    def document_ends(self) -> np.ndarray:
        """Where every document ends: the index of its last token, plus 1."""
        return self.documents.first(self.document_count)

    @cached_property
    def _masks(self) -> LossMasks:
        ends = self.document_ends
        lengths = np.diff(ends, prepend=np.zeros(1, ends.dtype)).tolist()
        data = self._file.read(self._file.section("LMSK"))
        return LossMasks(data, lengths, self.id_bound, f"{self._file.path}: LMSK")

    @property
    def loss_rule(self) -> list[int] | None:
        """The rule of the masks, laid out as in `gobbet.h`; None if there is none."""
        return self._masks.rule if self.has_loss_mask else None

    def loss_mask(self, start: int, end: int) -> np.ndarray:
        """Which of tokens `start` to `end`, without it, count in a loss."""
        if not 0 <= start <= end <= self.token_count:
            raise InvalidArgument(f"tokens {start}..<{end} of {self.token_count}")
        if not self.has_loss_mask:
            return np.ones(end - start, dtype=np.bool_)
        masks = self._masks
        if start == end:
            return np.ones(0, dtype=np.bool_)
        ends = self.document_ends
        first = int(np.searchsorted(ends, start, side="right"))
        begin = int(ends[first - 1]) if first else 0
        parts, position = [], begin
        while position < end:
            after = min(int(ends[first]), end)
            if after > position:
                ids = partial(self.tokens, position, after)
                parts.append(masks.mask(first, after - position, ids))
            first, position = first + 1, after
        return np.concatenate(parts)[start - begin : end - begin]

    def document_sources(self) -> list[str] | None:
        """The source of every document, if they were given."""
        section = self._file.find("dsrc")
        if section is None:
            return None
        data, position, where = self._file.read(section), 0, f"{self._file.path}: dsrc"
        sources = []
        while position < len(data):
            length, position = number(data, position, where)
            if length > len(data) - position:
                raise BadData(f"{where}: a source is cut")
            try:
                sources.append(data[position : position + length].decode())
            except UnicodeDecodeError:
                raise BadData(f"{where}: a source isn't UTF-8") from None
            position += length
        if len(sources) != self.document_count:
            raise BadData(f"{where}: {len(sources)} sources")
        return sources

    def document_byte_counts(self) -> np.ndarray | None:
        """The bytes of the text of every document, if they were given."""
        section = self._file.find("dbyt")
        if section is None:
            return None
        counts = numbers(self._file.read(section), f"{self._file.path}: dbyt")
        if len(counts) != self.document_count:
            raise self._bad("dbyt", f"{len(counts)} documents, not {self.document_count}")
        return counts
