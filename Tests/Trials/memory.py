"""Converts a file of two gigabytes between formats, and prints the resident memory of each conversion.

    memory.py [--gobbet PATH] [--gigabytes N] [--limit MEGABYTES]

By getrusage of a process of its own, without mapping. Needs `make build` and numpy; checkpoints of PyTorch
take part where torch is installed. It takes room for three such files. Exit 1 if a conversion takes the limit
(60) or more, or what comes back is another file.
"""
import argparse
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = pathlib.Path(__file__).parent
ROWS, COLUMNS = 4096, 4096


def make(path, byte_count):
    """A safetensors file of matrices of bf16."""
    random = np.random.default_rng(7)
    bits = random.normal(0, 0.02, ROWS * COLUMNS).astype("<f4").view("<u4")
    matrix = (bits >> 16).astype("<u2").tobytes()
    count = max(1, byte_count // len(matrix))
    header = json.dumps({
        f"layers.{n}.weight": {"dtype": "BF16", "shape": [ROWS, COLUMNS], "data_offsets": [n * len(matrix), (n + 1) * len(matrix)]}
        for n in range(count)}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for _ in range(count):
            file.write(matrix)


def nudge(path, output):
    """The same file a little later in a run: one element in 64 has another lowest bit."""
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    for place in range(8 + length, len(data), 128):
        data[place] ^= 1
    output.write_bytes(data)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Trial:
    """Conversions in one folder."""

    def __init__(self, gobbet, folder, limit):
        self.gobbet, self.folder, self.limit, self.failures = gobbet, folder, limit, 0

    def convert(self, source, output, *options, label=None):
        """Converts a file and prints what it took."""
        program = ("import resource, subprocess, sys\n"
                   "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
                   "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        start = time.perf_counter()
        run = subprocess.run([sys.executable, "-c", program, self.gobbet, "convert", self.folder / source, "-o",
                              self.folder / output, "-f", "-q", *options], check=True, capture_output=True, text=True)
        megabytes = int(run.stdout) / 1024
        self.failures += megabytes >= self.limit
        print(f"{label or ' '.join((source, 'to', output, *map(str, options))):52} {megabytes:5.0f} MB "
              f"{time.perf_counter() - start:7.1f} s", flush=True)

    def remove(self, *names):
        for name in names:
            os.remove(self.folder / name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gobbet", default=HERE.parents[1] / ".build/release/gobbet")
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--limit", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        trial = Trial(arguments.gobbet, folder, arguments.limit)
        source = folder / "a.safetensors"
        make(source, int(arguments.gigabytes * 1e9))
        print(f"{source.stat().st_size / 1e6:.0f} MB of bf16")
        trial.convert("a.safetensors", "a.gobbet")
        trial.convert("a.gobbet", "back.safetensors")
        if digest(folder / "back.safetensors") != digest(source):
            trial.failures += 1
            print("back.safetensors is another file")
        trial.remove("back.safetensors")
        nudge(source, folder / "b.safetensors")
        trial.convert("b.safetensors", "b.gobbet", "--base", folder / "a.gobbet", label="b.safetensors to b.gobbet --base a.gobbet")
        trial.remove("b.safetensors")
        trial.convert("b.gobbet", "b.safetensors", label="b.gobbet (differences) to b.safetensors")
        trial.remove("b.gobbet", "b.safetensors")
        trial.convert("a.gobbet", "a.gguf")
        trial.convert("a.gguf", "o.safetensors")
        trial.remove("a.gguf", "o.safetensors")
        trial.convert("a.safetensors", "q.gguf", "--type", "q4_k_m")
        trial.convert("q.gguf", "q.gobbet")
        trial.convert("q.gguf", "q.npz")
        trial.remove("q.npz")
        trial.convert("q.gobbet", "q.safetensors")
        trial.remove("q.gobbet", "q.gguf", "q.safetensors")
        trial.convert("a.safetensors", "i.safetensors.index.json", "--shard-size", "500M")
        trial.convert("i.safetensors.index.json", "i.gobbet")
        for path in folder.glob("i.*"):
            path.unlink()
        try:
            import torch
            import torch.distributed.checkpoint
        except ImportError:
            return int(trial.failures > 0)
        count = max(1, int(arguments.gigabytes * 1e9) // (2 * ROWS * COLUMNS))
        matrix = torch.randn(ROWS, COLUMNS).bfloat16()
        state = {f"layers.{n}.weight": matrix.clone() for n in range(count)}
        torch.save({"model": state}, folder / "t.pt")
        trial.convert("t.pt", "t.gobbet")
        trial.remove("t.pt", "t.gobbet")
        torch.distributed.checkpoint.save(state, checkpoint_id=folder / "dcp")
        trial.convert("dcp/.metadata", "t.safetensors")
    return int(trial.failures > 0)


sys.exit(main())
