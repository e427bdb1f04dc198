"""Jobs that read Parquet."""

import subprocess
import sys
import unittest

import gobbet
from gobbet import jobs
from gobbet.jobs import LocalEngine, PackOptions, Reading

from . import jobs_support, support
from .jobs_support import run


@support.needs("pyarrow")
class ParquetTests(support.Case):
    """Parquet, JSON Lines and gzip are the same corpus."""

    def setUp(self):
        super().setUp()
        import pyarrow as arrow
        import pyarrow.parquet

        jobs_support.command()
        self.vocabulary = jobs_support.vocabulary(self.folder)
        self.texts = jobs_support.texts()
        self.table = self.folder / "t.parquet"
        rows = {"text": self.texts, "id": [f"d{n}" for n in range(len(self.texts))],
                "in": [{"text": text} for text in self.texts]}  # fmt: skip
        arrow.parquet.write_table(arrow.table(rows), self.table, row_group_size=100)

    def lines_of(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "gobbet.parquet", *map(str, arguments)], capture_output=True
        )

    def test_a_parquet_a_json_lines_and_a_gzip_corpus_give_the_same_dataset(self):
        outputs = []
        for name in ("l.jsonl", "g.jsonl.gz"):
            jobs_support.write_lines(self.folder / name, self.texts)
            outputs.append(self.folder / f"{name}.gobbet")
            run("pack", self.folder / name, "-v", self.vocabulary, "-o", outputs[-1],
                "--id-key", "id")  # fmt: skip
        outputs.append(self.folder / "p.gobbet")
        piped = self.lines_of(self.table, "--text-key", "in.text", "--id-key", "id")
        self.assertEqual(piped.returncode, 0, piped.stderr)
        run("pack", "-", "--format", "jsonl", "-v", self.vocabulary, "-o", outputs[-1],
            "--id-key", "id", input=piped.stdout)
        found = {path.read_bytes() for path in outputs}
        self.assertEqual(len(found), 1)
        self.assertEqual(gobbet.TokenDataset(outputs[0]).document_count, len(self.texts))

    def test_a_job_reads_parquet_itself(self):
        jobs_support.write_lines(self.folder / "l.jsonl", self.texts)
        shards = []
        for name in ("l.jsonl", "t.parquet"):
            output = self.folder / f"{name} packed"
            jobs.pack(LocalEngine(), [self.folder / name], output, self.vocabulary,
                      PackOptions(shard_tokens=9_000, unique=True), Reading(id_key="id"))  # fmt: skip
            shards.append(jobs_support.contents(output)[0])
        self.assertTrue(shards[0] == shards[1])
        self.assertGreater(len(shards[0]), 2)

    def test_parquet_is_told_by_its_content_and_keys_apply_to_it(self):
        odd = self.folder / "odd"
        odd.mkdir()
        self.table.rename(odd / "t.txt")
        jobs_support.write_lines(self.folder / "l.jsonl", self.texts)
        shards = []
        for path in (odd, odd / "t.txt", self.folder / "l.jsonl"):
            output = self.folder / f"{path.name} packed"
            jobs.pack(LocalEngine(), [path], output, self.vocabulary,
                      PackOptions(shard_tokens=9_000), Reading(text_key="in.text"))  # fmt: skip
            shards.append(jobs_support.contents(output)[0])
        self.assertTrue(shards[0] == shards[1] == shards[2])

    def test_what_an_engine_reads_from_elsewhere_must_hold_what_its_name_says(self):
        import pyarrow
        from gobbet.jobs.files import File
        from gobbet.jobs.folder import Job
        from gobbet.spark_splits import compare

        line = b'{"text": "x"}'
        for name, kind, rows, error in (
            ("a.txt", "text", [b"plain"], None), ("a.jsonl", "lines", [line, line], None),
            ("a.txt", "text", [line + b"\n" + line], "holds json lines, not text"),
            ("a.jsonl", "lines", [b"[" + line + b"]"], "holds json, not json lines"),
            ("a.txt", "text", [b"\x89PNG\r\n\x1a\n\0"], "holds no text: a PNG image"),
            ("a.txt", "text", ["wide".encode("utf-16")], "byte order mark"), ("a.txt", "text", [b""], None),
        ):  # fmt: skip
            file = File(f"s3://bucket/{name}", "text" if kind == "text" else "json")
            job = Job(str(self.folder), str(self.folder), (file,), Reading())
            with self.subTest(name, rows=rows):
                if error is None:
                    compare(job, file, pyarrow.array(rows, pyarrow.binary()), kind)
                    continue
                with self.assertRaisesRegex(gobbet.BadData, error):
                    compare(job, file, pyarrow.array(rows, pyarrow.binary()), kind)

    def test_rows_without_text_are_named_or_left_out(self):
        import pyarrow as arrow
        import pyarrow.parquet

        table = self.folder / "bad.parquet"
        arrow.parquet.write_table(arrow.table({"text": ["a", None, "c"], "n": [1, 2, 3]}), table)
        failed = self.lines_of(table)
        self.assertEqual(failed.returncode, 65)
        self.assertIn(b"bad.parquet, row 2: column text is null", failed.stderr)
        self.assertEqual(self.lines_of(table, "--bad-rows", "skip", "--id-key", "n").stdout,
                         b'{"text": "a", "id": "1"}\n{"text": "c", "id": "3"}\n')  # fmt: skip
        for key, reason in (("n", b"holds int64, no strings"), ("m", b"has no column m"),
                            ("text.a", b"has no column text.a")):  # fmt: skip
            failed = self.lines_of(table, "--text-key", key)
            self.assertEqual(failed.returncode, 65)
            self.assertIn(reason, failed.stderr)
        self.assertEqual(self.lines_of(self.folder / "none.parquet").returncode, 66)
        self.assertEqual(self.lines_of(self.vocabulary).returncode, 65)


if __name__ == "__main__":
    unittest.main()
