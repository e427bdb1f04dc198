"""What a corpus is made of follows from its content, and what is left out is told."""

import bz2
import gzip
import importlib.util
import json
import lzma
import unittest
import warnings

import gobbet
from gobbet.corpus import documents
from gobbet.corpus_reader import CorpusReader

from . import support

PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


class CorpusTests(support.Case):
    def setUp(self):
        super().setUp()
        self.corpus = self.folder / "corpus"
        self.corpus.mkdir()
        objects = [{"text": f"line {number}"} for number in range(3)]
        lines = "".join(json.dumps(each) + "\n" for each in objects)
        self.write("a.json", json.dumps(objects, indent=1).encode())
        self.write("b", lines.encode())
        self.write("c.csv", gzip.compress(lines.encode()))
        self.write("d.txt", "two by two".encode("utf-16"))
        self.write("e.png", PICTURE)
        self.write("f.txt", b"PAR1\x15\0\x80\xff" * 9)
        self.write("g.txt", b"plain")
        self.write("h.txt", b"")
        self.expected = [f"line {number}".encode() for number in range(3)] * 3

    def write(self, name, content):
        (self.corpus / name).write_bytes(content)

    def test_files_are_what_they_hold_and_what_is_left_out_is_listed_and_warned_of(self):
        reader = CorpusReader(self.corpus)
        self.assertEqual((reader.skipped, reader.notes), ([], []))
        with self.assertWarnsRegex(
            gobbet.CorpusWarning, r"2 files in folders left out.*e\.png \(a PNG image\).*f\.txt"
        ):
            found = [text for batch in reader for text in batch]
        self.assertEqual(found, [*self.expected, b"two by two", b"plain"])
        self.assertEqual(
            reader.skipped,
            [(str(self.corpus / "e.png"), "a PNG image"),
             (str(self.corpus / "f.txt"), "a Parquet file")],
        )  # fmt: skip
        self.assertEqual((reader.skipped_count, len(reader.notes)), (2, 1))
        # Once.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertEqual(list(reader), [])
        for read in (
            lambda: list(documents(self.corpus)), lambda: gobbet.train(self.corpus, 260),
            lambda: gobbet.Counts().add_files(self.corpus),
        ):  # fmt: skip
            with self.assertWarns(gobbet.CorpusWarning):
                read()

    def test_a_file_that_holds_no_text_is_refused_when_it_is_named(self):
        for name, kind in (("e.png", "a PNG image"), ("f.txt", "a Parquet file")):
            with self.assertRaisesRegex(gobbet.BadData, f"{name}: holds no text: {kind}"):
                list(CorpusReader(self.corpus / name))

    def test_a_key_or_a_separator_that_applies_to_nothing_is_an_error(self):
        text, lines = self.corpus / "g.txt", self.corpus / "b"
        for path, options in (
            (text, {"text_key": "body"}), (text, {"text_key": "text"}), (text, {"id_key": "id"}),
            (lines, {"separator": b"|"}), (lines, {"format": "text", "text_key": "text"}),
            (lines, {"format": "jsonl", "separator": b"|"}),
        ):  # fmt: skip
            with self.subTest(options), self.assertRaises(gobbet.InvalidArgument):
                CorpusReader(path, **options)
        for call in (
            lambda: list(documents(text, text_key="body")),
            lambda: gobbet.train(text, 260, text_key="body"),
        ):
            with self.assertRaisesRegex(gobbet.InvalidArgument, "key body"):
                call()
        part = CorpusReader(text, text_key="body", separator=b"|", is_part=True)
        self.assertEqual([each for batch in part for each in batch], [b"plain"])

    def test_inputs_are_listed_with_what_they_hold(self):
        found = list(CorpusReader([self.corpus, self.corpus / "e.png"]).inputs())
        self.assertEqual(
            [(each.path.rsplit("/", 1)[1], each.kind) for each in found],
            [("a.json", "json"), ("b", "json lines"), ("c.csv", "json lines"), ("d.txt", "text"),
             ("e.png", "foreign"), ("f.txt", "parquet"), ("g.txt", "text"), ("h.txt", "text"),
             ("e.png", "foreign")],
        )  # fmt: skip
        left_out = [each.path[-5] for each in found if each.is_left_out]
        self.assertEqual(left_out, ["e", "f", "h"])
        self.assertTrue(found[-1].is_named and not found[0].is_named)
        self.assertEqual([each.compression for each in found], [0, 0, 1, 0, 0, 0, 0, 0, 0])
        self.assertEqual([each.path[-5] for each in found if not each.is_plain_text], ["d", "e", "f", "e"])

    def test_bad_lines_that_are_left_out_are_warned_of(self):
        self.write("b", b'{"text": "a"}\n{"text": 1}\nno\n')
        reader = CorpusReader(self.corpus / "b", format="jsonl", skip_bad_lines=True)
        told = r"2 bad lines left out \(1 not JSON, 1 with a value of another type\), the first.*line 2"
        with self.assertWarnsRegex(gobbet.CorpusWarning, told):
            self.assertEqual([text for batch in reader for text in batch], [b"a"])
        self.assertEqual(reader.bad_line_count, 2)
        self.assertEqual(sum(reader.bad_line_kinds.values()), 2)

    def test_numbers_that_c_would_cut_are_refused(self):
        encoding = support.encoding()
        path = self.folder / "x.gobbet"
        for number in (-1, 1025, 1 << 32, 1 << 62):
            with self.subTest(number):
                with gobbet.DatasetWriter(path, encoding, replace=True) as writer:
                    with self.assertRaisesRegex(gobbet.OutOfRange, f"num_threads: {number} "):
                        writer.add_texts(["a"], num_threads=number)
                    writer.add_texts(["a"], num_threads=1024)
                with self.assertRaises(gobbet.OutOfRange):
                    encoding.encode_ordinary_batch(["a"], num_threads=number)
        for value in (1.0, "2", True, None):
            with self.assertRaises(gobbet.InvalidArgument):
                encoding.encode_ordinary_batch(["a"], num_threads=value)
        wide = 1 << 64
        for call in (
            lambda: gobbet.DatasetWriter(path, encoding, block_token_count=wide + 8, replace=True),
            lambda: gobbet.DatasetWriter(path, encoding, block_token_count=-8, replace=True),
            lambda: gobbet.TokenDataset(path, cache_bytes=wide),
            lambda: gobbet.TokenDataset(path, cache_bytes=-1),
            lambda: gobbet.train(["a"], (1 << 32) + 300),
            lambda: gobbet.train(["a"], 300, min_frequency=wide + 1),
            lambda: gobbet.train(["a"], 300, max_token_length=wide + 9),
            lambda: CorpusReader(self.corpus, batch_bytes=0),
        ):
            with self.assertRaises(gobbet.OutOfRange):
                call()


class PackedTests(support.Case):
    """What bzip2, xz or lz4 compressed, which the library doesn't read."""

    TEXTS = [f"Document {number}. ".encode() * 9 for number in range(200)]
    LINES = b"".join(json.dumps({"text": text.decode()}).encode() + b"\n" for text in TEXTS)

    def packed(self) -> dict[str, bytes]:
        """The lines in each of the compressions that there are here, of two streams."""
        half = len(self.LINES) // 2
        parts = self.LINES[:half], self.LINES[half:]
        found = {
            "a.jsonl.bz2": b"".join(map(bz2.compress, parts)),
            "b.jsonl.xz": b"".join(lzma.compress(part) + bytes(8) for part in parts),
            "named-as-text.txt": lzma.compress(self.LINES),
        }
        if importlib.util.find_spec("lz4"):
            import lz4.frame

            found["c.jsonl.lz4"] = b"".join(map(lz4.frame.compress, parts))
        return found

    def write(self, name: str, data: bytes):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def test_they_are_read_by_themselves_and_in_folders(self):
        for name, data in self.packed().items():
            with self.subTest(name):
                self.assertEqual(list(documents(self.write(name, data))), self.TEXTS)
        self.write("z.txt", b"text")
        everything = list(documents(self.folder))
        self.assertEqual(len(everything), len(self.packed()) * len(self.TEXTS) + 1)
        path = self.write("one.xz", lzma.compress("Größe\n".encode()))
        self.assertEqual(list(documents(path)), ["Größe\n".encode()])

    def test_vocabularies_are_trained_on_them_as_on_the_plain_lines(self):
        plain = self.write("plain.jsonl", self.LINES)
        expected = gobbet.train(plain, 300).fingerprint
        paths = [self.write(name, data) for name, data in self.packed().items()]
        for path in paths:
            self.assertEqual(gobbet.train(path, 300).fingerprint, expected, path)
        counts, sum_of_counts = gobbet.Counts(), gobbet.Counts()
        counts.add_files(self.folder)
        sum_of_counts.add_texts(self.TEXTS * (len(paths) + 1))
        for number, each in enumerate((counts, sum_of_counts)):
            each.write(self.folder / f"{number}.counts")
        self.assertEqual((self.folder / "0.counts").read_bytes(),
                         (self.folder / "1.counts").read_bytes())  # fmt: skip

    def test_a_job_packs_the_dataset_of_the_plain_lines(self):
        from gobbet import jobs

        found = []
        for name, data in {"plain.jsonl": self.LINES, **self.packed()}.items():
            output = self.folder / f"{name}.packed"
            jobs.pack(jobs.LocalEngine(1), [self.write(name, data)], output, support.encoding())
            found.append(gobbet.TokenDataset(output).content_id)
        self.assertEqual(set(found), {found[0]})

    def test_what_is_cut_or_damaged_or_holds_no_text_is_named(self):
        for name, data in self.packed().items():
            broken = bytearray(data)
            broken[len(data) // 2] ^= 0x55
            for wrong, reason in ((data[:-30], "stops before|damaged"), (bytes(broken), "damaged")):
                path = self.write(name, wrong)
                expected = f"{path}: .*({reason})"
                with self.subTest(name), self.assertRaisesRegex(gobbet.BadData, expected):
                    list(documents(path))
        path = self.write("image.xz", lzma.compress(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9))
        with self.assertRaisesRegex(gobbet.BadData, "image.xz: holds no text"):
            list(documents(path))
        path = self.write("key.jsonl.xz", lzma.compress(b'{"text": "a"}\n{"other": 1}\n'))
        with self.assertRaisesRegex(gobbet.BadData, f"{path}.* 2"):
            list(documents(path))


if __name__ == "__main__":
    unittest.main()
