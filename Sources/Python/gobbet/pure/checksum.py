"""CRC-32C (Castagnoli), by NumPy over many lanes at once."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

_TABLE: npt.NDArray[Any] = np.arange(256, dtype=np.uint32)
for _ in range(8):
    _TABLE = (_TABLE >> 1) ^ (_TABLE & 1) * np.uint32(0x82F63B78)
_LIST: list[int] = _TABLE.tolist()

#: Bytes of a lane: a power of two, so that joining lanes is squaring.
_LANE = 128


def crc32c(data: bytes | memoryview) -> int:
    """The CRC-32C of `data`."""
    view = memoryview(data)
    crc = 0xFFFFFFFF
    lanes = len(view) // _LANE
    if lanes >= 8:
        crc = _joined(_lanes(np.frombuffer(view[: lanes * _LANE], dtype=np.uint8), lanes))
        view = view[lanes * _LANE :]
    table = _LIST
    for byte in view:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _lanes(data: np.ndarray, count: int) -> np.ndarray:
    """The register after each lane by itself; the first lane begins with all bits set."""
    crc = np.zeros(count, dtype=np.uint32)
    crc[0] = 0xFFFFFFFF
    for column in np.ascontiguousarray(data.reshape(count, _LANE).T):
        crc = _TABLE[(crc ^ column) & 0xFF] ^ (crc >> 8)
    return crc


def _joined(crc: np.ndarray) -> int:
    """The register after all lanes: neighbours join, the left one moved past the right one."""
    level = 0
    while len(crc) > 1:
        if len(crc) % 2:
            # A register of zero in front changes nothing, since the first lane has its own start.
            crc = np.concatenate([np.zeros(1, dtype=np.uint32), crc])
        first, second, third, fourth = _past_zeros(level)
        left = crc[0::2]
        moved = first[left & 0xFF] ^ second[(left >> 8) & 0xFF]
        moved ^= third[(left >> 16) & 0xFF] ^ fourth[left >> 24]
        crc = moved ^ crc[1::2]
        level += 1
    return int(crc[0])


@cache
def _past_zeros(level: int) -> np.ndarray:
    """What `_LANE` << `level` zero bytes make of each byte of a register: four tables."""
    images = _images(level)
    tables = np.zeros((4, 256), dtype=np.uint32)
    values = np.arange(256, dtype=np.uint32)
    for bit in range(32):
        chosen = (values >> np.uint32(bit % 8)) & 1
        tables[bit // 8] ^= chosen * np.uint32(images[bit])
    return tables


@cache
def _images(level: int) -> tuple[int, ...]:
    """Where each bit of a register goes past `_LANE` << `level` zero bytes; linear over bits."""
    if level > 0:
        images = _images(level - 1)
        return tuple(_applied(images, image) for image in images)
    images = tuple(_LIST[(1 << bit) & 0xFF] ^ ((1 << bit) >> 8) for bit in range(32))
    for _ in range(_LANE.bit_length() - 1):
        images = tuple(_applied(images, image) for image in images)
    return images


def _applied(images: tuple[int, ...], register: int) -> int:
    result = 0
    for bit, image in enumerate(images):
        if register >> bit & 1:
            result ^= image
    return result
