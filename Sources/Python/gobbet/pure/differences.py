"""Tensors that are stored as differences from those of another file (`Spec/Weights.md`, "Delta")."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np

from ..errors import BadData
from ..remote.urls import beside, is_remote, shown
from .records import is_name

#: Files that may stand one on the other.
MOST_BASES = 64


class Base(NamedTuple):
    """The file that tensors differ from: its content id, and its name in the same folder."""

    content_id: bytes
    file_name: str

    def path(self, path: str, chain: tuple[str, ...]) -> str:
        """Where the base of the file at `path` lies; `chain` are the files that stand on that.

        Raises:
            BadData: If the base is one of these files, or one too many.
        """
        if is_remote(path):
            base = beside(path, self.file_name)
        else:
            base = os.path.join(os.path.dirname(path), self.file_name)
        name = shown(path)
        if base in (*chain, path):
            raise BadData(f"{name}: stands on {self.file_name}, which stands on it: bases go in a circle")
        if len(chain) >= MOST_BASES:
            raise BadData(f"{name}: more than {MOST_BASES} files stand on each other")
        return base


def read_base(content: bytes, path: str) -> Base:
    """What the section BASE says.

    Raises:
        BadData: If it is cut, or has a name that no file in the same folder can have.
    """
    try:
        name = content[32:].decode()
    except UnicodeDecodeError:
        raise BadData(f"{path}: BASE: the name isn't UTF-8") from None
    if len(content) < 33 or len(content) > 32 + 512 or name == "." or not is_name(name):
        raise BadData(f"{path}: BASE: is cut, or has no name that a file can have")
    return Base(content[:32], name)


def added(difference: bytes | memoryview, base: bytes, width: int | None) -> bytes:
    """The elements of a block, of `width` bytes or in blocks, that differ so from those of the base."""
    if width is None:
        parts = (np.frombuffer(data, np.uint8) for data in (difference, base))
        return bytes(np.bitwise_xor(*parts).tobytes())
    stored, others = (np.frombuffer(data, f"<u{width}") for data in (difference, base))
    kind, bits = stored.dtype.type, 8 * width
    one, top = kind(1), kind(bits - 1)
    stored = np.where(stored >> top, stored ^ kind((1 << (bits - 1)) - 1), stored)
    sums = others << one | others >> top
    # How much an element changes depends on how large it was, which is the order they stand in.
    order = np.argsort(sums >> kind(bits - 8), kind="stable")
    sums[order] += stored
    return bytes((sums >> one | sums << top).tobytes())
