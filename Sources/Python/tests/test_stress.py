"""Processes, threads and garbage collection in any order."""

import gc
import multiprocessing
import os
import random
import threading
import unittest

import gobbet
from gobbet.numpy import load_file, save_file

from . import support
from .test_weights import arrays

SECONDS = 120


def work(path: str, weights: str, encoding: gobbet.Encoding, dataset, seed: int) -> str:
    """Uses everything that a process may have inherited, been sent, or opened itself."""
    generator = random.Random(seed)
    own = gobbet.TokenDataset(path)
    for _ in range(30):
        start = generator.randrange(len(own) - 100)
        expected = own[start : start + 100].tolist()
        if dataset[start : start + 100].tolist() != expected:
            return "other tokens"
        text = encoding.decode(expected)
        if encoding.decode(encoding.encode_ordinary(text)) != text and "\ufffd" not in text:
            return "another text"
    sampler = dataset.sampler(32, seed=seed)
    if sorted(sampler) != list(range(len(dataset.windows(32)))):
        return "other windows"
    loaded = load_file(weights)
    return "" if len(loaded) == len(arrays(6)) else "other weights"


def answer(queue, *arguments) -> None:
    """The body of a process."""
    try:
        queue.put(work(*arguments))
    except BaseException as error:
        queue.put(repr(error))


class StressTests(support.Case):
    def setUp(self) -> None:
        super().setUp()
        self.path, self.weights = str(self.folder / "d.gobbet"), str(self.folder / "w.gobbet")
        support.write_dataset(self.path)
        save_file(arrays(6), self.weights, codec="raw")

    def test_forked_and_spawned_processes_use_what_they_got(self):
        encoding, dataset = support.encoding(), gobbet.TokenDataset(self.path)
        dataset[:10]
        for method, count in (("fork", 6), ("spawn", 2)):
            context = multiprocessing.get_context(method)
            queue = context.Queue()
            processes = [
                context.Process(
                    target=answer, args=(queue, self.path, self.weights, encoding, dataset, seed)
                )
                for seed in range(count)
            ]
            for process in processes:
                process.start()
            self.assertEqual([queue.get(timeout=SECONDS) for _ in processes], [""] * count)
            for process in processes:
                process.join(SECONDS)
                self.assertEqual(process.exitcode, 0, method)
        self.assertEqual(work(self.path, self.weights, encoding, dataset, 9), "")

    def test_a_process_may_fork_while_threads_are_in_the_library(self):
        encoding, dataset = support.encoding(), gobbet.TokenDataset(self.path)
        stop, wrong = threading.Event(), []
        chosen = support.texts(7, 50)

        def busy(seed: int) -> None:
            while not stop.is_set():
                result = work(self.path, self.weights, encoding, dataset, seed)
                encoding.encode_ordinary_batch(chosen)
                if result:
                    wrong.append(result)

        threads = [threading.Thread(target=busy, args=(seed,)) for seed in range(3)]
        for thread in threads:
            thread.start()
        try:
            for seed in range(25):
                child = os.fork()
                if child == 0:
                    code = 1
                    try:
                        code = int(work(self.path, self.weights, encoding, dataset, seed) != "")
                    finally:
                        os._exit(code)
                self.assertEqual(self.ended(child), 0)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])

    def ended(self, child: int) -> int:
        """How a child ended, which it must in time."""
        timer = threading.Timer(SECONDS, os.kill, (child, 9))
        timer.start()
        try:
            return os.waitpid(child, 0)[1]
        finally:
            timer.cancel()

    def test_objects_go_in_any_order(self):
        generator = random.Random(8)
        for _ in range(40):
            dataset = gobbet.TokenDataset(self.path)
            file = gobbet.safe_open(self.weights)
            objects = [
                dataset, file, dataset.vocabulary(), dataset.windows(16), dataset.sampler(16),
                file.get_tensor("f4.6"), file.get_slice("f8.6"), dataset[5:50],
                gobbet.Counts("gpt2"), gobbet.DatasetWriter(self.folder / "x", support.encoding()),
            ]  # fmt: skip
            # Cycles keep what is in them until a collection.
            cycle: list[object] = [objects[generator.randrange(len(objects))]]
            cycle.append(cycle)
            del dataset, file
            generator.shuffle(objects)
            while objects:
                if generator.random() < 0.3 and hasattr(objects[-1], "close"):
                    objects[-1].close()
                objects.pop()
                if generator.random() < 0.2:
                    gc.collect()
            del cycle
        gc.collect()

    def test_what_is_closed_refuses(self):
        dataset, file = gobbet.TokenDataset(self.path), gobbet.safe_open(self.weights)
        sampler, part = dataset.sampler(16), file.get_slice("f4.6")
        vocabulary = dataset.vocabulary()
        array = file.get_tensor("f4.6")
        for each in (dataset, file, dataset, file):
            each.close()
        for call in (lambda: dataset[:5], lambda: dataset.document(0), lambda: dataset.sampler(8)):
            with self.assertRaises(gobbet.InvalidArgument):
                call()
        with self.assertRaises(gobbet.InvalidArgument):
            file._file.vocabulary()
        self.assertEqual(vocabulary.decode(vocabulary.encode("still")), "still")
        self.assertEqual(float(array.sum()), float(arrays(6)["f4.6"].sum()))
        for call in (lambda: sampler.take(3), lambda: part[0:2]):
            try:
                call()
            except gobbet.Error:
                pass

    def test_threads_open_use_and_close_at_once(self):
        dataset, wrong = gobbet.TokenDataset(self.path), []

        def use() -> None:
            try:
                for _ in range(2000):
                    dataset[100:110]
            except gobbet.InvalidArgument:
                pass
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=use) for _ in range(6)]
        for thread in threads:
            thread.start()
        dataset.close()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class ErrorTests(support.Case):
    def test_errors_are_exceptions_with_the_message_of_the_library(self):
        missing = self.folder / "missing.gobbet"
        foreign = self.folder / "foreign.gobbet"
        foreign.write_bytes(b"something else" * 20)
        for opened in (gobbet.Encoding, gobbet.TokenDataset, gobbet.safe_open):
            with self.assertRaisesRegex(FileNotFoundError, "missing.gobbet") as caught:
                opened(missing)
            self.assertIsInstance(caught.exception, gobbet.NoInput)
            self.assertNotIn("\n", str(caught.exception))
            with self.assertRaisesRegex(gobbet.BadData, "foreign.gobbet"):
                opened(foreign)
            with self.assertRaises((gobbet.Error, ValueError)):
                opened("a\0b")
            with self.assertRaises(OSError):
                opened(self.folder)

    def test_every_truncation_is_an_exception(self):
        path = self.folder / "d.gobbet"
        with gobbet.DatasetWriter(path, support.encoding()) as writer:
            writer.add_texts(["A river.", "A bridge."])
        content = path.read_bytes()
        for length in range(0, len(content), 97):
            path.write_bytes(content[:length])
            with self.assertRaises(gobbet.Error):
                gobbet.TokenDataset(path)[:]

    def test_a_damaged_block_names_the_file(self):
        path = self.folder / "w.gobbet"
        save_file({"w": arrays(6)["f4.6"]}, path)
        content = bytearray(path.read_bytes())
        content[16384 + 5000] ^= 1
        path.write_bytes(content)
        with self.assertRaisesRegex(gobbet.BadData, "w.gobbet"):
            load_file(path)


if __name__ == "__main__":
    unittest.main()
