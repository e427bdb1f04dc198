"""Files that the native library reads."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from array import array
from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import _native, _structures
from ._native import local
from .errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    from .backends import Path
    from .encoding import Encoding
    from .weights_file import TensorInfo

#: Tensors below this are read by one thread.
_BYTES_PER_THREAD = 1 << 22
_INFO = struct.Struct("<4xIQQII8Q")
_OFFSET = struct.Struct("<Q")


class NativeVocabulary:
    """A vocabulary of the library's."""

    def __init__(self, handle: int | None) -> None:
        self.library = library = _native.library()
        self._owner = _native.Handle(handle, library.vocabulary_close)
        self.handle = self._owner.value

    @cached_property
    def _info(self) -> _structures.VocabularyInfo:
        # Not before it is asked for: the fingerprint is a hash of all tokens.
        info = _structures.VocabularyInfo(size=ctypes.sizeof(_structures.VocabularyInfo))
        _native.check(
            self.library.vocabulary_describe(self.handle, ctypes.addressof(info), local.error_at)
        )
        return info

    @property
    def n_vocab(self) -> int:
        """How many ids there are at most."""
        return int(self._info.id_bound)

    @property
    def merge_count(self) -> int:
        """How many merges the vocabulary has."""
        return int(self._info.merge_count)

    @property
    def pattern(self) -> str:
        """The name of the pattern; empty for settings that have none."""
        return str(self._info.pattern.decode())

    @property
    def fingerprint(self) -> str:
        """What names the content of the vocabulary, in hexadecimal."""
        return bytes(self._info.fingerprint).hex()

    @classmethod
    def opened(cls, path: Path, pattern: str | None) -> NativeVocabulary:
        """The vocabulary in a file of any format."""
        _native.check(
            _native.library().vocabulary_open(
                _native.path_bytes(path),
                _native.optional_text(pattern, "a pattern"),
                local.handle_at,
                local.error_at,
            )
        )
        return cls(local.handle.value)

    def decode_bytes(self, tokens: Any, skip_special_tokens: bool) -> bytes:
        """The bytes of tokens, of special ones too unless they are left out."""
        ids, place, count = _ids(tokens)
        mine = local
        decode = self.library.decode_ordinary if skip_special_tokens else self.library.decode
        status = decode(
            self.handle, place, count, mine.buffer_at, 4 * mine.room, mine.count_at, mine.error_at
        )
        if status == _native.BUFFER_TOO_SMALL:
            mine.grow(mine.count.value // 4 + 1)
            status = decode(
                self.handle, place, count, mine.buffer_at, 4 * mine.room, mine.count_at,
                mine.error_at,
            )  # fmt: skip
        del ids
        if status:
            _native.fail(status)
        return bytes(mine.bytes[: mine.count.value])

    def token_bytes(self, token: int) -> bytes:
        """The bytes of one token."""
        if not 0 <= token < 1 << 32:
            raise NotFound(f"no token has the id {token}")
        mine = local
        while True:
            status = self.library.vocabulary_token(
                self.handle, token, mine.buffer_at, 4 * mine.room, mine.count_at, mine.error_at
            )
            if status != _native.BUFFER_TOO_SMALL:
                break
            mine.grow(mine.count.value // 4 + 1)
        if status:
            _native.fail(status)
        return bytes(mine.bytes[: mine.count.value])

    @property
    def template_counts(self) -> tuple[int, int]:
        """How many special tokens the post-processor puts in front of a text and after it."""
        return self._info.front_token_count, self._info.behind_token_count

    def part(self, name: str) -> str | None:
        """A part of the tokenizer's own files that the vocabulary keeps; None if it keeps none."""
        mine = local
        while True:
            status = self.library.vocabulary_part(
                self.handle, name.encode(), mine.buffer_at, 4 * mine.room, mine.count_at,
                mine.error_at,
            )  # fmt: skip
            if status != _native.BUFFER_TOO_SMALL:
                break
            mine.grow(mine.count.value // 4 + 1)
        if status == _native.NOT_FOUND:
            return None
        _native.check(status)
        return bytes(mine.bytes[: mine.count.value]).decode()

    def token_id(self, data: bytes) -> int:
        """The id of the token with these bytes."""
        found = ctypes.c_uint32()
        _native.check(
            self.library.vocabulary_id(
                self.handle, data, len(data), ctypes.addressof(found), local.error_at
            )
        )
        return found.value

    def special_ids(self) -> list[int]:
        """The ids of special tokens."""
        status = self.library.vocabulary_special_tokens(
            self.handle, local.buffer_at, local.room, local.count_at, local.error_at
        )
        if status == _native.BUFFER_TOO_SMALL:
            local.grow(local.count.value)
            status = self.library.vocabulary_special_tokens(
                self.handle, local.buffer_at, local.room, local.count_at, local.error_at
            )
        _native.check(status)
        found: list[int] = local.ids[: local.count.value].tolist()
        return found

    def reopened(self, encoding: Encoding) -> tuple[object, ...]:
        """By the vocabulary itself: its file may be gone where that is done."""
        from .saving import _restored

        return _restored, (encoding._content, encoding.name)


class NativeWeights:
    """A file of tensors that the library has opened."""

    def __init__(self, path: str) -> None:
        from .weights_file import TensorInfo

        self._path = path
        library = self._library = _native.library()
        _native.check(
            library.weights_open(_native.path_bytes(path), local.handle_at, local.error_at)
        )
        self._owner = _native.Handle(local.handle.value, library.weights_close)
        handle = self._owner.value
        _native.check(
            library.weights_count(handle, local.count_at, local.number_at, local.error_at)
        )
        self._metadata_count = local.number.value
        info = _structures.TensorInfo()
        place, view = ctypes.addressof(info), memoryview(info).cast("B")
        info.size = ctypes.sizeof(info)
        self.tensors: list[TensorInfo] = []
        for index in range(local.count.value):
            status = library.weights_tensor(handle, index, place, local.error_at)
            if status:
                _native.fail(status)
            kind, byte_count, stored, rank, is_raw, *shape = _INFO.unpack_from(view)
            name = info.name.decode()
            offset = _OFFSET.unpack_from(view, _structures.TensorInfo.file_offset.offset)[0]
            self.tensors.append(
                TensorInfo(
                    name, kind, tuple(shape[:rank]), byte_count, stored, bool(is_raw),
                    offset if is_raw else 0,
                )
            )  # fmt: skip

    def set_place(self) -> tuple[int, int] | None:
        """Which file of a set it is, and how many there are."""
        number, count = ctypes.c_uint32(), ctypes.c_uint32()
        status = self._library.weights_set_place(
            self._owner.value, ctypes.addressof(number), ctypes.addressof(count), local.error_at
        )
        if status == _native.NOT_FOUND:
            return None
        _native.check(status)
        return number.value, count.value

    def descriptor(self) -> int:
        """A descriptor of the open file, which the caller closes."""
        found = ctypes.c_int32()
        _native.check(
            self._library.weights_descriptor(
                self._owner.value, ctypes.addressof(found), local.error_at
            )
        )
        return found.value

    def metadata(self) -> dict[str, str]:
        """The metadata in its order."""
        result = {}
        for index in range(self._metadata_count):
            text = _native.text_of(
                lambda *place, index=index: self._library.weights_metadata(
                    self._owner.value, index, *place
                )
            )
            key, value, _ = text.split(b"\0", 2)
            result[key.decode()] = value.decode()
        return result

    def vocabulary(self) -> Encoding:
        """The vocabulary in the file."""
        _native.check(
            self._library.weights_vocabulary(self._owner.value, local.handle_at, local.error_at)
        )
        return embedded(self._path)

    def read_into(self, index: int, first: int, last: int, address: int, byte_count: int) -> None:
        """Copies rows of a tensor to memory, checked."""
        status = self._library.weights_read(
            self._owner.value,
            index,
            first,
            last,
            1 if byte_count < _BYTES_PER_THREAD else 0,
            address,
            byte_count,
            local.error_at,
        )
        if status:
            _native.fail(status)

    def check(self, index: int, first: int, last: int) -> bool:
        """Compares rows with their checksums, once."""
        from .weights_file import row_bytes

        threads = 1 if (last - first) * row_bytes(self.tensors[index]) < _BYTES_PER_THREAD else 0
        status = self._library.weights_check(
            self._owner.value, index, first, last, threads, local.error_at
        )
        if status:
            _native.fail(status)
        return True

    def close(self) -> None:
        """Closes the file."""
        self._owner.close()


def embedded(path: str) -> Encoding:
    """The encoding of the vocabulary that was opened last, out of the file at `path`."""
    from .encoding import Encoding

    return Encoding._of(NativeVocabulary(local.handle.value), os.path.basename(path))


def _ids(tokens: Any) -> tuple[object, int, int]:
    """Something that keeps ids alive as uint32, their address, and how many there are."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(tokens, numpy.ndarray):
        if tokens.dtype.kind not in "iu" or tokens.ndim != 1:
            raise InvalidArgument("ids are one axis of integers")
        if tokens.dtype != numpy.uint32:
            wrong = (tokens < 0) | (tokens > 0xFFFFFFFF)
            if wrong.any():
                raise NotFound(f"no token has the id {int(tokens[wrong][0])}")
        ids = numpy.ascontiguousarray(tokens, dtype=numpy.uint32)
        return ids, ids.__array_interface__["data"][0], len(ids)
    try:
        packed = array("I", tokens)
    except OverflowError:
        wrong = next(token for token in tokens if not 0 <= token < 1 << 32)
        raise NotFound(f"no token has the id {wrong}") from None
    return packed, packed.buffer_info()[0], len(packed)
