"""Builds the wheel: the package, and the native library and the extension beside it.

    build_wheel.py FOLDER [--output FOLDER]

takes the libraries in the `lib` that `Sources/CGobbet/build.sh` (self-contained) and
`Sources/Python/extension/build.sh` filled, and prints the path of the wheel. The same package and
library always give the same bytes. It needs Python, nothing else.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import pathlib
import platform
import re
import sys
import tomllib
import zipfile

HERE = pathlib.Path(__file__).resolve().parent

#: The most bytes of a wheel.
LIMIT = 4_000_000

# Versions of libstdc++ that the policies manylinux_2_N guarantee, by N.
_LIBSTDCXX = {17: 19, 24: 22, 26: 24, 27: 24, 28: 24, 31: 28, 34: 29, 35: 30, 39: 33}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Builds the wheel.")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("dist"))
    arguments = parser.parse_args()
    libraries = libraries_in(arguments.folder / "lib")
    if not libraries:
        sys.exit(f"{arguments.folder}/lib: no library")
    wheel = build(libraries, arguments.output)
    size = wheel.stat().st_size
    if size > LIMIT:
        wheel.unlink()
        sys.exit(f"the wheel would have {size} bytes, more than {LIMIT}")
    print(wheel)


def libraries_in(folder: pathlib.Path) -> list[pathlib.Path]:
    """The libraries in a folder, by their names; none where there is no such folder."""
    return sorted(
        path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.is_file() and (".so" in path.suffixes or path.suffix == ".dylib")
    )


def tag(libraries: list[pathlib.Path]) -> str:
    """The platforms that the libraries run on: the oldest manylinux that has what they need."""
    machine = platform.machine()
    if any(library.suffix == ".dylib" for library in libraries):
        release = platform.mac_ver()[0].split(".")[0]
        return f"macosx_{release}_0_{machine}"
    data = b"".join(library.read_bytes() for library in libraries)
    glibc = [int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", data)]
    libstdcxx = [int(patch) for patch in re.findall(rb"GLIBCXX_3\.4\.(\d+)", data)]
    if not glibc:
        return f"linux_{machine}"
    needed = max(glibc)
    for policy, patch in sorted(_LIBSTDCXX.items()):
        if policy >= needed and patch >= max(libstdcxx, default=0):
            return f"manylinux_2_{policy}_{machine}"
    return f"linux_{machine}"


def package_version() -> str:
    """The version that the package says of itself."""
    text = (HERE / "gobbet" / "__init__.py").read_text()
    found = re.search(r'^__version__ = "(.*)"$', text, re.MULTILINE)
    if found is None:
        raise ValueError("gobbet/__init__.py has no __version__")
    return found[1]


def build(libraries: list[pathlib.Path], output: pathlib.Path) -> pathlib.Path:
    """Writes the wheel into `output`."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    name = project["name"]
    version = project["version"] = package_version()
    full_tag = f"py3-none-{tag(libraries)}"
    information = f"{name}-{version}.dist-info"
    files = {
        path.relative_to(HERE).as_posix(): path.read_bytes()
        for path in sorted((HERE / "gobbet").rglob("*"))
        if path.suffix == ".py" or path.name == "py.typed"
    }
    files |= {f"gobbet/{library.name}": library.read_bytes() for library in libraries}
    for licence in licences(libraries):
        files[f"{information}/licenses/{licence.name}"] = licence.read_bytes()
    files[f"{information}/METADATA"] = metadata(project).encode()
    files[f"{information}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: gobbet build_wheel\nRoot-Is-Purelib: false\n"
        f"Tag: {full_tag}\n"
    ).encode()
    records = [f"{path},{digest(data)},{len(data)}" for path, data in files.items()]
    record = f"{information}/RECORD"
    files[record] = "\n".join([*records, f"{record},,", ""]).encode()
    output.mkdir(parents=True, exist_ok=True)
    wheel = output / f"{name}-{version}-{full_tag}.whl"
    unfinished = wheel.with_suffix(".unfinished")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            native = ".so" in path or path.endswith(".dylib")
            entry.external_attr = (0o755 if native else 0o644) << 16
            archive.writestr(entry, data)
    os.replace(unfinished, wheel)
    return wheel


def licences(libraries: list[pathlib.Path]) -> list[pathlib.Path]:
    """Gobbet's own licence, and the notices that the build put beside the folder of the libraries."""
    notices = {library.parent.parent / "THIRD-PARTY-NOTICES.txt" for library in libraries}
    return [path for path in (HERE.parent.parent / "LICENSE", *sorted(notices)) if path.exists()]


def metadata(project: dict) -> str:
    """The core metadata of the package."""
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"Requires-Python: {project['requires-python']}",
        f"License-Expression: {project['license']}",
        *[f"Requires-Dist: {requirement}" for requirement in project["dependencies"]],
    ]
    for extra, requirements in project.get("optional-dependencies", {}).items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {each}; extra == "{extra}"' for each in requirements]
    lines += ["Description-Content-Type: text/markdown", "", (HERE / "README.md").read_text()]
    return "\n".join(lines)


def digest(data: bytes) -> str:
    """A hash as RECORD has it."""
    value = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={value.decode()}"


if __name__ == "__main__":
    main()
