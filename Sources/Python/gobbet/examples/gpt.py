"""A small GPT from text to text: vocabulary, tokens, pretraining, weights, continuation.

    python -m gobbet.examples.gpt corpus/ --folder gpt --prompt 'The river'

trains a vocabulary on the text, packs the text into a dataset, pretrains a GPT-2 on it in PyTorch,
saves its weights as `gpt/model.gobbet`, and has the command `gobbet generate` continue the prompt.
Stopped at any moment and called again with --resume, it goes on at its last checkpoint and ends
with the very same weights.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

import gobbet
from gobbet.corpus import documents
from gobbet.torch import save_file
from gobbet.torch_data import WindowLoader

END = "<|endoftext|>"


@dataclass(frozen=True)
class Configuration:
    """The shape of a GPT-2, under the names of its `config.json`."""

    vocab_size: int
    n_positions: int = 128
    n_embd: int = 128
    n_layer: int = 4
    n_head: int = 4
    layer_norm_epsilon: float = 1e-5

    def json(self) -> str:
        """The text that a weight file holds under `gpt.configuration`."""
        return json.dumps(vars(self) | {"tie_word_embeddings": True})


class Linear(nn.Module):
    """`x · weight + bias`, with the weight as GPT-2 keeps it: [in, out]."""

    def __init__(self, inputs: int, outputs: int, deviation: float = 0.02) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) * deviation)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weight + self.bias


class Attention(nn.Module):
    """Causal attention of several heads."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        width = configuration.n_embd
        self.heads = configuration.n_head
        self.c_attn = Linear(width, 3 * width)
        self.c_proj = Linear(width, width, 0.02 / (2 * configuration.n_layer) ** 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, positions, width = x.shape
        split = (batch, positions, self.heads, width // self.heads)
        q, k, v = (part.view(split).transpose(1, 2) for part in self.c_attn(x).split(width, 2))
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        result: torch.Tensor = self.c_proj(mixed.transpose(1, 2).reshape(x.shape))
        return result


class FeedForward(nn.Module):
    """Two linear layers with GPT-2's approximation of GELU in between."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        width = configuration.n_embd
        self.c_fc = Linear(width, 4 * width)
        self.c_proj = Linear(4 * width, width, 0.02 / (2 * configuration.n_layer) ** 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.c_proj(functional.gelu(self.c_fc(x), approximate="tanh"))
        return result


class Block(nn.Module):
    """Attention and feed-forward, each after a norm and added to what went in."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        width, epsilon = configuration.n_embd, configuration.layer_norm_epsilon
        self.ln_1 = nn.LayerNorm(width, eps=epsilon)
        self.attn = Attention(configuration)
        self.ln_2 = nn.LayerNorm(width, eps=epsilon)
        self.mlp = FeedForward(configuration)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        result: torch.Tensor = x + self.mlp(self.ln_2(x))
        return result


class GPT(nn.Module):
    """GPT-2, its parameters under GPT-2's names; the head is the token embedding."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        self.configuration = configuration
        width = configuration.n_embd
        self.wte = nn.Embedding(configuration.vocab_size, width)
        self.wpe = nn.Embedding(configuration.n_positions, width)
        for embedding in (self.wte, self.wpe):
            nn.init.normal_(embedding.weight, std=0.02)
        self.h = nn.ModuleList(Block(configuration) for _ in range(configuration.n_layer))
        self.ln_f = nn.LayerNorm(width, eps=configuration.layer_norm_epsilon)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Ids [B, T] → logits [B, T, V]."""
        x = self.wte(ids) + self.wpe.weight[: ids.shape[1]]
        for block in self.h:
            x = block(x)
        result: torch.Tensor = self.ln_f(x) @ self.wte.weight.T
        return result

    @torch.no_grad()
    def continued(self, ids: list[int], count: int) -> list[int]:
        """The likeliest next ids, one after the other."""
        tokens = torch.tensor([ids])
        for _ in range(count):
            nearest = self(tokens[:, -self.configuration.n_positions :])[:, -1]
            tokens = torch.cat([tokens, nearest.argmax(-1, keepdim=True)], 1)
        found: list[int] = tokens[0, len(ids) :].tolist()
        return found


@dataclass
class Training:
    """Pretraining on a dataset: the model, its optimizer, where the data is, the step."""

    folder: Path
    batch_size: int = 16
    context: int = 128
    width: int = 128
    layers: int = 4
    rate: float = 1e-3
    workers: int = 0
    seed: int = 123

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        self.dataset = gobbet.TokenDataset(self.folder / "tokens.gobbet")
        self.model = GPT(
            Configuration(
                vocab_size=self.dataset.id_bound, n_positions=self.context, n_embd=self.width,
                n_layer=self.layers, n_head=max(1, self.width // 32),
            )
        )  # fmt: skip
        self.loader = WindowLoader(
            self.dataset, self.context, self.batch_size, stride=self.context // 2, seed=self.seed,
            num_workers=self.workers,
        )  # fmt: skip
        self.optimizer = torch.optim.AdamW(self.model.parameters(), self.rate, weight_decay=0.1)
        self.step = 0

    def run(
        self, steps: int, *, checkpoint_every: int = 100, stop_after: int | None = None
    ) -> None:
        """Trains up to `steps`, or stops after one of them as if it had been interrupted."""
        start, losses = time.perf_counter(), []
        while self.step < steps:
            for inputs, targets in self.loader:
                self._set_rate(steps)
                logits = self.model(inputs)
                loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
                self.optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                self.optimizer.step()
                self.step += 1
                losses.append(loss.item())
                if self.step % 50 == 0 or self.step == steps:
                    mean = sum(losses) / len(losses)
                    seconds = time.perf_counter() - start
                    print(f"step {self.step}: loss {mean:.3f}, {seconds:.0f} s", file=sys.stderr)
                    losses = []
                if self.step % checkpoint_every == 0:
                    self.save_checkpoint()
                if self.step in (steps, stop_after):
                    return

    def _set_rate(self, steps: int) -> None:
        """A short rise, then a fall to a tenth."""
        rise = min(1.0, (self.step + 1) / 20)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * rise * (1 - 0.9 * self.step / steps)

    def save_checkpoint(self) -> None:
        """Writes all that resuming needs, whole or not at all."""
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "data": self.loader.state_dict(),
            "random": torch.get_rng_state(),
        }
        unfinished = self.folder / "checkpoint.unfinished"
        torch.save(state, unfinished)
        os.replace(unfinished, self.folder / "checkpoint.pt")

    def resume(self) -> None:
        """Goes on where the last checkpoint was made."""
        state = torch.load(self.folder / "checkpoint.pt")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.loader.load_state_dict(state["data"])
        torch.set_rng_state(state["random"])
        self.step = state["step"]

    def save_weights(self, path: Path) -> None:
        """Writes the weights with the vocabulary: what `gobbet generate` takes."""
        save_file(
            self.model.state_dict(), path,
            {"gpt.configuration": self.model.configuration.json()},
            vocabulary=self.dataset.vocabulary(),
        )  # fmt: skip


def prepare(sources: list[str], folder: Path, vocab_size: int) -> None:
    """Text → vocabulary → tokens, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = gobbet.Counts("gpt2")
    for source in sources:
        counts.add_texts(documents(source))
    encoding = counts.train(vocab_size, special_tokens=[END])
    encoding.save(folder / "vocabulary.gobbet", replace=True)
    with gobbet.DatasetWriter(folder / "tokens.gobbet", encoding, replace=True) as writer:
        for source in sources:
            for document in documents(source):
                writer.add_texts([document], append=END)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sources", nargs="+", help="text, JSON Lines, or directories of them")
    parser.add_argument("--folder", type=Path, default=Path("gpt"), help="where results go")
    parser.add_argument("--vocabulary-size", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--context", type=int, default=128)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--workers", type=int, default=0, help="threads that read windows")
    parser.add_argument("--resume", action="store_true", help="go on at the last checkpoint")
    parser.add_argument("--prompt", default="The river")
    parser.add_argument("--tokens", type=int, default=40, help="how many continue the prompt")
    arguments = parser.parse_args()
    if not arguments.resume:
        prepare(arguments.sources, arguments.folder, arguments.vocabulary_size)
    training = Training(
        arguments.folder, batch_size=arguments.batch_size, context=arguments.context,
        width=arguments.width, layers=arguments.layers, workers=arguments.workers,
    )  # fmt: skip
    if arguments.resume:
        training.resume()
    training.run(arguments.steps)
    model = arguments.folder / "model.gobbet"
    training.save_weights(model)
    command = shutil.which(os.environ.get("GOBBET_COMMAND", "gobbet"))
    if command is None:
        print(f"continue a prompt by: gobbet generate {model} --prompt …", file=sys.stderr)
        return
    print(arguments.prompt, end="", flush=True)
    subprocess.run(
        [command, "generate", model, "--prompt", arguments.prompt, "-n", str(arguments.tokens)],
        check=True,
    )


if __name__ == "__main__":
    main()
