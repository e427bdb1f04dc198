"""Checkpoints that are stored as differences, read without the library."""

import hashlib
import json
import shutil
import tempfile
import unittest
from pathlib import Path

from gobbet.errors import BadData, NoInput
from gobbet.pure import Weights

FOLDER = Path(__file__).resolve().parents[3] / "Fixtures/golden/1.1/weights"


class DifferenceTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for number in range(3):
            shutil.copy(FOLDER / f"series-{number}.gobbet", self.folder)

    def read(self, number):
        weights = Weights(self.folder / f"series-{number}.gobbet")
        return {
            tensor.name: hashlib.sha256(weights.read(tensor)).hexdigest()
            for tensor in weights.tensors
        }

    def test_a_series_gives_back_what_every_reader_finds(self):
        for number in (1, 2):
            known = json.loads((FOLDER / f"series-{number}.whole.json").read_text())
            expected = {tensor["name"]: tensor["digest"] for tensor in known["tensors"]}
            self.assertEqual(self.read(number), expected)

    def test_a_base_that_is_missing_or_another_is_refused_by_its_name(self):
        (self.folder / "series-0.gobbet").unlink()
        with self.assertRaisesRegex(NoInput, "series-0"):
            self.read(1)
        shutil.copy(self.folder / "series-2.gobbet", self.folder / "series-0.gobbet")
        with self.assertRaisesRegex(BadData, "series-0.gobbet has content id"):
            self.read(1)
        shutil.copy(self.folder / "series-2.gobbet", self.folder / "series-1.gobbet")
        with self.assertRaisesRegex(BadData, "go in a circle"):
            self.read(1)


if __name__ == "__main__":
    unittest.main()
