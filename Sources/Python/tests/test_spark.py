"""Jobs on Spark: the bytes of the command, whatever dies on the way."""

import gzip
import json
import os
import shutil
import sys
import unittest
import warnings

import gobbet
from gobbet.jobs import PackOptions, Reading

from . import jobs_support, support
from .jobs_support import VARIANTS, Faulty, assert_same_dataset, run

JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")
#: What goes wrong in each step, and how often.
FAULTS = {
    "make_piece": ("kill", 1),
    "find_duplicates": ("raise", 2),
    "make_shard": ("late", 2),
    "count_part": ("late", 2),
    "add_up": ("kill", 1),
}


def needs_spark(case):
    """Skips a class of tests where Spark, what it needs for Arrow, or Java is missing."""
    return unittest.skipUnless(JAVA, "needs Java: install a JDK, 17 or later")(
        support.needs("pyspark", "pyarrow", "pandas")(case)
    )


def session(master: str):
    """A session that cuts files into small splits."""
    from pyspark.sql import SparkSession

    paths = jobs_support.python_path()
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.files.maxPartitionBytes": "20000",
        "spark.sql.files.openCostInBytes": "1",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "7",
        "spark.executorEnv.PYTHONPATH": paths,
        "spark.executor.memory": "512m",
        "spark.log.level": "FATAL",
    }
    os.environ["PYTHONPATH"] = paths
    builder = SparkSession.builder.master(master).appName("gobbet tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


class SparkCase(support.Case):
    """A test with a session that its class shares, and a corpus."""

    master = "local[2,4]"

    @classmethod
    def setUpClass(cls):
        jobs_support.command()
        names = ("PYTHONPATH", "PYSPARK_PYTHON", "SPARK_HOME")
        kept = {name: os.environ.get(name) for name in names}
        cls.addClassCleanup(lambda: _restore(kept))
        cls.session = session(cls.master)
        cls.addClassCleanup(cls.session.stop)

    def setUp(self):
        super().setUp()
        # Spark leaves sockets to the collector.
        warnings.simplefilter("ignore", ResourceWarning)
        self.inputs = jobs_support.write_corpus(self.folder)
        self.vocabulary = jobs_support.vocabulary(self.folder)
        self.output = self.folder / "job"

    def packed(self, arguments):
        """The dataset of the command."""
        expected = self.folder / "command"
        run("pack", *self.inputs, "-v", self.vocabulary, "-o", expected, *arguments)
        return expected

    def counted(self):
        """The counts of the command."""
        expected = self.folder / "command.counts"
        run("counts", *self.inputs, "--pattern", "gpt2", "-o", expected)
        return expected.read_bytes()

    def faulty(self, faults):
        """An engine on which steps go wrong; how often is counted in the folder `faults`."""
        from gobbet.spark import SparkEngine

        place = self.folder / "faults"
        place.mkdir()

        class Engine(SparkEngine):
            def run(self, function, tasks):
                return super().run(_faulty(function, place, faults), tasks)

            def _read(self, job, kind, numbers, function):
                return super()._read(job, kind, numbers, _faulty(function, place, faults))

        return Engine(self.session)


def _restore(kept):
    for name, value in kept.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def _faulty(function, place, faults):
    if function.__name__ not in faults:
        return function
    (place / function.__name__).mkdir(exist_ok=True)
    return Faulty(function, str(place / function.__name__), *faults[function.__name__])


@needs_spark
class SparkTests(SparkCase):
    def test_counts_and_shards_are_those_of_the_command_and_again(self):
        from gobbet import spark

        options, arguments = VARIANTS["everything"]
        expected = self.packed(arguments)
        spark.pack(self.session, self.inputs, self.output, self.vocabulary, options)
        assert_same_dataset(self, self.output, expected, at_least=4)
        run("verify", self.output)
        first = sorted(os.listdir(self.output))
        spark.pack(
            self.session, self.inputs, self.output, self.vocabulary, options, replace=True
        )
        assert_same_dataset(self, self.output, expected)
        self.assertEqual(sorted(os.listdir(self.output)), first)
        counts = self.folder / "counts"
        spark.count(self.session, self.inputs, counts, "gpt2")
        self.assertEqual(counts.read_bytes(), self.counted())
        run("train", "--counts", counts, "--size", 700, "-o", self.folder / "w.gobbet")
        self.assertEqual(gobbet.train_from_counts(counts, 700).fingerprint,
                         gobbet.Encoding(self.folder / "w.gobbet").fingerprint)  # fmt: skip

    def test_workers_that_are_killed_and_tasks_that_fail_twice_change_nothing(self):
        from gobbet import jobs

        options, arguments = VARIANTS["everything"]
        engine = self.faulty(FAULTS)
        jobs.pack(engine, self.inputs, self.output, self.vocabulary, options)
        assert_same_dataset(self, self.output, self.packed(arguments), at_least=4)
        # More files of counts than one task adds up.
        many = [*self.inputs]
        for number in range(20):
            path = self.folder / f"few {number:02}.txt"
            path.write_text(f"few words {number}")
            many.append(path)
        self.inputs = many
        jobs.count(engine, self.inputs, self.folder / "counts", "gpt2")
        self.assertEqual((self.folder / "counts").read_bytes(), self.counted())
        for step, (_, times) in FAULTS.items():
            found = jobs_support.fault_count(self.folder / "faults" / step)
            self.assertEqual(found, times, step)

    def test_parquet_json_lines_gzip_and_zstd_are_the_same_corpus(self):
        import pyarrow as arrow
        import pyarrow.parquet
        from gobbet import spark

        texts = jobs_support.texts()
        rows = {"id": [f"d{n}" for n in range(len(texts))], "in": [{"text": t} for t in texts]}
        arrow.parquet.write_table(arrow.table(rows), self.folder / "c.parquet", row_group_size=50)
        names = ["c.parquet", "c.jsonl", "c.jsonl.gz", "c.jsonl.zst"]
        for name in names[1:]:
            jobs_support.write_lines(self.folder / name, texts)
        reading = Reading(text_key="in.text", id_key="id")
        found = []
        for name in names:
            output = self.folder / f"{name} packed"
            spark.pack(self.session, [self.folder / name], output, self.vocabulary,
                       PackOptions(shard_tokens=20_000), reading)  # fmt: skip
            found.append(jobs_support.contents(output)[0])
        run("pack", self.folder / "c.jsonl", "-v", self.vocabulary, "-o", self.output,
            "--shard-tokens", 20_000, "--text-key", "in.text", "--id-key", "id")
        for shards in found:
            self.assertTrue(shards == jobs_support.contents(self.output)[0])

    def test_files_are_what_they_hold_as_for_the_command(self):
        from gobbet import spark

        odd = self.folder / "odd"
        odd.mkdir()
        texts = jobs_support.texts()[:60]
        objects = [{"text": text} for text in texts]
        lines = "".join(json.dumps(each) + "\n" for each in objects).encode()
        for name, content in (
            ("array.json", json.dumps(objects).encode()), ("lines.log", lines),
            ("small.data", gzip.compress(lines)), ("plain.gz", lines), ("p.png", b"\x89PNG\r\n\0"),
            ("wide.txt", "\ufeffwide".encode("utf-16-le")), ("text.jsonl.gz", gzip.compress(lines)),
        ):  # fmt: skip
            (odd / name).write_bytes(content)
        run("pack", odd, "-v", self.vocabulary, "-o", self.folder / "command",
            "--shard-tokens", 9000)  # fmt: skip
        with self.assertWarnsRegex(gobbet.CorpusWarning, r"p\.png \(a PNG image\)"):
            spark.pack(self.session, [odd], self.output, self.vocabulary,
                       PackOptions(shard_tokens=9000))  # fmt: skip
        assert_same_dataset(self, self.output, self.folder / "command", at_least=2)
        with self.assertRaisesRegex(gobbet.BadData, "holds no text"):
            spark.count(self.session, [odd / "p.png"], self.folder / "counts")

    def test_a_bad_line_is_named_and_can_be_left_out(self):
        from gobbet import spark

        bad = self.folder / "bad.jsonl"
        bad.write_bytes(b'{"text": "a"}\nnothing\n{"text": "b"}\n')
        with self.assertRaisesRegex(Exception, "bad.jsonl, line 2.*not JSON"):
            spark.count(self.session, [bad], self.output)
        options = PackOptions(shard_tokens=5)
        spark.pack(self.session, [bad], self.output, self.vocabulary, options,
                   Reading(bad_lines="skip"))  # fmt: skip
        self.assertEqual(jobs_support.contents(self.output)[1]["splits"][0]["documents"], 2)
        with self.assertRaisesRegex(gobbet.InvalidArgument, "twice"):
            spark.count(self.session, [bad, bad], self.folder / "counts")


@needs_spark
class ClusterTests(SparkCase):
    """Two executors, each a process of its own."""

    master = "local-cluster[2,1,1024]"

    @classmethod
    def setUpClass(cls):
        import importlib.util

        found = importlib.util.find_spec("pyspark")
        os.environ["SPARK_HOME"] = os.path.dirname(found.origin)
        super().setUpClass()

    def test_executors_that_are_killed_in_the_middle_change_nothing(self):
        from gobbet import jobs

        options, arguments = VARIANTS["everything"]
        faults = {"make_piece": ("executor", 1), "make_shard": ("executor", 1)}
        jobs.pack(
            self.faulty(faults), self.inputs, self.output, self.vocabulary, options
        )
        assert_same_dataset(self, self.output, self.packed(arguments), at_least=4)
        for step in faults:
            self.assertEqual(jobs_support.fault_count(self.folder / "faults" / step), 1)


if __name__ == "__main__":
    unittest.main()
