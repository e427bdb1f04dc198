"""Squared errors of gobbet's quantisers against those of ggml's own C, without an importance matrix.

    compare_quantizers.py [--gobbet PATH] [FILE.gguf|FILE.safetensors …]

Without a file: random elements of five kinds. ggml comes from the library in PyPI's pywhispercpp
(`pip install --no-deps pywhispercpp==1.5.1`). Types of 32 elements must have the same bytes, types of
256 at most the same error. Prints a line a kind and type; exit 1 if one is worse.
"""
import argparse
import ctypes
import importlib.metadata
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFReader, quants

HERE = pathlib.Path(__file__).parent
TYPES = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "MXFP4", "Q4_K", "Q5_K", "Q6_K")
# The command's name of a mix that makes all of a matrix of 256 columns that type.
NAMES = {"Q8_0": "q8_0", "Q6_K": "q6_k"}


def library():
    """ggml's base library, which quantises."""
    files = importlib.metadata.distribution("pywhispercpp").files or []
    path = next(file for file in files if file.name.startswith("libggml-base"))
    ggml = ctypes.CDLL(str(path.locate()))
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [
        ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64,
        ctypes.c_int64, ctypes.c_void_p,
    ]
    return ggml


def kinds():
    """Matrices like weights, and less like them."""
    random = np.random.default_rng(1)
    shape = (256, 2048)
    yield "normal", random.normal(0, 0.02, shape)
    yield "uniform", random.uniform(-1, 1, shape)
    yield "heavy tails", random.standard_t(3, shape) * 0.02
    yield "positive", random.uniform(0.5, 1, shape)
    yield "sparse", random.normal(0, 1, shape) * (random.random(shape) < 0.05)


def matrices(paths):
    """Every matrix of files whose rows are whole blocks, or the random ones."""
    if not paths:
        yield from kinds()
    for path in paths:
        if path.endswith(".gguf"):
            for tensor in GGUFReader(path).tensors:
                if len(tensor.shape) == 2 and tensor.shape[0] % 256 == 0:
                    data = quants.dequantize(tensor.data, tensor.tensor_type)
                    yield tensor.name, data
        else:
            from safetensors import safe_open

            with safe_open(path, "np") as file:
                for name in file.keys():
                    data = file.get_tensor(name)
                    if data.ndim == 2 and data.shape[1] % 256 == 0:
                        yield name, data


def error(elements, blocks, kind):
    """The sum of squared differences."""
    return float(((quants.dequantize(blocks, kind).astype(np.float64) - elements) ** 2).sum())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gobbet", default=HERE.parent.parent / ".build/release/gobbet")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    ggml, worse = library(), 0
    sums = {name: [0.0, 0.0] for name in TYPES}
    with tempfile.TemporaryDirectory() as folder:
        source, output = f"{folder}/a.npz", f"{folder}/a.gguf"
        for label, elements in matrices(arguments.files):
            elements = np.ascontiguousarray(elements, np.float32)
            # A name that no mix treats otherwise.
            np.savez(source, **{"blk.0.ffn_up.weight": elements})
            for name in TYPES:
                kind = GGMLQuantizationType[name]
                subprocess.run(
                    [arguments.gobbet, "convert", source, "-o", output, "-f", "-q",
                     "--type", NAMES.get(name, name.lower())],
                    check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                ours = np.asarray(GGUFReader(output).tensors[0].data).reshape(len(elements), -1)
                count, size = GGML_QUANT_SIZES[kind]
                theirs = np.zeros((len(elements), elements.shape[1] // count * size), np.uint8)
                ggml.ggml_quantize_chunk(
                    int(kind), elements.ctypes.data, theirs.ctypes.data, 0, *elements.shape, None)
                found, expected = error(elements, ours, kind), error(elements, theirs, kind)
                sums[name][0] += found
                sums[name][1] += expected
                if name.endswith("_K"):
                    worse += found > expected
                else:
                    worse += bool((ours != theirs).any())
                if not arguments.files:
                    print(f"{label:12} {name:6} {found:12.6g} ggml {expected:12.6g}")
    for name, (found, expected) in sums.items():
        print(f"{'all':12} {name:6} {found:12.6g} ggml {expected:12.6g}"
              f" {found / max(expected, 1e-300):.4f}")
    return int(worse > 0)


sys.exit(main())
