"""What large corpora cost, out of rates that are measured: the numbers of `docs/scale.md`.

    scale.py measure CORPUS... >rates.json      # with gobbet (GOBBET_COMMAND) and the package
    scale.py table [--rates rates.json] [--tokens 1e9,1e11,1e12] [--document-tokens 1000] …

`measure` takes CPU seconds of one thread, medians of three, for machines are not alone.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
if not os.environ.get("GOBBET_INSTALLED"):
    sys.path.insert(0, str(HERE))
COMMAND = os.environ.get("GOBBET_COMMAND", str(HERE.parent.parent / ".build/release/gobbet"))
RATES = HERE / "docs/rates.json"


# A process takes over the peak of the memory of what started it, and so something small starts it.
_STARTER = """
import os, sys
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print("", status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, sep="\\n", file=sys.stderr)
"""


def cpu_seconds(*arguments: object) -> tuple[float, int]:
    """The median CPU seconds of a command, and the most memory that it took."""
    times, memory = [], 0
    for _ in range(3):
        starter = [sys.executable, "-I", "-S", "-c", _STARTER, *map(str, arguments)]
        done = subprocess.run(starter, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        *_, status, seconds, peak = done.stderr.split()
        if int(status):
            sys.exit(f"failed: {arguments}: {done.stderr}")
        times.append(float(seconds))
        memory = max(memory, int(peak) << 10)
    return statistics.median(times), memory


def resident() -> int:
    """Bytes of memory that this process has now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def measure(arguments: argparse.Namespace) -> None:
    """Measures every rate over a corpus; JSON."""
    import gobbet
    from gobbet.corpus_reader import CorpusReader

    corpus, rates = arguments.corpus, {}
    batches = list(CorpusReader(corpus))
    size = sum(len(batch.texts) for batch in batches)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # Counting, and how the pretokens grow with the text.
        seconds, _ = cpu_seconds(
            COMMAND, "counts", *corpus, "--pattern", "cl100k", "-o", folder / "c", "-f", "-T", 1)
        rates["count_bytes_per_s"] = size / seconds
        points, counts, done = [], gobbet.Counts("cl100k"), 0
        # Mixed, or the text would change as it grows.
        for batch in random.Random(1).sample(batches, len(batches)):
            counts.add_joined(batch.texts, batch.ends)
            done += len(batch.texts)
            points.append((math.log(done), math.log(len(counts))))
        half = points[len(points) // 4 :]
        slope = statistics.linear_regression(*zip(*half))
        rates["unique_exponent"], rates["unique_factor"] = slope.slope, math.exp(slope.intercept)
        rates["counts_bytes_per_unique"] = (folder / "c").stat().st_size / len(counts)
        for number in range(16):
            os.link(folder / "c", folder / f"c{number}")
        parts = [folder / f"c{number}" for number in range(16)]
        seconds, _ = cpu_seconds(COMMAND, "counts", "merge", *parts, "-o", folder / "m", "-f")
        rates["merged_uniques_per_s"] = 16 * len(counts) / seconds
        seconds, memory = cpu_seconds(
            COMMAND, "train", "--counts", folder / "c", "--size", 32768, "--special",
            "<|endoftext|>", "-o", folder / "v.gobbet", "-f", "-T", 1)  # fmt: skip
        _, small = cpu_seconds(COMMAND, "inspect", folder / "v.gobbet")
        rates["training_bytes_per_unique"] = (memory - small) / len(counts)
        measure_packing(rates, corpus, size, folder)
    json.dump({key: float(f"{value:.4g}") for key, value in rates.items()}, sys.stdout, indent=2)
    print()


def measure_packing(rates: dict, corpus: list[str], size: int, folder: pathlib.Path) -> None:
    """Packing by the command and by the steps of a job, and reading what they wrote."""
    from gobbet import jobs
    from gobbet.jobs import finishing

    shard_tokens = 500_000
    options = [*corpus, "-v", folder / "v.gobbet", "-o", folder / "p", "-f", "-q", "-T", 1]
    seconds, _ = cpu_seconds(COMMAND, "pack", *options, "--shard-tokens", shard_tokens)
    rates["pack_bytes_per_s"] = size / seconds
    manifest = json.loads((folder / "p/manifest.json").read_text())["splits"][0]
    tokens, documents = manifest["tokens"], manifest["documents"]
    rates["text_bytes_per_token"] = size / tokens

    class Keeping(jobs.LocalEngine):
        times: dict[str, float] = {}
        pieces: dict[str, int] = {}

        def run(self, function, tasks):
            start = time.process_time()
            done = super().run(function, tasks)
            self.times[function.__name__] = time.process_time() - start
            if function.__name__ == "make_piece":
                for path in pathlib.Path(tasks[0].folder).iterdir():
                    kind = path.suffix
                    self.pieces[kind] = self.pieces.get(kind, 0) + path.stat().st_size
            return done

    engine, totals = Keeping(), []
    for _ in range(3):
        engine.pieces.clear()
        start = time.process_time()
        jobs.pack(engine, corpus, folder / "j", folder / "v.gobbet",
                  jobs.PackOptions(shard_tokens=shard_tokens, unique=True), replace=True)
        totals.append(time.process_time() - start)
    rates["job_bytes_per_s"] = size / statistics.median(totals)
    rates["piece_bytes_per_token"] = (
        engine.pieces[".gobbet"] - (folder / "v.gobbet").stat().st_size) / tokens
    columns = engine.pieces[".npz"] + engine.pieces[".hashes"]
    rates["piece_bytes_per_document"] = columns / documents
    rates["manifest_bytes_per_shard"] = (
        (folder / "j/manifest.json").stat().st_size / len(manifest["shards"]))
    # One file, since the codec's ranks and the vocabulary weigh more in small shards.
    subprocess.run([COMMAND, "pack", *map(str, [*corpus, "-v", folder / "v.gobbet", "-q", "-o",
                    folder / "one.gobbet"])], check=True, stdout=subprocess.DEVNULL)
    from gobbet.pure.container import Container

    sections = Container(folder / "one.gobbet").sections
    stored = {each.kind: each.stored_byte_count for each in sections}
    rates["shard_bytes_per_token"] = stored["TOKN"] / tokens
    rates["index_bytes_per_token"] = (stored["TOKB"] + stored["DOCL"]) / tokens
    rates["shard_bytes"] = (folder / "one.gobbet").stat().st_size - sum(
        stored[kind] for kind in ("TOKN", "TOKB", "DOCL"))
    shards = [str(folder / "j" / shard["name"]) for shard in finishing.read_json(
        str(folder / "j/manifest.json"))["splits"][0]["shards"]]
    # What a file costs, and what its documents do.
    many = folder / "many.gobbet"
    write_documents(many, 1_000_000)
    (seconds, memory), state = opening([str(many)], 5)
    rates["open_s_per_document"] = seconds / 1_000_000
    rates["open_bytes_per_document"] = memory / 1_000_000
    (seconds, memory), _ = opening(shards, 40)
    few = documents / len(shards)
    rates["open_s_per_shard"] = max(
        0, seconds / len(shards) - few * rates["open_s_per_document"])
    rates["open_bytes_per_shard"] = max(
        0, memory / len(shards) - few * rates["open_bytes_per_document"])
    rates["sampler_state_bytes"] = len(json.dumps(state))
    measure_driver(rates, shards)


def opening(paths: list[str], times: int) -> tuple[tuple[float, float], dict]:
    """CPU seconds and memory for opening files as one dataset, and the state of a sampler of it."""
    import gobbet

    kept = [gobbet.TokenDataset(paths)]
    before, start = resident(), time.process_time()
    kept += [gobbet.TokenDataset(paths) for _ in range(times)]
    cost = ((time.process_time() - start) / times, max(0, resident() - before) / times)
    return cost, kept[0].sampler(1024).state_dict()


def write_documents(path: pathlib.Path, count: int) -> None:
    """A dataset of that many short documents."""
    import gobbet
    import numpy as np

    lengths = np.random.default_rng(1).integers(1, 9, count)
    with gobbet.DatasetWriter(path, gobbet.Encoding(path.parent / "v.gobbet")) as writer:
        writer.add_joined(np.zeros(lengths.sum(), np.uint32), np.cumsum(lengths))


def measure_driver(rates: dict, shards: list[str]) -> None:
    """What the driver of a job does with each document and each shard."""
    import gobbet
    import numpy as np
    from gobbet.jobs.cutting import ShardPlan, _Cutter
    from gobbet.jobs.shards import find_shard, shards_there

    count, folder = 2_000_000, os.path.dirname(shards[0])
    lengths = np.full(count, 1000, dtype=np.int64)
    hashes = np.arange(2 * count, dtype=np.uint64).reshape(-1, 2)
    start = time.process_time()
    cutter = _Cutter("train", 100_000_000)
    for first in range(0, count, 30_000):
        part = slice(first, first + 30_000)
        cutter.add(np.arange(first, first + len(lengths[part])), lengths[part], hashes[part])
    plans = cutter.finish(count)
    rates["driver_s_per_document"] = (time.process_time() - start) / count
    rates["plan_bytes_per_shard"] = len(json.dumps([vars(plan) for plan in plans])) / len(plans)
    start = time.process_time()
    there = shards_there(folder)
    for number, path in enumerate(shards):
        record = json.loads(gobbet.TokenDataset(path).metadata or "")["pack"]
        plan = ShardPlan("train", number, 0, 0, 0, 0, int(record["documents_hash"], 16))
        # It is looked at wholly, and is not of that many tokens.
        assert find_shard(folder, plan, there) is None
    rates["driver_s_per_shard"] = (time.process_time() - start) / len(shards)


# MARK: What follows from the rates


def amount(value: float, unit: str = "B") -> str:
    """A number with its thousands as people say them."""
    for power, letter in ((12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if value >= 0.9995 * 10**power:
            return f"{value / 10**power:.3g} {letter}{unit}"
    return f"{value:.3g} {unit}".strip()


def hours(seconds: float) -> str:
    """CPU time as people say it."""
    if seconds < 60:
        return f"{seconds:.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:,.0f} h"


def rows(rates: dict, tokens: float, document_tokens: float, shard_tokens: float) -> dict[str, str]:
    """What a corpus of that many tokens costs."""
    from gobbet.jobs.counting import FAN_IN
    from gobbet.jobs.reading import GROUP_BYTES

    text = tokens * rates["text_bytes_per_token"]
    documents, shards = tokens / document_tokens, math.ceil(tokens / shard_tokens)
    pieces = math.ceil(text / GROUP_BYTES)

    def unique(size: float) -> float:
        return rates["unique_factor"] * size ** rates["unique_exponent"]

    counted = pieces * unique(min(text, GROUP_BYTES))
    levels = max(1, math.ceil(math.log(max(2, pieces), FAN_IN)))
    shard_bytes = tokens * rates["shard_bytes_per_token"] + shards * rates["shard_bytes"]
    return {
        "text": amount(text),
        "documents, pieces, shards":
            ", ".join(amount(each, "").strip() for each in (documents, pieces, shards)),
        "counting, one core": hours(text / rates["count_bytes_per_s"]),
        "different pretokens": amount(unique(text), ""),
        "counts of all tasks, on disk": amount(counted * rates["counts_bytes_per_unique"]),
        "adding them up, one core": hours(levels * counted / rates["merged_uniques_per_s"]),
        "merged counts": amount(unique(text) * rates["counts_bytes_per_unique"]),
        "memory for learning from them": amount(unique(text) * rates["training_bytes_per_unique"]),
        "packing by `gobbet pack`, one core": hours(text / rates["pack_bytes_per_s"]),
        "packing as a job, one core": hours(text / rates["job_bytes_per_s"]),
        "pieces, on disk for a while": amount(
            tokens * rates["piece_bytes_per_token"]
            + documents * rates["piece_bytes_per_document"]),
        "of which hashes, for duplicates": amount(16 * documents),
        "the driver, alone": hours(
            documents * rates["driver_s_per_document"] + shards * rates["driver_s_per_shard"]),
        "memory of `pack --unique`": f"{amount(21 * documents)} to {amount(43 * documents)}",
        "shards": amount(shard_bytes),
        "of which index": amount(tokens * rates["index_bytes_per_token"]),
        "manifest": amount(shards * rates["manifest_bytes_per_shard"]),
        "opening all shards": hours(
            shards * rates["open_s_per_shard"] + documents * rates["open_s_per_document"]),
        "memory of all of them open": amount(
            shards * rates["open_bytes_per_shard"]
            + documents * rates["open_bytes_per_document"]),
        "state of a sampler": amount(rates["sampler_state_bytes"]),
    }  # fmt: skip


def table(arguments: argparse.Namespace) -> None:
    """Prints the table in Markdown."""
    rates = json.loads(pathlib.Path(arguments.rates).read_text())
    sizes = [float(size) for size in arguments.tokens.split(",")]
    columns = [
        rows(rates, size, arguments.document_tokens, arguments.shard_tokens) for size in sizes
    ]
    print("| tokens | " + " | ".join(amount(size, "") for size in sizes) + " |")
    print("|---" * (len(sizes) + 1) + "|")
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(column[name].strip() for column in columns) + " |")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parts = parser.add_subparsers(required=True)
    part = parts.add_parser("measure", help="JSON of the rates of this machine")
    part.set_defaults(function=measure)
    part.add_argument("corpus", nargs="+")
    part = parts.add_parser("table", help="what follows from them")
    part.set_defaults(function=table)
    part.add_argument("--rates", default=RATES)
    part.add_argument("--tokens", default="1e9,1e10,1e11,1e12")
    part.add_argument("--document-tokens", type=float, default=1000)
    part.add_argument("--shard-tokens", type=float, default=100e6)
    arguments = parser.parse_args()
    arguments.function(arguments)


if __name__ == "__main__":
    main()
