"""Vocabularies: tokens, merges, special tokens (`Spec/Vocabulary.md`)."""

from __future__ import annotations

import hashlib
import os
import struct
from functools import cached_property

import numpy as np

from ..errors import BadData
from .container import Container
from .pipeline import Pipeline, PostProcessor

#: The kinds of section that belong to a vocabulary.
KINDS = {"VOCB", "LEFT", "RGHT", "RSLT", "TSTR", "PIPE"}

#: The names of settings (`Spec/Pretokenization.md`).
PATTERNS = {
    bytes.fromhex("01000000000001"): "gpt2",
    bytes.fromhex("02000103010101"): "cl100k",
    bytes.fromhex("02000103010100"): "llama3",
    bytes.fromhex("03010103020100"): "o200k",
    bytes.fromhex("02000101010100"): "qwen2",
    bytes.fromhex("02020101010100"): "qwen3.5",
    bytes.fromhex("00030103010100"): "deepseek-v3",
    bytes.fromhex("00010101020100"): "tekken",
    bytes.fromhex("00040000000000"): "whole",
}
_HIGHEST = (3, 4, 1, 3, 2, 1, 1)


def is_expression(settings: bytes) -> bool:
    """Whether bytes have the mark of an expression: dialect, behaviour, inversion and text follow."""
    return settings[:1] == b"\xff"


def is_pattern(settings: bytes) -> bool:
    """Whether bytes are the settings of a pattern, or an expression in their place."""
    if is_expression(settings):
        try:
            settings[4:].decode()
        except UnicodeDecodeError:
            return False
        return len(settings) > 4 and all(map(int.__le__, settings[1:4], (1, 4, 1)))
    if len(settings) != 7 or any(map(int.__gt__, settings, _HIGHEST)):
        return False
    if settings[1] == 4:
        return settings == bytes((0, 4, 0, 0, 0, 0, 0))
    deepseek = settings[1] == 3
    others = settings[:3] + settings[4:]
    return not deepseek or others == bytes((0, 3, 1, 1, 1, 0)) and settings[3] > 0


class Vocabulary:
    """The vocabulary of a file, alone or beside tokens or weights."""

    def __init__(self, file: str | os.PathLike[str] | Container) -> None:
        self._file = file if isinstance(file, Container) else Container(file)
        if not isinstance(file, Container):
            self._file.refuse_unknown(
                KINDS | {"TOKH", "TOKR", "TOKN", "TOKB", "DOCL", "TENS", "TDAT", "TBLK"}
            )
        #: How ids depend on more than the header says; None for vocabularies of version 1.0.
        self.pipeline: Pipeline | None = None
        if section := self._file.find("PIPE"):
            data = self._file.read(section, limit=1 << 26)
            self.pipeline = Pipeline(data, f"{self._file.path}: PIPE")
        #: Special tokens around a text, and kept parts of a `tokenizer.json`; None without either.
        self.post: PostProcessor | None = None
        if section := self._file.find("post"):
            data = self._file.read(section, limit=1 << 26)
            self.post = PostProcessor(data, f"{self._file.path}: post")
        self._parse(self._file.read(self._file.section("VOCB"), limit=1 << 26))
        #: Merges in the order of their ranks: rows of left, right and resulting id.
        self.merges: np.ndarray
        self._read_tokens()

    def _parse(self, data: bytes) -> None:
        self._where = f"{self._file.path}: VOCB"
        if len(data) < 48:
            raise self._bad("the header is cut")
        #: The SHA-256 that names the vocabulary, as the file tells it.
        self.fingerprint = data[:32]
        self.layout, self.merge_rule, count = struct.unpack_from("<BBH", data, 32)
        #: Ids are below this.
        self.id_bound: int
        self.id_bound, self._merge_count, specials = struct.unpack_from("<3I", data, 36)
        if self.layout not in (1, 2) or self.merge_rule > 2:
            raise self._bad("a layout or a merge rule that is not known")
        #: The settings of how text is split, seven bytes, or an expression.
        self.settings = data[48 : 48 + count]
        if not is_pattern(self.settings):
            raise self._bad("the pattern is none")
        position = 48 + count
        if self.layout == 1:
            self._first = int.from_bytes(data[position : position + 4], "little")
            self._bytes = data[position + 4 : position + 260]
            if sorted(self._bytes) != list(range(256)):
                raise self._bad("byteOrder does not hold every byte once")
            position += 260
        #: Special tokens by their bytes, in the order of their ids.
        self.special_tokens: dict[bytes, int] = {}
        last = -1
        for _ in range(specials):
            if len(data) < position + 8:
                raise self._bad("the special tokens are cut")
            token_id, length = struct.unpack_from("<II", data, position)
            text = data[position + 8 : position + 8 + length]
            if token_id <= last or len(text) != length or not text or text in self.special_tokens:
                raise self._bad("special tokens out of order, cut, or twice the same")
            self.special_tokens[text] = last = token_id
            position += 8 + length
        if position != len(data):
            raise self._bad("something follows the special tokens")

    def _read_tokens(self) -> None:
        left, right = self._plane("LEFT"), self._plane("RGHT")
        tokens = self._tokens_of_strings() if self.layout == 2 else self._tokens_of_bytes()
        #: The bytes of every ordinary token by its id.
        self.tokens: dict[int, bytes] = tokens
        ids = {token: token_id for token_id, token in tokens.items()}
        if len(ids) != len(tokens):
            raise self._bad("two tokens have the same bytes")
        if self.layout == 2:
            results = self._plane("RSLT")
            for parent, a, b in zip(results.tolist(), left.tolist(), right.tolist()):
                known = a in tokens and b in tokens
                if not known or tokens.get(parent) != tokens[a] + tokens[b]:
                    raise self._bad("a merge does not yield the token of its parts")
        else:
            results = self._merge_all(left, right, ids)
        self.merges = np.stack([left, right, results], axis=1)
        if len(np.unique(self.merges[:, :2], axis=0)) != self._merge_count:
            raise self._bad("a pair merges twice")
        is_complete = self.pipeline is None or self.pipeline.is_complete
        if is_complete and any(bytes([byte]) not in ids for byte in range(256)):
            raise self._bad("a byte isn't a token")
        if sum(map(len, tokens.values())) > 1 << 26 or max(map(len, tokens.values())) > 65535:
            raise self._bad("tokens are too long")
        special = self.special_tokens
        if any(tokens.get(token_id, text) != text for text, token_id in special.items()):
            raise self._bad("a special token has the id of another token")
        if max(set(special.values()) | tokens.keys()) + 1 != self.id_bound:
            raise self._bad("idBound is not that of the tokens")
        self._check_pipeline(set(special.values()) | tokens.keys())

    def _check_pipeline(self, ids: set[int]) -> None:
        named: set[int] = set(self.post.ids) if self.post else set()
        if self.pipeline:
            if not self.pipeline.matching.keys() <= set(self.special_tokens.values()):
                raise self._bad("PIPE has options for what isn't a special token")
            if self.pipeline.unknown is not None:
                named.add(self.pipeline.unknown)
            pieces, unused = self.pipeline.piece_order or ([], [])
            symbols = {*self.pipeline.whole_symbols, *(piece for piece, _ in pieces), *unused}
            if not symbols <= self.tokens.keys():
                raise self._bad("PIPE names a symbol or a piece without a token")
        if not named <= ids:
            raise self._bad("PIPE or post names an id without a token")

    def _tokens_of_bytes(self) -> dict[int, bytes]:
        return {self._first + index: bytes([byte]) for index, byte in enumerate(self._bytes)}

    def _tokens_of_strings(self) -> dict[int, bytes]:
        data = self._file.read(self._file.section("TSTR"), limit=1 << 28)
        count = int.from_bytes(data[:4], "little")
        if len(data) < 4 or count > 1 << 21 or len(data) < 4 + 2 * count:
            raise self._bad("TSTR is cut")
        lengths = np.frombuffer(data, dtype="<u2", count=count, offset=4).astype(np.int64)
        ends = 4 + 2 * count + np.cumsum(lengths)
        if count and ends[-1] != len(data):
            raise self._bad("TSTR is cut, or something follows")
        return {
            token_id: data[end - length : end]
            for token_id, (end, length) in enumerate(zip(ends.tolist(), lengths.tolist()))
            if length
        }

    def _merge_all(
        self, left: np.ndarray, right: np.ndarray, ids: dict[bytes, int]
    ) -> np.ndarray:
        """The tokens that merges yield, put after those of the bytes."""
        tokens, next_id = self.tokens, self._first + 256
        results: list[int] = []
        room = 1 << 26
        for a, b in zip(left.tolist(), right.tolist()):
            if a not in tokens or b not in tokens:
                raise self._bad("a merge refers to a token that does not come before it")
            merged = tokens[a] + tokens[b]
            if merged in ids:
                results.append(ids[merged])
                continue
            if merged in self.special_tokens:
                # A special token that a merge spells is an ordinary one too.
                token_id = self.special_tokens[merged]
                tokens[token_id] = merged
                ids[merged] = token_id
                results.append(token_id)
                continue
            room -= len(merged)
            if len(merged) > 65535 or room < 0:
                raise self._bad("tokens are too long")
            tokens[next_id] = merged
            ids[merged] = next_id
            results.append(next_id)
            next_id += 1
        return np.array(results, dtype=np.int64)

    def _plane(self, kind: str) -> np.ndarray:
        data = self._file.read(self._file.section(kind), limit=1 << 26)
        if len(data) != 3 * self._merge_count:
            raise self._bad(f"{kind} has another length than the merges")
        low, middle, high = np.frombuffer(data, dtype=np.uint8).reshape(3, -1).astype(np.int64)
        return low | middle << 8 | high << 16

    def _bad(self, cause: str) -> BadData:
        return BadData(f"{self._where}: {cause}")

    @property
    def pattern(self) -> str:
        """The name of the pattern; empty for settings that have none."""
        return PATTERNS.get(self.settings, "")

    @cached_property
    def all_tokens(self) -> dict[int, bytes]:
        """The bytes of every token by its id, special ones too."""
        return self.tokens | {token_id: text for text, token_id in self.special_tokens.items()}

    def is_ordinary(self, token_id: int) -> bool:
        """Whether an added token counts in every text, and not only where a caller allows it."""
        options = self.pipeline.matching.get(token_id, 0) if self.pipeline else 0
        return options & 1 == 1

    def computed_fingerprint(self) -> bytes:
        """The fingerprint of the content: what `fingerprint` must be."""
        ids = sorted(self.tokens)
        texts = [self.tokens[token_id] for token_id in ids]
        digest = hashlib.sha256(b"gobbet vocabulary 1\n")
        count = len(self.settings)
        counted = bytes([count]) if not is_expression(self.settings) else struct.pack("<BI", 0, count)
        digest.update(bytes([self.merge_rule]) + counted + self.settings)
        digest.update(struct.pack("<I", len(ids)))
        digest.update(np.array(ids, dtype="<u4").tobytes())
        digest.update(np.array([len(text) for text in texts], dtype="<u4").tobytes())
        digest.update(b"".join(texts))
        digest.update(struct.pack("<I", len(self.merges)))
        digest.update(self.merges.astype("<u4").tobytes())
        digest.update(struct.pack("<I", len(self.special_tokens)))
        for text, token_id in self.special_tokens.items():
            digest.update(struct.pack("<II", token_id, len(text)) + text)
        if self.pipeline:
            digest.update(self.pipeline.data)
        return digest.digest()
