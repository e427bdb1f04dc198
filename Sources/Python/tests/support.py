"""What the tests share: fixtures, files made once, and what may be missing."""

from __future__ import annotations

import functools
import importlib.util
import os
import pathlib
import random
import tempfile
import unittest

import gobbet
from gobbet.corpus import documents

ROOT = pathlib.Path(os.environ.get("GOBBET_ROOT", pathlib.Path(__file__).resolve().parents[3]))
FIXTURES = ROOT / "Fixtures"
END = "<|endoftext|>"
CODECS = ("raw16", "raw32", "packed", "rank", "archive")
CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)


def needs(*modules: str):
    """Skips a test, or a class of them, where a module is missing."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    names = ", ".join(missing)
    return unittest.skipIf(missing, f"needs {names}: pip install {' '.join(missing)}")


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="gobbet-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


@functools.cache
def corpus() -> list[bytes]:
    """The documents of the small corpus, and an empty one."""
    return [b"", *documents(FIXTURES / "corpus"), b"\xff\xfe no UTF-8 \x80"]


@functools.cache
def encoding() -> gobbet.Encoding:
    """A vocabulary of the small corpus, in cl100k's pattern, with two special tokens."""
    return gobbet.train(
        corpus(), 3000, pattern="cl100k", special_tokens=[END, "<|pad|>"], name="small"
    )


def texts(seed: int, count: int) -> list[str]:
    """Random pieces of the corpus, and random scalars."""
    generator = random.Random(seed)
    whole = b"\n".join(corpus()).decode("utf-8", "replace")
    result = []
    for _ in range(count):
        start = generator.randrange(len(whole))
        piece = whole[start : start + generator.randrange(400)]
        if generator.random() < 0.2:
            piece += "".join(
                chr(generator.choice([*range(0xD800), *range(0xE000, 0x11000)])) for _ in range(9)
            )
        result.append(piece)
    return result


def write_dataset(path: pathlib.Path, codec: str = "rank", **options: object) -> list[list[int]]:
    """A dataset of the small corpus; its documents of ids."""
    chosen = encoding()
    decoded = [document.decode("utf-8", "replace") for document in corpus()]
    ids = chosen.encode_ordinary_batch(decoded)
    with gobbet.DatasetWriter(path, chosen, codec=codec, **options) as writer:
        writer.add(*ids)
    return ids
