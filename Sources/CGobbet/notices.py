"""Writes the licences of everything that a binary contains beside Gobbet's own code.

    notices.py CHECKOUTS OUTPUT [--command]

reads them where they came from: the package manager's checkouts, the Swift toolchain, and the
documentation of the system's packages (Debian's `copyright` files, Homebrew's folders). It fails
if one is missing, so that no binary goes out without them. `--command` adds what only the command
contains.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import typing

#: The packages whose code is in both binaries, and the one that only the command has.
PACKAGES = {"swift-crypto": "signatures and SHA-256, with BoringSSL", "swift-system": "files"}
COMMAND_PACKAGES = {
    "swift-argument-parser": "the command line",
    "swift-asn1": "part of swift-crypto's dependencies",
}
#: What swift-crypto carries in its sources, by folder; their files say their licence at the top.
VENDORED = [("CCryptoBoringSSL", "BoringSSL", "hashes and curves"), ("CXKCP", "XKCP", "Keccak")]
#: The system's libraries: Debian's package and Homebrew's formula.
LIBRARIES = {
    "zstd": ("libzstd-dev", "zstd", "compression"),
    "zlib": ("zlib1g-dev", "zlib", "gzip"),
    "simdjson": ("libsimdjson-dev", "simdjson", "JSON"),
}
#: Those that the command alone has.
COMMAND_LIBRARIES = {
    "bzip2": ("libbz2-dev", "bzip2", "bzip2"),
    "xz": ("liblzma-dev", "xz", "xz"),
    "lz4": ("liblz4-dev", "lz4", "lz4"),
}

#: The first comment of a C file: a block, or lines.
_TOP_COMMENT = re.compile(r"\s*(/\*.*?\*/|(?://[^\n]*\n)+)", re.DOTALL)


class Notice(typing.NamedTuple):
    """One component and its licence."""

    component: str
    purpose: str
    text: str


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Writes the licences of what a binary contains.")
    parser.add_argument("checkouts", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--command", action="store_true")
    arguments = parser.parse_args()
    packages = PACKAGES | (COMMAND_PACKAGES if arguments.command else {})
    notices = [package(arguments.checkouts / name, why) for name, why in packages.items()]
    notices += [vendored(arguments.checkouts / "swift-crypto/Sources", *each) for each in VENDORED]
    libraries = LIBRARIES | (COMMAND_LIBRARIES if arguments.command else {})
    notices += [library(name, *found) for name, found in libraries.items()]
    if platform.system() != "Darwin":
        notices.append(Notice("Swift", "standard library and runtime", read(runtime_licence())))
    arguments.output.write_text(page(notices))


def package(checkout: pathlib.Path, purpose: str) -> Notice:
    """The licence and the notice of a Swift package."""
    text = read(checkout / "LICENSE.txt")
    notice = checkout / "NOTICE.txt"
    if notice.exists():
        text += "\n" + notice.read_text()
    return Notice(checkout.name, purpose, text)


def vendored(sources: pathlib.Path, folder: str, component: str, purpose: str) -> Notice:
    """What the files of a folder say at their top: each licence once, under all who hold copyright."""
    holders: dict[str, set[str]] = {}
    for path in sorted((sources / folder).rglob("*")):
        if path.suffix in {".c", ".cc", ".h", ".S"}:
            match = _TOP_COMMENT.match(path.read_text(errors="replace"))
            if match and re.search("copyright|licen[cs]e|public domain", match[0], re.IGNORECASE):
                lines = [line.strip().lstrip("/*").strip() for line in match[0].splitlines()]
                mine = {line for line in lines if line.startswith("Copyright")}
                text = "\n".join(line for line in lines if line not in mine).strip()
                holders.setdefault(text, set()).update(mine)
    if not holders:
        sys.exit(f"{sources / folder}: no file says its licence, so the binary cannot be given to others")
    texts = ["\n".join([*sorted(names), "", text]) for text, names in sorted(holders.items())]
    return Notice(component, purpose, "\n\n".join(texts))


def library(name: str, debian: str, formula: str, purpose: str) -> Notice:
    """The licence of a library of the system."""
    if platform.system() == "Darwin":
        prefix = subprocess.run(
            ["brew", "--prefix", formula], check=True, capture_output=True, text=True
        ).stdout.strip()
        found = sorted(pathlib.Path(prefix).glob("LICENSE*"))
        path = found[0] if found else pathlib.Path(prefix, "LICENSE")
    else:
        path = pathlib.Path("/usr/share/doc", debian, "copyright")
    return Notice(name, purpose, read(path))


def runtime_licence() -> pathlib.Path:
    """Where the toolchain keeps the licence of Swift."""
    swiftc = shutil.which("swiftc") or sys.exit("no swiftc in PATH")
    information = subprocess.run(
        [swiftc, "-print-target-info"], check=True, capture_output=True, text=True
    ).stdout
    resources = pathlib.Path(json.loads(information)["paths"]["runtimeResourcePath"])
    return resources.parent.parent / "share/swift/LICENSE.txt"


def read(path: pathlib.Path) -> str:
    """A licence, which must be there."""
    if not path.is_file():
        sys.exit(f"{path}: no licence here, so the binary cannot be given to others")
    return path.read_text()


def page(notices: list[Notice]) -> str:
    """All notices on one page."""
    parts = ["This file lists what is compiled into Gobbet beside its own code (Apache-2.0).\n"]
    rule = "=" * 80
    for notice in notices:
        parts.append(f"{rule}\n{notice.component}: {notice.purpose}\n{rule}\n\n{notice.text.strip()}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
