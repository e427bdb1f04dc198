"""How far a long job is."""

import contextlib
import io
import os
import sys
import unittest
import warnings
from unittest import mock

import gobbet

from . import support
from .support import needs


class ProgressTests(support.Case):
    def _shown(self, progress: bool) -> str:
        """What is shown of a job from texts to a packed file."""
        stream = io.StringIO()
        texts = support.texts(41, 200)
        with contextlib.redirect_stderr(stream):
            encoding = gobbet.train(texts, 300, progress=progress)
            with gobbet.DatasetWriter(self.folder / "d.gobbet", encoding) as writer:
                writer.add_texts(texts, progress=progress)
            counts = gobbet.Counts("cl100k")
            counts.add_files(self.folder / "c.txt", progress=progress)
        return stream.getvalue()

    @needs("tqdm")
    def test_bytes_and_documents_are_shown_if_asked_for(self):
        (self.folder / "c.txt").write_text("a b c\n")
        shown = self._shown(True)
        for part in ("counting", "encoding", "200 documents", "B/s"):
            self.assertIn(part, shown)
        (self.folder / "d.gobbet").unlink()
        self.assertEqual(self._shown(False), "")

    @needs("tqdm")
    def test_merges_are_shown_while_they_are_learned(self):
        counts = gobbet.Counts("gpt2")
        counts.add_texts(support.texts(5, 300))
        counts.write(self.folder / "counts")
        for train in (
            lambda progress: counts.train(400, progress=progress),
            lambda progress: gobbet.train_from_counts(
                self.folder / "counts", 400, progress=progress
            ),
        ):
            stream = io.StringIO()
            with contextlib.redirect_stderr(stream):
                self.assertEqual(train(False).n_vocab, 400)
                self.assertEqual(stream.getvalue(), "")
                self.assertEqual(train(True).n_vocab, 400)
            # The library tells of a merge from time to time.
            self.assertRegex(stream.getvalue(), r"merging: [1-9]\d* merges")

    @needs("tqdm")
    def test_what_comes_in_many_parts_is_added_up(self):
        stream = io.StringIO()
        with contextlib.redirect_stderr(stream):
            with gobbet.DatasetWriter(self.folder / "d.gobbet", support.encoding()) as writer:
                writer.add_texts(["a" * (1 << 23)] * 7, progress=True)
        self.assertIn("7 documents", stream.getvalue())

    @needs("tqdm")
    def test_the_command_says_how_far_it_is(self):
        command = self.folder / "gobbet"
        command.write_text(
            "#!/bin/sh\nfor part in 1 2 3; do echo $part of 3 MB >&2; done\n"
            "case \"$*\" in *none*) echo 'gobbet: none: cannot open' >&2; exit 66;; esac\n"
            "echo '{\"output\": \"x\", \"has_vocabulary\": true, \"notes\": []}'\n"
        )
        command.chmod(0o755)
        stream = io.StringIO()
        with (
            mock.patch.dict(os.environ, {"GOBBET_COMMAND": str(command)}),
            contextlib.redirect_stderr(stream),
        ):
            self.assertEqual(gobbet.convert("a", "x", progress=True).output, "x")
            with self.assertRaisesRegex(gobbet.NoInput, "^none: cannot open$"):
                gobbet.convert("none", "x", progress=True)
        self.assertIn("convert: 3 of 3 MB", stream.getvalue())

    def test_without_tqdm_nothing_is_shown_and_a_warning_says_so(self):
        hidden = {name: sys.modules.get(name) for name in ("tqdm", "tqdm.auto")}
        try:
            sys.modules.update(dict.fromkeys(hidden))
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                counts = gobbet.Counts("cl100k")
                counts.add_texts(["a b"], progress=True)
            self.assertEqual(len(counts), 2)
            self.assertIn("tqdm is not installed", str(caught[0].message))
        finally:
            for name, module in hidden.items():
                if module is None:
                    sys.modules.pop(name, None)
                else:
                    sys.modules[name] = module


if __name__ == "__main__":
    unittest.main()
