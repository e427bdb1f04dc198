"""Converts a file of two gigabytes from every format to every other, and prints the resident memory that each
conversion takes.

    memory.py [--gobbet PATH] [--gigabytes N] [--limit MEGABYTES]

By getrusage of a process of its own, without mapping. Needs `make build` and numpy; checkpoints of PyTorch
take part where torch is installed, GGUF in parts where gguf is. It takes room for five such files. Exit 1 if a
conversion takes the limit (60) or more, or what comes back are other tensors.
"""
import argparse
import hashlib
import itertools
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = pathlib.Path(__file__).parent
ROWS, COLUMNS = 4096, 4096
OUTPUTS = ("o.gobbet", "o.safetensors", "o.safetensors.index.json", "o.gguf", "o.npz", "o.npy")


def make(path, byte_count):
    """A safetensors file of matrices of f16, which every format has."""
    random = np.random.default_rng(7)
    matrix = random.normal(0, 0.02, ROWS * COLUMNS).astype("<f2").tobytes()
    count = max(1, byte_count // len(matrix))
    header = json.dumps({
        f"layers.{n:03}.weight": {"dtype": "F16", "shape": [ROWS, COLUMNS], "data_offsets": [n * len(matrix), (n + 1) * len(matrix)]}
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
    """What a safetensors file holds: its tensors' names, types, shapes, places and bytes."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        return json.dumps(header, sort_keys=True), hashlib.file_digest(file, "sha256").hexdigest()


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

    def expect(self, holds, reason):
        """Counts what does not hold."""
        self.failures += not holds
        if not holds:
            print(reason, flush=True)

    def clear(self, *patterns):
        """Removes files and folders."""
        for path in {path for pattern in patterns for path in self.folder.glob(pattern)}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gobbet", default=HERE.parents[1] / ".build/release/gobbet")
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--limit", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        trial = Trial(arguments.gobbet, folder, arguments.limit)
        make(folder / "a.safetensors", int(arguments.gigabytes * 1e9))
        print(f"{(folder / 'a.safetensors').stat().st_size / 1e6:.0f} MB of f16")
        pairs(trial)
        differences(trial)
    return int(trial.failures > 0)


def pairs(trial):
    """Every format to every other: of matrices of f16, of the same in blocks, and of one array."""
    folder, whole = trial.folder, digest(trial.folder / "a.safetensors")
    for kind, source in itertools.chain([("safetensors", "a.safetensors")], made(trial)):
        for output in OUTPUTS:
            # One array has the name of its file, and others have several.
            if output.endswith(".npy") and kind != "npy":
                continue
            trial.convert(source, output, label=f"{kind} to {output.partition('.')[2]}")
            if output == "o.safetensors" and kind not in ("npy", "gguf in q4_k_m", "gobbet in q4_k_m"):
                trial.expect(digest(folder / output) == whole, f"{kind} does not come back")
            trial.clear("o.*", "o-*")
        if source != "a.safetensors":
            trial.clear("s.*", "s-*", "dcp")


def made(trial):
    """The same tensors in the other formats, of which each stands until the next is asked for."""
    folder = trial.folder
    for kind, name in (("gobbet", "s.gobbet"), ("index", "s.safetensors.index.json"), ("gguf", "s.gguf"), ("npz", "s.npz")):
        trial.convert("a.safetensors", name, label=f"(makes the {kind})")
        yield kind, name
    yield from split(trial)
    trial.convert("a.safetensors", "q.gguf", "--type", "q4_k_m", label="safetensors to gguf, --type q4_k_m")
    yield "gguf in q4_k_m", "q.gguf"
    trial.convert("q.gguf", "s.gobbet", label="(makes gobbet in blocks)")
    trial.clear("q.gguf")
    yield "gobbet in q4_k_m", "s.gobbet"
    size = (folder / "a.safetensors").stat().st_size
    array = np.lib.format.open_memmap(folder / "s.npy", "w+", "<f2", (size // (2 * COLUMNS), COLUMNS))
    array[:] = 1 / 3
    array.flush()
    del array
    yield "npy", "s.npy"
    try:
        import torch
        import torch.distributed.checkpoint
    except ImportError:
        print("PyTorch is not installed: its checkpoints are left out")
        return
    state = {name: torch.from_numpy(tensor) for name, tensor in mapped(folder / "a.safetensors")}
    torch.save({"model": state}, folder / "s.pt")
    yield "pytorch", "s.pt"
    torch.save(state, folder / "s.bin", _use_new_zipfile_serialization=False)
    yield "pytorch, legacy", "s.bin"
    torch.distributed.checkpoint.save(state, checkpoint_id=folder / "dcp")
    del state
    yield "pytorch, distributed", "dcp/.metadata"


def split(trial):
    """GGUF in parts of ten tensors, as its own package writes them."""
    try:
        import gguf
    except ImportError:
        print("gguf is not installed: GGUF in parts is left out")
        return
    writer = gguf.GGUFWriter(trial.folder / "s.gguf", "gpt2", split_max_tensors=10)
    for name, tensor in mapped(trial.folder / "a.safetensors"):
        writer.add_tensor(name, tensor)
    for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        write()
    writer.close()
    (first, *_) = sorted(trial.folder.glob("s-00001-of-*.gguf"))
    yield "gguf in parts", first.name


def mapped(path):
    """The names and matrices of a file, mapped."""
    data = np.memmap(path, "<f2", "c")
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    start = (8 + length) // 2
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        yield name, data[start + first // 2:start + end // 2].reshape(entry["shape"])


def differences(trial):
    """A file as differences from another, and back."""
    folder = trial.folder
    trial.convert("a.safetensors", "a.gobbet", label="(makes the base)")
    nudge(folder / "a.safetensors", folder / "b.safetensors")
    trial.convert("b.safetensors", "b.gobbet", "--base", folder / "a.gobbet", label="safetensors to gobbet, --base")
    whole = digest(folder / "b.safetensors")
    trial.clear("b.safetensors")
    trial.convert("b.gobbet", "b.safetensors", label="gobbet of differences to safetensors")
    trial.expect(digest(folder / "b.safetensors") == whole, "differences do not come back")


sys.exit(main())
