"""Reads GGUF files with gobbet and with PyPI's gguf, and compares every element bit for bit.

    compare_gguf.py [--gobbet PATH] FILE…      files of any types; without one, random blocks
    compare_gguf.py --elements 100000000       random blocks of every type, so many elements in all

Q1_0, Q2_0 and Q8_K, which gguf does not dequantise, are compared with ggml's own C, from PyPI's
llama-cpp-python, and left out without it. Prints a line a type: elements, differences. Exit 1 if there
is one.
"""
import argparse
import collections
import ctypes
import importlib.util
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
from gguf import GGML_QUANT_SIZES, GGUFReader, quants

HERE = pathlib.Path(__file__).parent
# Code, name, elements and bytes of a block; the function that ggml dequantises it with.
GGML_TYPES = {
    15: ("Q8_K", 256, 292, "dequantize_row_q8_K"),
    41: ("Q1_0", 128, 18, "dequantize_row_q1_0"),
    42: ("Q2_0", 64, 18, "dequantize_row_q2_0"),
}
# Elements of one file of random blocks: little enough for the caches.
CHUNK = 1 << 20


def ggml():
    """ggml's base library; None where it is not installed."""
    package = importlib.util.find_spec("llama_cpp")
    if package is None or package.origin is None:
        return None
    return ctypes.CDLL(str(pathlib.Path(package.origin).parent / "lib/libggml-base.so"))


def every_type():
    """Code, name, elements and bytes of a block, and the reference, of each type in blocks."""
    for kind in sorted(quants._type_traits):
        elements, size = GGML_QUANT_SIZES[kind]
        if elements > 1:
            yield int(kind), kind.name, elements, size, lambda rows, kind=kind: quants.dequantize(rows, kind)
    library = ggml()
    for code, (name, elements, size, symbol) in GGML_TYPES.items() if library else ():
        function = library[symbol]
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]

        def dequantize(rows, function=function, elements=elements):
            floats = np.empty((len(rows), elements), "<f4")
            function(rows.ctypes.data, floats.ctypes.data, floats.size)
            return floats

        yield code, name, elements, size, dequantize


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


def converted(gobbet, path):
    """The tensors that gobbet makes of a file."""
    output = pathlib.Path(path).parent / "converted.safetensors"
    subprocess.run([gobbet, "convert", path, "-o", output, "-f", "-q"], check=True,
                   stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return tensors(output)


def compare_random(gobbet, element_count, folder, counts):
    """Adds the elements and the differences of random blocks of every type."""
    random = np.random.default_rng()
    types = list(every_type())
    path = pathlib.Path(folder) / "blocks.gguf"
    for code, name, elements, size, dequantize in types:
        left = -(-element_count // len(types))
        while left > 0:
            blocks = random.integers(0, 256, (min(left, CHUNK) // elements + 1, size), np.uint8)
            with np.errstate(all="ignore"):
                expected = np.ascontiguousarray(dequantize(blocks), "<f4")
            # Of elements that are not finite the bits may be any.
            finite = np.isfinite(expected).all(axis=1)
            blocks, expected = blocks[finite], expected[finite]
            header = b"GGUF" + struct.pack("<IQQQ", 3, 1, 0, 1) + b"t"
            header += struct.pack("<IQQIQ", 2, elements, len(blocks), code, 0)
            path.write_bytes(header + bytes(-len(header) % 32) + blocks.tobytes())
            _, found = converted(gobbet, path)["t"]
            counts[name][0] += expected.size
            counts[name][1] += int((expected.view(np.uint32).reshape(-1) != found.view(np.uint32)).sum())
            left -= expected.size


def compare(gobbet, path, folder, counts):
    """Adds the elements and the differences of every type in a file."""
    link = pathlib.Path(folder) / "input.gguf"
    link.unlink(missing_ok=True)
    link.symlink_to(pathlib.Path(path).resolve())
    start = time.perf_counter()
    ours = converted(gobbet, link)
    print(f"{path}: converted to safetensors in {time.perf_counter() - start:.2f} s")
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gobbet", default=HERE.parents[1] / ".build/release/gobbet")
    parser.add_argument("--elements", type=int, default=2_000_000)
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    counts = collections.defaultdict(lambda: [0, 0])
    with tempfile.TemporaryDirectory() as folder:
        if not arguments.files:
            compare_random(arguments.gobbet, arguments.elements, folder, counts)
        for path in arguments.files:
            compare(arguments.gobbet, path, folder, counts)
    for name, (elements, differences) in sorted(counts.items()):
        print(f"{name:8} {elements:13,} elements, {differences} differ")
    total, wrong = (sum(values) for values in zip(*counts.values()))
    print(f"{'all':8} {total:13,} elements, {wrong} differ")
    return int(wrong > 0)


sys.exit(main())
