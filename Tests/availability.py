"""Fails if the sources use what the oldest systems that Package.swift declares don't have.

    availability.py BUILD

A compiler for Linux calls nothing too new. So each target is type-checked once more, with the
flags and modules of the release build in BUILD, for an index of all that it refers to. The symbol
graphs of the toolchain's modules say which system each symbol came with. A use of something newer
than a declared system is an error, with its line. The use of `[1].span` in a file of the test's own
must be found.

Not seen are conformances that are newer than their types, and what only Apple's systems have.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from index_store import Reference, references

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIBRARIES = [
    "Swift", "_Concurrency", "_StringProcessing", "RegexBuilder", "Synchronization",
    "Foundation", "FoundationEssentials",
]  # fmt: skip
#: What needs macOS 26.
PLANTED = "func planted() -> Int { [1].span.count }\n"

Version = tuple[int, ...]


def main() -> None:
    """The command."""
    build = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        oldest, introduced = declared(folder / "package"), introductions(folder)
        commands = list(compilations(build.parent.parent / f"{build.name}.yaml"))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            indexes = list(pool.map(lambda it: index(it[2], it, folder), commands))
        found = set().union(*indexes)
        flaws = sorted(set(flaws_of(found, oldest, introduced)))
        planted = set(flaws_of(index_planted(folder), oldest, introduced))
    if any(not any(f" needs {system} " in flaw for flaw in planted) for system in oldest):
        sys.exit(f"availability: of [1].span in a file of its own this was found: {planted}")
    if flaws:
        sys.exit("\n".join([*flaws, f"availability: {len(flaws)} uses are too new"]))
    systems = ", ".join(f"{name} {'.'.join(map(str, it))}" for name, it in oldest.items())
    print(f"availability: {len(commands)} targets use nothing that is newer than {systems}")


def declared(folder: pathlib.Path) -> dict[str, Version]:
    """The oldest systems that the package says it runs on."""
    text = subprocess.run(
        ["swift", "package", "--scratch-path", str(folder), "dump-package"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {it["platformName"]: version(it["version"]) for it in json.loads(text)["platforms"]}


def version(text: str) -> Version:
    """`15.0` as numbers that compare."""
    return tuple(int(part) for part in text.split("."))


def introductions(folder: pathlib.Path) -> dict[str, dict[str, Version]]:
    """The systems that each symbol of the toolchain's modules came with, by its USR."""
    target = json.loads(
        subprocess.run(["swiftc", "-print-target-info"], check=True, capture_output=True).stdout
    )["target"]["triple"]
    graphs = folder / "graphs"
    graphs.mkdir()
    introduced: dict[str, dict[str, Version]] = {}
    for module in LIBRARIES:
        subprocess.run(
            ["swift-symbolgraph-extract", "-module-name", module, "-target", target,
             "-output-dir", graphs, "-minimum-access-level", "public"],
            check=True, capture_output=True,
        )  # fmt: skip
    owners: dict[str, str] = {}
    for path in graphs.glob("*.json"):
        graph = json.loads(path.read_bytes())
        for symbol in graph["symbols"]:
            introduced[symbol["identifier"]["precise"]] = {
                it["domain"].lower(): tuple(
                    it["introduced"].get(part, 0) for part in ("major", "minor")
                )
                for it in symbol.get("availability", [])
                if "introduced" in it
            }
        owners |= {
            it["source"]: it["target"] for it in graph["relationships"] if it["kind"] == "memberOf"
        }
    # A member is there no sooner than its type.
    for member, owner in owners.items():
        own = introduced.get(member, {})
        for system, since in introduced.get(owner, {}).items():
            own[system] = max(own.get(system, since), since)
    return introduced


def compilations(manifest: pathlib.Path) -> Iterator[list[str]]:
    """The compiler's arguments for each target of the package, as the build has them."""
    for line in manifest.read_text().splitlines():
        if line.startswith("    args: [") and '"-module-name"' in line:
            arguments = json.loads(line.split(":", 1)[1])
            if any(path.startswith(f"{ROOT}/Sources/") for path in sources_of(arguments)):
                yield arguments


def sources_of(arguments: list[str]) -> list[str]:
    """The files that are compiled, which the arguments have in a list."""
    lists = [pathlib.Path(it[1:]) for it in arguments if it.startswith("@")]
    lines = [line for it in lists if it.exists() for line in it.read_text().splitlines()]
    return [shlex.split(line)[0] for line in lines]


def index(name: str, arguments: list[str], folder: pathlib.Path) -> set[Reference]:
    """Type-checks a target; returns what its files refer to."""
    store = folder / name
    dropped = {"-c", "-emit-module", "-emit-dependencies", "-emit-objc-header", "-parseable-output",
               "-serialize-diagnostics"}  # fmt: skip
    with_value = {"-emit-module-path", "-emit-objc-header-path", "-index-store-path",
                  "-output-file-map"}  # fmt: skip
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in with_value:
            next(rest)
        elif argument not in dropped:
            kept.append(argument)
    sources = sources_of(arguments)
    run([*kept, "-typecheck", "-index-store-path", str(store), "-index-ignore-system-modules"])
    found = references(store, sources)
    if missing := set(sources) - {reference.path for reference in found}:
        sys.exit(f"availability: no index of {sorted(missing)}")
    return found


def run(arguments: list[str]) -> None:
    """Runs the compiler, whose errors end the test."""
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"availability: the compiler failed\n{done.stdout}{done.stderr}")


def index_planted(folder: pathlib.Path) -> set[Reference]:
    """What a target of two files refers to, the second of which uses what is too new."""
    files = [folder / "first.swift", folder / "planted.swift"]
    files[0].write_text("func first() -> Int { 1 }\n")
    files[1].write_text(PLANTED)
    (folder / "sources").write_text("".join(f"{file}\n" for file in files))
    arguments = ["swiftc", "-module-name", "planted", "-parse-as-library"]
    return index(
        "planted", [*arguments, "-whole-module-optimization", f"@{folder}/sources"], folder
    )


def flaws_of(
    found: set[Reference], oldest: dict[str, Version], introduced: dict[str, dict[str, Version]]
) -> Iterator[str]:
    """What is too new, as lines."""
    for use in found:
        # A getter or a setter is as old as its property.
        symbol = re.sub(r"(?<=[vi])[gsMrm](?=Z?$)", "p", use.symbol)
        for system, since in introduced.get(symbol, {}).items():
            if system in oldest and since > oldest[system]:
                name = ".".join(map(str, since))
                place = os.path.relpath(use.path, ROOT)
                used = re.sub(r"^[gs]etter:", "", use.name)
                yield f"{place}:{use.line}: {used} needs {system} {name}"


if __name__ == "__main__":
    main()
