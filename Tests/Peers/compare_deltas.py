"""Stores checkpoints of a really trained model as differences from earlier ones, and compares the sizes.

Usage: compare_deltas.py [FOLDER]     Needs `make build`, and torch and safetensors from PyPI.

A decoder of 3.2 million parameters learns the sources of this repository byte by byte, 1000 steps at the
rate of training from scratch. From there it goes on for 500 steps at each rate of RATES, which is the
highest and the only one: AdamW has its full effect. What is stored before and after these steps is
compared: compact alone, and as a difference. Every tensor must come back bit for bit. With a FOLDER
checkpoints stay there, and those that are there are not trained again.

Exits with 1 if a tensor differs, if bf16 at a rate of fine-tuning takes more than 0.75 of compact alone,
or if a difference takes more than compact.
"""
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import safetensors.torch
import torch
from torch import nn
from torch.nn import functional

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOBBET = os.environ.get("GOBBET") or ROOT / ".build/release/gobbet"
WIDTH, HEADS, LAYERS, LENGTH = 256, 4, 4, 128
RATES = {1e-3: "from scratch", 2e-5: "fine-tuning"}


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.fc, self.out = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        heads = self.qkv(self.ln_1(x)).unflatten(2, (3 * HEADS, -1)).transpose(1, 2).chunk(3, 1)
        y = functional.scaled_dot_product_attention(*heads, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).flatten(2))
        return x + self.out(functional.gelu(self.fc(self.ln_2(x))))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(256, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.h = nn.ModuleList(Block() for _ in range(LAYERS))
        self.ln_f = nn.LayerNorm(WIDTH)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                is_last = name.endswith(("proj.weight", "out.weight"))
                nn.init.normal_(parameter, std=0.02 / (math.sqrt(2 * LAYERS) if is_last else 1))

    def forward(self, ids):
        x = self.wte(ids) + self.wpe.weight
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T


def train(path, start, rate, steps):
    """Writes the weights that `steps` steps make of those at `start`, or of random ones."""
    if path.exists():
        return
    text = b"".join(path.read_bytes() for path in sorted((ROOT / "Sources").rglob("*.swift")))
    data = torch.frombuffer(bytearray(text), dtype=torch.uint8).long()
    torch.manual_seed(1)
    model = Model()
    if start:
        model.load_state_dict(safetensors.torch.load_file(start))
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.1)
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, step / 100)
        batch = torch.stack([data[i:i + LENGTH + 1] for i in torch.randint(len(data) - LENGTH - 1, (8,))])
        logits = model(batch[:, :-1])
        loss = functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(f"{path.name}: {steps} steps at {rate}, the last loss {loss.item():.3f}", flush=True)
    safetensors.torch.save_file({k: v.contiguous() for k, v in model.state_dict().items()}, path)


def run(*arguments):
    subprocess.run([GOBBET, "convert", "-q", "--force", *arguments], check=True, stdout=subprocess.DEVNULL)


def sizes(first, second, dtype, folder):
    """The bytes of the second checkpoint, compact alone and as a difference from the first."""
    paths = []
    for path in (first, second):
        paths.append(folder / f"{path.stem}.{dtype}")
        tensors = {k: v.to(getattr(torch, dtype)) for k, v in safetensors.torch.load_file(path).items()}
        safetensors.torch.save_file(tensors, f"{paths[-1]}.safetensors")
        run(f"{paths[-1]}.safetensors", "-o", f"{paths[-1]}.gobbet")
    delta = folder / f"{paths[1].name}.delta.gobbet"
    run(f"{paths[1]}.safetensors", "--base", f"{paths[0]}.gobbet", "-o", delta, "--verify")
    back = folder / "back.safetensors"
    run(delta, "-o", back)
    # `tensors` is the second checkpoint still.
    same = safetensors.torch.load_file(back)
    assert same.keys() == tensors.keys()
    assert all(torch.equal(same[k].view(torch.uint8), v.view(torch.uint8)) for k, v in tensors.items())
    return os.path.getsize(f"{paths[1]}.gobbet"), os.path.getsize(delta)


def main():
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        folder.mkdir(exist_ok=True)
        first = folder / "start.safetensors"
        train(first, None, 1e-3, 1000)
        print("500 steps at    type      compact alone   difference   of compact")
        for rate, kind in RATES.items():
            second = folder / f"at-{rate}.safetensors"
            train(second, first, rate, 500)
            for dtype in ("bfloat16", "float32"):
                alone, delta = sizes(first, second, dtype, pathlib.Path(temporary))
                ratio = delta / alone
                print(f"{rate:<15} {dtype:<9} {alone:>13,} {delta:>12,}   {ratio:.3f}   {kind}", flush=True)
                failed |= ratio > (0.75 if dtype == "bfloat16" and rate < 1e-4 else 1)
    return failed


if __name__ == "__main__":
    sys.exit(main())
