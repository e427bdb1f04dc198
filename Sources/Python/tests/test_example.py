"""The book's loop: text, vocabulary, tokens, pretraining, weights, text."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import unittest

import gobbet

from . import support
from .support import needs

COMMAND = shutil.which(os.environ.get("GOBBET_COMMAND", "gobbet"))


@needs("torch")
class ExampleTests(support.Case):
    def training(self, **options):
        from gobbet.examples.gpt import Training

        sizes = {"batch_size": 4, "context": 32, "width": 32, "layers": 2}
        return Training(self.folder, **(sizes | options))

    def run_to(self, training, steps: int, **options) -> None:
        with contextlib.redirect_stderr(io.StringIO()):
            training.run(steps, **options)

    def setUp(self) -> None:
        super().setUp()
        from gobbet.examples.gpt import prepare

        prepare([str(support.FIXTURES / "corpus" / "en")], self.folder, 400)

    def test_a_run_that_was_stopped_ends_with_the_very_same_weights(self):
        import torch

        straight = self.training()
        self.run_to(straight, 30)
        stopped = self.training(workers=2)
        self.run_to(stopped, 30, checkpoint_every=8, stop_after=21)
        resumed = self.training()
        resumed.resume()
        self.assertEqual(resumed.step, 16)
        self.run_to(resumed, 30)
        for name, tensor in straight.model.state_dict().items():
            self.assertTrue(torch.equal(tensor, resumed.model.state_dict()[name]), name)

    @unittest.skipIf(COMMAND is None, "needs the command gobbet: make build")
    def test_the_command_continues_a_prompt_with_the_same_tokens(self):
        training = self.training()
        self.run_to(training, 40)
        path = self.folder / "model.gobbet"
        training.save_weights(path)
        found = subprocess.run(
            [COMMAND, "generate", path, "--prompt", "The river", "-n", "20", "--json"],
            capture_output=True, text=True,
        )  # fmt: skip
        self.assertEqual(found.returncode, 0, found.stderr)
        vocabulary = gobbet.Encoding(path)
        expected = training.model.continued(vocabulary.encode("The river"), 20)
        self.assertEqual(json.loads(found.stdout)["ids"], expected)


if __name__ == "__main__":
    unittest.main()
