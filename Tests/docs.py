"""Compiles and runs what the documentation shows.

    docs.py GOBBET [MODULES]

takes every block marked `swift` or `sh` of the README and of the catalog, and the examples in doc
comments of the sources. The blocks of a page run in its order, in a folder with a corpus, a model and a text. Blocks of Swift become one program, which is
compiled against the modules of the release build (MODULES, else beside the command) and linked with
their objects. A block without a mark after one of `sh` is what that prints. Blocks of C are compiled
with gobbet.h. Copying from the README only, a stranger comes from a clone to a text of a model.
"""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
#: What a stranger does in the first ten minutes.
FIRST_VERBS = ["train", "tokens", "pack", "report", "generate"]
PAGES = [README, *sorted((ROOT / "Sources/Gobbet/Gobbet.docc").glob("*.md"))]


def main() -> None:
    """The command."""
    check_first_steps()
    command = pathlib.Path(sys.argv[1]).resolve()
    build = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else command.parent
    blocks = {page: list(blocks_of(page)) for page in PAGES}
    blocks[ROOT / "Sources"] = list(examples())
    with tempfile.TemporaryDirectory() as folder:
        program = compile_swift(blocks, build, pathlib.Path(folder))
        for page, found in blocks.items():
            run(page, found, command, program)
        compile_c(pathlib.Path(folder))
    count = sum(len(found) for found in blocks.values())
    print(f"documentation: {count} blocks of {len(PAGES)} pages and of doc comments ran")


def check_first_steps() -> None:
    """Fails if the first block of the README leaves a step to the reader."""
    steps = next(text for language, text in blocks_of(README) if language == "sh")
    missing = [verb for verb in FIRST_VERBS if f"gobbet {verb} " not in steps]
    if missing:
        sys.exit(f"{README.name}: the first block does not {', '.join(missing)}")


def compile_c(folder: pathlib.Path) -> None:
    """Compiles the blocks of C, each as the body of a function."""
    for page in PAGES:
        for text in re.findall(r"^```c\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            source = folder / "block.c"
            source.write_text(
                "#include <gobbet.h>\n#include <stdio.h>\n"
                "void block(const uint8_t *text, size_t length, uint32_t *ids, size_t count) {\n"
                f"{text}}}\n"
            )
            options = ["-std=c11", "-Wall", "-Werror", "-fsyntax-only"]
            subprocess.run(
                ["cc", *options, "-I", str(ROOT / "Sources/CGobbet"), str(source)], check=True
            )


def printed_blocks(page: pathlib.Path) -> dict[str, str]:
    """What blocks of `sh` print, where a page says so."""
    pattern = r"^```sh\n((?:(?!^```).)*?)^```\n\n```\n(.*?)^```"
    return dict(re.findall(pattern, page.read_text(), re.MULTILINE | re.DOTALL))


def blocks_of(page: pathlib.Path) -> list[tuple[str, str]]:
    """The language and the text of each block that runs."""
    return re.findall(r"^```(swift|sh)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def examples() -> Iterator[tuple[str, str]]:
    """The examples in doc comments of Swift."""
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        for block in re.findall(
            r"^ */// ```swift\n(.*?)^ */// ```$", path.read_text(), re.MULTILINE | re.DOTALL
        ):
            lines = [re.sub(r"^ */// ?", "", line) for line in block.splitlines()]
            name = path.relative_to(ROOT)
            yield "swift", "\n".join(["import Gobbet", f"// {name}", *lines, ""])


def compile_swift(
    blocks: dict[pathlib.Path, list[tuple[str, str]]], build: pathlib.Path, folder: pathlib.Path
) -> pathlib.Path:
    """A program that runs the block whose page and number its arguments name."""
    imports, functions, cases = set(), [], []
    for number, (page, found) in enumerate(blocks.items()):
        for index, (language, text) in enumerate(found):
            if language != "swift":
                continue
            lines = text.splitlines()
            imports |= {line for line in lines if line.startswith("import ")}
            body = "\n".join("  " + line for line in lines if not line.startswith("import "))
            functions.append(
                f"// {page.name}\nfunc block{number}_{index}() async throws {{\n{body}\n}}"
            )
            cases.append(f'case "{page.name} {index}": try await block{number}_{index}()')
    source = folder / "main.swift"
    source.write_text(
        "\n".join(sorted(imports))
        + "\n\n"
        + "\n\n".join(functions)
        + "\n\nswitch CommandLine.arguments[1] {\n"
        + "\n".join(cases)
        + '\ndefault: preconditionFailure("no such block")\n}\n'
    )
    # What the command is made of, without what only the command has.
    linked = shlex.split((build / "gobbet.product/Objects.LinkFileList").read_text())
    objects = [path for path in linked if not re.search("/(gobbet_cli|ArgumentParser)", path)]
    program = folder / "blocks"
    libraries = ["-lzstd", "-lz", "-lbz2", "-llzma", "-llz4", "-lsimdjson"]
    libraries.append("-lstdc++" if sys.platform == "linux" else "-lc++")
    done = subprocess.run(
        ["swiftc", "-swift-version", "6", str(source), "-o", str(program)]
        + ["-I", str(build / "Modules"), *module_maps(build), *objects, *libraries],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"the blocks of Swift don't compile:\n{done.stderr[:10_000]}")
    return program


def module_maps(build: pathlib.Path) -> list[str]:
    """Where the compiler finds the C modules that the Swift ones import."""
    maps = list(build.glob("C*.build/module.modulemap"))
    maps += (ROOT / "Sources").glob("C*/include/module.modulemap")
    maps += (ROOT / "Sources").glob("C*/module.modulemap")
    maps += (ROOT / ".build/checkouts").glob("*/Sources/C*/include/module.modulemap")
    options: list[str] = []
    for path in maps:
        if path.exists() and "CGobbet/" not in str(path):
            options += ["-Xcc", f"-fmodule-map-file={path}"]
    return options


def run(
    page: pathlib.Path, found: list[tuple[str, str]], command: pathlib.Path, program: pathlib.Path
) -> None:
    """Runs the blocks of a page in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare(
            folder, command, made=" ".join(text for language, text in found if language == "sh")
        )
        printed = printed_blocks(page) if page in PAGES else {}
        environment = os.environ | {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        for index, (language, text) in enumerate(found):
            arguments = (
                ["sh", "-eu", "-c", text]
                if language == "sh"
                else [str(program), f"{page.name} {index}"]
            )
            done = subprocess.run(
                arguments, cwd=folder, env=environment, capture_output=True, text=True
            )
            if done.returncode:
                sys.exit(f"{page.name}, block {index + 1}:\n{text}\n{done.stdout}{done.stderr}")
            if language == "sh" and not done.stdout.startswith(printed.get(text, "")):
                sys.exit(f"{page.name}, block {index + 1} prints otherwise:\n{done.stdout}")


def prepare(folder: pathlib.Path, command: pathlib.Path, made: str) -> None:
    """What a page takes for granted: the command, a corpus and a model, and what it hasn't `made`."""
    (folder / "bin").mkdir()
    (folder / "bin/gobbet").symlink_to(command)
    fixtures = ROOT / "Fixtures"
    shutil.copytree(fixtures / "corpus", folder / "corpus")
    (folder / "Fixtures").symlink_to(fixtures)
    shutil.copy(fixtures / "corpus-heldout/en.txt", folder / "text.txt")
    shutil.copy(fixtures / "tinymodel/model.safetensors", folder / "model.safetensors")
    # What stands for two checkpoints of a run.
    for name in ("step-500", "step-1000"):
        shutil.copy(fixtures / "tinymodel/model.safetensors", folder / f"{name}.safetensors")
    for neighbour in ("config.json", "tokenizer.json"):
        if (fixtures / "tinymodel" / neighbour).exists():
            shutil.copy(fixtures / "tinymodel" / neighbour, folder / neighbour)
    for arguments in (
        ["train", "corpus", "--size", "2048", "--special", "<|endoftext|>", "-o", "my.gobbet"],
        ["pack", "corpus", "-v", "my.gobbet", "--append-eot", "-o", "corpus.gobbet"],
        ["convert", "model.safetensors", "-o", "model.gobbet"],
    ):
        subprocess.run([str(command), *arguments], cwd=folder, check=True, capture_output=True)
    for name in set(re.findall(r"-o (\w+\.gobbet)", made)):
        (folder / name).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
