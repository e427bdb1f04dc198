"""Times what comes before the first token: Gobbet and tiktoken from nothing to the ids of one sentence.

Usage: compare_startup.py GOBBET RANKS.tiktoken [--turns 15]

RANKS is cl100k_base.tiktoken. Three lines, medians of milliseconds by the clock and of CPU, with the
ratio to tiktoken's own in the same turn:

  command, .gobbet     exec to exit of `gobbet encode --text`, against reading the ranks, building the
                       encoder and encoding in a Python that has imported tiktoken already
  command, ranks       the same from tiktoken's text
  Python               `import gobbet`, opening the .gobbet file and encoding, against `import tiktoken`,
                       reading the ranks, building the encoder and encoding

Needs tiktoken and an installed `gobbet` (a wheel of `make wheel`) for the last line; without it the line
says so. Exits with 1 when ids differ.
"""
import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

TEXT = "The quick brown fox jumps over the lazy dog, and nobody minds: 1984, naïve café."
PATTERN = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
CLOCKS = "import json, sys, time\nclocks = lambda: (time.perf_counter(), time.process_time())\n"
TIKTOKEN = """
start, cpu = clocks() if not after_import else (0, 0)
import tiktoken
from tiktoken.load import load_tiktoken_bpe
if after_import: start, cpu = clocks()
ranks = load_tiktoken_bpe(path)
ids = tiktoken.Encoding("peer", pat_str=pattern, mergeable_ranks=ranks, special_tokens={}).encode(text)
"""
GOBBET = """
start, cpu = clocks()
import gobbet
ids = list(gobbet.Encoding(path).encode(text))
"""
REPORT = "end, cpu_end = clocks()\nprint(json.dumps([1e3 * (end - start), 1e3 * (cpu_end - cpu), ids]))\n"


def python(body, **names):
    """What a fresh interpreter took for `body`, by the clock and of CPU, and the ids."""
    head = CLOCKS + "".join(f"{name} = {value!r}\n" for name, value in names.items())
    clock, cpu, ids = json.loads(
        subprocess.run([sys.executable, "-c", head + body + REPORT], check=True, capture_output=True).stdout)
    return clock, cpu, ids


def command(gobbet, vocabulary):
    """What the command took from exec to exit, by the clock and of CPU, and the ids."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    output = subprocess.run(
        [gobbet, "encode", "--text", TEXT, "-v", vocabulary], check=True, capture_output=True).stdout
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1e3 * clock, 1e3 * cpu, [int(word) for word in output.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gobbet")
    parser.add_argument("ranks")
    parser.add_argument("--turns", type=int, default=15)
    options = parser.parse_args()
    ranks = os.path.abspath(options.ranks)
    with tempfile.TemporaryDirectory() as folder:
        vocabulary = os.path.join(folder, "cl100k.gobbet")
        subprocess.run(
            [options.gobbet, "convert", ranks, "-o", vocabulary], check=True, capture_output=True)
        loaded = lambda after: python(TIKTOKEN, path=ranks, pattern=PATTERN, text=TEXT, after_import=after)
        pairs = {
            "command, .gobbet": (lambda: command(options.gobbet, vocabulary), lambda: loaded(True)),
            "command, ranks": (lambda: command(options.gobbet, ranks), lambda: loaded(True)),
        }
        if importlib.util.find_spec("gobbet"):
            pairs["Python"] = (lambda: python(GOBBET, path=vocabulary, text=TEXT), lambda: loaded(False))
        else:
            print("Python: no `gobbet` is installed for this interpreter")
        turns = [
            (name, own(), peer()) for _ in range(options.turns) for name, (own, peer) in pairs.items()]
    if any(own[2] != peer[2] for _, own, peer in turns):
        sys.exit("ids differ")
    print(f"{'':18}{'clock ms':>20}{'ratio':>8}{'CPU ms':>20}{'ratio':>8}")
    for name in pairs:
        line = f"{name:18}"
        for measure in (0, 1):
            own = [own[measure] for each, own, _ in turns if each == name]
            peer = [peer[measure] for each, _, peer in turns if each == name]
            ratio = statistics.median(a / b for a, b in zip(own, peer))
            line += f"{statistics.median(own):9.1f} {statistics.median(peer):10.1f}{ratio:8.3f}"
        print(line)


if __name__ == "__main__":
    main()
