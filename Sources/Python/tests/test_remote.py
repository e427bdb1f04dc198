"""Files read by ranges: over HTTP, and out of fsspec's file systems."""

import pickle
import re
import unittest
from unittest import mock

import numpy as np

import gobbet
from gobbet.numpy import load_file, load_set, safe_open, save_file

from . import support
from .remote_support import ServerCase
from .support import CODECS, needs


@needs("zstandard")
class RemoteDatasetTests(ServerCase):
    def assert_same(self, url: object, path: object) -> None:
        here, there = gobbet.TokenDataset(path), gobbet.TokenDataset(url)
        self.assertEqual(there.content_id, here.content_id)
        self.assertEqual(there.fingerprint, here.fingerprint)
        self.assertTrue((there[:] == here[:]).all())
        count = here.document_count
        for first, last in ((0, count), (1, count), (count // 2, count // 2 + 1), (count, count)):
            expected, found = here.document_bounds(first, last), there.document_bounds(first, last)
            self.assertEqual(found[0], expected[0])
            self.assertEqual(found[1].tolist(), expected[1].tolist())
        for token in (0, len(here) // 3, len(here) - 1):
            self.assertEqual(there.document_containing(token), here.document_containing(token))
        pairs = zip(there.windows(33, 17).batch([0, 5]), here.windows(33, 17).batch([0, 5]))
        self.assertTrue(all((found == expected).all() for found, expected in pairs))

    def test_a_dataset_of_every_codec_reads_the_same_over_http(self):
        for codec in CODECS:
            with self.subTest(codec):
                support.write_dataset(self.folder / f"{codec}.gobbet", codec, replace=True)
                self.assert_same(self.serve(f"{codec}.gobbet"), self.folder / f"{codec}.gobbet")

    def test_opening_and_a_window_read_little(self):
        ids = np.random.default_rng(1).integers(0, 3000, 1 << 20)
        with gobbet.DatasetWriter(
            self.folder / "d.gobbet", support.encoding(), codec="rank", embed_vocabulary=True,
            block_token_count=1 << 14,
        ) as writer:  # fmt: skip
            for part in ids.reshape(64, -1):
                writer.add(part)
        url = self.serve("d.gobbet")
        size = len(self.server.files["d.gobbet"])
        self.assertGreater(size, 1 << 20)
        dataset = gobbet.TokenDataset(url)
        self.assertLess(self.server.sent, 128 << 10)
        self.assertEqual(len(self.server.ranges), len(set(self.server.ranges)))
        block = size * dataset.block_token_count / len(ids)
        # The window in the middle comes first, when nothing but what opening fetched is there.
        for start in (5 * dataset.block_token_count + 100, 0):
            self.server.reset()
            self.assertEqual(
                dataset.tokens(start, start + 1025).tolist(), ids[start : start + 1025].tolist()
            )
            self.assertLess(self.server.sent, 1.5 * block)
            self.assertGreater(self.server.sent, 0)
        self.server.reset()
        dataset.tokens(0, 1025)
        self.assertEqual(self.server.sent, 0, "a block that was read is kept")
        self.server.reset()
        self.assertEqual(dataset.vocabulary().encode("and"), support.encoding().encode("and"))
        self.assertLess(self.server.sent, size // 4)

    def test_a_dataset_is_shown_without_the_secrets_of_its_url(self):
        url = self.dataset().replace("//", "//user:password@") + "?key=secret"
        text = repr(gobbet.TokenDataset(url))
        self.assertIn("127.0.0.1", text)
        self.assertNotIn("password", text)
        self.assertNotIn("secret", text)

    def test_a_cache_keeps_no_more_than_it_may(self):
        url = self.dataset(block_token_count=64)
        dataset = gobbet.TokenDataset(url, cache_bytes=4 * 64 * 3)
        for start in range(0, len(dataset) - 64, 64):
            dataset.tokens(start, start + 64)
        self.assertEqual(len(dataset._backend._blocks), 3)

    def test_masks_travel_with_windows(self):
        with gobbet.DatasetWriter(self.folder / "m.gobbet", support.encoding()) as writer:
            for length in (5, 9, 30):
                writer.add_masked((range(length), [index % 3 == 0 for index in range(length)]))
        url = self.serve("m.gobbet")
        here, there = gobbet.TokenDataset(self.folder / "m.gobbet"), gobbet.TokenDataset(url)
        self.assertTrue(there.has_loss_mask)
        for dataset in (here, there):
            targets = dataset.windows(8, dtype="int64").batch([0, 1, 2])[1]
            self.assertIn(-100, targets)
        expected = here.windows(8, dtype="int64").batch([0, 1, 2])
        found = there.windows(8, dtype="int64").batch([0, 1, 2])
        self.assertTrue((found[1] == expected[1]).all())

    def test_several_files_are_one_dataset_and_go_to_other_processes(self):
        for name, codec in (("a.gobbet", "rank"), ("b.gobbet", "packed")):
            support.write_dataset(self.folder / name, codec)
        urls = [self.serve("a.gobbet"), self.serve("b.gobbet")]
        self.assert_same(urls, [self.folder / "a.gobbet", self.folder / "b.gobbet"])
        dataset = gobbet.TokenDataset(urls)
        again = pickle.loads(pickle.dumps(dataset))
        self.assertTrue((again[5:50] == dataset[5:50]).all())

    def test_a_folder_is_read_by_its_manifest(self):
        from gobbet import jobs

        texts = [f"Document {index}. " * 40 for index in range(60)]
        (self.folder / "c.txt").write_text("\n".join(texts))
        (self.folder / "c.jsonl").write_text("\n".join(f'{{"text": "{text}"}}' for text in texts))
        jobs.pack(
            jobs.LocalEngine(1), [self.folder / "c.jsonl"], self.folder / "packed",
            support.encoding(), jobs.PackOptions(shard_tokens=4000), jobs.Reading(text_key="text"),
        )  # fmt: skip
        for path in (self.folder / "packed").iterdir():
            if path.is_file():
                self.server.files[f"packed/{path.name}"] = path.read_bytes()
        self.assertGreater(len(self.server.files), 2)
        self.assert_same(self.server.url + "packed/", self.folder / "packed")
        self.assert_same(self.server.url + "packed/manifest.json", self.folder / "packed")
        with self.assertRaises(gobbet.NoInput):
            gobbet.TokenDataset(self.server.url + "nothing/")

    @needs("fsspec")
    def test_a_dataset_reads_the_same_out_of_file_systems(self):
        import fsspec

        support.write_dataset(self.folder / "d.gobbet")
        memory = fsspec.filesystem("memory")
        memory.pipe("/t/d.gobbet", (self.folder / "d.gobbet").read_bytes())
        self.addCleanup(memory.store.clear)
        for url in ("memory://t/d.gobbet", f"file://{self.folder}/d.gobbet"):
            with self.subTest(url):
                self.assert_same(url, self.folder / "d.gobbet")
        with self.assertRaises(gobbet.NoInput):
            gobbet.TokenDataset("memory://t/none.gobbet")
        with self.assertRaises(gobbet.NoInput):
            gobbet.TokenDataset("nothing-of-the-kind://t/none.gobbet")

    @needs("fsspec")
    def test_a_file_system_reads_no_more_than_is_asked_for_and_notices_a_change(self):
        import fsspec

        support.write_dataset(self.folder / "d.gobbet", "raw16", block_token_count=1024)
        memory = fsspec.filesystem("memory")
        data = (self.folder / "d.gobbet").read_bytes()
        memory.pipe("/t/d.gobbet", data)
        self.addCleanup(memory.store.clear)
        dataset = gobbet.TokenDataset("memory://t/d.gobbet")
        reader = dataset._backend._files[0]._file._source._reader
        with mock.patch.object(reader, "read", wraps=reader.read) as read:
            dataset.tokens(3000, 3050)
        self.assertEqual([call.args[1] - call.args[0] for call in read.call_args_list], [2048])
        memory.pipe("/t/d.gobbet", data)
        with self.assertRaises(gobbet.RemoteFailed) as caught:
            dataset.tokens(9000, 9050)
        self.assertEqual(caught.exception.kind, "changed")
        memory.rm("/t/d.gobbet")
        with self.assertRaises(gobbet.NoInput):
            dataset.tokens(5000, 5050)


@needs("zstandard")
class RemoteWeightsTests(ServerCase):
    def test_weights_read_the_same_and_slices_read_little(self):
        generator = np.random.default_rng(1)
        arrays = {
            "wte": generator.standard_normal((4096, 512), np.float32),
            "bias": generator.standard_normal(7).astype(np.float16),
            "ids": np.arange(300_000),
            "empty": np.zeros((0, 3), np.float32),
        }
        for codec in ("raw", "compact"):
            with self.subTest(codec):
                save_file(arrays, self.folder / "w.gobbet", {"a": "b"}, codec=codec)
                url = self.serve("w.gobbet")
                self.server.reset()
                with safe_open(url) as file:
                    self.assertLess(self.server.sent, 128 << 10)
                    self.assertEqual(file.metadata(), {"a": "b"})
                    self.server.reset()
                    rows = file.get_slice("wte")[1000:1010]
                    self.assertTrue((rows == arrays["wte"][1000:1010]).all())
                    self.assertLess(self.server.sent, 2 * 524_288 + (1 << 14))
                loaded = load_file(url)
                for name, array in arrays.items():
                    self.assertEqual(loaded[name].dtype, array.dtype)
                    self.assertTrue((loaded[name] == array).all(), name)

    def test_a_set_is_loaded_whole_or_not(self):
        for number in (1, 2):
            name = f"m-{number:05d}-of-00002.gobbet"
            save_file({f"t{number}": np.arange(5)}, self.folder / name)
            url = self.serve(name)
        self.assertEqual(sorted(load_set(url)), ["t1", "t2"])
        del self.server.files["m-00001-of-00002.gobbet"]
        with self.assertRaisesRegex(gobbet.NoInput, "m-00001-of-00002.gobbet is missing"):
            load_set(url)

    def test_a_damaged_byte_is_found(self):
        save_file({"t": np.arange(90_000)}, self.folder / "w.gobbet", codec="raw")
        url = self.serve("w.gobbet")
        data = bytearray(self.server.files["w.gobbet"])
        data[len(data) // 2] ^= 1
        self.server.files["w.gobbet"] = bytes(data)
        with self.assertRaisesRegex(gobbet.BadData, "checksum"):
            load_file(url)


class RemoteVocabularyTests(ServerCase):
    def test_a_vocabulary_encodes_whatever_the_format(self):
        expected = support.encoding().encode("The river is wide.")
        for name in ("v.gobbet", "v.tiktoken", "tokenizer.json"):
            with self.subTest(name):
                support.encoding().save(self.folder / name)
                pattern = "cl100k" if name.endswith("tiktoken") else None
                found = gobbet.Encoding(self.serve(name), pattern=pattern)
                self.assertEqual(found.encode("The river is wide."), expected)
                self.assertEqual(found.name, name)

    def test_golden_vocabularies_keep_their_fingerprints(self):
        count = 0
        for path in sorted((support.FIXTURES / "golden").rglob("*.gobbet")):
            try:
                expected = gobbet.Encoding(path)
            except gobbet.Error:
                continue
            self.server.files[path.name] = path.read_bytes()
            found = gobbet.Encoding(self.server.url + path.name)
            self.assertEqual(found.fingerprint, expected.fingerprint, path)
            count += 1
        self.assertGreater(count, 3)

    def test_errors_name_the_url_and_no_file_here(self):
        self.server.files |= {
            "page.gobbet": b"<html>404</html>" * 10, "empty.json": b"", "vocab.json": b'{"a": 0}',
            "merges.txt": b"a b c d\n", "..": b"text",
        }  # fmt: skip
        self.server.files["long" * 100 + ".json"] = b"{}"
        for name in self.server.files:
            if name == "merges.txt":
                continue
            with self.subTest(name[:20]), self.assertRaises(gobbet.BadData) as caught:
                gobbet.Encoding(self.server.url + name)
            told = str(caught.exception)
            place = "merges.txt" if name == "vocab.json" else name
            self.assertRegex(told, f"^{re.escape(self.server.url + place)}[:,] ")
            self.assertNotIn("gobbet-", told)

    @needs("fsspec")
    def test_errors_name_the_url_of_a_file_system(self):
        import fsspec

        memory = fsspec.filesystem("memory")
        memory.pipe("/t/v.json", b"{}")
        self.addCleanup(memory.store.clear)
        with self.assertRaisesRegex(gobbet.BadData, "^memory://t/v.json: "):
            gobbet.Encoding("memory://t/v.json")

    def test_gguf_is_refused_before_it_is_fetched(self):
        self.server.files["m.gguf"] = b"GGUF" + bytes(1 << 20)
        with self.assertRaisesRegex(gobbet.InvalidArgument, "download"):
            gobbet.Encoding(self.server.url + "m.gguf")
        self.assertLess(self.server.sent, 1 << 16)


@needs("zstandard")
class PurposeTests(ServerCase):
    def test_a_file_for_another_purpose_says_what_opens_it(self):
        from gobbet import pure

        support.write_dataset(self.folder / "d.gobbet")
        save_file({"t": np.arange(9)}, self.folder / "w.gobbet")
        support.encoding().save(self.folder / "v.gobbet")
        for name, opens, reads, expected in (
            ("w", gobbet.TokenDataset, pure.Tokens, "holds weights, open it with safe_open"),
            ("d", safe_open, pure.Weights, "holds tokens, open it with TokenDataset"),
            ("v", gobbet.TokenDataset, pure.Tokens, "holds a vocabulary, open it with Encoding"),
            ("v", safe_open, pure.Weights, "holds a vocabulary, open it with Encoding"),
        ):
            url = self.serve(f"{name}.gobbet")
            path = self.folder / f"{name}.gobbet"
            for place, function in ((url, opens), (str(path), reads)):
                with self.subTest(place), self.assertRaises(gobbet.BadData) as caught:
                    function(place)
                self.assertEqual(str(caught.exception), f"{place}: {expected}")


class MalformedTests(unittest.TestCase):
    def test_a_malformed_url_is_refused_before_anything_is_asked_for(self):
        urls = [
            "http://", "http:///x", "http://[::1/x", "https://a b/c", "http://127.0.0.1:99999/x",
            "http://127.0.0.1:port/x", "http://a..b/x", "http://h/\udcff", "http://user:pw@[x?k=pw",
            "http://127.0.0.1:1/x\r\nInjected: 1", "HTTP://?x",
        ]  # fmt: skip
        for url in urls:
            for opens in (gobbet.TokenDataset, gobbet.Encoding, safe_open):
                with (
                    self.subTest(url, opens=opens),
                    mock.patch("socket.getaddrinfo", side_effect=AssertionError),
                    self.assertRaises(gobbet.InvalidArgument) as caught,
                ):
                    opens(url)
                told = str(caught.exception)
                self.assertRegex(told, "^(?i:https?)://.*: isn't a valid URL: .*: write it as ")
                self.assertTrue(told.isprintable(), told)
                self.assertNotIn("pw", told)

    @needs("fsspec")
    def test_a_file_system_that_cannot_be_reached_names_the_url(self):
        for url in ("ftp://user:pw@127.0.0.1:1/x", "ftp://user:pw@127.0.0.1:1/x/*.txt"):
            for opens in (gobbet.TokenDataset, lambda url: list(gobbet.corpus.documents(url))):
                with self.subTest(url), self.assertRaises(gobbet.RemoteFailed) as caught:
                    opens(url)
                self.assertEqual(caught.exception.kind, "connection")
                self.assertIn("ftp://127.0.0.1:1/x", str(caught.exception))
                self.assertIn("ConnectionRefusedError", str(caught.exception))


class RemoteModelTests(support.Case):
    def test_a_model_is_local_and_says_so(self):
        for url in ("http://user:password@127.0.0.1:1/m.gobbet?key=secret", "s3://bucket/m.gguf"):
            with self.subTest(url), self.assertRaises(gobbet.InvalidArgument) as caught:
                gobbet.Model(url)
            told = str(caught.exception)
            self.assertIn(url.partition("?")[0].replace("user:password@", ""), told)
            self.assertIn("download it first", told)
            self.assertNotIn("secret", told)
