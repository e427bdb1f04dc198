"""The folder of a job: nothing in it is run, and damage is found."""

import json
import os
import pathlib
import pickle

import gobbet
from gobbet import jobs
from gobbet.jobs import LocalEngine, PackOptions, Reading

from . import jobs_support, support
from .support import END


class Planted:
    """What a file of a job is replaced by, and what shows that it was run."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (self.mark,)


class Planting(LocalEngine):
    """Puts a pickle that leaves a mark in place of every file of the job, or of some."""

    def __init__(self, mark: pathlib.Path, names: str) -> None:
        super().__init__(group_bytes=1 << 14)
        self.mark, self.names = mark, names

    def run(self, function, tasks):
        """What the function gives for each task, if it gives anything."""
        from gobbet.jobs import folder, order

        task = tasks[0]
        place = task[0] if isinstance(task, tuple) else task.folder
        for path in pathlib.Path(place).glob(self.names):
            path.write_bytes(pickle.dumps(Planted(str(self.mark))))
        for cached in (folder.job_at, order.order_at, order.columns_at, order.duplicates_at):
            cached.cache_clear()
        return super().run(function, tasks)


class FolderTests(support.Case):
    def test_what_lies_in_the_folder_of_a_job_is_never_run(self):
        inputs = jobs_support.write_corpus(self.folder)
        options = PackOptions(shard_tokens=20_000, unique=True)
        for names in ("job*", "order*", "*.npz", "*.hashes", "duplicates*", "vocabulary*"):
            mark, output = self.folder / "mark", self.folder / f"out-{names.strip('*.')}"
            with self.subTest(names), self.assertRaises((gobbet.Error, ValueError)):
                jobs.pack(Planting(mark, names), inputs, output, support.encoding(), options)
            self.assertFalse(mark.exists())
        output = self.folder / "counts.gobbet"
        with self.assertRaises(gobbet.BadData):
            jobs.count(Planting(mark, "job*"), inputs, output)
        self.assertFalse(mark.exists())

    def test_a_job_is_the_same_when_it_is_read_again_and_a_damaged_one_is_refused(self):
        from gobbet.jobs.files import File
        from gobbet.jobs.folder import Job, job_at

        folder = self.folder / ".job-1"
        folder.mkdir()
        reading = Reading(separator=b"\xff\n", text_key="a.b", id_key="id", bad_lines="skip")
        options = PackOptions(shard_tokens=5, validation=0.25, append=END)
        for given in (
            Job(str(self.folder), str(folder),
                (File("a\udcff.txt", "text"), File("b \u00e9", "json", False)), reading, options, 7,
                replaced=("train-00000.gobbet",)),
            Job(str(self.folder), str(folder), (), Reading(), pattern="gpt2"),
        ):  # fmt: skip
            given.save()
            job_at.cache_clear()
            self.assertEqual(job_at(str(folder)), given)
        plan = json.loads((folder / "job.json").read_text())
        for change in (
            {"version": 2}, {"kind": "x"}, {"files": [1]}, {"files": [["a", "exe", True]]}, {"reading": {"format": "exec"}},
            {"reading": plan["reading"] | {"more": 1}}, {"options": {"codec": []}}, {"more": 1},
        ):  # fmt: skip
            (folder / "job.json").write_text(json.dumps(plan | change))
            job_at.cache_clear()
            with self.subTest(change), self.assertRaises(gobbet.BadData):
                job_at(str(folder))
