"""Samplers, rows and loaders of datasets elsewhere: those of the local file, by few requests."""

import itertools
import pickle
import random
import threading
import unittest
from unittest import mock

import numpy as np

import gobbet
from gobbet import trainers
from gobbet.pure import Container

from . import support
from .support import needs
from .remote_support import ServerCase


class RemoteRowCase(ServerCase):
    """A dataset with masks of many blocks, here and elsewhere."""

    block = 1024

    def setUp(self) -> None:
        super().setUp()
        generator = random.Random(11)
        with gobbet.DatasetWriter(
            self.folder / "d.gobbet", support.encoding(), block_token_count=self.block
        ) as writer:
            for _ in range(600):
                ids = [generator.randrange(3000) for _ in range(generator.randrange(1, 150))]
                writer.add_masked((ids, [generator.random() < 0.7 for _ in ids]))
        self.path, self.url = self.folder / "d.gobbet", self.serve("d.gobbet")
        self.here = gobbet.TokenDataset(self.path)

    def places(self) -> list[str]:
        """URLs of the dataset: over HTTP, and where fsspec is installed in two of its systems."""
        try:
            import fsspec
        except ImportError:
            return [self.url]
        memory = fsspec.filesystem("memory")
        memory.pipe("/rows/d.gobbet", self.path.read_bytes())
        self.addCleanup(memory.store.clear)
        return [self.url, "memory://rows/d.gobbet", f"file://{self.path}"]


@needs("zstandard")
class RemoteRowTests(RemoteRowCase):
    def assert_same(self, found, expected) -> None:
        for one, other in zip(found, expected, strict=True):
            self.assertEqual((one.dtype, one.tolist()), (other.dtype, other.tolist()))

    def test_windows_and_rows_of_samplers_are_those_of_the_local_file(self):
        for url in self.places():
            there = gobbet.TokenDataset(url)
            for order in ("sequential", "shuffled", "groups"):
                with self.subTest(url, order=order):
                    pair = [each.sampler(48, 40, order=order, seed=5, rank=1, world_size=3)
                            for each in (there, self.here)]  # fmt: skip
                    self.assertEqual(*(list(each) for each in pair))
                    options = {"long_documents": "crop", "gaps": "crop", "group_documents": 100}
                    for chosen in ({}, options):
                        rows = [each.packed_rows(64, **chosen) for each in (there, self.here)]
                        samplers = [each.sampler(order=order, seed=5) for each in rows]
                        indices = [each.take(7) for each in samplers]
                        self.assert_same(indices[:1], indices[1:])
                        self.assert_same(*(each.batch(indices[0], padding=9) for each in rows))
                        self.assertEqual(repr(rows[0]), repr(rows[1]))
            windows = [each.windows(48, 40, dtype="int64") for each in (there, self.here)]
            self.assert_same(*(each.batch([3, 0, 700]) for each in windows))
            self.assert_same(
                *(each.document_rows([4, 500], padding=3) for each in (there, self.here))
            )

    def test_a_state_goes_from_the_local_file_to_the_remote_one_and_back(self):
        there = gobbet.TokenDataset(self.url)
        for one, other in ((self.here, there), (there, self.here)):
            for first, second in (
                (one.sampler(32, seed=2), other.sampler(32)),
                (one.packed_rows(64).sampler(seed=2), other.packed_rows(64).sampler()),
            ):
                first.take(9)
                second.load_state_dict(first.state_dict())
                self.assertEqual(list(second), list(first))
                second.load_state_dict(first.state_dict() | {"position": 9}, rank=2, world_size=5)
                self.assertEqual(second.state_dict()["earlier"], [[1, 9]])
        state = there.sampler(32).state_dict()
        with self.assertRaises(gobbet.BadData):
            there.sampler(32).load_state_dict(state | {"window_count": 5})

    def test_a_pass_in_order_fetches_every_block_once(self):
        size = len(self.server.files["d.gobbet"])
        for cache_bytes in (0, 1):
            dataset = gobbet.TokenDataset(self.url, cache_bytes=cache_bytes)
            windows = dataset.windows(100, dtype="int64")
            asked = len(self.server.ranges)
            for indices in dataset.sampler(100, order="sequential").batches(4):
                windows.batch(indices)
            ranges = self.server.ranges[asked:]
            self.assertEqual(len(ranges), len(set(ranges)))
            self.assertLess(sum(end - start for start, end in ranges), size)
            # The first block came with the header, as the last may have with the trailer.
            self.assertGreater(len(ranges), len(dataset) // self.block - 8)
        asked = len(self.server.ranges)
        rows = dataset.packed_rows(64, group_documents=40)
        for indices in rows.sampler(order="groups", seed=1).batches(4):
            rows.batch(indices)
        ranges = self.server.ranges[asked:]
        self.assertEqual(len(ranges), len(set(ranges)))

    def test_a_cold_row_or_window_fetches_the_blocks_that_hold_it(self):
        blocks = -(-len(self.here) // self.block)
        size = len(self.server.files["d.gobbet"]) / blocks
        dataset = gobbet.TokenDataset(self.url)
        self.assertLess(self.server.sent, 128 << 10)
        sampler = dataset.sampler(64, 64, seed=3)
        windows = dataset.windows(64, dtype="int64")
        # Masks and the table of blocks come with the first window.
        windows.batch([0])
        for index in sampler.take(5).tolist():
            self.server.reset()
            windows.batch([index])
            first, last = index * 64 // self.block, (index * 64 + 64) // self.block
            # The mask of a document follows from its beginning, which may be a block before.
            self.assertLess(self.server.sent, 1.5 * size * (last - first + 2))

    def test_threads_that_want_one_block_fetch_it_once(self):
        dataset = gobbet.TokenDataset(self.url)
        dataset.tokens(0, 1)
        asked = len(self.server.ranges)
        start = threading.Barrier(6)

        def read() -> None:
            start.wait()
            dataset.tokens(9 * self.block, 12 * self.block)

        threads = [threading.Thread(target=read) for _ in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(len(self.server.ranges) - asked, 3)

    def test_what_many_shards_keep_is_within_one_bound(self):
        names = []
        for number in range(40):
            names.append(f"{number}.gobbet")
            with gobbet.DatasetWriter(
                self.folder / names[-1], support.encoding(), block_token_count=self.block
            ) as writer:
                writer.add([(number + step) % 3000 for step in range(3 * self.block)])
        dataset = gobbet.TokenDataset([self.serve(name) for name in names],
                                      cache_bytes=10 * 4 * self.block)  # fmt: skip
        for start in range(0, len(dataset), self.block):
            dataset.tokens(start, start + self.block)
        self.assertEqual(len(dataset._backend._blocks), 10)
        sampler = dataset.sampler(self.block - 1, self.block, seed=4)
        self.assertEqual(sorted(sampler), list(range(120)))

    def test_documents_are_known_as_far_as_they_were_asked_for(self):
        ends = np.random.default_rng(2).integers(1, 3, 2_500_000)
        ids = np.zeros(int(ends.sum()), np.uint32)
        with gobbet.DatasetWriter(self.folder / "many.gobbet", support.encoding()) as writer:
            writer.add_joined(ids, np.cumsum(ends))
        url = self.serve("many.gobbet")
        here, there = gobbet.TokenDataset(self.folder / "many.gobbet"), gobbet.TokenDataset(url)
        there.tokens(0, 1)
        self.server.reset()
        first = [each.document_bounds(5, 9)[1].tolist() for each in (there, here)]
        self.assertEqual(*first)
        self.assertEqual(there.document_containing(9), here.document_containing(9))
        begun = self.server.sent
        last = here.document_count - 1
        for first in (last // 3, last // 2, last):
            expected, found = (each.document_bounds(first, last + 1) for each in (here, there))
            self.assertEqual((found[0], found[1].tolist()), (expected[0], expected[1].tolist()))
        self.assertLess(begun, self.server.sent / 2)
        for token in (0, len(here) // 2, len(here) - 1):
            self.assertEqual(there.document_containing(token), here.document_containing(token))

    def test_lengths_that_could_not_be_read_are_read_again(self):
        there = gobbet.TokenDataset([self.url, self.url])
        expected = gobbet.TokenDataset([self.path, self.path]).document_bounds()[1].tolist()
        with mock.patch.object(Container, "blocks", side_effect=OSError("not now")):
            with self.assertRaises(OSError):
                there.document_bounds()
        self.assertEqual(there.document_bounds()[1].tolist(), expected)


@needs("zstandard", "torch")
class RemoteLoaderTests(RemoteRowCase):
    def batches(self, loader, count=None) -> list:
        return [[each.tolist() for each in batch] for batch in itertools.islice(loader, count)]

    def test_loaders_give_the_same_batches_and_resume_in_either_place(self):
        from gobbet.torch_data import RowLoader, WindowLoader

        for url in self.places():
            there = gobbet.TokenDataset(url)
            makers = (
                lambda dataset, **more: WindowLoader(dataset, 48, 5, seed=2, **more),
                lambda dataset, **more: RowLoader(dataset.packed_rows(64), 5, seed=2, **more),
            )
            for make in makers:
                expected = self.batches(make(self.here))
                loader = make(there, num_workers=3)
                self.assertEqual(self.batches(loader, 4), expected[:4])
                state = loader.state_dict()
                for dataset in (self.here, there):
                    resumed = make(dataset)
                    resumed.load_state_dict(state)
                    self.assertEqual(self.batches(resumed), expected[4:])

    def test_trainers_are_given_the_same_examples(self):
        from torch.utils.data import DataLoader

        from gobbet.torch_data import ExampleStream, WindowStream, collate, WindowDataset

        there = gobbet.TokenDataset(self.url)
        pair = [trainers.Examples(each.packed_rows(64)) for each in (there, self.here)]
        self.assertEqual(repr(pair[0]), repr(pair[1]))
        again = pickle.loads(pickle.dumps(pair[0]))
        expected = {name: values.tolist() for name, values in pair[1][5].items()}
        self.assertEqual({name: values.tolist() for name, values in again[5].items()}, expected)
        found = []
        for examples in pair:
            batches = DataLoader(examples, batch_size=5, num_workers=2)
            found.append([batch["targets"].tolist() for batch in batches])
        self.assertEqual(*found)
        found = [
            [(each["input"].tolist(), labels.tolist())
             for each, labels in ExampleStream(examples, seed=3, infinite=False)]
            for examples in pair
        ]  # fmt: skip
        self.assertEqual(*found)
        for make in (
            lambda dataset: DataLoader(WindowStream(dataset, 48, seed=1), 4, num_workers=2),
            lambda dataset: DataLoader(WindowDataset(dataset, 48), 4, collate_fn=collate),
        ):
            self.assertEqual(*(self.batches(make(each)) for each in (there, self.here)))

    @needs("torchdata")
    def test_torchdata_resumes(self):
        from torchdata.stateful_dataloader import StatefulDataLoader

        from gobbet.torch_data import ExampleStream

        def loader(dataset):
            examples = trainers.Examples(dataset.packed_rows(64))
            stream = ExampleStream(examples, seed=5, infinite=False)
            return StatefulDataLoader(stream, batch_size=4, num_workers=1)

        straight = [labels.tolist() for _, labels in loader(self.here)]
        first = loader(gobbet.TokenDataset(self.url))
        for _ in itertools.islice(first, 3):
            pass
        resumed = loader(gobbet.TokenDataset(self.url))
        resumed.load_state_dict(first.state_dict())
        self.assertEqual([labels.tolist() for _, labels in resumed], straight[3:])


@needs("zstandard", "grain")
class RemoteGrainTests(RemoteRowCase):
    def test_grain_resumes(self):
        import grain

        def batches(dataset):
            source = trainers.Examples(dataset.packed_rows(64))
            return grain.MapDataset.source(source).shuffle(seed=4).batch(4).to_iter_dataset()

        straight = [batch["targets"].tolist() for batch in batches(self.here)]
        iterator = iter(batches(gobbet.TokenDataset(self.url)))
        for _ in range(3):
            next(iterator)
        resumed = iter(batches(gobbet.TokenDataset(self.url)))
        resumed.set_state(iterator.get_state())
        self.assertEqual([batch["targets"].tolist() for batch in resumed], straight[3:])


if __name__ == "__main__":
    unittest.main()
