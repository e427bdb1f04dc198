"""Asks several readers about golden and broken files that were changed at random, and compares.

    mutations.py [--count N] [--seed N] [--first N] [--keep FOLDER] READER…

Fails where one reader accepts a file that another refuses, or finds something else in it. Case i of a seed is the
same in every run. The first reader must be one that parses expressions, as gobbet-conformance does. Needs what
gobbet_content.py needs; changes.py says how files are changed.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import sys
import time

import changes
from conformance import Reader, broken, difference, golden, verb

BATCH = 64
Case = collections.namedtuple("Case", "index asked file")


def seeds(longest):
    """The files to change, and how often each is chosen."""
    found = [(changes.Seed(verb(path), path.read_bytes()), weight)
             for paths, weight in ((golden(), 20), (broken(), 1)) for path in paths]
    # Large files are seldom chosen: there is more of the same in them.
    lengths = [seed.length() for seed, _ in found]
    shares = [1 if length <= longest else 0.3 if length <= 4 * longest else 0.01 for length in lengths]
    return [seed for seed, _ in found], [share * weight for share, (_, weight) in zip(shares, found)]


def is_error(line):
    return line.startswith(b'{"error"')


# Cases in which one decoder of zstd reads a frame, and another does not.
unlike_frames = set()


def disagreements(index, readers, lines):
    """Which readers say something else than the first of one file, and what."""
    if all(map(is_error, lines)):
        return
    answers = list(map(json.loads, lines))
    plain = [{"error": ""} if "error" in answer else answer for answer in answers]
    for reader, answer, other in zip(readers[1:], answers[1:], plain[1:]):
        # Only who splits text has to parse an expression (Pretokenization.md, Expressions).
        if "error" not in other and "expression" in answers[0].get("error", ""):
            continue
        # Decoders differ about frames that are none (Container.md, Frames).
        errors = [one["error"] for one in (answers[0], answer) if "error" in one]
        if len(errors) == 1 and "zstd" in errors[0]:
            unlike_frames.add(index)
            continue
        if other != plain[0]:
            yield reader, difference(plain[0], other) if "error" not in {**plain[0], **other} else (
                f"{answers[0].get('error', 'good')} ≠ {answer.get('error', 'good')}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--count", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--first", type=int, default=0, help="number of the first case")
    arguments.add_argument("--keep", type=pathlib.Path, help="where files that readers disagree about go")
    arguments.add_argument("--longest", type=int, default=4096, help="bytes of the longest usual file")
    arguments.add_argument("--seconds", type=float, help="stop after this time")
    arguments.add_argument("readers", nargs="+")
    options = arguments.parse_args()
    readers = list(map(Reader, options.readers))
    files, weights = seeds(options.longest)
    threads = concurrent.futures.ThreadPoolExecutor(len(readers))
    start, shown = time.monotonic(), 0
    good, faults, done = 0, 0, 0

    def cases(first):
        for index in range(first, min(first + BATCH, options.first + options.count)):
            chance = random.Random(options.seed << 40 | index)
            seed, = chance.choices(files, weights)
            yield Case(index, seed.asked, changes.mutated(seed, files, chance))

    def feed(reader, batch):
        for case in batch:
            reader.write(case.asked, case.file)
        reader.flush()

    batch = list(cases(options.first))
    while batch:
        feeds = [threads.submit(feed, reader, batch) for reader in readers]
        following = list(cases(batch[-1].index + 1))
        answers = [[reader.line() for _ in batch] for reader in readers]
        for each in feeds:
            each.result()
        for case, *lines in zip(batch, *answers):
            good += not is_error(lines[0])
            for reader, why in disagreements(case.index, readers, lines):
                faults += 1
                print(f"{case.index}: {case.asked}: {readers[0].command} and {reader.command}: {why}",
                      flush=True)
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    path = options.keep / f"{options.seed}-{case.index}-{case.asked}.gobbet"
                    path.write_bytes(case.file)
        done += len(batch)
        if done >= shown + 50_000:
            shown = done
            print(f"{done} cases, {good} good, {faults} disagreements", file=sys.stderr, flush=True)
        isLate = options.seconds is not None and time.monotonic() - start > options.seconds
        batch = [] if isLate else following
    print(f"{done} changed files, {good} of them good: {faults} disagreements of"
          f" {len(readers)} readers; {len(unlike_frames)} frames that one decoder of zstd reads")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
