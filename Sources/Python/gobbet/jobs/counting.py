"""Counting pretokens as a job: a map over files of text, and a reduction over files of counts."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..counts import Counts
from ..errors import BadData, CannotCreate
from .engine import Engine
from .files import files_of, warn_of_bad_lines
from .folder import Job, job_at, new_job_folder
from .options import Reading
from .order import check_parts
from .reading import FileGroup, Part, Tally, parts_of

#: Files of counts that one task adds up.
FAN_IN = 16
#: Different pretokens that a task holds before it writes them out: some hundred bytes each.
_PRETOKEN_LIMIT = 4_000_000


def count(
    engine: Engine,
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    pattern: str = "cl100k",
    reading: Reading = Reading(),
    *,
    replace: bool = False,
) -> None:
    """Counts the pretokens of a corpus into a file, with the bytes that `gobbet counts` writes.

    `gobbet.train_from_counts`, and `gobbet train --counts`, learn from it.

    Args:
        engine: What runs the tasks.
        inputs: Files and folders of text, JSON Lines, Parquet or WARC.
        output: The file of counts to write.
        pattern: The pattern that splits text, as `gobbet.train` takes it.
        reading: How files become documents.
        replace: Whether to replace a file that is there.

    Raises:
        CannotCreate: There is such a file already. A FileExistsError.
        NoInput: There is no such input. A FileNotFoundError.
        BadData: An input can't be read, or there is nothing to count.

    Example:
        >>> from gobbet import jobs
        >>> jobs.count(jobs.LocalEngine(), ["corpus"], "corpus.counts.gobbet")
        >>> gobbet.train_from_counts("corpus.counts.gobbet", 1000).n_vocab
        1000
    """
    output = os.path.abspath(output)
    if os.path.exists(output) and not replace:
        raise CannotCreate(f"{output}: exists")
    Counts(pattern)  # There is such a pattern.
    files = tuple(files_of(inputs, reading))
    beside = os.path.join(os.path.dirname(output), f".{os.path.basename(output)}.job")
    os.makedirs(beside, exist_ok=True)
    job = Job(output, new_job_folder(beside), files, reading, pattern=pattern)
    try:
        job.save()
        results = engine.read(job, count_part)
        tallies = [tally for result in results for tally in result.tallies]
        check_parts(job, tallies)
        warn_of_bad_lines(tally.bad_line_kinds for tally in tallies)
        names = [name for result in results for name in result.names]
        while len(names) > FAN_IN:
            tasks = [
                (job.folder, tuple(names[start : start + FAN_IN]))
                for start in range(0, len(names), FAN_IN)
            ]
            names = engine.run(add_up, tasks)
        if not names:
            raise BadData("there is nothing to count")
        Counts.merge([job.path(name) for name in names], output, replace=replace)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@dataclass
class Counted:
    """What became of what one task read: files of the job with its counts."""

    tallies: list[Tally]
    names: list[str]


def count_part(source: FileGroup | tuple[str, Iterable[Part]]) -> Counted:
    """The task of the map: counts files, or what an engine has read for the job in a folder."""
    folder, parts = (source.folder, source) if isinstance(source, FileGroup) else source
    job = job_at(folder)
    assert job.pattern is not None
    counts, names, tallies = Counts(job.pattern), [], []
    for part in parts_of(parts):
        tallies.append(Tally(part.file, part.start))
        for batch in part.batches:
            tallies[-1].unit_count += batch.unit_count
            tallies[-1].bad_line_kinds.update(batch.bad_line_kinds)
            if not len(batch):
                continue
            counts.add_joined(batch.texts, batch.ends)
            if len(counts) > _PRETOKEN_LIMIT:
                names.append(_written(job, counts.write))
                counts = Counts(job.pattern)
    return Counted(tallies, [*names, _written(job, counts.write)])


def add_up(task: tuple[str, tuple[str, ...]]) -> str:
    """The task of the reduction: the sum of files of counts, as a file of the job."""
    folder, names = task
    job = job_at(folder)
    return _written(job, lambda path: Counts.merge([job.path(name) for name in names], path))


def _written(job: Job, write: Callable[[str], None]) -> str:
    """Has `write` make a file of the job; the name that tells nobody else's from it.

    Counts of other tasks may be the same, so that their content isn't a name for them here: each is
    added up once, and those of a task that was tried again are not named by anybody.
    """
    name = f"counts-{uuid.uuid4().hex}"
    write(job.path(name))
    return name
