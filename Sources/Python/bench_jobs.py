"""Jobs beside the command, on the same cores and in the same run.

    bench_jobs.py --vocabulary my.gobbet --corpus english.jsonl … [--copies 4] [--cores 2]

packs `copies` plain copies of the corpus by `gobbet pack`, by `gobbet.jobs` in processes, on Spark
and on Ray, where those are installed, and compares the bytes. Spark's and Ray's own start is apart. CPU
seconds are those of every process that a run has started, seen twenty times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
if not os.environ.get("GOBBET_INSTALLED"):
    sys.path.insert(0, str(HERE))
COMMAND = os.environ.get("GOBBET_COMMAND", str(HERE.parent.parent / ".build/release/gobbet"))
_MARK = "GOBBET_BENCH_RUN"

# What each way runs: it says when it is ready, packs, and says how long it took.
_WAYS = {
    "gobbet pack": "",
    "jobs, processes": """
from gobbet.jobs import LocalEngine
run = lambda: jobs.pack(LocalEngine(cores, group_bytes=group), inputs, output, vocabulary, options)
""",
    "jobs, Spark": """
from pyspark.sql import SparkSession
from gobbet import spark
os.environ["PYSPARK_PYTHON"] = sys.executable
session = (SparkSession.builder.master(f"local[{cores},4]").config("spark.ui.enabled", "false")
           .config("spark.ui.showConsoleProgress", "false").config("spark.log.level", "FATAL")
           .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
           .config("spark.sql.files.maxPartitionBytes", group)
           .config("spark.sql.files.openCostInBytes", 0)
           .getOrCreate())
run = lambda: spark.pack(session, inputs, output, vocabulary, options)
""",
    "jobs, Ray": """
import ray
from gobbet import ray as gobbet_ray
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
ray.init(num_cpus=cores, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
         object_store_memory=128 << 20)
engine = gobbet_ray.RayEngine(group_bytes=group)
run = lambda: gobbet_ray.pack(inputs, output, vocabulary, options, engine=engine)
""",
}
_PROLOGUE = """
import json, os, sys, time
from gobbet import jobs
inputs, output, vocabulary, cores, group, shard_tokens = json.loads(sys.argv[1])
options = jobs.PackOptions(shard_tokens=shard_tokens)
"""
_EPILOGUE = """
if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    run()
    print(time.perf_counter() - start, flush=True)
    sys.stdin.readline()
"""


class Watch:
    """The CPU seconds of all processes with a mark in their environment."""

    def __init__(self, mark: str) -> None:
        self._mark, self._seen, self._others = f"{_MARK}={mark}".encode(), {}, set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(0.05):
            self.look()

    def look(self) -> float:
        """Looks at every process now; the seconds so far."""
        tick = os.sysconf("SC_CLK_TCK")
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or entry in self._others:
                continue
            try:
                if entry not in self._seen:
                    environment = pathlib.Path(f"/proc/{entry}/environ").read_bytes()
                    if self._mark not in environment.split(b"\0"):
                        self._others.add(entry)
                        continue
                fields = pathlib.Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                self._seen[entry] = (int(fields[11]) + int(fields[12])) / tick
            except OSError:
                continue
        return sum(self._seen.values())

    def end(self) -> None:
        """Looks no more."""
        self._over.set()
        self._thread.join()


def measured(way: str, code: str, work: tuple) -> tuple[float, float]:
    """Wall and CPU seconds of one way."""
    inputs, output, vocabulary, cores, _, shard_tokens = work
    mark = uuid.uuid4().hex
    paths = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {_MARK: mark, "PYTHONPATH": paths}
    if not code:
        start = time.perf_counter()
        before = os.times()
        subprocess.run(
            [COMMAND, "pack", *inputs, "-v", vocabulary, "-o", output, "-q", "-T", str(cores),
             "--shard-tokens", str(shard_tokens)], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        after = os.times()
        used = after.children_user + after.children_system
        used -= before.children_user + before.children_system
        return time.perf_counter() - start, used
    with tempfile.TemporaryDirectory() as folder:
        # Processes that are spawned read it again.
        script = pathlib.Path(folder) / "way.py"
        script.write_text(_PROLOGUE + code + _EPILOGUE)
        watch = Watch(mark)
        try:
            process = subprocess.Popen(
                [sys.executable, str(script), json.dumps(work)], env=environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
            errors: list[str] = []
            reader = threading.Thread(target=lambda: errors.extend(process.stderr))
            reader.start()
            if process.stdout.readline() != "ready\n":
                process.wait()
                reader.join()
                raise ImportError((errors or ["no reason"])[-1].strip())
            before = watch.look()
            process.stdin.write("\n")
            process.stdin.flush()
            wall = float(process.stdout.readline())
            used = watch.look() - before
            process.communicate("\n")
            return wall, used
        finally:
            watch.end()


def shards(folder: pathlib.Path) -> list[bytes]:
    """The bytes of a dataset's shards."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return [(folder / shard["name"]).read_bytes() for shard in manifest["splits"][0]["shards"]]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--vocabulary", required=True)
    parser.add_argument("--corpus", nargs="+", required=True)
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--group-megabytes", type=int, default=16)
    parser.add_argument("--shard-tokens", type=int, default=4_000_000)
    arguments = parser.parse_args()
    from gobbet.corpus_reader import CorpusReader

    with tempfile.TemporaryDirectory() as name:
        folder, inputs, size = pathlib.Path(name), [], 0
        for copy in range(arguments.copies):
            for number, path in enumerate(arguments.corpus):
                inputs.append(str(folder / f"c{copy}-{number}.jsonl"))
                with open(inputs[-1], "w") as file:
                    for batch in CorpusReader(path):
                        size += len(batch.texts)
                        for text in batch:
                            file.write(json.dumps({"text": text.decode()}) + "\n")
        found: dict[str, list[tuple[float, float]]] = {}
        expected: list[bytes] = []
        for round_number in range(arguments.rounds):
            for way, code in _WAYS.items():
                output = folder / f"{way} {round_number}"
                try:
                    result = measured(way, code, (
                        inputs, str(output), arguments.vocabulary, arguments.cores,
                        arguments.group_megabytes << 20, arguments.shard_tokens))  # fmt: skip
                except ImportError as error:
                    print(f"  {way}: skipped: {error}", file=sys.stderr)
                    continue
                expected = expected or shards(output)
                if shards(output) != expected:
                    sys.exit(f"{way}: other bytes")
                found.setdefault(way, []).append(result)
                print(f"  {way}: {result[0]:.2f} s, {result[1]:.2f} CPU s", file=sys.stderr)
        load = os.getloadavg()[0]
    print(f"{size / 1e6:.0f} MB of text in {len(inputs)} files, {arguments.cores} cores, the same "
          f"{len(expected)} shards each time; load average {load:.1f} at the end")  # fmt: skip
    base = [statistics.median(each) for each in zip(*found["gobbet pack"])]
    for way, results in found.items():
        wall, used = (statistics.median(each) for each in zip(*results))
        print(f"  {way:16} {wall:6.2f} s, {used:6.2f} CPU s, "
              f"{size / 1e6 / used:5.1f} MB a CPU second; {base[0] / wall:4.2f} and {base[1] / used:4.2f} of gobbet pack")  # fmt: skip


if __name__ == "__main__":
    main()
