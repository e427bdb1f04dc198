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

from .. import _native
from .._native import local
from ..dataset_folder import MANIFEST as MANIFEST, UNFINISHED as UNFINISHED
from ..encoding import Encoding
from ..errors import BadData
from .files import KINDS, File
from .options import SPLITS, PackOptions, Reading

_JOB = ".job-"
_JOB_FILE = "job.json"
#: How files of a job begin that say which shards it keeps.
KEPT = "kept-"


@dataclass(frozen=True)
class Job:
    """What every task of a job knows; it lies in the job's folder, and tasks get its path."""

    #: Where results go, and where the job keeps what lies between.
    output: str
    folder: str
    #: The files, in the order of the corpus.
    files: tuple[File, ...]
    reading: Reading
    options: PackOptions | None = None
    appended: int | None = None
    pattern: str | None = None
    #: The files that are called like shards and belong to another dataset, which is to be replaced.
    replaced: tuple[str, ...] = ()

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
            "files": [[file.path, file.kind, file.is_plain] for file in self.files],
            "reading": reading,
            "options": None if options is None else asdict(options),
            "appended": self.appended,
            "pattern": self.pattern,
            "replaced": list(self.replaced),
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
        raise BadData(f"{path}: isn't a job of this version")
    try:
        reading = dict(found["reading"])
        if reading["separator"] is not None:
            reading["separator"] = bytes.fromhex(reading["separator"])
        options = found["options"]
        job = Job(
            os.path.dirname(folder), folder, tuple(File(*file) for file in found["files"]),
            Reading(**reading), None if options is None else PackOptions(**options),
            found["appended"], found["pattern"], tuple(found["replaced"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise BadData(f"{path}: is damaged: {error}") from None
    if job._plan() != found or not all(
        isinstance(file.path, str) and file.kind in KINDS and isinstance(file.is_plain, bool)
        for file in job.files
    ):
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
        # A path that isn't UTF-8 has surrogates, which only their escapes can say.
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
            raise BadData(f"{path}: isn't JSON") from None
    if not isinstance(value, dict):
        raise BadData(f"{path}: isn't an object")
    return value


class OutputFolder:
    """The folder of a dataset that is being made: other jobs are kept out of it until it is closed.

    The library does what there is to do, by the rules of `gobbet pack`: a dataset that is there stays
    as it is until `finish`.
    """

    NEW, REPLACE, RESUME = 0, 1, 2

    def __init__(self, path: str, plan: dict[str, Any], mode: int) -> None:
        self.path = path
        self._library = _native.library()
        text = json_bytes(plan)
        _native.check(
            self._library.dataset_folder_begin(
                _native.path_bytes(path), text, len(text), mode, local.handle_at, local.error_at
            )
        )
        self._owner = _native.Handle(local.handle.value, self._library.dataset_folder_close)
        #: Whether the dataset was finished before.
        self.is_finished = not self._owner.value

    def finish(self, manifest: dict[str, Any]) -> None:
        """Checks the shards that the manifest lists, puts it in place, and removes what isn't part of
        the dataset any more."""
        text = json_bytes(manifest)
        # The handle is closed whatever comes of it.
        value, self._owner.value = self._owner.value, 0
        _native.check(
            self._library.dataset_folder_finish(value, text, len(text), local.error_at)
        )

    def __enter__(self) -> OutputFolder:
        return self

    def __exit__(self, *exception: object) -> None:
        self._owner.close()


def listed_shards(output: str) -> tuple[str, ...]:
    """The names of the shards of the dataset that is there, if there is one."""
    path = os.path.join(output, MANIFEST)
    if not os.path.exists(path):
        return ()
    try:
        splits = read_json(path)["splits"]
        return tuple(str(shard["name"]) for split in splits for shard in split["shards"])
    except (KeyError, TypeError) as error:
        raise BadData(f"{path}: is damaged: {error!r}") from None


def kept_names(folder: str) -> set[str]:
    """The shards of the dataset that is replaced which a job has found to be shards of its own."""
    return {name[len(KEPT) :] for name in os.listdir(folder) if name.startswith(KEPT)}
