#!/usr/bin/env python3
"""Kills jobs over folders and sets of files, or has their system calls fail.

    GOBBET=.build/debug/gobbet python3 Tests/Trials/loss.py kills [COUNT]     300 if not said
    GOBBET=.build/debug/gobbet python3 Tests/Trials/loss.py faults [LIMIT]    12 if not said

Each turn takes one of the jobs below, at the start of which there is an old dataset, an old set, or
nothing. `kills` ends it with SIGKILL, at a random moment or in the middle of its commit, or limits
the size of files as a full disk would. `faults` runs it under strace, which makes the first, the
second, … up to the LIMITth call of each kind fail with EIO; where strace is not installed it says so
and ends with 0. Afterwards there must be what was there before, or what the undisturbed job makes,
as a whole; sets of weights may be unreadable, but never read as a mixture. Then the job runs again,
undisturbed: the new must be there, and nothing else beside it. JOBS, a regular expression, chooses
jobs by their names; SEED another course of random moments.
"""

from __future__ import annotations

import collections
import hashlib
import json
import os
import random
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

GOBBET = os.path.abspath(os.environ.get("GOBBET", "gobbet"))
CALLS = (
    "rename,renameat,renameat2 link,linkat unlink,unlinkat rmdir mkdir,mkdirat fsync,fdatasync"
    " ftruncate fchmod,fchown write pwrite64 flock"
).split()
ERROR = "error"


def gobbet(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Runs the command to its end."""
    done = subprocess.run([GOBBET, *arguments], capture_output=True, check=False)
    if check and done.returncode != 0:
        raise SystemExit(f"FAULT gobbet {' '.join(arguments)}: {done.stderr.decode()}")
    return done


def dataset_state(folder: Path) -> str | None:
    """What a folder of shards holds, by the content ids of its manifest; None without one."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except FileNotFoundError:
        return None
    if gobbet("verify", str(folder), check=False).returncode != 0:
        return ERROR
    return json.dumps([
        [split["name"], [shard["content_id"] for shard in split["shards"]]]
        for split in manifest["splits"]
    ])  # fmt: skip


def tensors(path: Path) -> dict[str, bytes]:
    """The tensors of a safetensors file, read without Gobbet."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    return {
        name: data[8 + length + entry["data_offsets"][0] : 8 + length + entry["data_offsets"][1]]
        for name, entry in header.items()
    }


def digest(found: dict[str, bytes]) -> str:
    """A digest of tensors, whatever their order."""
    return hashlib.sha256(b"".join(k.encode() + found[k] for k in sorted(found))).hexdigest()


def weights_state(path: Path) -> str | None:
    """What a set holds, as Gobbet and, of safetensors, another reads it; None without a file."""
    if path.name.endswith(".json"):
        if not path.exists():
            return None
        first = path
        try:
            index = json.loads(path.read_text())["weight_map"]
            other = digest({k: tensors(path.parent / index[k])[k] for k in index})
        except (FileNotFoundError, KeyError):
            other = ERROR
    else:
        shards = sorted(path.parent.glob("m-*.gobbet"))
        if not shards:
            return None
        first, other = shards[0], ""
    with tempfile.TemporaryDirectory() as folder:
        back = Path(folder) / "back.safetensors"
        done = gobbet("convert", str(first), "-o", str(back), "-q", check=False)
        state = digest(tensors(back)) if done.returncode == 0 else ERROR
    if other and other != ERROR and state != other:
        raise SystemExit(f"FAULT {path}: another reader sees {other}, Gobbet sees {state}")
    return state


def appeared(folder: Path, pattern: str) -> bool:
    """Whether a file that matches is below a folder, in which another process is at work."""
    try:
        return any(folder.rglob(pattern))
    except OSError:
        return False


@dataclass
class Job:
    """A command, what is there before it, and how to tell what is there."""

    name: str
    arguments: list[str]
    output: str
    state: Callable[[Path], str | None]
    before: Callable[[Path], None] | None = None
    #: Whether there may be an error instead of the old or the new.
    may_fail: bool = False
    #: How the command is run again after it was killed.
    again: list[str] | None = None
    #: A file that is there when the commit begins.
    late: str = ".manifest.json.*"


def make_inputs(folder: Path) -> None:
    """A corpus, a vocabulary, two datasets and two models."""
    generator = random.Random(1)
    words = "river stone the of light and under mending umbrella nine".split()
    with open(folder / "c.jsonl", "w", encoding="utf-8") as file:
        for number in range(1500):
            text = " ".join(generator.choices(words, k=generator.randint(1, 120)))
            file.write(json.dumps({"id": str(number), "text": text}) + "\n")

    def run(*arguments: str) -> None:
        gobbet(*[argument.replace("@", str(folder)) for argument in arguments])

    run("train", "@/c.jsonl", "--size", "300", "-o", "@/v.gobbet", "-q")
    run("pack", "@/c.jsonl", "-v", "@/v.gobbet", "-o", "@/one", "--shard-tokens", "30k", "-q")
    run("pack", "@/c.jsonl", "-v", "@/v.gobbet", "-o", "@/two", "--shard-tokens", "25k",
        "--validation", "0.3", "-q")  # fmt: skip
    for name in "ab":
        header, data = {}, b""
        for number in range(8):
            piece = generator.randbytes(80_000)
            header[f"t{number}"] = {
                "dtype": "F32", "shape": [20_000], "data_offsets": [len(data), len(data) + 80_000]
            }  # fmt: skip
            data += piece
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        (folder / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


def jobs(inputs: Path) -> list[Job]:
    """All jobs; `@` stands for the inputs and `%` for the folder of the turn."""

    def copy(name: str) -> Callable[[Path], None]:
        def prepare(folder: Path) -> None:
            shutil.copytree(inputs / name, folder / "out")

        return prepare

    def old_set(name: str) -> Callable[[Path], None]:
        def prepare(folder: Path) -> None:
            gobbet(
                "convert", str(inputs / "a.safetensors"), "-o", str(folder / name),
                "--shard-size", "200k", "-q")  # fmt: skip

        return prepare

    pack = "pack @/c.jsonl -v @/v.gobbet -o %/out --shard-tokens 20k --validation 0.2 -q".split()
    index, gob = "m.safetensors.index.json", "m.gobbet"
    convert = "convert @/b.safetensors --shard-size 200k -q -o".split()
    return [
        Job("pack", pack, "out", dataset_state, again=[*pack, "--resume"]),
        Job("pack -f", [*pack, "-f"], "out", dataset_state, copy("two")),
        Job("pack -f, resumed", [*pack, "-f"], "out", dataset_state, copy("two"),
            again=[*pack, "--resume"]),
        Job("merge", "merge @/one @/two -o %/out --shard-tokens 30k -q".split(), "out",
            dataset_state),
        Job("merge -f", "merge @/one @/one -o %/out --shard-tokens 30k -f -q".split(), "out",
            dataset_state, copy("two")),
        Job("merge onto itself", "merge %/out @/two -o %/out --shard-tokens 20k -f -q".split(),
            "out", dataset_state, copy("one")),
        Job("shuffle onto itself",
            "shuffle %/out --seed 3 -o %/out --shard-tokens 20k -f -q".split(), "out",
            dataset_state, copy("one")),
        # Killed among its renames it leaves files without an index, which only -f replaces.
        Job("convert to an index", [*convert, f"%/{index}"], index, weights_state, may_fail=True,
            again=[*convert, f"%/{index}", "-f"], late=".m.*.partial/*.json"),
        Job("convert -f to an index", [*convert, f"%/{index}", "-f"], index, weights_state,
            old_set(index), may_fail=True, late=".m.*.partial/*.json"),
        Job("convert -f to .gobbet", [*convert, f"%/{gob}", "-f"], gob, weights_state,
            old_set(gob), may_fail=True, late=".m-*.partial/m-00004-of-00004.gobbet"),
    ]  # fmt: skip


class Trial:
    """The jobs, what each makes undisturbed, and what was seen."""

    def __init__(self, root: Path) -> None:
        self.root, self.inputs = root, root / "inputs"
        self.inputs.mkdir()
        make_inputs(self.inputs)
        wanted = re.compile(os.environ.get("JOBS", ""))
        self.jobs = [job for job in jobs(self.inputs) if wanted.search(job.name)]
        self.seen: collections.Counter[tuple[str, str]] = collections.Counter()
        self.old: dict[str, str | None] = {}
        self.new: dict[str, str | None] = {}
        self.names: dict[str, list[str]] = {}
        self.seconds: dict[str, float] = {}
        for job in self.jobs:
            folder = self.prepared(job)
            self.old[job.name] = job.state(folder / job.output)
            start = time.monotonic()
            gobbet(*self.arguments(job, folder, job.arguments))
            self.seconds[job.name] = time.monotonic() - start
            self.new[job.name] = job.state(folder / job.output)
            self.names[job.name] = self.listing(folder)
            if self.new[job.name] in (None, ERROR, self.old[job.name]):
                raise SystemExit(f"FAULT {job.name}: undisturbed it makes nothing new")

    def prepared(self, job: Job) -> Path:
        """A new folder with what is there before the job."""
        folder = self.root / "turn"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if job.before is not None:
            job.before(folder)
        return folder

    def arguments(self, job: Job, folder: Path, words: list[str]) -> list[str]:
        """The words of the command with the paths of this turn."""
        return [w.replace("@", str(self.inputs)).replace("%", str(folder)) for w in words]

    @staticmethod
    def listing(folder: Path) -> list[str]:
        """Every name below a folder, hidden ones too.

        Where links fail, new shards keep the names that they had beside the old ones.
        """
        names = [str(path.relative_to(folder)) for path in folder.rglob("*")]
        return sorted(name.replace(".new.gobbet", ".gobbet") for name in names)

    def check(self, job: Job, folder: Path, how: str, succeeded: bool) -> None:
        """What is there after a job was disturbed, and after it ran again."""
        state = job.state(folder / job.output)
        kinds = {self.old[job.name]: "old", self.new[job.name]: "new"}
        if job.may_fail:
            # Without its last file a set is none.
            kinds |= {ERROR: "unreadable"} | ({} if None in kinds else {None: "unreadable"})
        kind = kinds.get(state, "FAULT")
        self.seen[job.name, kind] += 1
        if kind == "FAULT" or (succeeded and kind != "new"):
            names = " ".join(self.listing(folder))
            raise SystemExit(f"FAULT {job.name}, {how}: {kind} {state}; there are {names}")
        last = job.arguments if job.again is None else job.again
        unfinished = folder / "out" / "unfinished.json"
        if kind == "old" and state and not (unfinished.exists() and unfinished.stat().st_size):
            last = job.arguments  # It was ended before it had begun.
        if state == self.new[job.name] and "-f" not in last and job.again is None:
            return  # Without -f it would only say that there is a dataset.
        gobbet(*self.arguments(job, folder, last))
        after = job.state(folder / job.output)
        if after == self.new[job.name] and self.listing(folder) == self.names[job.name]:
            return
        # What was made of itself is made of the new now, if that was there.
        if "%/out" in job.arguments[1] and kind == "new" and after not in (None, ERROR):
            if not [n for n in self.listing(folder) if "partial" in n or "unfinished" in n]:
                return
        raise SystemExit(
            f"FAULT {job.name}, {how}, then run again: {after}; {self.listing(folder)}")  # fmt: skip

    def report(self, job: Job) -> None:
        """What was there after a job was disturbed."""
        found = [f"{n} {kind}" for (name, kind), n in sorted(self.seen.items()) if name == job.name]
        print(f"  {job.name}: {', '.join(found)}", flush=True)


def kill(trial: Trial, count: int) -> None:
    """Ends jobs at random moments, or has their files grow too large."""
    generator = random.Random(int(os.environ.get("SEED", "1")))
    killed = full = 0
    while killed < count:
        job = trial.jobs[(killed + full) % len(trial.jobs)]
        folder = trial.prepared(job)
        command = [GOBBET, *trial.arguments(job, folder, job.arguments)]
        limit = generator.randrange(200, 150_000) if generator.random() < 0.15 else None

        def limited(limit: int | None = limit) -> None:
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=limited)  # fmt: skip
        if limit is None:
            if generator.random() < 0.5:
                # Among the renames of the commit, which are a hundredth of the time.
                while process.poll() is None and not appeared(folder, job.late):
                    time.sleep(0.0005)
                wait = generator.random() * 0.02
            else:
                wait = generator.random() * trial.seconds[job.name] * 1.1
            try:
                process.wait(wait)
            except subprocess.TimeoutExpired:
                process.kill()
        status = process.wait()
        killed += status == -9
        full += status != -9
        how = "killed" if status == -9 else f"status {status}, files limited to {limit} bytes"
        if status not in (-9, 0, 66, 73, 74):
            raise SystemExit(f"FAULT {job.name}, {how}")
        trial.check(job, folder, how, status == 0)
    print(f"{killed} kills, {full} runs that ended or had no room: nothing lost, nothing mixed")
    for job in trial.jobs:
        trial.report(job)


def fault(trial: Trial, limit: int) -> None:
    """Has each call of each kind fail once."""
    if shutil.which("strace") is None:
        print("strace is not installed: no faults were tried")
        return
    count = 0
    for job in trial.jobs:
        for calls in CALLS:
            for number in range(1, limit + 1):
                folder = trial.prepared(job)
                log = trial.root / "log"
                done = subprocess.run(
                    ["strace", "-f", "-o", str(log), "-e", f"trace={calls}", "-e",
                     f"inject={calls}:error=EIO:when={number}", GOBBET,
                     *trial.arguments(job, folder, job.arguments)],
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
                    env=os.environ | {"SWIFT_BACKTRACE": "enable=no"})  # fmt: skip
                if b"(INJECTED)" not in log.read_bytes():
                    break
                count += 1
                how = f"{calls} {number} failed, status {done.returncode}"
                # What becomes of a report that cannot be written is another trial's affair.
                is_report = re.search(rb" write\([12],.*INJECTED", log.read_bytes())
                if not is_report and done.returncode not in (0, 66, 73, 74):
                    raise SystemExit(f"FAULT {job.name}, {how}: {done.stderr.decode()}")
                trial.check(job, folder, how, done.returncode == 0)
        trial.report(job)
    print(f"{count} system calls that failed: nothing lost, nothing mixed")


def main() -> None:
    """Runs what the first argument names."""
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what not in ("kills", "faults"):
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        number = int(sys.argv[2]) if len(sys.argv) > 2 else 0
        if what == "kills":
            kill(trial, number or 300)
        else:
            fault(trial, number or 12)


if __name__ == "__main__":
    main()
