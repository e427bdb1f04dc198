"""Rows of whole documents: what they hold, who visits them, and their loader."""

import importlib.util
import os
import pickle
import unittest

import numpy as np

import gobbet

from . import support


class RowTests(support.Case):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "d.gobbet"
        self.documents = support.write_dataset(self.path)
        self.dataset = gobbet.TokenDataset(self.path)

    def parts(self, batch):
        """The documents, or parts of them, of a batch: pairs of inputs and targets."""
        inputs, targets = batch.inputs.ravel(), batch.targets.ravel()
        for start, end in zip(batch.bounds[:-1], batch.bounds[1:]):
            self.assertEqual(batch.positions.ravel()[start:end].tolist(), list(range(end - start)))
            yield inputs[start:end].tolist(), targets[start:end].tolist()

    def test_every_document_is_in_a_row_whole_or_in_its_parts(self):
        length = 700
        rows = self.dataset.packed_rows(length)
        self.assertEqual(rows.cropped_token_count, 0)
        self.assertEqual(rows.token_count, len(self.dataset))
        self.assertEqual(rows.token_count + rows.padding_count, len(rows) * length)
        self.assertGreater(rows.efficiency, 0.8)
        expected = []
        for document in self.documents:
            following = document[1:] + [-100]
            for start in range(0, len(document), length):
                place = slice(start, start + length)
                expected.append((document[place], following[place]))
        batch = rows.batch(range(len(rows)), padding=5)
        self.assertEqual((batch.bounds.dtype, batch.bounds[-1]), (np.int32, len(rows) * length))

        def taught(parts):
            return sorted(part for part in parts if set(part[1]) != {-100})

        self.assertEqual(taught(self.parts(batch)), taught(expected))

    def test_rows_without_gaps_are_full(self):
        rows = self.dataset.packed_rows(50, long_documents="crop", gaps="crop", dtype="int32")
        self.assertEqual((rows.efficiency, rows.padding_count), (1.0, 0))
        self.assertEqual(rows.token_count + rows.cropped_token_count, len(self.dataset))
        batch = rows.batch([0, len(rows) - 1])
        self.assertEqual({each.dtype for each in batch}, {np.dtype("int32")})
        beginnings = {tuple(document[:3]) for document in self.documents}
        for inputs, _ in self.parts(batch):
            if len(inputs) >= 3:
                self.assertIn(tuple(inputs[:3]), beginnings)

    def test_ranks_share_the_rows_and_a_state_goes_on_among_others(self):
        rows = self.dataset.packed_rows(64)
        shares = [list(rows.sampler(seed=3, rank=rank, world_size=3)) for rank in range(3)]
        self.assertEqual(sorted(sum(shares, [])), list(range(len(rows))))
        sampler = rows.sampler(seed=3, rank=1, world_size=3)
        sampler.take(7)
        state = sampler.state_dict()
        again = rows.sampler()
        again.load_state_dict(state)
        self.assertEqual(list(again), shares[1][7:])
        left = []
        for rank in range(2):
            again.load_state_dict(state, rank=rank, world_size=2)
            left += list(again)
        self.assertEqual(sorted(left + sum((share[:7] for share in shares), [])),
                         list(range(len(rows))))  # fmt: skip
        for other in (self.dataset.packed_rows(64, gaps="crop"), self.dataset.packed_rows(65)):
            with self.assertRaises(gobbet.BadData):
                other.sampler().load_state_dict(state)
        with self.assertRaises(gobbet.BadData):
            self.dataset.sampler(64).load_state_dict(state)

    def test_what_is_no_row_or_option_is_refused(self):
        rows = self.dataset.packed_rows(64)
        for index in (len(rows), -1):
            with self.assertRaises(gobbet.Error):
                rows.batch([index])
        for wrong in ({"length": 0}, {"length": 1 << 25}, {"gaps": "fill"}, {"dtype": "uint16"},
                      {"long_documents": "shrink"}, {"group_documents": -1}):  # fmt: skip
            with self.assertRaises(gobbet.Error):
                self.dataset.packed_rows(**({"length": 64} | wrong))
        self.assertEqual(rows.batch([]).bounds.tolist(), [0])

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_rows_are_read_on_in_a_forked_process(self):
        rows = self.dataset.packed_rows(64)
        expected = rows.batch([1, 2]).inputs.tobytes()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writer, rows.batch([1, 2]).inputs.tobytes())
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            self.assertEqual(pipe.read(), expected)
        os.waitpid(child, 0)


@unittest.skipUnless(importlib.util.find_spec("torch"), "torch is not installed")
class RowLoaderTests(support.Case):
    def batches(self, loader, count=None):
        found = []
        for batch in loader:
            found.append([each.tolist() for each in batch])
            if len(found) == count:
                break
        return found

    def test_a_loader_gives_the_rows_and_resumes_at_the_very_next_batch(self):
        from gobbet.torch_data import RowLoader

        path = self.folder / "d.gobbet"
        support.write_dataset(path)
        rows = gobbet.TokenDataset(path).packed_rows(64)
        expected = self.batches(RowLoader(rows, 5, seed=2))
        self.assertEqual(len(expected), len(rows) // 5)
        indices = next(rows.sampler(seed=2).batches(5))
        self.assertEqual(expected[0], [each.tolist() for each in rows.batch(indices)])
        for stop, workers in ((1, 0), (3, 2)):
            loader = RowLoader(rows, 5, seed=2, num_workers=workers)
            self.assertEqual(self.batches(loader, stop), expected[:stop])
            state = pickle.loads(pickle.dumps(loader.state_dict()))
            resumed = RowLoader(rows, 5, num_workers=2 - workers)
            resumed.load_state_dict(state)
            self.assertEqual(self.batches(resumed), expected[stop:])
        with self.assertRaises(gobbet.BadData):
            other = gobbet.TokenDataset(path).packed_rows(64, gaps="crop")
            RowLoader(other, 5).load_state_dict(state)

    def test_attention_inside_documents_is_that_of_each_document_alone(self):
        import torch
        from gobbet.torch_data import RowLoader

        path = self.folder / "d.gobbet"
        support.write_dataset(path)
        rows = gobbet.TokenDataset(path).packed_rows(96)
        inputs, _, positions, cu_seqlens = next(iter(RowLoader(rows, 3, order="sequential")))
        self.assertEqual((cu_seqlens.dtype, int(cu_seqlens[-1])), (torch.int32, 3 * 96))
        document = torch.bucketize(torch.arange(3 * 96), cu_seqlens[1:], right=True)
        mask = (document[:, None] == document) & torch.ones(3 * 96, 3 * 96).tril().bool()
        embedded = torch.nn.functional.one_hot(inputs.flatten() % 16, 16).float()
        embedded += positions.flatten()[:, None] / 100
        attention = torch.nn.functional.scaled_dot_product_attention
        together = attention(embedded[None], embedded[None], embedded[None], attn_mask=mask)[0]
        for start, end in zip(cu_seqlens[:-1].tolist(), cu_seqlens[1:].tolist()):
            one = embedded[None, start:end]
            alone = attention(one, one, one, is_causal=True)[0]
            self.assertTrue(torch.allclose(together[start:end], alone, atol=1e-6))
