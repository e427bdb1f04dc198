"""Converting, inspecting and verifying files of every format that the command `gobbet` knows.

`inspect` and `verify` ask the library. `convert` runs the command, which is found by the environment variable
GOBBET_COMMAND or on the PATH: the library, which is kept small, reads these formats but doesn't convert them.
Without the library the others run it too. Options and errors are those of the command either way.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal, cast

from . import _native, native_files
from .errors import BY_STATUS, BadData, Internal, LibraryMissing, NoInput
from .progress import Progress
from .showing import visible

Path = str | os.PathLike[str]
_DIGITS = re.compile("[0-9a-fA-F]{64}")
#: What the elements of tensors become.
ElementType = Literal[
    "f32", "f16", "bf16", "q4_k_m", "q5_k_m", "q6_k", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "q4_k",
    "q5_k", "mxfp4",
]  # fmt: skip


@dataclass(frozen=True)
class Conversion:
    """What `convert` has written.

    Example:
        >>> done = gobbet.convert("my.gobbet", "tokenizer.json")
        >>> done.vocabulary_ids == encoding.n_vocab, done.tensors, done.notes
        (True, None, ())
    """

    #: The file that was named.
    output: str
    #: One more than the largest id, if the output holds a vocabulary and no tensors.
    vocabulary_ids: int | None
    #: How many tensors the output holds; None for a vocabulary.
    tensors: int | None
    #: Whether the output holds a vocabulary, alone or with tensors.
    has_vocabulary: bool
    #: What was read and is not in the output, or is there in another way: a line each.
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Verification:
    """What `verify` has found out about a file.

    Example:
        >>> found, = gobbet.verify("my.gobbet")
        >>> found.ok, found.fault
        (True, None)
    """

    file: str
    #: Whether the file is as it was written.
    ok: bool
    #: How many sections the file has; None if it is not ok.
    sections: int | None
    #: The content id, in hexadecimal; None if the file is not ok.
    content_id: str | None
    #: The public key of the signer, in hexadecimal; None without a signature.
    signed_by: str | None
    #: The first fault; None if the file is ok.
    fault: str | None


def convert(
    input: Path,
    output: Path,
    *,
    to: str | None = None,
    force: bool = False,
    vocabulary: Path | None = None,
    pattern: str | None = None,
    type: ElementType | None = None,
    codec: str | None = None,
    base: Path | None = None,
    resize_embeddings: int | Path | None = None,
    rows_to_multiple: int | None = None,
    new_rows: str | None = None,
    shard_size: int | str | None = None,
    verify: bool = False,
    skip: bool = False,
    key: str | None = None,
    progress: bool = False,
) -> Conversion:
    """Converts a vocabulary or weights from or to another format.

    Args:
        input: The file to convert, whose format its content tells.
        output: The file to write, whose format its name tells: .gobbet, .tiktoken, vocab.json, .json,
            .model, .safetensors, .safetensors.index.json, .gguf, .npy, .npz.
        to: The format to write, if the name does not tell.
        force: Whether the output is replaced if it exists.
        vocabulary: A vocabulary to embed in the weights or write beside them.
        pattern: How text is split, if the vocabulary doesn't say.
        type: The element type to write.
        codec: How weights are stored in .gobbet files: `compact` or `raw`.
        base: An earlier checkpoint, from which tensors are stored as differences.
        resize_embeddings: How many rows the embedding gets, or a vocabulary with as many ids.
        rows_to_multiple: What the number of rows is made a multiple of.
        new_rows: What new rows are: `mean` or `zero`.
        shard_size: Bytes of a file where weights are cut into several, as 5000000000 or "5G".
        verify: Whether the output is read again and compared with the input.
        skip: Whether tensors of a GGUF file whose type is not known are left out.
        key: The dictionary with the tensors in a PyTorch checkpoint.
        progress: Whether to show how far it is, by tqdm where that is installed.

    Returns:
        What was written, and what was left out.

    Raises:
        InvalidArgument: An option would change nothing. A ValueError.
        BadData: The input is damaged, or can't become such an output. A ValueError.
        NoInput: The input is missing. A FileNotFoundError.
        CannotCreate: The output exists, or can't be made. A FileExistsError.
        LibraryMissing: There is no command `gobbet`. An ImportError.

    Example:
        >>> gobbet.convert("weights.gobbet", "weights.safetensors").tensors
        1
    """
    words = ["convert", _name(input), "--output=" + os.fspath(output)]
    words += _options(
        to=to, vocabulary=vocabulary, pattern=pattern, type=type, codec=codec, base=base,
        resize_embeddings=resize_embeddings, rows_to_multiple=rows_to_multiple, new_rows=new_rows,
        shard_size=shard_size, key=key, force=force, verify=verify, skip=skip,
    )  # fmt: skip
    (found,) = _run(words, progress=progress)
    return Conversion(
        found["output"], found.get("vocabulary_ids"), found.get("tensors"), found["has_vocabulary"],
        tuple(found["notes"]),
    )  # fmt: skip


def inspect(path: Path, *, tensors: bool = False, progress: bool = False) -> dict[str, Any]:
    """What a file holds: its sections, their sizes and their contents.

    Args:
        path: A file in any format.
        tensors: Whether every tensor is listed, with its smallest, largest and mean element.
        progress: Whether to show how far `tensors` is, by tqdm where that is installed.

    Returns:
        What `gobbet inspect --json` prints.

    Raises:
        BadData: The file is damaged, or of no format that is known. A ValueError.
        NoInput: The file is missing. A FileNotFoundError.
        LibraryMissing: There is neither the library nor the command. An ImportError.

    Example:
        >>> gobbet.inspect("weights.gobbet")["weights"]["tensors"]
        1
    """
    if _native.available():
        found, *_ = native_files.inspect(_name(path), {"tensors": tensors}, progress and tensors)
    else:
        found, *_ = _run(
            ["inspect", _name(path), *_options(tensors=tensors)], progress=progress,
            is_long=tensors,
        )  # fmt: skip
    return found


def verify(
    paths: Path | Sequence[Path], *, key: str | None = None, progress: bool = False
) -> list[Verification]:
    """Checks every checksum, index, id and signature of .gobbet files.

    Args:
        paths: A file or a folder of shards, or several.
        key: The public key of the signer, 64 hexadecimal digits or a file of them.
        progress: Whether to show how far it is, by tqdm where that is installed.

    Returns:
        What was found out about each file; a damaged one raises nothing.

    Raises:
        NoInput: A file is missing. A FileNotFoundError.
        LibraryMissing: There is neither the library nor the command. An ImportError.

    Example:
        >>> all(found.ok for found in gobbet.verify(["corpus.gobbet", "my.gobbet"]))
        True
    """
    listed = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    if _native.available():
        public = None if key is None else _public_key(key)
        reports = [
            found
            for path in listed
            for found in native_files.verify(_name(path), public, progress)
        ]
    else:
        words = ["verify", *map(_name, listed), *_options(key=key)]
        reports = _run(words, negative=True, progress=progress)
    return [
        Verification(
            found["file"], found["ok"], found.get("sections"), found.get("content_id"),
            found.get("signed_by"), found.get("fault"),
        )
        for found in reports
    ]  # fmt: skip


def _public_key(key: str) -> bytes:
    """The key that is spelled, or that the file of this name holds."""
    digits, kind = key, "public"
    if not _DIGITS.fullmatch(key):
        try:
            with open(key, encoding="utf-8") as file:
                lines = file.read().split("\n")
        except OSError as error:
            raise NoInput(f"{key}: cannot open: {error.strerror}") from None
        if marked := re.fullmatch("gobbet (private|public) key", lines[0].strip()):
            kind = marked[1]
            del lines[0]
        digits = "".join(lines).strip()
    if kind != "public" or not _DIGITS.fullmatch(digits):
        raise BadData(f"{key}: not a public key of 64 hexadecimal digits")
    return bytes.fromhex(digits)


def _name(path: Path) -> str:
    """A path that no option can be taken for, and standard input neither."""
    name = os.fspath(path)
    return f"./{name}" if name.startswith("-") else name


def _options(**options: object) -> list[str]:
    words = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            words.append(option)
        elif isinstance(value, (list, tuple)):
            words += [f"{option}={each}" for each in value]
        elif value is not None and value is not False:
            text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
            words.append(f"{option}={text}")
    return words


def _command() -> str:
    found = os.environ.get("GOBBET_COMMAND") or shutil.which("gobbet")
    if not found:
        raise LibraryMissing(
            "needs the command gobbet, which is not on the PATH; GOBBET_COMMAND names it elsewhere"
        )
    return found


def _run(words: list[str], **options: bool) -> list[dict[str, Any]]:
    """Runs the command as `output_of`; the JSON objects that it prints, a line each."""
    return [json.loads(line) for line in output_of([*words, "--json"], **options).splitlines()]


def output_of(
    words: list[str], *, negative: bool = False, progress: bool = False, is_long: bool = True
) -> str:
    """Runs the command; what it prints.

    With `negative`, status 1 is an answer, too. A job that isn't long has no progress to show.
    """
    command = _command()
    with Progress(words[0], progress and is_long) as shown:
        try:
            if shown.is_shown:
                status, printed, told = _watched([command, *words], shown)
            else:
                done = subprocess.run(
                    [command, *words, *["--quiet"] * is_long], stdin=subprocess.DEVNULL,
                    capture_output=True, encoding="utf-8",
                )  # fmt: skip
                status, printed, told = done.returncode, done.stdout, done.stderr
        except OSError as error:
            raise LibraryMissing(f"{command}: {error.strerror}") from None
    if status != 0 and not (negative and status == 1):
        message = told.strip().removeprefix("gobbet: ")
        kind = BY_STATUS.get(status, Internal)
        raise kind(message or f"{command} ended with status {status}")
    return printed


def _watched(words: list[str], shown: Progress) -> tuple[int, str, str]:
    """Runs the command and shows the lines in which it says how far it is; its status and texts."""
    told: list[str] = []
    environment = {"GOBBET_PROGRESS_INTERVAL": "0.5", **os.environ}

    def watch(lines: IO[str]) -> None:
        for line in lines:
            if told or line.startswith("gobbet: "):
                told.append(line)
            else:
                shown.say(visible(line.rstrip("\n")))

    with subprocess.Popen(
        [*words, "--progress"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8", env=environment,
    ) as process:  # fmt: skip
        output, lines = cast("IO[str]", process.stdout), cast("IO[str]", process.stderr)
        watcher = threading.Thread(target=watch, args=[lines], name="gobbet", daemon=True)
        watcher.start()
        printed = output.read()
        watcher.join()
    return process.returncode, printed, "".join(told)
