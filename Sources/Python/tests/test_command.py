"""Converting, inspecting and verifying, by the library and by the command; reports and training by the latter."""

import html
import json
import os
import pathlib
import shutil
import stat
import subprocess
import threading
import time
import unittest
from unittest import mock

import gobbet
from gobbet import _native, native_files

from .support import FIXTURES, Case

COMMAND = os.environ.get("GOBBET_COMMAND") or shutil.which("gobbet")
MODEL = FIXTURES / "tinymodel" / "model.safetensors"


@unittest.skipUnless(COMMAND, "needs the command gobbet: GOBBET_COMMAND names it")
class FileTests(Case):
    def test_weights_and_vocabularies_are_converted_as_by_the_command(self):
        output = self.folder / "model.gobbet"
        done = gobbet.convert(MODEL, output, verify=True)
        self.assertEqual(done.output, str(output))
        with gobbet.safe_open(output) as file:
            self.assertEqual(len(file.keys()), done.tensors)
            self.assertEqual(done.has_vocabulary, True)
            ids = file.vocabulary().n_vocab
        done = gobbet.convert(output, self.folder / "tokenizer.json")
        self.assertEqual((done.vocabulary_ids, done.tensors), (ids, None))
        self.assertIn("tensors left out", done.notes[0])
        done = gobbet.convert(output, self.folder / "small", to="gguf", type="q8_0")
        self.assertEqual(gobbet.inspect(done.output)["format"], "gguf")

    def test_errors_are_those_of_the_command_by_their_kind(self):
        output = self.folder / "model.gobbet"
        gobbet.convert(MODEL, output)
        with self.assertRaisesRegex(gobbet.CannotCreate, "exists"):
            gobbet.convert(MODEL, output)
        gobbet.convert(MODEL, output, force=True)
        with self.assertRaisesRegex(gobbet.InvalidArgument, "shard-size: gguf is one file"):
            gobbet.convert(MODEL, self.folder / "m.gguf", shard_size=1000)
        with self.assertRaises(gobbet.NoInput):
            gobbet.convert(self.folder / "none", self.folder / "m.gguf")
        with self.assertRaises(gobbet.BadData):
            gobbet.inspect(pathlib.Path(__file__))
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["model.gobbet"])

    def test_a_file_whose_name_looks_like_an_option_is_a_file(self):
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder)
        shutil.copy(MODEL, "--help")
        self.assertEqual(gobbet.inspect("--help")["format"], "safetensors")

    def test_damage_is_found_and_told(self):
        output = self.folder / "model.gobbet"
        gobbet.convert(MODEL, output)
        (found,) = gobbet.verify(output)
        self.assertTrue(found.ok)
        self.assertEqual(found.content_id, gobbet.inspect(output)["content_id"])
        data = bytearray(output.read_bytes())
        data[len(data) // 2] ^= 1
        other = self.folder / "damaged.gobbet"
        other.write_bytes(data)
        good, bad = gobbet.verify([output, other])
        self.assertEqual((good.ok, bad.ok, bad.file), (True, False, str(other)))
        self.assertIn("checksum", f"{bad.fault}")

    def test_a_key_is_digits_or_a_file_of_them(self):
        output = self.folder / "model.gobbet"
        gobbet.convert(MODEL, output)
        digits = "00" * 31 + "01"
        key = self.folder / "me.pub"
        key.write_text(f"gobbet public key\n{digits}\n")
        for given in (digits, str(key)):
            (found,) = gobbet.verify(output, key=given)
            self.assertIn("is not signed", f"{found.fault}")
        key.write_text(f"gobbet private key\n{digits}\n")
        with self.assertRaises(gobbet.BadData):
            gobbet.verify(output, key=str(key))
        with self.assertRaises(gobbet.NoInput):
            gobbet.verify(output, key=str(self.folder / "none"))


@unittest.skipUnless(COMMAND and _native.available(), "needs the library and the command")
class AgreementTests(Case):
    def both(self, call):
        """What the library and the command answer, values or the kind and the text of an error."""
        answers = []
        for has_library in (True, False):
            with mock.patch.object(_native, "available", lambda: has_library):
                try:
                    answers.append(call())
                except gobbet.Error as error:
                    answers.append((type(error), str(error)))
        self.assertEqual(*answers)
        return answers[0]

    def test_the_library_says_of_files_what_the_command_says(self):
        models = FIXTURES / "models"
        files = [
            MODEL, FIXTURES / "tinymodel" / "tokenizer.json", FIXTURES / "pytorch" / "distributed",
            *sorted(models.glob("*/*.safetensors")), *sorted(models.glob("*/*.gguf")),
            *sorted((FIXTURES / "golden").rglob("*.gobbet")), pathlib.Path(__file__),
            self.folder / "none",
        ]  # fmt: skip
        for file in files:
            for tensors in (False, True):
                with self.subTest(file=file.name, tensors=tensors):
                    self.both(lambda: gobbet.inspect(file, tensors=tensors))
            if file.suffix == ".gobbet":
                self.both(lambda: gobbet.verify(file))

    def test_damage_is_told_in_the_words_of_the_command(self):
        output = self.folder / "model.gobbet"
        gobbet.convert(MODEL, output)
        data = output.read_bytes()
        for place in range(0, len(data), len(data) // 7):
            output.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
            (found,) = self.both(lambda: gobbet.verify(output))
            self.assertFalse(found.ok)

    def test_what_the_command_prints_is_what_comes_back(self):
        printed = subprocess.run(
            [COMMAND, "inspect", "--json", MODEL], capture_output=True, check=True
        ).stdout
        self.assertEqual(gobbet.inspect(MODEL), json.loads(printed))


@unittest.skipUnless(_native.available(), "needs the library")
class LongCallTests(Case):
    def test_a_call_is_ended_from_another_thread(self):
        states = []

        def call(state, handle, error):
            states.append(native_files.CallProgress.from_address(state))
            while not states[0].stop:
                time.sleep(0.001)
            return 0

        with mock.patch.object(native_files.threading, "Thread", _Interrupted):
            with self.assertRaises(KeyboardInterrupt):
                native_files._reports("test", call, progress=False)
        self.assertEqual(states[0].stop, 1)


class _Interrupted(threading.Thread):
    """A thread that isn't waited for to its end the first time."""

    def join(self, timeout=None):
        if timeout is not None:
            raise KeyboardInterrupt
        super().join()


@unittest.skipUnless(COMMAND, "needs the command gobbet: GOBBET_COMMAND names it")
class CommandTests(Case):
    def test_a_report_is_shown_in_a_frame_of_its_own(self):
        made = gobbet.report(MODEL)
        self.assertTrue(made.html.startswith("<!DOCTYPE html>"))
        shown = made._repr_html_()
        self.assertEqual(shown.count("<"), 2)
        self.assertIn('sandbox=""', shown)
        self.assertEqual(html.unescape(shown.partition('srcdoc="')[2].rpartition('">')[0]), made.html)
        made.save(self.folder / "r.html")
        self.assertEqual((self.folder / "r.html").read_text(), made.html)
        self.assertRaises(FileExistsError, made.save, self.folder / "r.html")
        compared = gobbet.report([MODEL, MODEL])
        self.assertNotEqual(compared.html, made.html)
        with self.assertRaises(gobbet.NoInput):
            gobbet.report(self.folder / "none")

    def test_training_splits_by_an_expression(self):
        corpus = self.folder / "corpus.txt"
        corpus.write_text("aaab ab aaab xyz aaab" * 20)
        done = gobbet.train_files(
            corpus, self.folder / "split.gobbet", 262, split=r"b|[^b]+", special=["<a>", "<b>"]
        )
        encoding = gobbet.Encoding(done.output)
        self.assertEqual((encoding.n_vocab, done.vocabulary_size, done.merges), (262, 262, 4))
        self.assertEqual((done.documents, done.bytes), (1, 420))
        self.assertEqual(encoding.special_tokens_set, {"<a>", "<b>"})
        tokens = [encoding.decode_single_token_bytes(id) for id in encoding.encode_ordinary("aaab ab")]
        self.assertTrue(all(token == b"b" or b"b" not in token for token in tokens), tokens)
        with self.assertRaises(gobbet.CannotCreate):
            gobbet.train_files(corpus, done.output, 260)
        with self.assertRaisesRegex(gobbet.InvalidArgument, "isn't closed"):
            gobbet.train_files(corpus, done.output, 260, split="(a", force=True)

    def test_training_learns_pieces_of_characters(self):
        corpus = self.folder / "corpus.txt"
        corpus.write_text("ein Text, ein Wort\nein Wort\n" * 30)
        done = gobbet.train_files(
            corpus, self.folder / "pieces.gobbet", 40, model="sentencepiece", like="sentencepiece",
            lines=True, bos_id=-1, split_by_number=False, user_defined_symbol=["<x>", "<y>"],
            dummy_prefix=False,
        )  # fmt: skip
        encoding = gobbet.Encoding(done.output)
        ids = encoding.encode_ordinary("ein Wort<x>")
        self.assertEqual(encoding.decode_single_token_bytes(ids[-1]), b"<x>")
        self.assertEqual(encoding.decode(ids), "ein Wort<x>")
        with self.assertRaisesRegex(gobbet.InvalidArgument, "bos-id"):
            gobbet.train_files(corpus, done.output, 40, bos_id=-1, force=True)


class MissingCommandTests(Case):
    def test_without_the_command_the_error_says_how_to_name_it(self):
        with mock.patch.dict(os.environ, {"PATH": str(self.folder), "GOBBET_COMMAND": ""}):
            with self.assertRaisesRegex(gobbet.LibraryMissing, "GOBBET_COMMAND"):
                gobbet.report(MODEL)

    def test_an_error_of_no_known_status_is_shown(self):
        command = self.folder / "gobbet"
        command.write_text("#!/bin/sh\necho gobbet: strange >&2\nexit 99\n")
        command.chmod(command.stat().st_mode | stat.S_IXUSR)
        with mock.patch.dict(os.environ, {"GOBBET_COMMAND": str(command)}):
            with self.assertRaisesRegex(gobbet.Internal, "^strange$"):
                gobbet.report(MODEL)
