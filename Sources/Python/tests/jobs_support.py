"""What the tests of jobs share: a corpus of every kind of file, the command, and faults."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gobbet
from gobbet.corpus import documents
from gobbet.jobs import PackOptions

from .support import END, FIXTURES, ROOT

#: Options of a job, and the same for the command.
VARIANTS: dict[str, tuple[PackOptions, list[str]]] = {
    "shards": (PackOptions(shard_tokens=20_000), ["--shard-tokens", "20000"]),
    "everything": (
        PackOptions(shard_tokens=9_000, validation=0.1, unique=True, append=END, sources=True,
                    lengths=True, codec="packed", block_tokens=512),
        ["--shard-tokens", "9000", "--validation", "0.1", "--unique", "--append", END, "--sources",
         "--lengths", "--codec", "packed", "--block-tokens", "512"],
    ),
    "splits of one file": (
        PackOptions(validation=0.3, append_eot=True, embed_vocabulary=False),
        ["--validation", "0.3", "--append-eot", "--no-vocabulary"],
    ),
}  # fmt: skip


def python_path() -> str:
    """What workers need as PYTHONPATH to find the tests, and what the tests find."""
    root = str(pathlib.Path(__file__).resolve().parents[1])
    return os.pathsep.join([root, *[path for path in sys.path if path]])


def command() -> str:
    """The command `gobbet`; skips the test where it was not built."""
    path = os.environ.get("GOBBET_COMMAND") or str(ROOT / ".build/release/gobbet")
    if shutil.which(path) is None:
        raise unittest.SkipTest("needs the command gobbet: make build, or set GOBBET_COMMAND to it")
    return path


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess:
    """Runs the command quietly."""
    done = subprocess.run(
        [command(), *map(str, arguments)], capture_output=True, check=False, **options
    )
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    return done


def texts() -> list[str]:
    """Documents of the small corpus, cut smaller, with some that come twice."""
    pieces = []
    for document in documents(FIXTURES / "corpus"):
        text = document.decode()
        pieces += [text[start : start + 700] for start in range(0, len(text), 700)]
    odd = ["one more \u2028 line\r\n", "ﷺ\\\"\t"]
    return pieces[:120] + [""] + pieces[100:] + pieces[:30] + odd


def write_lines(path: pathlib.Path, texts: list[str], first: int = 0) -> None:
    """A file of JSON Lines, compressed as its name says."""
    lines = "".join(
        json.dumps({"id": f"d{number}", "n": number, "text": text, "in": {"text": text}}) + "\n"
        for number, text in enumerate(texts, first)
    ).encode()
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines))
    elif path.suffix == ".zst":
        import zstandard

        path.write_bytes(zstandard.compress(lines))
    else:
        path.write_bytes(lines)


def write_corpus(folder: pathlib.Path) -> list[pathlib.Path]:
    """A corpus of every kind of file: inputs, of which one is a directory."""
    every = texts()
    inner = folder / "in order" / "b c"
    inner.mkdir(parents=True)
    write_lines(folder / "in order" / "a.jsonl", every[:160])
    write_lines(folder / "in order" / "b.jsonl.gz", every[160:240], 160)
    write_lines(inner / "d%20é.jsonl", every[240:320], 240)
    (inner / "empty.jsonl").write_bytes(b"")
    (inner / "z.txt").write_bytes("A whole file,\nof two lines.".encode())
    (folder / "in order" / "empty.txt").write_bytes(b"")
    (folder / "in order" / "empty.txt.gz").write_bytes(gzip.compress(b""))
    (folder / "in order" / "_SUCCESS").write_bytes(b"3 files")
    (folder / "in order" / ".hidden.jsonl").write_bytes(b"nonsense")
    marked = folder / "marked.jsonl"
    write_lines(marked, every[320:360], 320)
    marked.write_bytes(b"\xef\xbb\xbf" + marked.read_bytes().rstrip(b"\n"))
    write_lines(folder / "last.jsonl", every[360:], 360)
    return [folder / "in order", marked, folder / "last.jsonl"]


def vocabulary(folder: pathlib.Path) -> pathlib.Path:
    """A vocabulary of the small corpus."""
    path = folder / "v.gobbet"
    gobbet.train(texts(), 1500, pattern="cl100k", special_tokens=[END]).save(path)
    return path


def contents(folder: pathlib.Path) -> tuple[list[bytes], dict]:
    """The bytes of the shards of a dataset, and its manifest without their names."""
    manifest = json.loads((folder / "manifest.json").read_text())
    shards = []
    for split in manifest["splits"]:
        for shard in split["shards"]:
            shards.append((folder / shard.pop("name")).read_bytes())
    return shards, manifest


def assert_same_dataset(
    case: unittest.TestCase, one: pathlib.Path, other: pathlib.Path, at_least: int = 1
) -> None:
    """Two datasets have the same shards, byte for byte, and nothing is beside them."""
    found, expected = contents(one), contents(other)
    case.assertGreaterEqual(len(found[0]), at_least)
    case.assertEqual(found[1], expected[1])
    case.assertTrue(found[0] == expected[0], "the bytes of the shards differ")
    case.assertEqual(len(os.listdir(one)), len(found[0]) + 1, os.listdir(one))


@dataclass(frozen=True)
class Faulty:
    """A task's function that goes wrong the first times, in whichever process it runs.

    `kind` is `raise`, `late` (once its work is done), `kill` (its process) or `executor` (the process
    above Python's daemon, which is Spark's).
    """

    function: Callable[[Any], Any]
    folder: str
    kind: str
    times: int

    def __call__(self, task: Any) -> Any:
        """The function's own result, in the end."""
        # What a task reads can be read once.
        result = self.function(task) if self.kind == "late" else None
        for number in range(self.times):
            try:
                os.close(os.open(f"{self.folder}/{number}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            if self.kind == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.kind == "executor":
                os.kill(_parent(os.getppid()), signal.SIGKILL)
            raise OSError(f"fault {number} of {self.times}")
        return result if self.kind == "late" else self.function(task)


def _parent(process: int) -> int:
    """The parent of a process."""
    with open(f"/proc/{process}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def fault_count(folder: pathlib.Path) -> int:
    """How often something went wrong."""
    return len(list(folder.iterdir()))


