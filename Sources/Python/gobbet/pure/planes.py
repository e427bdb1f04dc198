"""Compact blocks of a tensor: planes of bytes, put together again (`Spec/Weights.md`)."""

from __future__ import annotations

import struct

import numpy as np

from ..element_types import BLOCKS, ELEMENT_TYPES
from ..errors import BadData
from .frames import decompressed

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
#: Bytes of data in a block, but for types in blocks of their own, which aren't cut.
BLOCK = 524_288


def joined(block: memoryview, element_type: int, length: int, where: str) -> bytes:
    """The `length` bytes of data that a compact block holds.

    Raises `BadData`, which says `where` the block is, if it isn't one.
    """
    if element_type in BLOCKS:
        return _joined_fields(block, _FIELDS[element_type], length, where)
    return _joined_planes(block, ELEMENT_TYPES[element_type][1] // 8, length, where)


def block_bytes(element_type: int) -> int:
    """Bytes of data in each block of a tensor but its last."""
    if element_type not in BLOCKS:
        return BLOCK
    _, elements, size = BLOCKS[element_type]
    group = size * (256 // elements)
    return BLOCK // group * group


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
