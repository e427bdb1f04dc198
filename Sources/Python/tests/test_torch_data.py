"""Windows for torch.utils.data."""

import itertools
import json
import random
import threading
import unittest

import gobbet

from .distributed_support import DistributedCase
from .support import needs


@needs("torch")
class TorchDataTests(DistributedCase):
    def check(self, inputs, targets, length=16, stride=16) -> list[int]:
        """That pairs are windows; their indices."""
        starts = self.starts.get((length, stride))
        if starts is None:
            starts = self.starts[length, stride] = {
                self.tokens[s : s + length].tobytes(): s
                for s in range(0, len(self.tokens) - length, stride)
            }
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

    # MARK: Tensors

    def test_inputs_and_targets_are_contiguous_and_apart(self):
        import torch
        from gobbet.torch_data import WindowDataset, WindowLoader, WindowStream, collate
        from torch.utils.data import DataLoader

        dataset = WindowDataset(self.path, 64)
        for name, loader in {
            "loader": WindowLoader(self.path, 64, 4),
            "loader of threads": WindowLoader(self.path, 64, 4, num_workers=2, drop_last=False),
            "collate": DataLoader(dataset, batch_size=4, collate_fn=collate),
            "collate, workers": DataLoader(dataset, 4, collate_fn=collate, num_workers=2),
            "default collate": DataLoader(dataset, batch_size=4),
            "one": dataset,
            "stream": WindowStream(self.path, 64),
            "stream of batches": DataLoader(WindowStream(self.path, 64), batch_size=4),
        }.items():
            with self.subTest(name):
                inputs, targets = next(iter(loader))
                self.assertEqual(targets.view(-1).shape, inputs.view(-1).shape)
                before = inputs.clone()
                self.check(inputs.view(-1, 64), targets.view(-1, 64), 64, 64)
                targets.fill_(-100)
                self.assertTrue(torch.equal(inputs, before))

    def test_the_default_device_is_that_of_the_batches_and_reading_does_not_depend_on_it(self):
        import torch
        from gobbet.torch import load_file, save_file
        from gobbet.torch_data import WindowDataset, WindowLoader, WindowStream

        for codec in ("raw", "compact"):
            save_file({"w": torch.arange(6.0)}, self.folder / codec, codec=codec)
        loader, stream = WindowLoader(self.path, 64, 4, num_workers=1), WindowStream(self.path, 64)
        on_cpu = WindowLoader(self.path, 64, 4, device="cpu")
        expected = next(iter(on_cpu))
        on_cpu.reset()
        torch.set_default_device("meta")
        try:
            self.assertEqual({each.device.type for each in next(iter(loader))}, {"meta"})
            found = next(iter(on_cpu))
            self.assertEqual(WindowDataset(self.path, 64)[1][0].device.type, "cpu")
            self.assertEqual(next(iter(stream))[1].device.type, "cpu")
            loaded = [load_file(self.folder / codec)["w"] for codec in ("raw", "compact")]
        finally:
            torch.set_default_device(None)
        self.assertTrue(all(map(torch.equal, found, expected)))
        for tensor in loaded:
            self.assertEqual(tensor.tolist(), [0, 1, 2, 3, 4, 5])

    # MARK: Ranks

    def windows_of(self, batches) -> list[int]:
        """The windows that batches hold."""
        found = []
        for batch in batches:
            found += self.check(*batch, 64, 64)
        return found

    def test_the_state_of_any_rank_goes_on_among_any_number_of_ranks(self):
        from gobbet.torch_data import WindowLoader

        count, generator = len(gobbet.TokenDataset(self.path).windows(64)), random.Random(5)
        for trial in range(60):
            drop_last, order = trial % 3 == 0, generator.choice(["shuffled", "groups"])
            seen, state, size = [], None, generator.randint(1, 9)
            for stage in range(generator.randint(1, 4)):
                world_size = generator.randint(1, 6)
                loaders = [
                    WindowLoader(self.path, 64, size, rank=rank, world_size=world_size, seed=trial,
                                 order=order, drop_last=drop_last)
                    for rank in range(world_size)
                ]  # fmt: skip
                for loader in loaders:
                    if state is not None:
                        loader.load_state_dict(json.loads(json.dumps(state)))
                steps = generator.randint(0, 6)
                for loader in loaders:
                    seen += self.windows_of(itertools.islice(loader, steps))
                states = [loader.state_dict() for loader in loaders]
                # Those whose epoch has ended are in the next; the others say how far it came.
                state = min(states, key=lambda each: (each["epoch"], -each["position"]))
            if state["epoch"] == 0:
                for loader in loaders:
                    loader.load_state_dict(state)
                    rest = self.windows_of(loader)
                    seen += rest
                lengths = {loader.state_dict()["epoch"] for loader in loaders}
                self.assertEqual(lengths, {1})
            self.assertEqual(len(seen), len(set(seen)))
            missing = count - len(seen)
            self.assertTrue(0 <= missing < (size * world_size if drop_last else 1), missing)

    def test_all_ranks_have_equally_many_batches_if_the_last_are_dropped(self):
        from gobbet.torch_data import WindowLoader

        for world_size, size in itertools.product((1, 2, 3, 5, 7), (1, 2, 3, 8)):
            loaders = [WindowLoader(self.path, 64, size, rank=rank, world_size=world_size)
                       for rank in range(world_size)]  # fmt: skip
            counts = {len(list(loader)) for loader in loaders}
            self.assertEqual(counts, {len(loaders[0])})
            self.assertEqual(counts, {len(loader) for loader in loaders})

    def test_a_loader_begins_again_with_reset_and_goes_where_set_epoch_says(self):
        from gobbet.torch_data import WindowLoader, WindowStream

        for make, step in (
            (lambda: WindowLoader(self.path, 64, 5, seed=2), lambda pair: pair[0].tolist()),
            (lambda: WindowStream(self.path, 64, seed=2), lambda pair: pair[0].tolist()),
        ):
            loader = make()
            epochs = [list(map(step, loader)) for _ in range(3)]
            self.assertEqual(len(epochs[0]), len(loader))
            self.assertNotEqual(epochs[0], epochs[1])
            loader.reset()
            self.assertEqual(list(map(step, loader)), epochs[0])
            loader.set_epoch(2)
            self.assertEqual(list(map(step, loader)), epochs[2])
            # As a trainer that resumes does: the state, then the epoch's number, which is the same.
            loader = make()
            loader.set_epoch(1)
            list(itertools.islice(loader, 3))
            state, loader = loader.state_dict(), make()
            loader.load_state_dict(state)
            loader.set_epoch(1)
            self.assertEqual(list(map(step, loader)), epochs[1][3:])
            loader.set_epoch(1)
            list(itertools.islice(loader, 3))
            loader.set_epoch(0)
            self.assertEqual(list(map(step, loader)), epochs[0])

    def test_a_pass_ends_with_an_error_when_the_loader_was_moved(self):
        from gobbet.torch_data import WindowLoader

        loader = WindowLoader(self.path, 64, 4)
        state = loader.state_dict()
        for move in (loader.reset, lambda: loader.load_state_dict(state),
                     lambda: loader.set_epoch(5), lambda: next(iter(loader))):  # fmt: skip
            batches = iter(loader)
            next(batches)
            move()
            with self.assertRaisesRegex(gobbet.InvalidArgument, "begin a new pass"):
                next(batches)

    def test_loaders_made_before_the_process_group_share_the_windows(self):
        every = [window.tolist() for window, _ in gobbet.TokenDataset(self.path).windows(64)]
        code = """
            loader = WindowLoader(path, 64, 4, drop_last=False, num_workers=1)
            stream = WindowStream(path, 64)
            join()
            give(loader)
            from torch.utils.data import DataLoader
            for workers, context in ((0, None), (2, "fork"), (2, "spawn")):
                give(DataLoader(stream, batch_size=8, num_workers=workers,
                                multiprocessing_context=context))
                stream.reset()
            if torch.distributed.get_rank() == 0: assert len(loader) * 4 < len(stream) + 4
            torch.distributed.destroy_process_group()
        """
        found = self.distributed(code, 2)
        for one, other in zip(*found, strict=True):
            self.assertEqual(sorted(one + other), sorted(every))
            self.assertLessEqual(abs(len(one) - len(other)), 1)

    def test_a_world_that_changes_in_the_middle_of_an_epoch_is_refused(self):
        code = """
            loader, stream = WindowLoader(path, 64, 4), WindowStream(path, 64)
            before, begun = iter(loader), iter(stream)
            next(before), next(begun)
            state = loader.state_dict()
            join()
            for action in (lambda: next(before), lambda: next(begun), lambda: next(iter(loader)),
                           lambda: next(iter(stream))):
                try: action()
                except gobbet.InvalidArgument as error: assert "when the epoch began" in str(error)
                else: sys.exit("no error")
            loader.load_state_dict(state)
            give(loader)
            loader.set_epoch(3)
            give(loader)
            torch.distributed.destroy_process_group()
        """
        first, second = self.distributed(code, 2)
        count = len(gobbet.TokenDataset(self.path).windows(64))
        for before, one, other in zip((4, 0), first, second, strict=True):
            windows = {tuple(window) for window in one + other}
            self.assertEqual(len(windows), len(one) + len(other))
            self.assertLess(count - before - len(windows), 8)

    def test_processes_of_a_launcher_that_do_not_know_each_other_are_refused(self):
        code = """
            for make in (lambda: WindowLoader(path, 64, 4), lambda: WindowStream(path, 64)):
                for call in (len, lambda loader: next(iter(loader))):
                    try: call(make())
                    except gobbet.InvalidArgument as error: assert "WORLD_SIZE" in str(error)
                    else: sys.exit("no error")
            give([next(iter(WindowLoader(path, 64, 4, rank=0, world_size=1)))])
        """
        self.distributed(code, 1, RANK="0", WORLD_SIZE="4")
        from gobbet.torch_data import WindowLoader

        for rank, world_size in ((0, None), (None, 2), (2, 2), (-1, 2)):
            with self.assertRaises(gobbet.InvalidArgument):
                WindowLoader(self.path, 64, 4, rank=rank, world_size=world_size)

    def test_a_stream_with_workers_goes_on_among_as_many_and_no_others(self):
        from gobbet.torch_data import WindowStream

        state = WindowStream(self.path, 64).state_dict()
        self.assertEqual(state, {})
        stream = WindowStream(self.path, 64, rank=0, world_size=2)
        list(itertools.islice(stream, 5))
        state = stream.state_dict()
        ranks = [WindowStream(self.path, 64, rank=rank, world_size=3) for rank in range(3)]
        seen = []
        for rank in ranks:
            rank.load_state_dict(state)
            seen += [inputs.tolist() for inputs, _ in rank]
        self.assertEqual(len(seen), len(gobbet.TokenDataset(self.path).windows(64)) - 10)
        self.assertEqual(len({tuple(each) for each in seen}), len(seen))
        other = WindowStream(self.path, 64, rank=0, world_size=2)
        other.load_state_dict(state | {"workers": 2, "world_size": 4})
        with self.assertRaisesRegex(gobbet.BadData, "WindowLoader"):
            next(iter(other))


if __name__ == "__main__":
    unittest.main()
