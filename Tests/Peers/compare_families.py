"""Compares models of every family with transformers' answers, by way of the Python package.

    compare_families.py FOLDER… [--threads 2]

Each folder holds folders of models with `config.json`, `model.safetensors` and `reference.safetensors`, as
`Fixtures/models/make.py SEED FOLDER` writes them. Needs numpy, safetensors and the package `gobbet`, with its
library (GOBBET_LIBRARY names one). Prints, for every family, the largest difference of a logit (or of a state)
over the largest logit, and whether the likeliest tokens are transformers', with a cache and without. A token
counts as equal where transformers' own two likeliest are closer than 1e-4. Exit 1 above 1e-4.
"""
import argparse
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file

import gobbet


def agrees(found, expected, logits_of, prompt):
    """Whether tokens are equal up to where the expected ones had a rival within 1e-4."""
    for index, (mine, theirs) in enumerate(zip(found, expected)):
        if mine != theirs:
            logits = np.sort(logits_of([*prompt, *expected[:index]])[-1])
            return bool(logits[-1] - logits[-2] < 1e-4)
    return len(found) == len(expected)


def compared(folder, threads):
    """The largest error, and what became of the likeliest tokens."""
    model = gobbet.Model(folder, num_threads=threads)
    reference = load_file(folder / "reference.safetensors")
    error, cached, uncached, count = 0.0, True, True, 0
    number = 0
    while f"ids.{number}" in reference:
        ids = reference[f"ids.{number}"].tolist()
        kind = "states" if f"states.{number}" in reference else "logits"
        expected = reference[f"{kind}.{number}"]
        found = model.states(ids) if kind == "states" else model.logits(ids)
        error = max(error, float(np.abs(found - expected).max() / np.abs(expected).max()))
        greedy = reference[f"greedy.{number}"].tolist() if f"greedy.{number}" in reference else []
        if greedy:
            count += len(greedy)
            tokens = list(model.generate(ids, max_tokens=len(greedy), ignore_ends=True).tokens())
            cached &= agrees(tokens, greedy, model.logits, ids)
            tokens = []
            for _ in greedy:
                tokens.append(int(model.logits([*ids, *tokens], first=-1).argmax()))
            uncached &= agrees(tokens, greedy, model.logits, ids)
        number += 1
    return error, cached, uncached, count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    failed = False
    for root in options.folders:
        for folder in sorted(path.parent for path in root.glob("*/reference.safetensors")):
            error, cached, uncached, count = compared(folder, options.threads)
            failed |= error > 1e-4 or not cached or not uncached
            words = {True: "equal", False: "DIFFERENT"}
            tokens = f"{count} tokens: cached {words[cached]}, uncached {words[uncached]}" if count else "states"
            print(f"{root.name:12} {folder.name:12} {error:.2e}  {tokens}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
