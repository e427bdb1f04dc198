"""Token datasets: ranges, documents, windows, samplers, writing."""

import json
import os
import pathlib
import pickle
import subprocess
import sys
import unittest

import numpy as np

import gobbet

from . import jobs_support, support
from .support import CODECS, END


class DatasetTests(support.Case):
    def test_every_codec_gives_the_tokens_and_the_documents_back(self):
        for codec in CODECS:
            path = self.folder / f"{codec}.gobbet"
            documents = support.write_dataset(path, codec, block_token_count=512)
            tokens = np.concatenate([np.array(each, dtype=np.int64) for each in documents])
            with self.subTest(codec), gobbet.TokenDataset(path) as dataset:
                self.assertEqual(len(dataset), len(tokens))
                self.assertEqual(dataset.codec, codec)
                self.assertEqual(dataset.dtype, np.uint16)
                self.assertTrue((dataset[:] == tokens).all())
                for key in (slice(5, 9), slice(-40, None), slice(1000, 10, -7), slice(0, 90, 11),
                            slice(9, 5), slice(None, None, -1)):  # fmt: skip
                    self.assertEqual(dataset[key].tolist(), tokens[key].tolist(), key)
                self.assertEqual([dataset[0], dataset[-1]], [tokens[0], tokens[-1]])
                self.assertEqual([each.tolist() for each in dataset.documents()], documents)
                self.assertEqual(dataset.document(-2).tolist(), documents[-2])
                self.assertEqual(dataset.document(0).tolist(), [])
                start = len(documents[1]) + len(documents[2])
                self.assertEqual(dataset.document_containing(start), 3)
                for dtype in ("uint16", "uint32", "int32", "int64"):
                    found = dataset.tokens(100, 700, dtype=dtype)
                    self.assertEqual((found.dtype.name, found.tolist()),
                                     (dtype, tokens[100:700].tolist()))
                with self.assertRaises(IndexError):
                    dataset[len(tokens)]
                with self.assertRaises(gobbet.InvalidArgument):
                    dataset.tokens(5, len(tokens) + 1)

    def test_several_files_are_read_as_one(self):
        paths = [self.folder / "a.gobbet", self.folder / "b.gobbet"]
        documents = support.write_dataset(paths[0]) + support.write_dataset(paths[1], "raw16")
        dataset = gobbet.TokenDataset(paths)
        self.assertEqual([each.tolist() for each in dataset.documents()], documents)
        self.assertEqual(pickle.loads(pickle.dumps(dataset))[:].tolist(), dataset[:].tolist())

    def test_windows_are_inputs_and_targets(self):
        path = self.folder / "d.gobbet"
        support.write_dataset(path)
        dataset = gobbet.TokenDataset(path)
        tokens = dataset[:]
        for length, stride in ((16, 16), (16, 3), (1, 1), (1000, 999)):
            windows = dataset.windows(length, stride, dtype="int64")
            expected = -(-(len(tokens) - length) // stride)
            self.assertEqual(len(windows), expected)
            chosen = [0, expected - 1, expected // 2, expected // 3]
            inputs, targets = windows.batch(chosen)
            for row, index in enumerate(chosen):
                start = index * stride
                self.assertTrue((inputs[row] == tokens[start : start + length]).all())
                self.assertTrue((targets[row] == tokens[start + 1 : start + length + 1]).all())
                one = windows[index]
                self.assertTrue((one[0] == inputs[row]).all() and (one[1] == targets[row]).all())
            with self.assertRaises(gobbet.Error):
                windows.batch([expected])
            with self.assertRaises(IndexError):
                windows[expected]
        self.assertEqual(len(dataset.windows(len(tokens))), 0)

    def test_ranks_share_the_windows_and_a_state_goes_on_where_it_was_taken(self):
        path, other = self.folder / "d.gobbet", self.folder / "o.gobbet"
        support.write_dataset(path)
        with gobbet.DatasetWriter(other, support.encoding()) as writer:
            writer.add(list(range(300)) * 40)
        dataset = gobbet.TokenDataset(path)
        count = len(dataset.windows(32))
        for order in ("sequential", "shuffled", "groups"):
            options = {"order": order, "seed": 7, "windows_per_group": 8, "groups_together": 4}
            shares = [
                list(dataset.sampler(32, rank=rank, world_size=3, **options)) for rank in range(3)
            ]
            self.assertEqual(sorted(sum(shares, [])), list(range(count)))
            sampler = dataset.sampler(32, rank=1, world_size=3, **options)
            self.assertEqual(len(sampler), len(shares[1]))
            sampler.take(11)
            state = sampler.state_dict()
            self.assertEqual(list(sampler), shares[1][11:])
            again = dataset.sampler(32)
            again.load_state_dict(state)
            self.assertEqual(list(again), shares[1][11:])
            sampler.next_epoch()
            again.next_epoch()
            second = list(again)
            self.assertEqual(list(sampler), second)
            # A rank keeps its part of the order, which is another one each epoch.
            self.assertEqual(second == shares[1], order == "sequential")
            with self.assertRaises(gobbet.BadData):
                gobbet.TokenDataset(other).sampler(32).load_state_dict(state)
            with self.assertRaises(gobbet.InvalidArgument):
                again.load_state_dict({"order": order})

    def test_texts_are_encoded_as_they_are_written(self):
        path = self.folder / "t.gobbet"
        with gobbet.DatasetWriter(path, support.encoding()) as writer:
            writer.add_texts(["A river.", b"Two rivers.", ""], append=END)
        self.assertEqual(len(writer.content_id), 64)
        dataset = gobbet.TokenDataset(path)
        vocabulary = dataset.vocabulary()
        self.assertEqual(
            [vocabulary.decode(each) for each in dataset.documents()],
            [f"A river.{END}", f"Two rivers.{END}", END],
        )
        self.assertEqual(vocabulary.fingerprint, dataset.fingerprint)
        self.assertEqual(writer.content_id, dataset.content_id)

    def test_a_writer_that_fails_leaves_nothing_behind(self):
        path = self.folder / "t.gobbet"
        with self.assertRaises(ZeroDivisionError):
            with gobbet.DatasetWriter(path, support.encoding()) as writer:
                writer.add([1, 2, 3])
                raise ZeroDivisionError
        writer = gobbet.DatasetWriter(path, support.encoding())
        with self.assertRaises(gobbet.Error):
            writer.add([1, support.encoding().n_vocab])
        writer.close()
        with self.assertRaises(gobbet.InvalidArgument):
            writer.add([1])
        del writer
        self.assertEqual(list(self.folder.iterdir()), [])
        support.write_dataset(path)
        with self.assertRaises(gobbet.CannotCreate):
            gobbet.DatasetWriter(path, support.encoding()).finish()

    def test_ids_that_are_no_ids_are_refused_by_their_index_and_nothing_is_added(self):
        path = self.folder / "t.gobbet"
        bound = support.encoding().n_vocab
        writer = gobbet.DatasetWriter(path, support.encoding())
        wrong = (
            ([1, 2, 3.0], ValueError, "index 2 is 3.0, not an integer"),
            (np.arange(4) + 0.9, ValueError, "index 0 is 0.9, not an integer"),
            (np.array([True]), ValueError, "index 0 is True"),
            (["1"], ValueError, "index 0 is '1'"),
            (np.arange(4, dtype="u8") + 2**32, OverflowError, f"index 0 is {2**32}"),
            ([5, -1], OverflowError, "index 1 is -1"),
            ([5, 2**70], OverflowError, f"index 1 is {2**70}"),
            ([0, bound], OverflowError, f"index 1 is {bound}, not from 0 to {bound - 1}"),
            ([[1, 2]], ValueError, "2 axes"),
        )
        for ids, kind, message in wrong:
            with self.subTest(ids), self.assertRaisesRegex(kind, message) as caught:
                writer.add([1, 2], ids)
            self.assertIsInstance(caught.exception, gobbet.InvalidArgument)
            if np.ndim(ids) == 1:
                with self.assertRaisesRegex(kind, message):
                    writer.add_joined(ids, [len(ids)])
        for ends, kind, message in (
            ([], ValueError, "the last is missing, not 4"),
            ([2], ValueError, "the last is 2, not 4"),
            ([3, 2, 4], ValueError, "index 1 is 2, before 3"),
            ([-1, 4], OverflowError, "index 0 is -1"),
            ([2.5, 4], ValueError, "index 0 is 2.5"),
        ):
            with self.subTest(ends), self.assertRaisesRegex(kind, message):
                writer.add_joined(np.arange(4), ends)
        with self.assertRaisesRegex(ValueError, "1 sources for 2"):
            writer.add_joined([1, 2], [1, 2], sources=[b"a"])
        with self.assertRaisesRegex(ValueError, "1 byte counts for 2"):
            writer.add_joined([1, 2], [1, 2], byte_counts=[1])
        with self.assertRaisesRegex(OverflowError, "byte_counts: index 1 is -1"):
            writer.add_joined([1, 2], [1, 2], byte_counts=[1, -1])
        writer.add(np.array([3, 4], dtype="i8"), [], [np.uint16(5)])
        writer.add_joined([6, 7], [1, 1, 2])
        writer.finish()
        found = [each.tolist() for each in gobbet.TokenDataset(path).documents()]
        self.assertEqual(found, [[3, 4], [], [5], [6], [], [7]])

    def folder_of_shards(self) -> pathlib.Path:
        """A folder that the command packed, of several shards and two splits."""
        encoding, folder = self.folder / "v.gobbet", self.folder / "packed"
        support.encoding().save(encoding)
        jobs_support.run(
            "pack", support.FIXTURES / "corpus", "-v", encoding, "-o", folder, "--shard-tokens",
            20_000, "--validation", 0.2,
        )  # fmt: skip
        return folder

    def test_a_folder_that_the_command_packed_is_one_dataset(self):
        folder = self.folder_of_shards()
        for name, split in ((None, "train"), ("train", "train"), ("validation", "validation")):
            paths = sorted(folder.glob(f"{split}-*.gobbet"))
            expected = gobbet.TokenDataset(paths)
            for path in (folder, str(folder), folder / "manifest.json"):
                dataset = gobbet.TokenDataset(path, split=name)
                self.assertEqual(dataset.content_id, expected.content_id)
                self.assertTrue((dataset[:] == expected[:]).all())
                again = pickle.loads(pickle.dumps(dataset))
                self.assertEqual(again.content_id, expected.content_id)
        self.assertGreater(len(gobbet.TokenDataset(folder).paths), 2)
        with self.assertRaisesRegex(KeyError, "no split test; it has train, validation"):
            gobbet.TokenDataset(folder, split="test")
        with self.assertRaisesRegex(ValueError, "only a folder"):
            gobbet.TokenDataset(paths[0], split="train")

    def test_a_folder_that_is_not_what_its_manifest_says_is_refused(self):
        folder = self.folder_of_shards()
        shard = sorted(folder.glob("train-*.gobbet"))[1]
        support.write_dataset(shard, replace=True)
        with self.assertRaisesRegex(gobbet.BadData, f"{shard.name}: has content id"):
            gobbet.TokenDataset(folder)
        manifest = folder / "manifest.json"
        whole = json.loads(manifest.read_text())
        for change in ({"kind": "x"}, {"version": 2}, {"splits": 5}, {"splits": [{}]},
                       {"splits": [{"name": "train", "shards": []}]},
                       {"splits": [{"name": "train", "shards": [
                           {"name": "../x.gobbet", "content_id": "00"}]}]}):  # fmt: skip
            manifest.write_text(json.dumps(whole | change))
            with self.subTest(change), self.assertRaises(gobbet.BadData):
                gobbet.TokenDataset(folder)
        manifest.write_text("[")
        with self.assertRaises(gobbet.BadData):
            gobbet.TokenDataset(folder)
        manifest.rename(folder / "unfinished.json")
        with self.assertRaisesRegex(FileNotFoundError, "isn't finished"):
            gobbet.TokenDataset(folder)

    def test_a_dataset_may_have_more_shards_than_files_may_be_open(self):
        code = """if True:
            import os, pickle, resource, sys, threading
            import numpy as np
            import gobbet
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
            paths = sys.argv[1:]
            dataset = gobbet.TokenDataset(paths, cache_bytes=1)
            os.chdir("/")
            def read():
                for index in np.random.default_rng(1).integers(0, len(dataset) - 10, 3000).tolist():
                    assert (dataset.tokens(index, index + 9) == whole[index : index + 9]).all()
            whole = dataset[:]
            threads = [threading.Thread(target=read) for _ in range(3)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            assert len(os.listdir("/proc/self/fd")) < 64 if os.path.exists("/proc/self/fd") else True
            print(len(dataset.paths), dataset.document_count)
            for index in range(200, len(dataset) - 1, 97): dataset.tokens(index, index + 1)
            os.replace(os.path.join(os.environ["HERE"], paths[1]),
                       os.path.join(os.environ["HERE"], paths[0]))
            try: dataset.tokens(0, 10)
            except FileNotFoundError as error: print(error)
        """
        for codec in ("rank", "raw16"):
            paths = []
            for number in range(150):
                paths.append(f"s{number:03}.gobbet")
                with gobbet.DatasetWriter(
                    self.folder / paths[-1], support.encoding(), codec=codec, replace=True,
                    embed_vocabulary=False,
                ) as writer:  # fmt: skip
                    writer.add(list(range(number, number + 100)))
            done = subprocess.run(
                [sys.executable, "-c", code, *paths], cwd=self.folder, capture_output=True,
                text=True, env=os.environ | {"HERE": str(self.folder), "PYTHONPATH": ":".join(
                    path for path in sys.path if path)},
            )  # fmt: skip
            self.assertIn("150 150\n", done.stdout, done.stderr)
            if codec == "rank":
                # What is mapped is never opened again.
                self.assertIn("s000.gobbet: cannot open: it was replaced", done.stdout)

    def test_inputs_and_targets_are_contiguous_and_apart(self):
        path = self.folder / "t.gobbet"
        support.write_dataset(path)
        windows = gobbet.TokenDataset(path).windows(16)
        for inputs, targets in (windows[3], windows.batch([3, 5])):
            self.assertTrue(inputs.flags.c_contiguous and targets.flags.c_contiguous)
            self.assertFalse(np.shares_memory(inputs, targets))
            before = inputs.copy()
            targets[:] = 0
            self.assertTrue((inputs == before).all())

    def test_indices_of_windows_are_not_rounded_or_wrapped(self):
        path = self.folder / "t.gobbet"
        support.write_dataset(path)
        windows = gobbet.TokenDataset(path).windows(16)
        for indices, kind in (([0.5], ValueError), ([-1], OverflowError),
                              ([len(windows)], OverflowError)):  # fmt: skip
            with self.assertRaises(kind):
                windows.batch(indices)

    def test_a_dataset_that_changed_is_not_the_one_that_was_pickled(self):
        path = self.folder / "t.gobbet"
        support.write_dataset(path)
        pickled = pickle.dumps(gobbet.TokenDataset(path))
        with gobbet.DatasetWriter(path, support.encoding(), replace=True) as writer:
            writer.add([1, 2])
        with self.assertRaises(gobbet.BadData):
            pickle.loads(pickled)


if __name__ == "__main__":
    unittest.main()
