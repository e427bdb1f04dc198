"""Conversations that the command packs, read as a dataset."""

import json
import os
import subprocess
import unittest

import gobbet

from . import support


@unittest.skipUnless(os.environ.get("GOBBET_COMMAND"), "no gobbet command")
class ConversationTests(support.Case):
    def test_the_command_packs_what_transformers_renders(self):
        chat = support.FIXTURES / "chat"
        path = self.folder / "c.gobbet"
        command = [os.environ["GOBBET_COMMAND"], "pack", "-v", chat / "tokenizer.json", "-q",
                   "--template", "chatml", chat / "conversations.jsonl", "-o", path]  # fmt: skip
        subprocess.run(command, check=True)
        answers = json.loads((chat / "answers.json").read_text())["chatml"]
        dataset = gobbet.TokenDataset(path)
        self.assertEqual([each.tolist() for each in dataset.documents()],
                         [answer["ids"] for answer in answers])  # fmt: skip
        mask = dataset.loss_mask(0, len(dataset)).astype(int).tolist()
        self.assertEqual(mask, sum((answer["mask"] for answer in answers), []))
