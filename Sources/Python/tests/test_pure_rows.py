"""Samplers and packed rows in Python alone: the library's, to the number."""

import random
import threading
import time

import numpy as np

import gobbet
from gobbet.native_dataset import NativeDataset
from gobbet.pure.kept import Kept
from gobbet.pure_backends import PureDataset
from gobbet.row_options import RowOptions
from gobbet.sampler_state import SamplerState

from . import support
from .support import needs


@needs("zstandard")
class PureRowsTests(support.Case):
    def setUp(self) -> None:
        super().setUp()
        self.generator = generator = random.Random(20)
        paths = []
        for part in range(2):
            paths.append(str(self.folder / f"{part}.gobbet"))
            with gobbet.DatasetWriter(
                paths[-1], support.encoding(), block_token_count=512
            ) as writer:
                for _ in range(300):
                    length = min(int(generator.lognormvariate(3, 1.3)), 900)
                    ids = [generator.randrange(3000) for _ in range(length)]
                    if part:
                        writer.add_masked((ids, [generator.random() < 0.6 for _ in ids]))
                    else:
                        writer.add(ids)
        self.native, self.pure = NativeDataset(paths, 0), PureDataset(paths, 0)

    def test_samplers_give_the_same_indices_from_the_same_state(self):
        generator = self.generator
        for trial in range(150):
            order = generator.choice(["sequential", "shuffled", "groups"])
            length, stride = generator.randrange(1, 60), generator.randrange(1, 60)
            world_size = generator.choice([1, 2, 3, 7, 500])
            state = SamplerState(
                order, generator.randrange(1, 40), generator.randrange(1, 9), length, stride, 0,
                generator.randrange(1 << 64), generator.randrange(1 << 64),
                generator.randrange(world_size), world_size, 0, bytes(32), (),
            )  # fmt: skip
            if order != "groups":
                state = state._replace(windows_per_group=0, groups_together=0)
            pair = [each.sampler(state, begins=True) for each in (self.native, self.pure)]
            place = None
            for step in range(4):
                with self.subTest(trial=trial, step=step, state=state):
                    self.assertEqual(pair[0].share, pair[1].share)
                    count = generator.randrange(60)
                    found = [each.take(count).tolist() for each in pair]
                    self.assertEqual(*found)
                    self.assertEqual(pair[0].state(), pair[1].state())
                now, other = pair[0].state(), generator.randrange(1, 9)
                place = (generator.randrange(other), other) if step % 2 else place
                datasets = (self.native, self.pure)
                pair = [each.sampler(now, place=place) for each in datasets]
            for each in pair:
                each.next_epoch()
            self.assertEqual(*(each.state() for each in pair))
            self.assertEqual(*(each.take(10**6).tolist() for each in pair))

    def test_what_is_no_state_is_refused_alike(self):
        good = SamplerState("groups", 3, 2, 8, 8, 0, 1, 0, 0, 2, 0, bytes(32), ())
        good = self.native.sampler(good, begins=True).state()
        wrong = [
            {"rank": 2}, {"world_size": 0}, {"position": 10**6}, {"windows_per_group": 0},
            {"groups_together": 0}, {"length": 9}, {"stride": 1}, {"window_count": 1},
            {"content_id": bytes(32)}, {"earlier": ((0, 1),)}, {"earlier": ((2, 0),)},
            {"earlier": ((3, 10**6),)}, {"position": 1 << 63}, {"length": 0}, {"stride": 1 << 63},
        ]  # fmt: skip
        for changes in wrong:
            for options in ({}, {"begins": True}, {"place": (0, 3)}, {"place": (3, 3)}):
                with self.subTest(changes, options=options):
                    errors = []
                    for dataset in (self.native, self.pure):
                        try:
                            dataset.sampler(good._replace(**changes), **options)
                            errors.append(None)
                        except gobbet.Error as error:
                            errors.append(type(error))
                    self.assertEqual(*errors)

    def test_rows_hold_the_same(self):
        generator = self.generator
        for trial in range(60):
            options = RowOptions.checked(
                generator.choice([1, 2, 16, 64, 100, 899, 900, 2000]),
                generator.choice(["split", "crop", "drop"]), generator.choice(["pad", "crop"]),
                generator.choice([0, 1, 7, 100]), generator.choice([0, 1, 5000]),
            )  # fmt: skip
            rows = [each.rows(options) for each in (self.native, self.pure)]
            with self.subTest(trial=trial, options=options):
                for name in ("row_count", "token_count", "cropped_token_count", "padding_count",
                             "too_long_count", "content_id"):  # fmt: skip
                    self.assertEqual(*(getattr(each, name) for each in rows), name)
                count = rows[0].row_count
                chosen = [generator.randrange(count) for _ in range(20)] if count else []
                kind = np.dtype(generator.choice(["int32", "int64"]))
                self.assertEqual(*(self.read(each, chosen, kind, options.length) for each in rows))
        with self.assertRaisesRegex(
            gobbet.BadData, "document [0-9]+ has [0-9]+ tokens, and a row 9"
        ):
            self.pure.rows(options._replace(length=9, long_documents="fail"))

    def read(self, rows, indices, kind, length) -> list[list[int]]:
        shape = (len(indices), length)
        arrays = [np.full(shape, 77, kind) for _ in range(3)]
        bounds = np.zeros(len(indices) * length + 1, np.int32)
        places = tuple(array.ctypes.data for array in (*arrays, bounds))
        count = rows.read(np.array(indices, np.uint64), 5, kind, length, places)
        return [array.tolist() for array in (*arrays, bounds[:count])]

    def test_without_the_library_rows_and_samplers_are_there(self):
        import os
        import subprocess
        import sys

        code = """
import sys, gobbet
rows = gobbet.TokenDataset(sys.argv[1]).packed_rows(64)
assert not gobbet.native_available()
print(rows.batch(rows.sampler(seed=3).take(4)).inputs.tolist())
"""
        path = str(self.folder / "0.gobbet")
        environment = os.environ | {"GOBBET_PURE": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
        found = subprocess.run(
            [sys.executable, "-c", code, path], text=True, capture_output=True, env=environment
        )
        rows = gobbet.TokenDataset(path).packed_rows(64)
        expected = rows.batch(rows.sampler(seed=3).take(4)).inputs.tolist()
        self.assertEqual(found.stdout.strip(), str(expected), found.stderr)


class KeptTests(support.Case):
    def test_what_several_threads_ask_for_is_made_once_and_what_fails_is_made_again(self):
        kept: Kept[int] = Kept(10)
        made: list[int] = []
        asking: list[int] = []
        fails = [True]

        def make() -> int:
            made.append(1)
            while len(asking) < 5:
                time.sleep(0.01)
            time.sleep(0.3)
            if fails[0]:
                raise OSError("not now")
            return 7

        found: list[object] = []

        def ask() -> None:
            asking.append(1)
            try:
                found.append(kept.get("key", make, lambda value: 4))
            except OSError as error:
                found.append(str(error))

        for expected in ("not now", 7):
            threads = [threading.Thread(target=ask) for _ in range(5)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            self.assertEqual((found, made), ([expected] * 5, [1]))
            found.clear(), made.clear(), asking.clear()
            fails[0] = False
        for key in range(4):
            kept.get(key, lambda: 0, lambda value: 4)
        self.assertEqual([key in kept for key in ("key", 0, 1, 2, 3)], [False] * 3 + [True] * 2)
        kept.get("large", lambda: 0, lambda value: 40)
        self.assertEqual(len(kept), 1)
