"""Files of tensors, written."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from . import _native, _structures
from ._native import local
from .element_types import data_bytes
from .errors import InvalidArgument
from .weights_file import Path

if TYPE_CHECKING:
    from .encoding import Encoding

Codec = Literal["compact", "raw"]


class WeightsWriter:
    """A file of tensors being written; it appears under its name when finished, or not at all."""

    def __init__(
        self,
        path: Path,
        *,
        metadata: Mapping[str, str] | None = None,
        codec: Codec = "compact",
        vocabulary: Encoding | None = None,
        replace: bool = False,
    ) -> None:
        library = self._library = _native.library()
        pairs = b""
        for key, value in (metadata or {}).items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise InvalidArgument("metadata are pairs of strings")
            pairs += _native.c_text(key, "metadata") + b"\0"
            pairs += _native.c_text(value, "metadata") + b"\0"
        options = _structures.WeightsOptions(
            size=ctypes.sizeof(_structures.WeightsOptions),
            replace=replace,
            codec=_native.c_text(codec, "a codec"),
            metadata=pairs,
            metadata_byte_count=len(pairs),
            vocabulary=None if vocabulary is None else vocabulary._handle,
        )
        _native.check(
            library.weights_writer_make(
                _native.path_bytes(path),
                ctypes.addressof(options),
                local.handle_at,
                local.error_at,
            )
        )
        self._owner = _native.Handle(local.handle.value, library.weights_writer_close)

    def add(
        self, name: str, element_type: int, shape: tuple[int, ...], address: int, byte_count: int
    ) -> None:
        """Adds a tensor whose data, row-major and little-endian, lies at `address`."""
        if byte_count != data_bytes(element_type, shape):
            raise InvalidArgument(f"{name}: {byte_count} bytes for {shape}")
        axes = (ctypes.c_uint64 * max(1, len(shape)))(*shape)
        _native.check(
            self._library.weights_writer_add(
                self._owner.value,
                _native.c_text(name, "a name"),
                element_type,
                ctypes.addressof(axes),
                len(shape),
                address or None,
                byte_count,
                local.error_at,
            )
        )

    def finish(self) -> str:
        """Puts the file under its name; its content id, in hexadecimal."""
        content = (ctypes.c_uint8 * 32)()
        value, self._owner.value = self._owner.value, 0
        _native.check(
            self._library.weights_writer_finish(value, ctypes.addressof(content), local.error_at)
        )
        return bytes(content).hex()

    def __enter__(self) -> WeightsWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self._owner.close()
