"""Reads GGUF files with gobbet and with PyPI's gguf, and compares every element bit for bit.

    compare_gguf.py [--gobbet PATH] FILE…      files of any types; without one, random blocks
    compare_gguf.py --elements 100000000       random blocks of every type, so many elements in all

Prints a line a type: elements, differences. Exit 1 if there is one.
"""
import argparse
import collections
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
from gguf import GGUFReader, quants

HERE = pathlib.Path(__file__).parent


def tensors(path):
    """The tensors of a safetensors file, mapped."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    data = np.memmap(path, np.uint8, "r", 8 + length)
    return {
        name: (entry["dtype"], data[slice(*entry["data_offsets"])])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def compare(gobbet, path, folder, counts):
    """Adds the elements and the differences of every type in a file."""
    output = pathlib.Path(folder) / "converted.safetensors"
    start = time.perf_counter()
    subprocess.run([gobbet, "convert", path, "-o", output, "-f", "-q"], check=True,
                   stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    ours = tensors(output)
    theirs = GGUFReader(path).tensors
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    for tensor in theirs:
        kind = tensor.tensor_type
        dtype, found = ours[tensor.name]
        if dtype == "F32":
            expected = quants.dequantize(tensor.data, kind).astype("<f4")
            words = np.ascontiguousarray(expected).reshape(-1).view(np.uint32)
            differences = int((words != found.view(np.uint32)).sum())
        else:
            words = np.ascontiguousarray(tensor.data).reshape(-1).view(np.uint8)
            differences = int((words != found).sum())
        counts[kind.name][0] += int(tensor.n_elements)
        counts[kind.name][1] += differences
    output.unlink()
    return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gobbet", default=HERE.parent.parent / ".build/release/gobbet")
    parser.add_argument("--elements", type=int, default=2_000_000)
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    counts = collections.defaultdict(lambda: [0, 0])
    with tempfile.TemporaryDirectory() as folder:
        files = arguments.files
        if not files:
            # 23 types, most of them with 256 elements a block.
            blocks = str(max(2, arguments.elements // (23 * 200) // 2 * 2))
            seed = str(np.random.SeedSequence().entropy % (1 << 32))
            script = HERE.parent.parent / "Fixtures/gguf/make_blocks.py"
            subprocess.run([sys.executable, script, seed, blocks, folder], check=True)
            files = [str(pathlib.Path(folder) / "blocks.gguf")]
        for path in files:
            seconds = compare(arguments.gobbet, path, folder, counts)
            print(f"{path}: converted to safetensors in {seconds:.2f} s")
    for name, (elements, differences) in sorted(counts.items()):
        print(f"{name:8} {elements:13,} elements, {differences} differ")
    total, wrong = (sum(values) for values in zip(*counts.values()))
    print(f"{'all':8} {total:13,} elements, {wrong} differ")
    return int(wrong > 0)


sys.exit(main())
