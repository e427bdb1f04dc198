"""Converts models to GGUF and compares their logits in llama.cpp with those of transformers.

    compare_llama.py [--gobbet PATH] [--largest 1e-3] [FOLDER…]

Each folder holds config.json, model.safetensors and reference.safetensors, as Fixtures/models/make.py writes
them; without one, all of Fixtures/models are taken. Needs cyllama 0.7.0 (llama.cpp in a wheel), numpy and
safetensors from PyPI. Prints a line per model: the largest difference over the largest logit, or why the model
is refused. Exit 1 if a difference is larger, or llama.cpp does not load a file.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from cyllama.llama import llama_cpp
from safetensors.numpy import load_file

HERE = pathlib.Path(__file__).parent


class Model(llama_cpp.LlamaModel):
    """A model with the attribute that the package's own contexts ask it for."""

    @property
    def n_vocab(self):
        """Tokens of the vocabulary."""
        return self.get_vocab().n_vocab


def logits(path, prompts):
    """The logits of every position of the prompts, keys and values in 32 bits."""
    model = Model(str(path), llama_cpp.LlamaModelParams())
    found = []
    for ids in prompts:
        settings = llama_cpp.LlamaContextParams()
        settings.n_ctx = settings.n_batch = settings.n_ubatch = 512
        settings.n_threads = settings.n_threads_batch = 2
        settings.type_k = settings.type_v = 0
        settings.flash_attn_type = 0
        context = llama_cpp.LlamaContext(model, settings)
        batch = llama_cpp.LlamaBatch(n_tokens=512, embd=0, n_seq_max=1)
        batch.set_batch([int(id) for id in ids], 0, True)
        context.decode(batch)
        found.append(np.array([context.get_logits_ith(row) for row in range(len(ids))], np.float32))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gobbet", default=str(HERE.parent.parent / ".build/release/gobbet"))
    parser.add_argument("--largest", type=float, default=1e-3)
    parser.add_argument("folders", type=pathlib.Path, nargs="*")
    options = parser.parse_args()
    folders = options.folders or sorted(HERE.parent.parent.glob("Fixtures/models/*/"))
    llama_cpp.ggml_backend_load_all()
    llama_cpp.llama_backend_init()
    llama_cpp.disable_logging()
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        for folder in folders:
            reference = load_file(folder / "reference.safetensors")
            numbers = [k for k in range(3) if f"logits.{k}" in reference]
            if not numbers:
                print(f"{folder.name}: has no logits; compare_variants.py compares its vectors")
                continue
            path = pathlib.Path(temporary) / f"{folder.name}.gguf"
            result = subprocess.run(
                [options.gobbet, "convert", folder / "model.safetensors", "-o", path],
                capture_output=True, text=True)
            if result.returncode != 0:
                print(f"{folder.name}: refused: {result.stderr.strip().splitlines()[-1]}")
                continue
            found = logits(path, [reference[f"ids.{k}"] for k in numbers])
            largest = max(
                np.abs(mine - reference[f"logits.{k}"]).max() / np.abs(reference[f"logits.{k}"]).max()
                for k, mine in zip(numbers, found))
            failed |= not largest <= options.largest
            print(f"{folder.name}: {largest:.2e}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
