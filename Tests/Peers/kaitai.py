"""Compiles Spec/gobbet.ksy with Kaitai Struct's own compiler, and reads every golden file with what it makes.

    kaitai.py COMPILER

COMPILER is a command line such as kaitai-struct-compiler. What the generated reader finds in all generations of a file
(sections with their fields, blocks, digests and decoded content) must be what the reader in Python finds. Files that
end in an append that did not end must be refused, for their last 64 bytes aren't a trailer. The exit code is 1 if a
file differs.

Needs: pip install kaitaistruct==0.11 numpy zstandard
"""

from __future__ import annotations

import importlib
import pathlib
import shlex
import subprocess
import sys
import tempfile
from typing import Any

import kaitaistruct
import zstandard

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/reader"))
import gobbet_reader  # noqa: E402
from conformance import golden  # noqa: E402


def compiled(command: str, folder: str) -> Any:
    """The class that the compiler makes of the description, in Python."""
    arguments = [*shlex.split(command), "-t", "python", "--outdir", folder, str(ROOT / "Spec/gobbet.ksy")]
    result = subprocess.run(arguments, capture_output=True, text=True)
    if result.returncode or result.stdout or result.stderr:
        sys.exit(f"{command}: {result.stdout}{result.stderr}")
    sys.path.insert(0, folder)
    return importlib.import_module("gobbet").Gobbet


def content(section: Any) -> bytes:
    """What a section holds, decoded block by block."""
    found, start = [], 0
    for block in section.blocks:
        stored = section.payload[start : start + block.len_stored]
        start += block.len_stored
        is_frame = section.shared.codec.name == "zstd"
        found.append(zstandard.ZstdDecompressor().decompress(stored) if is_frame else stored)
    return b"".join(found)


def described(path: pathlib.Path, reader: Any) -> list[object]:
    """What the generated reader finds, for the last generation and, in one number, for those before."""
    file = reader.from_file(path)
    trailer, generation_count = file.trailer, 1
    sections = [
        (entry.shared.kind, entry.name, entry.shared.codec.value, entry.digest, content(entry.section))
        for entry in trailer.table.entries
    ]
    for entry in trailer.table.entries:
        if vars_of(entry.shared) != vars_of(entry.section.shared):
            sys.exit(f"{path}: an entry unlike its header")
    while trailer := trailer.previous:
        generation_count += 1
        for entry in trailer.table.entries:
            content(entry.section)
    return [file.header.profile.value, generation_count, sections]


def vars_of(shared: Any) -> dict[str, object]:
    """The fields of a header, or of an entry, without those that say where they lie."""
    return {name: value for name, value in vars(shared).items() if name[0] != "_"}


def expected(path: pathlib.Path) -> tuple[list[object], bool]:
    """The same by the reader in Python, and whether an append did not end."""
    found = gobbet_reader.Contents(path.read_bytes())
    sections = [(section.kind, section.name, section.codec, section.digest, data) for section, data in found.sections]
    return [found.profile, found.generations, sections], found.unfinished > 0


def main(command: str) -> None:
    """The command."""
    version = subprocess.run([*shlex.split(command), "--version"], capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        reader = compiled(command, folder)
        refused, sections = 0, 0
        for path in golden():
            facts, is_unfinished = expected(path)
            try:
                found = described(path, reader)
            except (kaitaistruct.KaitaiStructError, EOFError, ValueError) as error:
                if not is_unfinished:
                    sys.exit(f"{path}: {error}")
                refused += 1
                continue
            if found != facts:
                sys.exit(f"{path}: {found} is not {facts}")
            sections += len(found[2])
    print(f"{version}: {len(golden()) - refused} golden files with {sections} sections; {refused} unfinished, refused")


if __name__ == "__main__":
    main(*sys.argv[1:])
