"""Windows for torch.utils.data."""

import itertools
import threading
import unittest

import gobbet

from . import support
from .support import needs


@needs("torch")
class TorchDataTests(support.Case):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.folder / "d.gobbet"
        support.write_dataset(self.path)
        self.tokens = gobbet.TokenDataset(self.path)[:].astype("int64")

    def check(self, inputs, targets, length=16, stride=16) -> list[int]:
        """That pairs are windows; their indices."""
        starts = {self.tokens[s : s + length].tobytes(): s
                  for s in range(0, len(self.tokens) - length, stride)}  # fmt: skip
        found = []
        for row, target in zip(inputs.numpy(), targets.numpy()):
            start = starts[row.tobytes()]
            self.assertTrue((self.tokens[start + 1 : start + 1 + length] == target).all())
            found.append(start // stride)
        return found

    def test_a_map_style_dataset_works_in_a_loader_with_and_without_collate(self):
        import torch
        from gobbet.torch_data import WindowDataset, collate
        from torch.utils.data import DataLoader

        dataset = WindowDataset(self.path, 16)
        self.assertEqual(len(dataset), len(gobbet.TokenDataset(self.path).windows(16)))
        inputs, targets = dataset[3]
        self.assertEqual((inputs.dtype, inputs.shape), (torch.int64, (16,)))
        for workers, function in itertools.product((0, 2), (None, collate)):
            for context in ("fork", "spawn") if workers and function else (None,):
                torch.manual_seed(1)
                loader = DataLoader(
                    dataset, batch_size=7, shuffle=True, collate_fn=function,
                    num_workers=workers, multiprocessing_context=context,
                )  # fmt: skip
                found = [self.check(*batch)[0] for batch in itertools.islice(loader, 20)]
                if workers == 0 and function is None:
                    expected = found
                self.assertEqual(found, expected)

    def test_a_stream_is_shared_among_workers_and_ranks(self):
        from gobbet.torch_data import WindowStream
        from torch.utils.data import DataLoader

        count = len(gobbet.TokenDataset(self.path).windows(64))
        for workers in (0, 2):
            firsts = []
            for rank in range(2):
                stream = WindowStream(self.path, 64, order="groups", rank=rank, world_size=2)
                loader = DataLoader(stream, batch_size=None, num_workers=workers)
                firsts += [pair[0].numpy().tobytes() for pair in loader]
            expected = [inputs.astype("int64").tobytes()
                        for inputs, _ in gobbet.TokenDataset(self.path).windows(64)]  # fmt: skip
            self.assertEqual(len(firsts), count)
            self.assertEqual(sorted(firsts), sorted(expected))

    def test_a_stream_goes_on_where_its_state_was_taken_and_mixes_epochs(self):
        from gobbet.torch_data import WindowStream

        stream = WindowStream(self.path, 64, seed=3)
        passed = iter(stream)
        for _ in range(10):
            next(passed)
        state = stream.state_dict()
        rest = [pair[0].tolist() for pair in passed]
        again = WindowStream(self.path, 64, seed=3)
        again.load_state_dict(state)
        self.assertEqual([pair[0].tolist() for pair in again], rest)
        second = [pair[0].tolist() for pair in again]
        self.assertEqual(second, [pair[0].tolist() for pair in stream])
        self.assertNotEqual(second[-len(rest):], rest)
        other = WindowStream(self.path, 64, seed=3)
        other.set_epoch(1)
        self.assertEqual([pair[0].tolist() for pair in other], second)

    def batches(self, loader, count):
        return [inputs.tolist() + targets.tolist()
                for inputs, targets in itertools.islice(loader, count)]  # fmt: skip

    def test_a_loader_gives_the_same_batches_with_any_number_of_workers(self):
        from gobbet.torch_data import WindowLoader

        for drop_last in (True, False):
            expected = None
            for workers in (0, 1, 2):
                loader = WindowLoader(self.path, 64, 9, seed=5, num_workers=workers,
                                      drop_last=drop_last)  # fmt: skip
                found = self.batches(loader, None)
                self.assertEqual(len(found), len(loader))
                expected = expected or found
                self.assertEqual(found, expected)

    def test_a_loader_resumes_at_the_very_next_batch(self):
        from gobbet.torch_data import WindowLoader

        straight = WindowLoader(self.path, 64, 9, seed=5)
        expected = self.batches(straight, None) + self.batches(straight, None)
        self.assertNotEqual(expected[0], expected[len(straight)])
        for stop, workers in ((4, 2), (len(straight), 2), (len(straight) + 3, 0)):
            first = WindowLoader(self.path, 64, 9, seed=5, num_workers=workers)
            given = []
            while len(given) < stop:
                for inputs, targets in first:
                    given.append(inputs.tolist() + targets.tolist())
                    if len(given) == stop:
                        # The epoch may have ended here, or not: the state says where.
                        break
            state = first.state_dict()
            self.assertEqual(given, expected[:stop])
            resumed = WindowLoader(self.path, 64, 9, seed=5, num_workers=2 - workers)
            resumed.load_state_dict(state)
            rest = self.batches(resumed, None)
            rest += [] if len(rest) + stop == len(expected) else self.batches(resumed, None)
            self.assertEqual(rest, expected[stop:])
            other = WindowLoader(self.path, 32, 9)
            with self.assertRaises(gobbet.BadData):
                other.load_state_dict(state)

    def test_a_loaders_threads_end_with_the_pass_and_their_errors_are_the_callers(self):
        from gobbet.torch_data import WindowLoader

        def workers():
            return [t for t in threading.enumerate() if t.name.startswith("gobbet")]

        dataset = gobbet.TokenDataset(self.path)
        loader = WindowLoader(dataset, 64, 2, num_workers=3, prefetch_factor=4)
        for number, _ in enumerate(loader):
            self.assertTrue(0 < len(workers()) <= 3)
            if number == 2:
                break
        self.assertEqual(loader.state_dict()["position"], 6)
        self.assertEqual(workers(), [])
        batches = iter(loader)
        next(batches)
        dataset.close()
        with self.assertRaises(gobbet.InvalidArgument):
            for _ in batches:
                pass
        self.assertEqual(workers(), [])
        for wrong in ({"num_workers": -1}, {"prefetch_factor": 0}, {"batch_size": 0}):
            with self.assertRaises(gobbet.InvalidArgument):
                WindowLoader(self.path, 64, **({"batch_size": 2} | wrong))


if __name__ == "__main__":
    unittest.main()
