"""The loaders inside the programs that people train with: they resume at the very batch."""

import itertools
import unittest
import warnings

import gobbet

from . import support
from .support import needs
from .test_torch_data import DistributedCase


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
        from gobbet.torch_data import WindowStream
        from torchdata.stateful_dataloader import StatefulDataLoader

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
