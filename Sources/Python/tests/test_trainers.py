"""The loaders inside the programs that people train with: they resume at the very batch."""

import itertools
import pickle
import random
import unittest
import warnings

import gobbet
from gobbet import trainers

from . import support
from .support import needs
from .distributed_support import DistributedCase


class TrainerCase(support.Case):
    """A dataset of some windows of 64 tokens."""

    def setUp(self) -> None:
        super().setUp()
        warnings.simplefilter("ignore")
        self.path = self.folder / "d.gobbet"
        with gobbet.DatasetWriter(self.path, support.encoding()) as writer:
            writer.add([number * 7 % 3000 for number in range(64 * 60 + 1)])


@needs("torch", "transformers", "accelerate")
class TransformersTests(TrainerCase):
    def run_trainer(self, dataset, folder, resume=None) -> list[list[int]]:
        """The first ids of each batch that a Trainer gives to a model."""
        import torch
        from transformers import Trainer, TrainingArguments

        seen: list[list[int]] = []

        class Model(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.weight = torch.nn.Parameter(torch.zeros(1))

            def forward(self, input_ids, labels):
                seen.append(input_ids[:, 0].tolist() + input_ids[:, -1].tolist())
                return {"loss": self.weight.sum() + labels.sum() * 0.0}

        def collate(windows):
            # The model shifts its labels itself.
            inputs = torch.stack([inputs for inputs, _ in windows])
            return {"input_ids": inputs, "labels": inputs}

        arguments = TrainingArguments(
            output_dir=str(folder), per_device_train_batch_size=4, num_train_epochs=3, save_steps=4,
            use_cpu=True, report_to=[], disable_tqdm=True, logging_strategy="no", seed=1,
        )  # fmt: skip
        trainer = Trainer(Model(), arguments, train_dataset=dataset, data_collator=collate)
        trainer.train(resume_from_checkpoint=resume)
        return seen

    def test_a_trainer_that_resumes_sees_the_batches_that_it_had_not_seen(self):
        from gobbet.torch_data import WindowDataset, WindowStream

        for name, make in (
            ("stream", lambda: WindowStream(self.path, 64, seed=4, rank=0, world_size=1)),
            ("map-style", lambda: WindowDataset(self.path, 64)),
        ):
            folder = self.folder / name
            straight = self.run_trainer(make(), folder)
            self.assertEqual(len(straight), 45)
            self.assertNotEqual(straight[:15], straight[15:30])
            for epoch in range(3):
                windows = sorted(first for batch in straight[15 * epoch : 15 * epoch + 15]
                                 for first in batch[:4])  # fmt: skip
                self.assertEqual(len(windows), 60)
            for step in (4, 20, 40):
                with self.subTest(name, step=step):
                    resumed = self.run_trainer(make(), folder, str(folder / f"checkpoint-{step}"))
                    self.assertEqual(resumed, straight[step:])


@needs("torch", "lightning")
class LightningTests(TrainerCase):
    def test_a_checkpoint_in_the_middle_of_an_epoch_goes_on_at_the_next_batch(self):
        import lightning
        import torch

        from gobbet.torch_data import WindowLoader

        class Model(lightning.LightningModule):
            def __init__(self) -> None:
                super().__init__()
                self.weight = torch.nn.Parameter(torch.zeros(1))
                self.seen: list[list[int]] = []

            def training_step(self, batch, _):
                self.seen.append(batch[0][:, 0].tolist())
                return self.weight.sum()

            def configure_optimizers(self):
                return torch.optim.SGD(self.parameters(), 0.1)

        def fit(steps, checkpoint=None):
            model = Model()
            trainer = lightning.Trainer(
                accelerator="cpu", max_steps=steps, max_epochs=9, logger=False, devices=1,
                enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False,
            )  # fmt: skip
            trainer.fit(model, WindowLoader(self.path, 64, 4, seed=3), ckpt_path=checkpoint)
            return trainer, model.seen

        _, straight = fit(35)
        for step in (5, 20):
            trainer, _ = fit(step)
            trainer.save_checkpoint(self.folder / "x.ckpt")
            _, resumed = fit(35, self.folder / "x.ckpt")
            self.assertEqual(resumed, straight[step:])


@needs("torch", "torchdata")
class StatefulTests(TrainerCase):
    def test_a_stateful_loader_of_a_stream_goes_on_on_every_rank(self):
        from torchdata.stateful_dataloader import StatefulDataLoader

        from gobbet.torch_data import WindowStream

        def loader(rank):
            stream = WindowStream(self.path, 64, seed=2, rank=rank, world_size=2)
            return StatefulDataLoader(stream, batch_size=3, num_workers=2)

        def firsts(batches):
            return [inputs[:, 0].tolist() for inputs, _ in batches]

        straight = [firsts(loader(rank)) for rank in range(2)]
        first = loader(0)
        firsts(itertools.islice(first, 4))
        state = first.state_dict()
        for rank in range(2):
            resumed = loader(rank)
            resumed.load_state_dict(state)
            self.assertEqual(firsts(resumed), straight[rank][4:])


class ExampleCase(support.Case):
    """Packed rows of documents with masks, and windows."""

    def setUp(self) -> None:
        super().setUp()
        generator = random.Random(3)
        with gobbet.DatasetWriter(self.folder / "d.gobbet", support.encoding()) as writer:
            for _ in range(120):
                ids = [generator.randrange(3000) for _ in range(generator.randrange(1, 90))]
                writer.add_masked((ids, [generator.random() < 0.7 for _ in ids]))
        self.dataset = gobbet.TokenDataset(self.folder / "d.gobbet")
        self.rows = self.dataset.packed_rows(64)

    def lists(self, examples) -> list[dict]:
        return [{name: list(map(int, values)) for name, values in example.items()}
                for example in examples]  # fmt: skip


class ExamplesTests(ExampleCase):
    def test_examples_are_the_rows_and_windows_under_any_names(self):
        for rows in (self.rows, self.dataset.windows(32, stride=20, dtype="int32")):
            examples = trainers.Examples(rows)
            fields = ["inputs", "targets", "positions"][: 3 if rows is self.rows else 2]
            for index in (0, 5, len(rows) - 1, -1):
                batch = rows.batch([index % len(rows)])
                self.assertEqual(list(examples[index]), fields)
                for name, values in zip(fields, batch, strict=False):
                    self.assertEqual(examples[index][name].tolist(), values[0].tolist())
            named = trainers.Examples(rows, trainers.TRANSFORMERS)
            self.assertEqual(named[3]["shift_labels"].tolist(), examples[3]["targets"].tolist())
            self.assertEqual("position_ids" in named[3], rows is self.rows)
            again = pickle.loads(pickle.dumps(examples))
            self.assertEqual(repr(again), repr(examples))
            self.assertEqual(self.lists(again), self.lists(examples))
            self.assertRaises(IndexError, lambda: examples[len(examples)])

    @needs("grain")
    def test_grain_resumes_at_the_next_batch_with_workers_and_without(self):
        import grain

        from .grain_support import parse_flags

        for workers in (0, 2):
            source = trainers.Examples(self.rows)
            batches = grain.MapDataset.source(source).shuffle(seed=4).batch(4).to_iter_dataset()
            if workers:
                parse_flags()
                batches = batches.mp_prefetch(grain.MultiprocessingOptions(num_workers=workers))
            straight = [batch["targets"].tolist() for batch in batches]
            self.assertEqual(len(straight), -(-len(source) // 4))
            iterator = iter(batches)
            for _ in range(3):
                next(iterator)
            state = iterator.get_state()
            resumed = iter(batches)
            resumed.set_state(state)
            self.assertEqual([batch["targets"].tolist() for batch in resumed], straight[3:])

    @needs("grain", "array_record")
    def test_a_loader_of_grain_has_the_batches_of_a_store_of_array_records(self):
        import grain
        from array_record.python.array_record_module import ArrayRecordWriter

        from .grain_support import FIELDS, Unpacked, parse_flags

        parse_flags()
        examples = trainers.Examples(self.rows)
        writer = ArrayRecordWriter(str(self.folder / "rows.array_record"), "group_size:1")
        for index in range(len(examples)):
            writer.write(b"".join(examples[index][name].tobytes() for name in FIELDS))
        writer.close()
        store = grain.sources.ArrayRecordDataSource(str(self.folder / "rows.array_record"))

        def loader(source, workers):
            return grain.DataLoader(
                data_source=source,
                sampler=grain.samplers.IndexSampler(
                    len(source), grain.sharding.NoSharding(), shuffle=True, num_epochs=2, seed=7
                ),
                operations=[*([Unpacked()] if source is store else []), grain.transforms.Batch(4)],
                worker_count=workers,
            )

        def lists(batches):
            return [[batch[name].tolist() for name in FIELDS] for batch in batches]

        for workers in (0, 2):
            straight = lists(loader(store, workers))
            self.assertEqual(lists(loader(examples, workers)), straight)
            iterator = iter(loader(examples, workers))
            self.assertEqual(lists(itertools.islice(iterator, 5)), straight[:5])
            resumed = iter(loader(examples, workers))
            resumed.set_state(iterator.get_state())
            self.assertEqual(lists(resumed), straight[5:])
            # Over other rows a state of Grain's is none.
            other = iter(loader(trainers.Examples(self.dataset.packed_rows(32)), workers))
            with self.assertRaises(ValueError):
                other.set_state(iterator.get_state())

    @needs("datasets")
    def test_a_dataset_of_hugging_face_reads_rows_when_they_are_asked_for(self):
        examples = trainers.Examples(self.rows, trainers.TRANSFORMERS)
        view = trainers.dataset_view(examples)
        self.assertEqual(len(view), len(examples))
        self.assertEqual(self.lists([view[7]]), self.lists([examples[7]]))
        chosen = view.shuffle(seed=1).select(range(5))
        found = self.lists([chosen[index] for index in range(5)])
        self.assertTrue(all(each in self.lists(examples) for each in found))

    @needs("jax")
    def test_jax_takes_the_arrays_of_a_batch_as_they_are(self):
        import jax

        rows = self.dataset.packed_rows(64, dtype="int32")
        for array in rows.batch([0, 3]):
            self.assertEqual(jax.dlpack.from_dlpack(array).tolist(), array.tolist())

    @needs("torch")
    def test_a_data_loader_of_pytorch_takes_examples(self):
        from torch.utils.data import DataLoader

        examples = trainers.Examples(self.rows)
        found = [batch["targets"] for batch in DataLoader(examples, batch_size=5, num_workers=1)]
        self.assertEqual(sum((each.tolist() for each in found), []),
                         [example["targets"].tolist() for example in examples])  # fmt: skip


@needs("torch")
class ExampleStreamTests(ExampleCase):
    def stream(self, rank=0, world_size=1, **options):
        from gobbet.torch_data import ExampleStream

        return ExampleStream(
            trainers.Examples(self.rows), rank=rank, world_size=world_size, seed=5, **options
        )

    @staticmethod
    def lists(pairs) -> list[tuple]:
        return [(pair["input"].tolist(), pair["positions"].tolist(), labels.tolist())
                for pair, labels in pairs]  # fmt: skip

    def test_a_state_goes_on_at_the_next_example_of_every_rank_and_epoch(self):
        count = len(self.rows) // 2
        straight = [self.lists(itertools.islice(self.stream(rank, 2), 2 * count))
                    for rank in range(2)]  # fmt: skip
        for steps in (0, 7, count + 3):
            first = self.stream(0, 2)
            self.lists(itertools.islice(first, steps))
            for rank in range(2):
                resumed = self.stream(rank, 2)
                resumed.load_state_dict(first.state_dict())
                left = itertools.islice(resumed, 2 * count - steps)
                self.assertEqual(self.lists(left), straight[rank][steps:])

    def test_among_other_ranks_each_example_of_the_epoch_is_seen_once(self):
        streams = [self.stream(rank, 2, infinite=False) for rank in range(2)]
        seen = sum((self.lists(itertools.islice(each, 6)) for each in streams), [])
        for rank in range(3):
            resumed = self.stream(rank, 3, infinite=False)
            resumed.load_state_dict(streams[1].state_dict())
            seen += self.lists(resumed)
        everything = self.lists(self.stream(infinite=False))
        self.assertEqual(sorted(seen), sorted(everything))

    @needs("torchdata")
    def test_a_stateful_loader_keeps_the_state_of_the_stream(self):
        from torchdata.stateful_dataloader import StatefulDataLoader

        for workers in (0, 1):
            def loader(workers=workers):
                return StatefulDataLoader(
                    self.stream(infinite=False), batch_size=4, num_workers=workers
                )

            straight = [labels.tolist() for _, labels in loader()]
            first = loader()
            for _ in itertools.islice(first, 3):
                pass
            resumed = loader()
            resumed.load_state_dict(first.state_dict())
            self.assertEqual([labels.tolist() for _, labels in resumed], straight[3:])

    @needs("torchdata")
    def test_workers_share_a_rank_and_resume_where_each_stopped(self):
        from torchdata.stateful_dataloader import StatefulDataLoader

        def loader(rank=0, world_size=1, workers=2):
            stream = self.stream(rank, world_size, infinite=False)
            return StatefulDataLoader(stream, batch_size=2, num_workers=workers)

        def labels(batches):
            return [each.tolist() for _, each in batches]

        everything = sorted(labels for _, _, labels in self.lists(self.stream(infinite=False)))
        for world_size in (1, 2):
            seen = sum((labels(loader(rank, world_size)) for rank in range(world_size)), [])
            self.assertEqual(sorted(sum(seen, [])), everything)
        straight = labels(loader())
        for steps in (1, 2, 5):
            first = loader()
            self.assertEqual(labels(itertools.islice(first, steps)), straight[:steps])
            resumed = loader()
            resumed.load_state_dict(first.state_dict())
            self.assertEqual(labels(resumed), straight[steps:])

    def test_a_state_of_workers_resumes_among_as_many_only(self):
        state = self.stream().state_dict() | {"workers": 2, "world_size": 2}
        with self.assertRaisesRegex(gobbet.BadData, "of 1 ranks of 2 workers, and here are 1 of 1"):
            self.stream().load_state_dict(state)


@needs("torch", "accelerate")
class AccelerateTests(DistributedCase):
    def test_a_state_that_the_first_rank_saved_is_that_of_all(self):
        code = """
            from accelerate import Accelerator
            loader = WindowLoader(path, 64, 4, seed=6, drop_last=False)
            accelerator = Accelerator(cpu=True)
            accelerator.register_for_checkpointing(loader)
            folder = os.path.dirname(path) + "/state"
            import itertools
            give(itertools.islice(loader, 3))
            accelerator.save_state(folder)
            accelerator.wait_for_everyone()
            loader.reset()
            accelerator.load_state(folder)
            give(loader)
            accelerator.end_training()
        """
        every = [window.tolist() for window, _ in gobbet.TokenDataset(self.path).windows(64)]
        found = self.distributed(code, 2, MASTER_ADDR="127.0.0.1", MASTER_PORT=self.free_port())
        first, rest = zip(*found)
        self.assertEqual(len(first[0]), 12)
        self.assertEqual(sorted(sum([*first, *rest], [])), sorted(every))

    def test_a_stream_that_accelerate_shares_out_is_seen_once(self):
        code = """
            from accelerate import Accelerator
            from torch.utils.data import DataLoader
            stream = WindowStream(path, 64, seed=6, rank=0, world_size=1)
            accelerator = Accelerator(cpu=True)
            give(accelerator.prepare(DataLoader(stream, batch_size=4)))
            accelerator.end_training()
        """
        every = [window.tolist() for window, _ in gobbet.TokenDataset(self.path).windows(64)]
        found = self.distributed(code, 2, MASTER_ADDR="127.0.0.1", MASTER_PORT=self.free_port())
        windows = {tuple(window) for rank in found for line in rank for window in line}
        self.assertEqual(windows, set(map(tuple, every)))


if __name__ == "__main__":
    unittest.main()
