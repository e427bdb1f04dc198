"""The folder of a dataset in the making, as `gobbet pack` has it, and in it that of the job."""

from __future__ import annotations

import functools
import glob
import hashlib
import json
import os
import shutil
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from ..dataset_folder import MANIFEST as MANIFEST, UNFINISHED as UNFINISHED
from ..encoding import Encoding
from ..errors import BadData, CannotCreate
from .options import SPLITS, PackOptions, Reading

_JOB = ".job-"
_JOB_FILE = "job.json"


@dataclass(frozen=True)
class Job:
    """What every task of a job knows; it lies in the job's folder, and tasks get its path."""

    #: Where results go, and where the job keeps what lies between.
    output: str
    folder: str
    #: The files, in the order of the corpus.
    files: tuple[str, ...]
    reading: Reading
    options: PackOptions | None = None
    appended: int | None = None
    pattern: str | None = None

    @property
    def keeps_sources(self) -> bool:
        """Whether the dataset tells where documents come from."""
        return self.options is not None and (
            self.options.sources or self.reading.id_key is not None
        )

    def save(self) -> None:
        """Puts the job where its tasks find it."""
        write_atomically(os.path.join(self.folder, _JOB_FILE), json_bytes(self._plan()))

    def _plan(self) -> dict[str, Any]:
        """The job as JSON: numbers, strings and lists, from which nothing can be run."""
        reading, options = asdict(self.reading), self.options
        if self.reading.separator is not None:
            reading["separator"] = self.reading.separator.hex()
        return {
            "kind": "gobbet job",
            "version": 1,
            "files": list(self.files),
            "reading": reading,
            "options": None if options is None else asdict(options),
            "appended": self.appended,
            "pattern": self.pattern,
        }

    def path(self, name: str) -> str:
        """A file of the job."""
        return os.path.join(self.folder, name)


@functools.lru_cache(maxsize=4)
def job_at(folder: str) -> Job:
    """The job of a folder.

    Where it is and where its results go follows from the folder, not from what lies in it.

    Raises:
        BadData: The file of the job is none, or says what a job doesn't.
    """
    path = os.path.join(folder, _JOB_FILE)
    found = read_json(path)
    if found.get("kind") != "gobbet job" or found.get("version") != 1:
        raise BadData(f"{path}: is no job of this version")
    try:
        reading = dict(found["reading"])
        if reading["separator"] is not None:
            reading["separator"] = bytes.fromhex(reading["separator"])
        options = found["options"]
        job = Job(
            os.path.dirname(folder), folder, tuple(found["files"]), Reading(**reading),
            None if options is None else PackOptions(**options), found["appended"],
            found["pattern"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise BadData(f"{path}: is damaged: {error}") from None
    if job._plan() != found or not all(isinstance(name, str) for name in job.files):
        raise BadData(f"{path}: is damaged")
    return job


@functools.lru_cache(maxsize=4)
def encoding_at(folder: str) -> Encoding:
    """The vocabulary of the job of a folder."""
    return Encoding(os.path.join(folder, "vocabulary.gobbet"))


def write_atomically(path: str, data: bytes | memoryview) -> None:
    """A file that appears whole, or not at all."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{uuid.uuid4().hex}.partial")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def put(job: Job, kind: str, data: bytes) -> str:
    """A file of the job that is named by its content; its name."""
    name = f"{kind}-{hashlib.sha256(data).hexdigest()[:24]}"
    write_atomically(job.path(name), data)
    return name


def new_job_folder(output: str) -> str:
    """A folder for a new job; those of jobs that ended early go."""
    remove_job_folders(output)
    folder = os.path.join(output, _JOB + uuid.uuid4().hex[:12])
    os.makedirs(folder)
    return folder


def job_folders(output: str) -> list[str]:
    """The folders of jobs in `output`, the latest first."""
    found = glob.glob(os.path.join(glob.escape(output), _JOB + "*"))
    return sorted(found, key=os.path.getmtime, reverse=True)


def remove_job_folders(output: str) -> None:
    """Takes away what lies between."""
    for folder in job_folders(output):
        shutil.rmtree(folder, ignore_errors=True)


# MARK: The dataset's own files


def json_bytes(value: object) -> bytes:
    """JSON as the library writes manifests."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:
        # A path that is no UTF-8 has surrogates, which only their escapes can say.
        return (json.dumps(value, indent=2) + "\n").encode()


def is_shard(name: str) -> bool:
    """Whether a file of this name is a shard of some dataset."""
    return name.endswith(".gobbet") and name.startswith(tuple(f"{split}-" for split in SPLITS))


def read_json(path: str) -> dict[str, Any]:
    """The object in a file."""
    with open(path, "rb") as file:
        try:
            value = json.loads(file.read())
        except ValueError:
            raise BadData(f"{path}: is no JSON") from None
    if not isinstance(value, dict):
        raise BadData(f"{path}: is no object")
    return value


def begin(output: str, fingerprint: str, plan: dict[str, Any], *, replace: bool, resume: bool) -> bool:
    """Makes or takes up the folder of a dataset; whether it was finished before.

    The rules are those of `gobbet pack`: what is there is not replaced, or taken up, unless asked.
    """
    os.makedirs(output, exist_ok=True)
    manifest, unfinished = os.path.join(output, MANIFEST), os.path.join(output, UNFINISHED)
    finished, begun = os.path.exists(manifest), os.path.exists(unfinished)
    if (finished or begun) and resume:
        _check(manifest if finished else unfinished, fingerprint, plan)
        return finished
    if (finished or begun) and not replace:
        state = "already" if finished else "that was begun: resume it"
        raise CannotCreate(f"{output}: holds a dataset {state}")
    if not replace and any(map(is_shard, os.listdir(output))):
        raise CannotCreate(f"{output}: holds shards of a dataset without its manifest")
    # The list first: without it the shards are no dataset.
    if finished:
        os.unlink(manifest)
    for name in os.listdir(output):
        if is_shard(name):
            os.unlink(os.path.join(output, name))
    write_atomically(unfinished, json_bytes({
        "kind": "gobbet pack", "version": 1, "vocabulary": fingerprint, "options": plan,
    }))  # fmt: skip
    return False


def _check(path: str, fingerprint: str, plan: dict[str, Any]) -> None:
    found = read_json(path)
    if found.get("vocabulary") != fingerprint:
        raise BadData(
            f"{path}: was begun with vocabulary {found.get('vocabulary')}, not with {fingerprint}"
        )
    for key, value in plan.items():
        other = found.get("options", {}).get(key)
        if other != value:
            raise BadData(
                f"{path}: was begun with {key} {_shown(other)}, not with {_shown(value)}"
            )


def _shown(value: object) -> str:
    """The value of an option as a person would write it."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    if value is None:
        return "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
