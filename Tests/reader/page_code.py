"""The code of the pages of Spec/, as a module: what stands in their Python fences, and what they take from elsewhere."""
import hashlib
import pathlib
import re
import types

import zstandard

from gobbet_reader import MINOR, crc32c

SPEC = pathlib.Path(__file__).resolve().parents[2] / "Spec"


class Refused(Exception):
    """A file breaks a rule, whose number is the first argument."""


def need(condition, rule):
    if not condition:
        raise Refused(rule)


def zstd(frame):
    try:
        decoder = zstandard.ZstdDecompressor().decompressobj()
        content = decoder.decompress(frame)
    except zstandard.ZstdError:
        return None
    return content if decoder.eof and not decoder.unused_data else None


def outside():
    table = re.search(r"^```ranges\n(.*?)^```", (SPEC / "Names.md").read_text(), re.M | re.S)[1]
    ranges = (word.split("-") for word in table.split())
    return {scalar for ends in ranges for scalar in range(int(ends[0], 16), int(ends[-1], 16) + 1)}


def code_of(page):
    """What the code of a page defines, by name."""
    text = (SPEC / f"{page}.md").read_text()
    names = {
        "Record": types.SimpleNamespace, "Refused": Refused, "MINOR": MINOR, "OUTSIDE": outside(),
        "need": need, "zstd": zstd, "checksum": crc32c,
        "digest": lambda data: hashlib.sha256(data).digest(),
        "number": lambda data: int.from_bytes(data, "little"), "zero": lambda data: not any(data)}
    for match in re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S):
        # Empty lines in front, so that an error names the line of the page.
        start = text.count("\n", 0, match.start(1))
        exec(compile("\n" * start + match[1], f"{page}.md", "exec"), names)
    return types.SimpleNamespace(**names)
