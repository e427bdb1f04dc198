"""Token files that the library reads."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from . import _native, _structures
from ._native import address, local
from .errors import Error, NotFound
from .native_backends import embedded
from .native_rows import NativeRows, NativeSampler
from .row_options import RowOptions
from .sampler_state import SamplerState

if TYPE_CHECKING:
    from .encoding import Encoding

#: The most numbers that a rule of masks has.
_RULE_NUMBERS = 1217


class NativeDataset:
    """Token files that the library has opened."""

    def __init__(self, paths: Sequence[str], cache_bytes: int) -> None:
        self._paths, self._cache_bytes = paths, cache_bytes
        library = self._library = _native.library()
        encoded = [_native.path_bytes(path) for path in paths]
        listed = (ctypes.c_char_p * len(encoded))(*encoded)
        _native.check(
            library.dataset_open(
                ctypes.addressof(listed), len(encoded), cache_bytes, local.handle_at, local.error_at
            )
        )
        self._owner = _native.Handle(local.handle.value, library.dataset_close)
        self._generation = _native.generation
        info = _structures.DatasetInfo(size=ctypes.sizeof(_structures.DatasetInfo))
        _native.check(
            library.dataset_describe(self._owner.value, ctypes.addressof(info), local.error_at)
        )
        self.token_count: int = info.token_count
        self.document_count: int = info.document_count
        self.id_bound: int = info.id_bound
        self.block_token_count: int = info.block_token_count
        self.codec: str = info.codec.decode()
        self.content_id: str = bytes(info.content_id).hex()
        self.fingerprint: str = bytes(info.fingerprint).hex()
        self.has_loss_mask = bool(info.has_loss_mask)

    def handle(self) -> int:
        """The handle; one of this process's own, for a fork may come while another is used."""
        if self._generation != _native.generation and self._owner.value:
            inherited = self._owner
            try:
                reopened = NativeDataset(self._paths, self._cache_bytes)
            except Error:
                # The files went away; what was opened before still reads them.
                self._generation = _native.generation
            else:
                if reopened.content_id == self.content_id:
                    self._owner = reopened._owner
                    # It is not closed: whoever used it as the process forked never ends.
                    inherited.value = 0
                self._generation = _native.generation
        return self._owner.value

    def tokens(self, start: int, end: int, kind: np.dtype[Any]) -> npt.NDArray[np.integer]:
        """Tokens as that type."""
        result: npt.NDArray[np.integer] = np.empty(end - start, dtype=kind)
        status = self._library.dataset_tokens(
            self.handle(),
            start,
            end,
            _native.INTEGER_TYPES[kind.name],
            address(result),
            local.error_at,
        )
        if status:
            _native.fail(status)
        return result

    def loss_mask(self, start: int, end: int) -> npt.NDArray[np.bool_]:
        """Which tokens count in a loss."""
        mask = np.empty(end - start, dtype=np.bool_)
        _native.check(
            self._library.dataset_loss_mask(
                self.handle(), start, end, address(mask), local.error_at
            )
        )
        return mask

    def loss_rule(self) -> list[int] | None:
        """The rule of the first file that has one, as the library lays it out."""
        rule = np.empty(_RULE_NUMBERS, np.uint32)
        try:
            _native.check(
                self._library.dataset_loss_rule(
                    self.handle(), address(rule), len(rule), local.count_at, local.error_at
                )
            )
        except NotFound:
            return None
        return [int(number) for number in rule[: local.count.value]]

    def document_bounds(self, first: int, last: int) -> tuple[int, npt.NDArray[np.uint64]]:
        """Where documents begin and end."""
        if first == last:
            # The library says where a document begins that it says the end of.
            begin = int(self.document_bounds(first - 1, first)[1][0]) if first else 0
            return begin, np.empty(0, dtype=np.uint64)
        ends = np.empty(last - first, dtype=np.uint64)
        _native.check(
            self._library.dataset_documents(
                self.handle(), first, last, local.number_at, address(ends),
                local.error_at,
            )
        )  # fmt: skip
        return local.number.value, ends

    def document_containing(self, token: int) -> int:
        """The document that a token is of."""
        _native.check(
            self._library.dataset_document_containing(
                self.handle(), token, local.number_at, local.error_at
            )
        )
        return int(local.number.value)

    def copy_windows(
        self, length: int, stride: int, indices: npt.NDArray[np.uint64], kind: np.dtype[Any],
        inputs: int, targets: int | None,
    ) -> None:  # fmt: skip
        """Writes windows to memory."""
        status = self._library.dataset_windows(
            self.handle(),
            length,
            stride,
            address(indices),
            len(indices),
            _native.INTEGER_TYPES[kind.name],
            inputs,
            targets,
            local.error_at,
        )
        if status:
            _native.fail(status)

    def sampler(
        self, state: SamplerState, *, begins: bool = False, place: tuple[int, int] | None = None
    ) -> NativeSampler:
        """A sampler of windows."""
        function = "make" if begins else "resume" if place is None else "resume_as"
        return NativeSampler(f"sampler_{function}", self.handle(), state, place)

    def rows(self, options: RowOptions) -> NativeRows:
        """Rows of whole documents."""
        return NativeRows(self, options)

    def vocabulary(self) -> Encoding:
        """The vocabulary in the first file."""
        _native.check(
            self._library.dataset_vocabulary(self.handle(), local.handle_at, local.error_at)
        )
        return embedded(self._paths[0])

    def metadata(self) -> str | None:
        """The metadata of the first file."""
        capacity, status = 1 << 12, _native.BUFFER_TOO_SMALL
        while status == _native.BUFFER_TOO_SMALL:
            room = (ctypes.c_char * capacity)()
            status = self._library.dataset_metadata(
                self.handle(), ctypes.addressof(room), capacity, local.count_at,
                local.error_at,
            )  # fmt: skip
            capacity = local.count.value
        if status == _native.NOT_FOUND:
            return None
        _native.check(status)
        return room.raw[: local.count.value].decode()

    def close(self) -> None:
        """Closes the files."""
        self._owner.close()
