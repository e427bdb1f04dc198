#!/usr/bin/env python3
"""Lists pairs of places that share six lines or more, and counts files and lines.

Only code counts: blank lines, comments, imports and lines of nothing but punctuation are passed over,
and white space at the ends of lines. With --ceiling, ends with 1 if there are more pairs than that.

    python3 Tests/duplicates.py                          # the Swift files of Sources and of Tests
    python3 Tests/duplicates.py --revision 134fbb5       # as they were in a commit
"""
import argparse
import collections
import re
import subprocess
import sys

LEAST = 6
PASSED_OVER = re.compile(r"^(//.*|(\w+ )?import .*|[\W_]*)$")


def files(folder, revision):
    """The Swift files of a folder, and their lines, as git knows them."""
    def git(*words):
        return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout

    if revision:
        names = git("ls-tree", "-r", "--name-only", revision, folder).splitlines()
    else:
        names = git("ls-files", "--cached", "--others", "--exclude-standard", folder).splitlines()
    for name in names:
        if name.endswith(".swift"):
            if revision:
                yield name, git("show", f"{revision}:{name}").splitlines()
            else:
                try:
                    yield name, open(name, encoding="utf-8").read().splitlines()
                except FileNotFoundError:
                    continue


def code(lines):
    """Number and text of each line that counts."""
    numbered = ((number, line.strip()) for number, line in enumerate(lines, 1))
    return [(number, text) for number, text in numbered if not PASSED_OVER.match(text)]


def pairs(places):
    """Runs of equal lines, the longest from each beginning: name, first and last line, of both."""
    windows = collections.defaultdict(list)
    for name, lines in places.items():
        for start in range(len(lines) - LEAST + 1):
            windows[tuple(text for _, text in lines[start:start + LEAST])].append((name, start))
    found = []
    for group in windows.values():
        for index, (first, at) in enumerate(group):
            for second, to in group[index + 1:]:
                left, right = places[first], places[second]
                if at and to and left[at - 1][1] == right[to - 1][1]:
                    continue  # A longer run begins before.
                count = LEAST
                while (at + count < len(left) and to + count < len(right)
                       and left[at + count][1] == right[to + count][1]):
                    count += 1
                found.append((count, first, left[at][0], left[at + count - 1][0],
                              second, right[to][0], right[to + count - 1][0]))
    return sorted(found, key=lambda run: (-run[0], run[1:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--revision", help="a commit, in place of the files as they are")
    parser.add_argument("--ceiling", type=int, help="the most pairs that there may be in Sources")
    options = parser.parse_args()
    excess = False
    for folder in ["Sources", "Tests"]:
        tree = dict(files(folder, options.revision))
        found = pairs({name: code(lines) for name, lines in tree.items()})
        lines = [line.strip() for lines in tree.values() for line in lines]
        counted = sum(1 for line in lines if line and not line.startswith("//"))
        for count, first, begin, end, second, start, stop in found:
            print(f"{count} lines: {first}:{begin}-{end} and {second}:{start}-{stop}")
        print(f"{folder}: {len(found)} pairs of places share {LEAST} lines or more; "
              f"{len(tree)} files, {counted} lines neither blank nor comment")
        if folder == "Sources" and options.ceiling is not None:
            excess = len(found) > options.ceiling
    if excess:
        sys.exit(f"more than {options.ceiling} pairs in Sources")


if __name__ == "__main__":
    main()
