"""Computes a GGUF model in its blocks and with widened weights, and compares the predictions with transformers'.

Usage: compare_blocks.py MODEL.gguf TEXT [--tokens 400] [--gobbet PATH]

Prints the mean and the largest Kullback-Leibler divergence over the tokens of a text file: of `gobbet
logits` in the blocks against `--element f32`, and of both against transformers on dequantised
weights. Exit 1 if a mean is above 1e-4 nats. Needs torch, transformers and gguf.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = pathlib.Path(__file__).parent


def logarithms(logits):
    return torch.log_softmax(torch.from_numpy(numpy.ascontiguousarray(logits)).double(), -1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gobbet", default=HERE.parent.parent / ".build/release/gobbet")
    parser.add_argument("--tokens", type=int, default=400)
    parser.add_argument("model")
    parser.add_argument("text")
    arguments = parser.parse_args()
    folder, name = os.path.split(os.path.abspath(arguments.model))
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    ids = tokenizer(open(arguments.text, encoding="utf-8").read())["input_ids"][: arguments.tokens]
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=name, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.inference_mode():
        theirs = logarithms(model(torch.tensor([ids])).logits[0].numpy())
    del model
    found = {}
    with tempfile.TemporaryDirectory() as temporary:
        path = os.path.join(temporary, "ids.npy")
        numpy.save(path, numpy.array(ids, numpy.uint32))
        for element in ("stored", "f32"):
            output = os.path.join(temporary, f"{element}.npy")
            subprocess.run([arguments.gobbet, "logits", arguments.model, "--ids", path, "-o", output, "--element", element],
                           check=True, stdout=subprocess.DEVNULL)
            found[element] = logarithms(numpy.load(output))
    worst = 0.0
    for first, second, truth, guess in (("f32", "stored", found["f32"], found["stored"]),
                                        ("transformers", "stored", theirs, found["stored"]),
                                        ("transformers", "f32", theirs, found["f32"])):
        divergence = (truth.exp() * (truth - guess)).sum(-1)
        agreed = (truth.argmax(-1) == guess.argmax(-1)).double().mean()
        print(f"{second:7} against {first:12} {len(ids)} tokens: mean {divergence.mean():.2e}, largest "
              f"{divergence.max():.2e} nats; {agreed:.1%} of the likeliest tokens agree")
        worst = max(worst, float(divergence.mean()))
    return int(not worst <= 1e-4)


if __name__ == "__main__":
    sys.exit(main())
