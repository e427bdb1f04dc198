"""Jobs on one machine: the bytes of the command, whatever goes wrong on the way."""

import gzip
import json
import os
import pathlib

import gobbet
from gobbet import jobs
from gobbet.jobs import LocalEngine, PackOptions, Reading

from . import jobs_support, support
from .jobs_support import VARIANTS, Faulty, assert_same_dataset, run
from .support import END


class FaultyEngine(LocalEngine):
    """Tries what fails again; the functions it is told of fail first."""

    def __init__(self, folder: pathlib.Path, kind: str, times: int, tries: int = 4) -> None:
        super().__init__(group_bytes=1 << 14)
        self.folder, self.kind, self.times, self.tries = folder, kind, times, tries

    def run(self, function, tasks):
        """What the function gives for each task, in the end."""
        place = self.folder / function.__name__
        place.mkdir(exist_ok=True)
        faulty, results = Faulty(function, str(place), self.kind, self.times), []
        for task in tasks:
            for attempt in range(self.tries):
                try:
                    results.append(faulty(task))
                    break
                except OSError:
                    if attempt == self.tries - 1:
                        raise
        return results


class ReaderTests(support.Case):
    def test_files_are_read_as_the_package_reads_them_and_lines_of_others_too(self):
        import numpy as np
        from gobbet.corpus_reader import Batch, CorpusReader

        inputs = jobs_support.write_corpus(self.folder)
        reader = CorpusReader(inputs[2], id_key="id", batch_bytes=5000)
        batches = list(reader)
        self.assertGreater(len(batches), 2)
        found = [text.decode() for batch in batches for text in batch]
        self.assertEqual(found, jobs_support.texts()[360:])
        names = [name for batch in batches for name in batch.identifiers]
        self.assertEqual(names, [b"d%d" % (360 + number) for number in range(len(found))])
        numbers = np.concatenate([batch.numbers for batch in batches])
        self.assertEqual(numbers.tolist(), list(range(len(found))))
        lines = Batch.of(inputs[2].read_bytes().splitlines())
        parsed = reader.parsed(lines.texts, lines.ends, "elsewhere", 7)
        self.assertEqual([text.decode() for text in parsed], found)
        self.assertEqual(parsed.numbers.tolist(), list(range(7, 7 + len(found))))
        with self.assertRaisesRegex(gobbet.BadData, "elsewhere, line 8"):
            reader.parsed(lines.texts[:3], np.array([3]), "elsewhere", 7)
        with self.assertRaises(gobbet.NoInput):
            CorpusReader(self.folder / "none")
        with self.assertRaises(gobbet.InvalidArgument):
            CorpusReader(inputs[2], format="csv")

    def test_hashes_are_those_of_the_format_and_arrays_that_do_not_fit_are_refused(self):
        import hashlib

        import numpy as np
        from gobbet.corpus_reader import Batch, hashes_of, sequence_hash

        texts = [b"", b"abc", b"de" * 5000]
        batch = Batch.of(texts)
        hashes, held_out = hashes_of(batch.texts, batch.ends)
        self.assertEqual(hashes.tobytes(),
                         b"".join(hashlib.sha256(text).digest()[:16] for text in texts))  # fmt: skip
        self.assertFalse(held_out.any())
        many = Batch.of([b"%d" % number for number in range(4000)])
        share = hashes_of(many.texts, many.ends, 0.25)[1].mean()
        self.assertLess(abs(share - 0.25), 0.03)
        # Spec/Tokens.md, "Shards".
        value, mask = 0, (1 << 64) - 1
        for low, high in hashes.tolist():
            value = ((value ^ low) * 0x9E3779B97F4A7C15 + high * 0xD1B54A32D192ED03) & mask
            value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) & mask
            value = ((value ^ value >> 27) * 0x94D049BB133111EB) & mask
            value ^= value >> 31
        self.assertEqual(sequence_hash(hashes), value)
        self.assertEqual(sequence_hash(hashes[1:], sequence_hash(hashes[:1])), value)
        wrong = np.array([3, 2], dtype=np.uint64)
        for call in (lambda: hashes_of(batch.texts, wrong), lambda: sequence_hash(hashes[:, :1]),
                     lambda: gobbet.Counts().add_joined(batch.texts, wrong)):  # fmt: skip
            with self.assertRaises(gobbet.InvalidArgument):
                call()


class JobTests(support.Case):
    def setUp(self):
        super().setUp()
        jobs_support.command()
        self.inputs = jobs_support.write_corpus(self.folder)
        self.vocabulary = jobs_support.vocabulary(self.folder)
        self.output = self.folder / "job"

    def packed(self, arguments, name="command"):
        folder = self.folder / name
        if not folder.exists():
            run("pack", *self.inputs, "-v", self.vocabulary, "-o", folder, *arguments)
        return folder

    def test_shards_and_manifest_are_those_of_the_command(self):
        for name, (options, arguments) in VARIANTS.items():
            with self.subTest(name):
                output = self.folder / f"job {name}"
                engine = LocalEngine(group_bytes=1 << 14)
                jobs.pack(engine, self.inputs, output, self.vocabulary, options)
                expected = self.packed(arguments, f"command {name}")
                assert_same_dataset(self, output, expected, at_least=2)
                run("verify", output)
                # The command takes it for its own.
                done = run("pack", *self.inputs, "-v", self.vocabulary, "-o", output,
                           *arguments, "--resume")  # fmt: skip
                self.assertIn(b"documents", done.stdout)

    def test_identifiers_nested_keys_separators_and_bad_lines(self):
        lines = self.folder / "bad.jsonl"
        lines.write_bytes(
            b'{"in": {"text": "a"}, "n": 7}\n\n{"in": 5}\n{"in": {"text": "b"}, "n": "x"}'
        )
        parts = self.folder / "parts.text"
        parts.write_bytes(b"one||two|three||||four||")
        inputs = [self.folder / "last.jsonl", lines, parts]
        reading = Reading(text_key="in.text", id_key="n", separator=b"||", bad_lines="skip")
        options = PackOptions(shard_tokens=5_000)
        jobs.pack(LocalEngine(), inputs, self.output, self.vocabulary, options, reading)
        expected = self.folder / "command"
        run("pack", *inputs, "-v", self.vocabulary, "-o", expected, "--shard-tokens", 5000,
            "--text-key", "in.text", "--id-key", "n", "--separator", "||", "--bad-lines", "skip")
        assert_same_dataset(self, self.output, expected)
        with self.assertRaisesRegex(gobbet.BadData, "bad.jsonl, line 3"):
            jobs.pack(LocalEngine(), [lines], self.folder / "x", self.vocabulary, options,
                      Reading(text_key="in.text"))  # fmt: skip

    def test_counts_are_those_of_the_command_and_so_is_what_is_learned(self):
        expected = self.folder / "command.counts"
        run("counts", *self.inputs, "--pattern", "cl100k", "-o", expected)
        # So small groups that counts are added up in several steps.
        jobs.count(LocalEngine(group_bytes=1), self.inputs, self.output, "cl100k")
        self.assertEqual(self.output.read_bytes(), expected.read_bytes())
        run("train", "--counts", expected, "--size", 900, "-o", self.folder / "w.gobbet")
        learned = gobbet.train_from_counts(self.output, 900)
        self.assertEqual(
            learned.fingerprint, gobbet.Encoding(self.folder / "w.gobbet").fingerprint
        )
        with self.assertRaises(gobbet.CannotCreate):
            jobs.count(LocalEngine(), self.inputs, self.output, "cl100k")
        self.assertEqual([name for name in os.listdir(self.folder) if name.endswith(".job")], [])

    def test_tasks_that_fail_twice_or_are_done_twice_change_nothing(self):
        options, arguments = VARIANTS["everything"]
        for kind in ("raise", "late"):
            with self.subTest(kind):
                faults, output = self.folder / kind, self.folder / f"job {kind}"
                faults.mkdir()
                engine = FaultyEngine(faults, kind, 2)
                jobs.pack(engine, self.inputs, output, self.vocabulary, options)
                assert_same_dataset(self, output, self.packed(arguments), at_least=4)
                jobs.count(engine, self.inputs, faults / "counts", "gpt2")
                jobs.count(LocalEngine(), self.inputs, self.folder / f"counts {kind}", "gpt2")
                self.assertEqual((faults / "counts").read_bytes(),
                                 (self.folder / f"counts {kind}").read_bytes())  # fmt: skip
                for step in ("make_piece", "find_duplicates", "make_shard", "count_part"):
                    self.assertEqual(jobs_support.fault_count(faults / step), 2, step)

    def test_a_job_that_ended_early_is_taken_up_and_keeps_its_shards(self):
        options, arguments = VARIANTS["everything"]
        (self.folder / "faults").mkdir()

        class Ending(LocalEngine):
            def run(self, function, tasks):
                done = super().run(function, tasks[:3])
                if function.__name__ == "make_shard":
                    raise KeyboardInterrupt
                return done + super().run(function, tasks[3:])

        with self.assertRaises(KeyboardInterrupt):
            jobs.pack(Ending(), self.inputs, self.output, self.vocabulary, options)
        with self.assertRaisesRegex(gobbet.BadData, r"of \d+ shards are missing train-00003"):
            jobs.finalize(self.output)
        with self.assertRaisesRegex(gobbet.CannotCreate, "resume it"):
            jobs.pack(LocalEngine(), self.inputs, self.output, self.vocabulary, options)
        with self.assertRaisesRegex(gobbet.BadData, r"appended_token \d+, not with none"):
            jobs.pack(LocalEngine(), self.inputs, self.output, self.vocabulary,
                      VARIANTS["shards"][0], resume=True)  # fmt: skip
        there = {path.name: path.stat().st_ino for path in self.output.glob("*.gobbet")}
        self.assertEqual(len(there), 3)
        # What another attempt has left under the number of a shard, and what is damaged.
        (self.output / "train-00004-0000000000000000.gobbet").write_bytes(b"nothing")
        jobs.pack(
            LocalEngine(), self.inputs, self.output, self.vocabulary, options, resume=True
        )
        assert_same_dataset(self, self.output, self.packed(arguments), at_least=4)
        for name, number in there.items():
            self.assertEqual((self.output / name).stat().st_ino, number)
        # Twice: at rest, and all over again.
        before = jobs_support.contents(self.output)
        self.assertEqual(jobs.finalize(self.output)["splits"][0]["name"], "train")
        jobs.pack(
            LocalEngine(), self.inputs, self.output, self.vocabulary, options, resume=True
        )
        with self.assertRaises(gobbet.CannotCreate):
            jobs.pack(LocalEngine(), self.inputs, self.output, self.vocabulary, options)
        jobs.pack(
            LocalEngine(), self.inputs, self.output, self.vocabulary, options, replace=True
        )
        self.assertTrue(before == jobs_support.contents(self.output))

    def test_a_driver_that_died_after_its_last_task_is_finished_by_hand(self):
        options, arguments = VARIANTS["shards"]

        class Dying(LocalEngine):
            def run(self, function, tasks):
                done = super().run(function, tasks)
                if function.__name__ == "make_shard":
                    raise KeyboardInterrupt
                return done

        with self.assertRaises(KeyboardInterrupt):
            jobs.pack(Dying(), self.inputs, self.output, self.vocabulary, options)
        jobs.finalize(self.output)
        assert_same_dataset(self, self.output, self.packed(arguments))
        with self.assertRaises(gobbet.NoInput):
            jobs.finalize(self.folder / "in order")

    def test_files_are_what_they_hold_as_for_the_command(self):
        odd = self.folder / "odd"
        odd.mkdir()
        texts = jobs_support.texts()[:90]
        objects = [{"text": text, "id": f"d{number}"} for number, text in enumerate(texts)]
        lines = "".join(json.dumps(each) + "\n" for each in objects).encode()
        for name, content in (
            ("array.json", json.dumps(objects[:30]).encode()), ("lines.log", lines),
            ("small.data", gzip.compress(lines)), ("wide.txt", "\ufeffwide".encode("utf-16-le")),
            ("latin.txt", "caf\u00e9 au lait".encode("latin-1")), ("p.png", b"\x89PNG\r\n\x1a\n\0"),
            ("values.json", json.dumps({"text": "over\nlines", "id": 7}, indent=2).encode() * 2),
            ("marked.JSONL", b"\xef\xbb\xbf" + lines), ("empty.gz", gzip.compress(b"")),
        ):  # fmt: skip
            (odd / name).write_bytes(content)
        expected = self.folder / "command"
        options = PackOptions(shard_tokens=9_000, sources=True)
        done = run("pack", odd, "-v", self.vocabulary, "-o", expected, "--shard-tokens", 9000,
                   "--sources", "--id-key", "id")  # fmt: skip
        self.assertIn(b"1 file in folders left out", done.stderr)
        with self.assertWarnsRegex(gobbet.CorpusWarning, r"1 file in folders.*p\.png \(a PNG image\)"):
            jobs.pack(LocalEngine(group_bytes=1), [odd], self.output, self.vocabulary, options,
                      Reading(id_key="id"))  # fmt: skip
        assert_same_dataset(self, self.output, expected, at_least=3)
        with self.assertWarns(gobbet.CorpusWarning):
            jobs.count(LocalEngine(), [odd], self.folder / "counts", "gpt2")
        run("counts", odd, "--pattern", "gpt2", "-o", self.folder / "expected")
        self.assertEqual((self.folder / "counts").read_bytes(),
                         (self.folder / "expected").read_bytes())  # fmt: skip

    def test_what_holds_no_text_is_refused_when_it_is_named_and_so_are_keys_without_use(self):
        text, picture = self.folder / "t.txt", self.folder / "t2.txt"
        text.write_text("a text")
        picture.write_bytes(b"\x89PNG\r\n\x1a\n\0")
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        for inputs, reading, kind, reason in (
            ([text, picture], Reading(), gobbet.BadData, "t2.txt: holds no text: a PNG image"),
            ([text], Reading(text_key="body"), gobbet.InvalidArgument, "key body is given"),
            ([text], Reading(id_key="id"), gobbet.InvalidArgument, "key id is given"),
            (self.inputs[2:], Reading(separator=b"|"), gobbet.InvalidArgument, "separator"),
            ([text], Reading(format="text", text_key="x"), gobbet.InvalidArgument, "key x"),
            ([pipe], Reading(), gobbet.InvalidArgument, "read once only"),
        ):  # fmt: skip
            with self.subTest(reason):
                for call in (
                    lambda: jobs.pack(LocalEngine(), inputs, self.output, self.vocabulary,
                                      PackOptions(), reading),
                    lambda: jobs.count(LocalEngine(), inputs, self.output, "gpt2", reading),
                ):  # fmt: skip
                    with self.assertRaisesRegex(kind, reason):
                        call()
                self.assertFalse(self.output.exists())

    def test_bad_lines_that_are_left_out_are_told(self):
        bad = self.folder / "bad.jsonl"
        bad.write_bytes(b'{"text": "a"}\nnothing\n{"text": 1}\n{}\n{"text": 2}\n')
        for call in (
            lambda: jobs.pack(LocalEngine(), [bad], self.output, self.vocabulary, PackOptions(),
                              Reading(bad_lines="skip")),
            lambda: jobs.count(LocalEngine(), [bad], self.folder / "counts", "gpt2",
                               Reading(bad_lines="skip")),
        ):  # fmt: skip
            fault = "4 bad lines left out: 1 not JSON, 1 without the key, 2 with a value of another type"
            with self.assertWarnsRegex(gobbet.CorpusWarning, fault):
                call()

    def test_a_dataset_that_is_replaced_is_whole_until_the_new_one_stands(self):
        options, arguments = VARIANTS["shards"]
        other, _ = VARIANTS["everything"]
        jobs.pack(LocalEngine(), self.inputs, self.output, self.vocabulary, options)
        old = jobs_support.contents(self.output)
        names = set(os.listdir(self.output))

        class Ending(LocalEngine):
            def run(self, function, tasks):
                if function.__name__ == "make_shard":
                    super().run(function, tasks[:2])
                    raise KeyboardInterrupt
                return super().run(function, tasks)

        for engine, change in ((Ending(), other), (Ending(), options)):
            with self.assertRaises(KeyboardInterrupt):
                jobs.pack(engine, self.inputs, self.output, self.vocabulary, change, replace=True)
            self.assertEqual(jobs_support.contents(self.output), old)
            run("verify", self.output)
            self.assertEqual(gobbet.TokenDataset(self.output).token_count,
                             old[1]["splits"][0]["tokens"])  # fmt: skip
            with self.assertRaisesRegex(gobbet.BadData, "are missing"):
                jobs.finalize(self.output)
        # Those that the new dataset has too are kept, and those of neither go.
        there = {name: (self.output / name).stat().st_ino for name in names}
        jobs.pack(LocalEngine(), self.inputs, self.output, self.vocabulary, options, resume=True)
        assert_same_dataset(self, self.output, self.packed(arguments))
        self.assertEqual(set(os.listdir(self.output)), names)
        for name, number in there.items():
            if name != "manifest.json":
                self.assertEqual((self.output / name).stat().st_ino, number)
        jobs.pack(LocalEngine(), self.inputs, self.output, self.vocabulary, other, replace=True)
        self.assertFalse(names & set(os.listdir(self.output)) - {"manifest.json"})
        run("verify", self.output)

    def test_two_jobs_are_not_at_work_in_one_folder(self):
        output, inputs, vocabulary = self.output, self.inputs, self.vocabulary
        seen = []

        class Doubled(LocalEngine):
            def run(self, function, tasks):
                if function.__name__ == "make_shard":
                    for call in (
                        lambda: jobs.pack(LocalEngine(), inputs, output, vocabulary, replace=True),
                        lambda: jobs.finalize(output),
                    ):
                        try:
                            call()
                        except gobbet.NoInput as error:
                            seen.append(str(error))
                return super().run(function, tasks)

        jobs.pack(Doubled(), inputs, output, vocabulary)
        self.assertEqual(len(seen), 2)
        self.assertIn("another writer has it open", seen[0])
        run("verify", output)

    def test_an_empty_corpus_is_a_dataset_too(self):
        inputs = [self.folder / "in order" / "b c" / "empty.jsonl"]
        options = PackOptions(shard_tokens=10, validation=0.5, unique=True)
        jobs.pack(LocalEngine(), inputs, self.output, self.vocabulary, options)
        run("pack", *inputs, "-v", self.vocabulary, "-o", self.folder / "command",
            "--shard-tokens", 10, "--validation", 0.5, "--unique")
        assert_same_dataset(self, self.output, self.folder / "command", at_least=2)

    def test_what_makes_no_sense_is_refused_before_the_work(self):
        for wrong in ({"codec": "zip"}, {"block_tokens": 12}, {"block_tokens": 1 << 22},
                      {"validation": 1.0}, {"shard_tokens": 0},
                      {"append": END, "append_eot": True}):  # fmt: skip
            with self.assertRaises(gobbet.InvalidArgument):
                PackOptions(**wrong)
        with self.assertRaises(gobbet.NotFound):
            jobs.pack(LocalEngine(), self.inputs, self.output, self.vocabulary,
                      PackOptions(append="<|no|>"))  # fmt: skip
        wide = gobbet.Encoding.from_ranks(
            {bytes([number]): number for number in range(256)}, pattern="gpt2",
            special_tokens={END: 70_000},
        )  # fmt: skip
        with self.assertRaisesRegex(gobbet.InvalidArgument, "raw16 cannot hold ids below 70001"):
            jobs.pack(LocalEngine(), self.inputs, self.output, wide, PackOptions(codec="raw16"))
        with self.assertRaises(gobbet.NoInput):
            jobs.pack(LocalEngine(), [self.folder / "no*where"], self.output, self.vocabulary)
        self.assertFalse(self.output.exists())
