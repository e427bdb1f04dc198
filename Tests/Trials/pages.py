"""Measures the pages of `gobbet report` beside `gobbet verify` of the same files.

    pages.py GOBBET RANKS CORPUS…

RANKS is a vocabulary of 200,000 tokens, such as tiktoken's o200k_base; the files of the corpus are packed
again and again into a dataset of 100 million tokens, in a temporary folder. Prints the size of each page,
the processor's seconds and the peak memory of the best of three runs, and fails for a page of more than
2 MB, more than 5 times the seconds of `verify`, or more than 200 MB of memory.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOKENS = 100_000_000


def run(*words: str) -> tuple[float, int]:
    """The processor's seconds and the peak memory in MB of a run."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(words)}: ended with {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10


def best(*words: str) -> tuple[float, int]:
    """The least seconds of three runs, and the most memory."""
    runs = [run(*words) for _ in range(3)]
    return min(seconds for seconds, _ in runs), max(memory for _, memory in runs)


def main() -> None:
    """The command."""
    gobbet, ranks, *corpus = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        vocabulary, dataset, page = (folder / name for name in ("v.gobbet", "d.gobbet", "p.html"))
        run(gobbet, "convert", ranks, "-o", str(vocabulary))
        pack = [gobbet, "pack", "-q", "-f", "--json", "-v", str(vocabulary), "-o", str(dataset)]
        counted = json.loads(subprocess.check_output([*pack, *corpus]))["tokens"]
        run(*pack, *corpus * -(-TOKENS // counted))
        is_good = True
        for file in [vocabulary, dataset]:
            verify, _ = best(gobbet, "verify", str(file))
            seconds, memory = best(gobbet, "report", str(file), "-o", str(page), "-f")
            size = page.stat().st_size
            print(f"{file.name}: {size / 1e3:.0f} kB, {seconds:.2f} s, {seconds / verify:.2f} times verify, {memory} MB")
            is_good = is_good and size < 2e6 and seconds <= 5 * verify and memory <= 200
    if not is_good:
        sys.exit("a page is too large, too slow or takes too much memory")


if __name__ == "__main__":
    main()
