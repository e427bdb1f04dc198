"""Counted pretokens (`Spec/Counts.md`)."""

from __future__ import annotations

import os
import struct

from ..errors import BadData
from .container import Container
from .groups import number
from .vocabulary import PATTERNS, is_pattern


def read_counts(path: str | os.PathLike[str]) -> tuple[str, dict[bytes, int]]:
    """The name of the pattern (empty for settings without one), and the counts of the pretokens."""
    file = Container(path)
    file.refuse_unknown({"CNTH", "CNTS"})
    header = file.read(file.section("CNTH"), limit=1 << 16)
    where = f"{file.path}: CNTS"
    if len(header) < 60:
        raise BadData(f"{file.path}: CNTH: is cut")
    (count,) = struct.unpack_from("<Q", header)
    (length,) = struct.unpack_from("<I", header, 56)
    settings = header[60:]
    if length != len(settings) or not is_pattern(settings):
        raise BadData(f"{file.path}: CNTH: the pattern is none")
    data = file.read(file.section("CNTS"))
    counts: dict[bytes, int] = {}
    last, position = b"", 0
    while position < len(data):
        shared, position = number(data, position, where)
        added, position = number(data, position, where)
        if shared > len(last) or added == 0 or added > len(data) - position:
            raise BadData(f"{where}: a pretoken is cut")
        pretoken = last[:shared] + data[position : position + added]
        position += added
        occurrences, position = number(data, position, where)
        if pretoken <= last or len(pretoken) > 65535 or occurrences == 0:
            raise BadData(f"{where}: a pretoken out of order, too long, or without occurrences")
        if shared < min(len(last), len(pretoken)) and last[shared] == pretoken[shared]:
            raise BadData(f"{where}: a pretoken shares more with the one before")
        counts[pretoken] = occurrences
        last = pretoken
    if len(counts) != count:
        raise BadData(f"{where}: {len(counts)} pretokens, not {count}")
    return PATTERNS.get(settings, ""), counts
