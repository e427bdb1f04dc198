"""Loss masks: written, read, and in the targets of windows and rows, with the library and without."""

import json
import random

import numpy as np

import gobbet
import gobbet.pure

from . import support


class MaskTests(support.Case):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "m.gobbet"
        generator = random.Random(3)
        chosen = support.encoding()
        self.documents = chosen.encode_ordinary_batch(support.texts(5, 30))
        share = (0, 0.1, 0.5, 1)
        self.masks = [
            [generator.random() < share[index % 4] for _ in document]
            for index, document in enumerate(self.documents)
        ]
        with gobbet.DatasetWriter(self.path, chosen) as writer:
            writer.add_masked(*zip(self.documents[:20], self.masks))
            writer.add_masked(
                *zip([np.array(each) for each in self.documents[20:]],
                     [np.array(each, dtype=bool) for each in self.masks[20:]])
            )  # fmt: skip
        self.dataset = gobbet.TokenDataset(self.path)
        self.mask = np.concatenate([np.array(each, dtype=bool) for each in self.masks])

    def test_masks_come_back_from_any_range(self):
        self.assertTrue(self.dataset.has_loss_mask)
        count = len(self.dataset)
        for start, end in ((0, count), (7, 7), (11, 400), (count - 1, count)):
            found = self.dataset.loss_mask(start, end)
            self.assertEqual(found.tolist(), self.mask[start:end].tolist())

    def test_targets_that_do_not_count_are_ignored(self):
        tokens = self.dataset[:].astype("int64")
        expected = np.where(self.mask, tokens, -100)
        windows = self.dataset.windows(64, 50, dtype="int64")
        inputs, targets = windows.batch(range(len(windows)))
        for index in range(len(windows)):
            start = index * 50
            self.assertEqual(inputs[index].tolist(), tokens[start : start + 64].tolist())
            self.assertEqual(targets[index].tolist(), expected[start + 1 : start + 65].tolist())
            self.assertEqual(windows[index][1].tolist(), targets[index].tolist())
        rows = self.dataset.packed_rows(100)
        batch = rows.batch(range(len(rows)))
        _, ends = self.dataset.document_bounds()
        firsts = [0, *ends[:-1].tolist()]
        taught = sum(int(mask.sum()) for mask in map(np.array, self.masks) if len(mask))
        untaught = sum(self.mask[first] for first, end in zip(firsts, ends) if first < end)
        self.assertEqual(int((batch.targets != -100).sum()), taught - int(untaught))

    def test_documents_in_rows_of_their_own_have_the_targets_of_the_book(self):
        path = self.folder / "b.gobbet"
        with gobbet.DatasetWriter(path, support.encoding()) as writer:
            writer.add([0, 1, 2, 3, 4, 256], [5, 6, 256], [7, 8, 9, 256], [])
        dataset = gobbet.TokenDataset(path)
        # What `custom_collate_fn` of chapter 7 prints, with 256 for 50256.
        batch = dataset.document_rows(range(3), padding=256)
        self.assertEqual(
            batch.inputs.tolist(),
            [[0, 1, 2, 3, 4], [5, 6, 256, 256, 256], [7, 8, 9, 256, 256]],
        )
        self.assertEqual(
            batch.targets.tolist(),
            [[1, 2, 3, 4, 256], [6, 256, -100, -100, -100], [8, 9, 256, -100, -100]],
        )
        self.assertEqual(batch.bounds.tolist(), [0, 5, 8, 10, 14, 15])
        short = dataset.document_rows([0, 3], padding=256, length=3)
        self.assertEqual(short.inputs.tolist(), [[0, 1, 2], [256] * 3])
        self.assertEqual(short.targets.tolist(), [[1, 2, 3], [-100] * 3])
        masked = self.dataset.document_rows([2], padding=0)
        self.assertEqual(
            masked.targets[0].tolist(),
            [token if counts else -100
             for token, counts in zip(self.documents[2][1:], self.masks[2][1:])],
        )  # fmt: skip

    def test_what_has_no_room_for_an_ignored_target_is_refused(self):
        for dtype in ("uint16", "uint32"):
            with self.assertRaisesRegex(gobbet.InvalidArgument, "count in a loss"):
                self.dataset.windows(8, dtype=dtype).batch([0])
        with self.assertRaisesRegex(gobbet.InvalidArgument, "use batch"):
            self.dataset.windows(8, dtype="int64").rows([0])
        with self.assertRaises(gobbet.InvalidArgument):
            with gobbet.DatasetWriter(self.folder / "x.gobbet", support.encoding()) as writer:
                writer.add_masked(([1, 2], [True]))

    def test_files_without_masks_count_every_token(self):
        path = self.folder / "d.gobbet"
        support.write_dataset(path)
        dataset = gobbet.TokenDataset(path)
        self.assertFalse(dataset.has_loss_mask)
        self.assertTrue(dataset.loss_mask(0, len(dataset)).all())

    def test_golden_files_have_the_masks_that_their_answers_tell(self):
        for name in ("masks", "masks-without-a-rule"):
            path = support.FIXTURES / f"golden/1.1/tokens/{name}.gobbet"
            answer = json.loads(path.with_suffix(".json").read_text())
            runs = [document["runs"] for document in answer["tokens"]["documents"]]
            expected = np.concatenate(
                [np.repeat(np.arange(len(each)) % 2 == 1, each) for each in runs]
            )
            dataset = gobbet.TokenDataset(path)
            pure = gobbet.pure.Tokens(path)
            for start, end in ((0, len(dataset)), (3, 90), (50, 51), (60, 60)):
                found = dataset.loss_mask(start, end).tolist()
                self.assertEqual(found, expected[start:end].tolist())
                self.assertEqual(pure.loss_mask(start, end).tolist(), found)

    def test_broken_masks_are_refused_without_the_library_too(self):
        paths = sorted((support.FIXTURES / "broken/tokens").glob("mask-*.gobbet"))
        self.assertGreater(len(paths), 10)
        for path in paths:
            with self.subTest(path.name), self.assertRaises(gobbet.BadData):
                gobbet.TokenDataset(path)
            with self.subTest(path.name), self.assertRaises(gobbet.BadData):
                tokens = gobbet.pure.Tokens(path)
                tokens.loss_mask(0, tokens.token_count)

    @support.needs("torch")
    def test_a_loader_hands_out_ignored_targets(self):
        from gobbet.torch_data import WindowLoader

        found = 0
        for inputs, targets in WindowLoader(self.path, 64, 2, order="sequential"):
            found += int((targets == -100).sum())
        windows = self.dataset.windows(64, dtype="int64")
        _, targets = windows.batch(range(len(windows) // 2 * 2))
        self.assertEqual(found, int((targets == -100).sum()))
