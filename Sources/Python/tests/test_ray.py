"""Jobs on Ray: the bytes of the command, whatever dies on the way."""

import os
import unittest
import warnings

from gobbet import jobs
from gobbet.jobs import PackOptions, Reading

from . import jobs_support, support
from .jobs_support import VARIANTS, Faulty, assert_same_dataset, run

#: What goes wrong in each step, and how often.
FAULTS = {
    "make_piece": ("kill", 1),
    "find_duplicates": ("raise", 2),
    "make_shard": ("kill", 2),
    "count_part": ("late", 2),
    "add_up": ("kill", 1),
}


@support.needs("ray")
class RayTests(support.Case):
    @classmethod
    def setUpClass(cls):
        jobs_support.command()
        import ray

        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        paths = jobs_support.python_path()
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
                 object_store_memory=128 << 20,
                 runtime_env={"env_vars": {"PYTHONPATH": paths}})  # fmt: skip
        cls.addClassCleanup(ray.shutdown)

    def setUp(self):
        super().setUp()
        warnings.simplefilter("ignore", ResourceWarning)
        self.inputs = jobs_support.write_corpus(self.folder)
        self.vocabulary = jobs_support.vocabulary(self.folder)
        self.output = self.folder / "job"
        self.options, arguments = VARIANTS["everything"]
        self.expected = self.folder / "command"
        run("pack", *self.inputs, "-v", self.vocabulary, "-o", self.expected, *arguments)

    def test_counts_and_shards_are_those_of_the_command_and_again(self):
        from gobbet import ray

        for replace in (False, True):
            ray.pack(self.inputs, self.output, self.vocabulary, self.options, replace=replace)
            assert_same_dataset(self, self.output, self.expected, at_least=4)
        counts = self.folder / "command.counts"
        run("counts", *self.inputs, "--pattern", "gpt2", "-o", counts)
        ray.count(self.inputs, self.folder / "counts", "gpt2")
        self.assertEqual((self.folder / "counts").read_bytes(), counts.read_bytes())

    def test_workers_that_are_killed_and_tasks_that_fail_twice_change_nothing(self):
        from gobbet.ray import RayEngine

        folder = self.folder / "faults"
        folder.mkdir()

        class Engine(RayEngine):
            def run(self, function, tasks):
                place = folder / function.__name__
                place.mkdir(exist_ok=True)
                return super().run(
                    Faulty(function, str(place), *FAULTS[function.__name__]), tasks
                )

        # A group a file, and more files of counts than one task adds up.
        engine = Engine(group_bytes=1)
        jobs.pack(engine, self.inputs, self.output, self.vocabulary, self.options)
        assert_same_dataset(self, self.output, self.expected, at_least=4)
        inputs = [*self.inputs]
        for number in range(20):
            inputs.append(self.folder / f"few {number:02}.txt")
            inputs[-1].write_text(f"few words {number}")
        run("counts", *inputs, "--pattern", "gpt2", "-o", self.folder / "command.counts")
        jobs.count(engine, inputs, self.folder / "counts", "gpt2")
        self.assertEqual((self.folder / "counts").read_bytes(),
                         (self.folder / "command.counts").read_bytes())  # fmt: skip
        for step, (_, times) in FAULTS.items():
            self.assertEqual(jobs_support.fault_count(folder / step), times, step)

    @support.needs("pyarrow")
    def test_parquet_and_json_lines_are_the_same_corpus(self):
        import pyarrow as arrow
        import pyarrow.parquet
        from gobbet import ray

        texts = jobs_support.texts()
        arrow.parquet.write_table(
            arrow.table({"text": texts, "id": [f"d{n}" for n in range(len(texts))]}),
            self.folder / "c.parquet",
        )
        jobs_support.write_lines(self.folder / "c.jsonl", texts)
        found = []
        for name in ("c.parquet", "c.jsonl"):
            output = self.folder / f"{name} packed"
            ray.pack([self.folder / name], output, self.vocabulary,
                     PackOptions(shard_tokens=20_000), Reading(id_key="id"))  # fmt: skip
            found.append(jobs_support.contents(output)[0])
        self.assertTrue(found[0] == found[1])


if __name__ == "__main__":
    unittest.main()
