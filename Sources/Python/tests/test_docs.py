"""The pages say what is so: their commands run, and their numbers are computed."""

import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import gobbet
from gobbet.corpus import documents

from . import jobs_support, support
from .jobs_support import run
from .support import ROOT

DOCS = ROOT / "Sources/Python/docs"


@unittest.skipUnless(DOCS.exists(), "needs Sources/Python/docs: run in a clone")
class PageTests(support.Case):
    def test_the_page_on_clusters_gives_what_one_command_gives(self):
        if shutil.which("xargs") is None:
            self.skipTest("needs xargs: install findutils")
        (self.folder / "corpus").mkdir()
        texts = jobs_support.texts()
        for number, name in enumerate(("b b.jsonl", "a.jsonl.gz", "c.jsonl")):
            jobs_support.write_lines(
                self.folder / "corpus" / name, texts[150 * number : 150 * (number + 1)]
            )
        blocks = re.findall(r"^```sh\n(.*?)^```", (DOCS / "clusters.md").read_text(), re.M | re.S)
        self.assertEqual(len(blocks), 5)
        commands = self.folder / "bin"
        commands.mkdir()
        (commands / "gobbet").symlink_to(pathlib.Path(jobs_support.command()).resolve())
        environment = os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
        for block in blocks:
            done = subprocess.run(["sh", "-eu", "-c", block], cwd=self.folder, env=environment,
                                  capture_output=True, text=True)  # fmt: skip
            self.assertEqual((done.returncode, done.stderr), (0, ""), block)
        options = {"cwd": self.folder}
        run("counts", "corpus", "--pattern", "cl100k", "-o", "one.counts.gobbet", **options)
        self.assertEqual((self.folder / "one.counts.gobbet").read_bytes(),
                         (self.folder / "corpus.counts.gobbet").read_bytes())  # fmt: skip
        run("pack", "corpus", "-v", "my.gobbet", "-o", "one", "--append-eot", "--no-vocabulary",
            "--shard-tokens", "20K", **options)
        found = [
            run("decode", name, "-v", "my.gobbet", **options).stdout for name in ("one", "packed")
        ]
        self.assertTrue(found[0] == found[1] and len(found[0]) > 100_000)
        one = jobs_support.contents(self.folder / "one")[1]["splits"]
        many = jobs_support.contents(self.folder / "packed")[1]["splits"]
        self.assertGreater(len(one[0]["shards"]), 3)
        sizes = [
            [(shard["tokens"], shard["documents"]) for shard in splits[0]["shards"]]
            for splits in (one, many)
        ]
        self.assertEqual(sizes[0], sizes[1])

    def test_the_first_blocks_of_the_readme_run(self):
        blocks = re.findall(
            r"^```python\n(.*?)^```", (DOCS.parent / "README.md").read_text(), re.M | re.S
        )
        shutil.copytree(support.FIXTURES / "corpus", self.folder / "corpus")
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        names: dict[str, object] = {}
        exec(blocks[0], names)
        self.assertEqual(names["text"], "Hello, world.")
        self.assertEqual(list(names["array"]), names["ids"])
        self.assertEqual(len(names["inputs"]), 256)
        if importlib.util.find_spec("torch") is None:
            return
        import torch

        names["model"] = torch.nn.ModuleDict({"wte": torch.nn.Embedding(300, 8)})
        exec(blocks[1], names)
        self.assertEqual(names["rows"].shape, (100, 8))
        names["checkpoint"] = {}
        run("pack", "corpus", "-v", "my.gobbet", "-o", "packed", "--shard-tokens", "20K",
            cwd=self.folder)  # fmt: skip
        exec(blocks[2].replace("batch_size=32", "batch_size=2"), names)
        self.assertEqual(names["loader"].state_dict(), names["checkpoint"]["data"])

    def test_the_block_of_the_top_readme_runs(self):
        if importlib.util.find_spec("torch") is None:
            self.skipTest("skipped: no torch here")
        [block] = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        encoding = gobbet.train(support.FIXTURES / "corpus", 1000)
        encoding.save("my.gobbet")
        with gobbet.DatasetWriter("corpus.gobbet", encoding) as writer:
            writer.add_texts(documents(support.FIXTURES / "corpus"))
        names: dict[str, object] = {}
        exec(block, names)
        self.assertEqual(names["inputs"].shape, (8, 256))
        self.assertEqual(encoding.decode(names["ids"]), "Hello, world. Привет, мир.")

    def test_the_page_on_scale_says_what_its_rates_give(self):
        printed = subprocess.run([sys.executable, DOCS.parent / "scale.py", "table"], check=True,
                                 capture_output=True, text=True).stdout  # fmt: skip
        self.assertGreater(len(printed.splitlines()), 20)
        self.assertIn(printed, (DOCS / "scale.md").read_text())
        rates = json.loads((DOCS / "rates.json").read_text())
        rates["pack_bytes_per_s"] = rates["text_bytes_per_token"] * 1e12 / 7200 / 5
        (self.folder / "rates.json").write_text(json.dumps(rates))
        other = subprocess.run(
            [sys.executable, DOCS.parent / "scale.py", "table", "--tokens", "1e12", "--rates",
             self.folder / "rates.json"], check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        self.assertIn("| packing by `gobbet pack`, one core | 10 h |", other)


if __name__ == "__main__":
    unittest.main()
