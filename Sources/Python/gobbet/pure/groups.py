"""Numbers in groups of seven bits, the lowest first, as many sections have them."""

from __future__ import annotations

import numpy as np

from ..errors import BadData


def numbers(data: bytes | memoryview, where: str) -> np.ndarray:
    """All numbers of `data`, which holds nothing else; only the shortest form is allowed."""
    groups = np.frombuffer(data, dtype=np.uint8)
    if len(groups) == 0:
        return np.zeros(0, dtype=np.uint64)
    last = groups < 0x80
    if not last[-1]:
        raise BadData(f"{where}: a number is cut")
    ends = np.flatnonzero(last)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > 10 or ((groups[ends] == 0) & (lengths > 1)).any():
        raise BadData(f"{where}: a number is not in its shortest form")
    if ((lengths == 10) & (groups[ends] > 1)).any():
        raise BadData(f"{where}: a number does not fit 64 bits")
    values = np.zeros(len(ends), dtype=np.uint64)
    for place in range(int(lengths.max())):
        has = lengths > place
        bits = (groups[starts[has] + place] & 0x7F).astype(np.uint64)
        values[has] |= bits << np.uint64(7 * place)
    return values


def number(data: bytes | memoryview, offset: int, where: str) -> tuple[int, int]:
    """The number at `offset`, and the offset after it."""
    value = shift = 0
    while True:
        if offset >= len(data):
            raise BadData(f"{where}: a number is cut")
        group = data[offset]
        value |= (group & 0x7F) << shift
        offset += 1
        shift += 7
        if group < 0x80:
            break
        if shift > 63:
            raise BadData(f"{where}: a number does not fit 64 bits")
    if group == 0 and shift > 7 or value >= 1 << 64:
        raise BadData(f"{where}: a number is not in its shortest form")
    return value, offset
