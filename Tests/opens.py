"""Shows that every input is opened once, by the calls that a command makes of the system.

    opens.py BUILD

runs the command of the release build in BUILD, and a Python program over its library, under strace, on
files of every format in a folder of their own. It fails for the first input that a run opens twice.
Linux only.
"""

from __future__ import annotations

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from docs import ROOT

OPENED = re.compile(r'openat\([^,]+, "((?:[^"\\]|\\.)*)", ([A-Z_|]+)[^)]*\) = \d+')

# What of the Python interface opens files by their paths.
PYTHON = """
import sys, gobbet
vocabulary, tokens, folder, weights, raw, later, checkpoint = sys.argv[1:]
assert gobbet.Encoding(vocabulary).encode("a")
for path in [tokens, folder]:
    dataset = gobbet.TokenDataset(path)
    assert dataset.vocabulary() is not None and len(dataset) > 0
with gobbet.safe_open(weights) as file:
    assert file.vocabulary() is not None
    for name in file.keys():
        file.get_tensor(name)
assert len(gobbet.numpy.load_file(raw)) == len(gobbet.numpy.load_file(later)) > 0
assert gobbet.inspect(checkpoint)["format"] == "pytorch"
"""


def trace(folder: pathlib.Path, words: list[str], expected: int = 0) -> list[str]:
    """The files in the folder that a command opens for reading, as often as it does."""
    log = folder / "strace"
    strace = ["strace", "-f", "-qq", "-e", "trace=openat", "-o", str(log), *words]
    done = subprocess.run(strace, cwd=folder, capture_output=True, text=True)
    if done.returncode != expected:
        sys.exit(f"{' '.join(words)}: {done.stderr}")
    opened = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        call = OPENED.search(line)
        if call and "O_DIRECTORY" not in call[2] and "O_RDONLY" in call[2]:
            path = (folder / call[1]).resolve()
            if path.is_relative_to(folder / "inputs") and path.is_file():
                opened.append(str(path.relative_to(folder / "inputs")))
    return opened


def fill(gobbet: str, inputs: pathlib.Path) -> None:
    """Makes files of every format."""

    def run(*words: str) -> None:
        done = subprocess.run([gobbet, *words], cwd=inputs, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"gobbet {' '.join(words)}: {done.stderr}")

    fixtures = ROOT / "Fixtures"
    shutil.copytree(fixtures / "models" / "llama3", inputs / "llama")
    shutil.copytree(fixtures / "tinymodel", inputs / "tiny")
    for name in ["arrays", "set"]:
        (inputs / name).mkdir()
    weights = "tiny/model.safetensors"
    run("convert", weights, "-o", "tiny.gobbet")
    run("convert", weights, "-o", "tiny.gguf")
    run("convert", weights, "-o", "arrays/tiny.npz")
    run("convert", "tiny/tokenizer.json", "-o", "bpe.gobbet")
    run("convert", "tiny/tokenizer.json", "-o", "bpe.tiktoken")
    run("convert", "llama/model.safetensors", "-o", "llama.gobbet")
    run("convert", weights, "-o", "set/model.safetensors.index.json", "--shard-size", "1M")
    run("convert", weights, "-o", "set/model.gobbet", "--shard-size", "1M")
    (inputs / "text.txt").write_text("It is a truth universally acknowledged.\n" * 50)
    run("pack", "text.txt", "-v", "bpe.gobbet", "-o", "tokens.gobbet")
    run("convert", "tiny.gobbet", "-o", "later.gobbet", "--base", "tiny.gobbet")
    shutil.copy(inputs / "tiny.gobbet", inputs / "arrays" / "tiny.gobbet")
    shutil.copy(inputs / "later.gobbet", inputs / "arrays" / "later.gobbet")
    run("convert", "tiny.gobbet", "-o", "raw.gobbet", "--codec", "raw")
    shutil.copytree(fixtures / "pytorch" / "distributed", inputs / "dcp")
    corpus = str(fixtures / "corpus" / "en")
    run("pack", corpus, "-v", "bpe.gobbet", "-o", "folder", "--shard-tokens", "20000")


def main() -> None:
    """The command."""
    build = pathlib.Path(sys.argv[1]).resolve()
    if shutil.which("strace") is None:
        sys.exit("no strace: .ci/install installs it")
    if subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True).returncode:
        print("strace may not trace here: what inputs are opened was not looked at")
        return
    gobbet = str(build / "gobbet")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        inputs = folder / "inputs"
        inputs.mkdir()
        fill(gobbet, inputs)
        commands: list[tuple[list[str], int]] = []
        vocabularies = ["bpe.gobbet", "tiny/tokenizer.json", "tiny/vocab.json", "bpe.tiktoken"]
        weights = [
            "tiny.gobbet", "tiny.gguf", "arrays/tiny.npz", "tiny/model.safetensors",
            "llama/model.safetensors", "llama.gobbet", "set/model.safetensors.index.json",
            *sorted(f"set/{path.name}" for path in (inputs / "set").glob("model-*")),
        ]  # fmt: skip
        for path in vocabularies:
            pattern = ["--pattern", "gpt2"] if path == "bpe.tiktoken" else []
            commands.append((["convert", path, "-o", "out/tokenizer.json", *pattern], 0))
        for path in weights:
            commands.append((["convert", path, "-o", "out/model.gobbet"], 0))
            commands.append((["convert", path, "-o", "out/model.safetensors"], 0))
        for path in [*vocabularies[:-1], *weights, "tokens.gobbet", "dcp", "later.gobbet"]:
            commands.append((["inspect", path], 0))
        for pair in [["tiny.gobbet", "later.gobbet"], ["later.gobbet", "tiny.gobbet"]]:
            commands.append((["diff", *pair], 1))
            commands.append((["report", *pair, "-o", "out/page.html"], 0))
        for first, second in [
            ("bpe.gobbet", "tiny.gobbet"), ("tokens.gobbet", "bpe.gobbet"),
            ("llama.gobbet", "tiny.gobbet"), ("tiny/model.safetensors", "llama.gobbet"),
            ("tiny.gguf", "llama.gobbet"),
        ]:  # fmt: skip
            commands.append((["diff", first, second], 1))
        for path in ["bpe.gobbet", "tokens.gobbet", "tiny.gobbet", "folder"]:
            commands.append((["verify", path], 0))
        for path in ["tiny", "tiny.gobbet", "tiny.gguf", "tiny/model.safetensors"]:
            commands.append((["generate", path, "--prompt", "a", "-n", "2"], 0))
            evaluate = ["evaluate", path, "-v", "bpe.gobbet"]
            for text in ["text.txt", "tokens.gobbet"]:
                commands.append(([*evaluate, text], 0))
            commands.append(([*evaluate, "folder", "--split", "train"], 0))
        for path in [*vocabularies[:-1], *weights[:4], "tokens.gobbet", "folder"]:
            commands.append((["report", path, "-o", "out/page.html"], 0))
        for words in [
            ["tiny.gobbet", "llama.gobbet"], ["bpe.gobbet", "tiny/tokenizer.json"],
            ["bpe.gobbet", "tiny/tokenizer.json", "--text", "a"], ["tiny.gobbet", "--text", "a b"],
            ["tiny", "--text", "a b"],
        ]:  # fmt: skip
            commands.append((["report", *words, "-o", "out/page.html"], 0))
        runs = 0
        for words, status in commands:
            shutil.rmtree(folder / "out", ignore_errors=True)
            (folder / "out").mkdir()
            placed = [f"inputs/{word}" if (inputs / word).exists() else word for word in words]
            check(trace(folder, [gobbet, *placed], status), " ".join(["gobbet", *words]))
            runs += 1
        # Python wants NumPy.
        if (python := os.environ.get("GOBBET_PEERS_PYTHON")) is not None:
            os.environ["GOBBET_LIBRARY"] = str(build / "libGobbetC.so")
            os.environ["PYTHONPATH"] = str(ROOT / "Sources" / "Python")
            paths = [
                "bpe.gobbet", "tokens.gobbet", "folder", "tiny.gobbet", "raw.gobbet",
                "arrays/later.gobbet", "dcp",
            ]  # fmt: skip
            program = [python, "-c", PYTHON, *(f"inputs/{path}" for path in paths)]
            check(trace(folder, program), "Python")
            runs += 1
        print(f"{runs} runs opened every input once")


def check(opened: list[str], name: str) -> None:
    """Fails for an input that was opened twice, and for a run that opened none."""
    if not opened:
        sys.exit(f"{name}: opened no input")
    for path, count in collections.Counter(opened).items():
        if count > 1:
            sys.exit(f"{name}: opened {path} {count} times")


if __name__ == "__main__":
    main()
