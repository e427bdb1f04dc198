"""Converts every format that `gobbet convert` reads into every one that it writes, and prints the matrix.

    compare_formats.py [--gobbet PATH]

Five contents: tensors, elements of every type of safetensors 0.8, blocks of every type of GGUF, a GPT-2 and
vocabularies. `=` is exact: what comes out holds what went in, with blocks widened where the format has none, and is
the same file as by way of .gobbet, where keys of GGUF may have another order; a number is a refusal, whose reason
stands below. Needs numpy, safetensors, gguf and torch. Exit 1 if a conversion changes something, or the two ways differ.
"""
import argparse
import base64
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

import gguf
import numpy as np
import torch
import torch.distributed.checkpoint
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
# What each format's files are called; llm.c's are told by --to.
OUTPUTS = {
    "gobbet": "o.gobbet", "safetensors": "o.safetensors", "index": "o.safetensors.index.json", "gguf": "o.gguf",
    "npz": "o.npz", "npy": "o.npy", "llm.c": "o.bin", "tiktoken": "o.tiktoken", "tokenizer.json": "tokenizer.json",
    "vocab.json": "vocab.json", "sentencepiece": "o.model",
}
# Bits of an element of every type of safetensors 0.8.
TYPES = {
    "F64": 64, "F32": 32, "F16": 16, "BF16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4, "C64": 64, "I64": 64, "I32": 32, "I16": 16, "I8": 8,
    "U64": 64, "U32": 32, "U16": 16, "U8": 8, "BOOL": 8,
}
# Ranks do not say how text is split.
PATTERN = ("--pattern", "gpt2")


class Matrix:
    """Conversions of one content."""

    def __init__(self, gobbet, folder):
        self.gobbet, self.folder, self.reasons, self.failures = gobbet, folder, {}, 0

    def convert(self, source, name, output, *options):
        """Converts a file into one of a new folder; returns it, or the text of the refusal."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        to = ("--to", "llm.c") if name == "llm.c" else ()
        run = subprocess.run([self.gobbet, "convert", source, "-o", folder / output, "-q", *to, *options],
                             capture_output=True, text=True)
        if run.returncode == 0:
            return folder / output, None
        if run.returncode not in (2, 65) or list(folder.iterdir()):
            self.failures += 1
        line = run.stderr.strip().splitlines()[0]
        return None, re.sub(r"(gobbet|error): |/\S*[:,] (o: )?", "", line)

    def number(self, reason):
        """A refusal's number."""
        return self.reasons.setdefault(reason, str(len(self.reasons) + 1))

    def pair(self, source, name, expected, read, options):
        """What becomes of one file as another format."""
        output, refusal = self.convert(source, name, OUTPUTS[name], *options)
        between, _ = self.convert(source, "gobbet", "between.gobbet", *options)
        other, other_refusal = self.convert(between, name, OUTPUTS[name])
        if output is None:
            if other is not None and read(other) == expected:
                self.failures += 1
                return "?"
            return self.number(refusal)
        if other is None or not same(output, other) or read(output) != expected:
            self.failures += 1
            return "!" if other else "? " + str(other_refusal)
        return "="

    def print(self, title, inputs, read, outputs=tuple(OUTPUTS)):
        """The matrix of several inputs, each with what it holds."""
        print(f"\n{title:24}" + " ".join(f"{name:>14}" for name in outputs))
        for kind, source, expected, *options in inputs:
            cells = [self.pair(source, name, expected, read, options) for name in outputs]
            print(f"{kind:24}" + " ".join(f"{cell:>14}" for cell in cells), flush=True)
        for reason, number in self.reasons.items():
            print(f"  {number:>2}  {reason}")
        self.reasons = {}


def same(first, second):
    """Whether two files are the same but for the order of GGUF's keys."""
    if first.suffix != ".gguf":
        return first.read_bytes() == second.read_bytes()

    def contents(path):
        reader = gguf.GGUFReader(path)
        fields = {key: (field.types, field.contents()) for key, field in reader.fields.items()}
        return fields, [(t.name, t.tensor_type, t.shape.tolist(), t.data.tobytes()) for t in reader.tensors]

    return contents(first) == contents(second)


def write_tekken(path):
    """Mistral's vocabulary of bytes, a pair and two special tokens."""
    tokens = [bytes([byte]) for byte in range(256)] + [b"th"]
    path.write_text(json.dumps({
        "config": {"pattern": r"\p{L}+|\s+|[^\p{L}\s]+", "num_vocab_tokens": len(tokens), "version": "v3",
                   "default_vocab_size": len(tokens) + 2, "default_num_special_tokens": 2},
        "vocab": [{"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
                  for rank, token in enumerate(tokens)],
        "special_tokens": [{"rank": rank, "token_str": text, "is_control": True}
                           for rank, text in enumerate(("<unk>", "<s>"))]}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gobbet", default=HERE.parents[1] / ".build/release/gobbet")
    gobbet = str(parser.parse_args().gobbet)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        matrix = Matrix(gobbet, folder)

        def tensors(path):
            """Name, shape, type and bytes of every tensor of any file, by way of safetensors."""
            if path.suffix != ".safetensors":
                # An array of NumPy has the name of its file.
                path, refusal = matrix.convert(path, "safetensors", path.stem + ".safetensors")
                assert path, refusal
            with open(path, "rb") as file:
                header = json.loads(file.read(*struct.unpack("<Q", file.read(8))))
                data = file.read()
            return {"o" if key == "t" else key: (entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])])
                    for key, entry in header.items() if key != "__metadata__"}

        def made(kind, source, *options):
            path, refusal = matrix.convert(source, kind, OUTPUTS[kind], *options)
            assert path, refusal
            return path

        def ids(path):
            """What every id of a vocabulary stands for, and how a text is cut."""
            pattern = PATTERN if path.suffix == ".tiktoken" else ()
            run = subprocess.run([gobbet, "encode", "-v", path, *pattern, HERE.parents[1] / "README.md"], capture_output=True)
            return run.returncode, run.stdout

        random = np.random.default_rng(1)
        arrays = {"a.weight": random.normal(size=(3, 4)).astype("<f4"), "b": random.normal(size=5).astype("<f4"),
                  "c": np.arange(6, dtype="<i4").reshape(1, 2, 3)}
        save_file(arrays, folder / "t.safetensors")
        held = tensors(folder / "t.safetensors")
        np.savez(folder / "t.npz", **arrays)
        np.savez_compressed(folder / "deflated.npz", **arrays)
        np.save(folder / "t.npy", arrays["b"])
        state = {key: torch.from_numpy(value) for key, value in arrays.items()}
        torch.save(state, folder / "t.pt")
        torch.save({"model": state, "step": 3}, folder / "legacy.pt", _use_new_zipfile_serialization=False)
        torch.distributed.checkpoint.save(state, checkpoint_id=folder / "dcp")
        writer = gguf.GGUFWriter(folder / "split.gguf", "none", split_max_tensors=2)
        for name, array in arrays.items():
            writer.add_tensor(name, array)
        for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
            write()
        writer.close()
        one = {"o": ("F32", [5], arrays["b"].tobytes())}
        matrix.print("tensors from", [
            ("gobbet", made("gobbet", folder / "t.safetensors"), held),
            ("safetensors", folder / "t.safetensors", held),
            ("safetensors index", made("index", folder / "t.safetensors"), held),
            ("gguf", made("gguf", folder / "t.safetensors"), held),
            ("gguf in parts", folder / "split-00001-of-00002.gguf", held),
            ("npz", folder / "t.npz", held), ("npz, deflated", folder / "deflated.npz", held),
            ("npy", folder / "t.npy", one), ("pytorch", folder / "t.pt", held),
            ("pytorch, legacy", folder / "legacy.pt", held), ("pytorch, distributed", folder / "dcp/.metadata", held),
        ], tensors)

        inputs = []
        for kind, bits in TYPES.items():
            data = random.integers(0, 2 if kind == "BOOL" else 256, 4 * bits, np.uint8).tobytes()
            header = json.dumps({"o": {"dtype": kind, "shape": [4, 8], "data_offsets": [0, len(data)]}}).encode()
            path = folder / f"{kind}.safetensors"
            path.write_bytes(struct.pack("<Q", len(header)) + header + data)
            inputs.append((kind, path, tensors(path)))
        matrix.print("safetensors of type", inputs, tensors, tuple(OUTPUTS)[:6])

        fixtures = HERE.parents[1] / "Fixtures"
        blocks = fixtures / "gguf/blocks.gguf"
        held = tensors(made("safetensors", blocks))
        matrix.print("blocks of GGUF from", [("gguf", blocks, held), ("gobbet", made("gobbet", blocks), held)],
                     tensors, tuple(OUTPUTS)[:6])

        model = fixtures / "tinymodel/model.safetensors"
        held = tensors(made("safetensors", model))
        matrix.print("a GPT-2 from", [
            ("safetensors", model, held),
            *((kind, made(kind, model), held) for kind in ("gobbet", "index", "gguf", "npz", "llm.c")),
        ], tensors, tuple(OUTPUTS)[:7])

        vocabulary = fixtures / "tinymodel/tokenizer.json"
        held = ids(vocabulary)
        inputs = [("tokenizer.json", vocabulary, held)]
        for kind in ("gobbet", "vocab.json", "gguf", "tiktoken"):
            path, _ = matrix.convert(vocabulary, kind, OUTPUTS[kind])
            if path:
                inputs.append((kind, path, held, *(PATTERN if kind == "tiktoken" else ())))
        (folder / "vocab.txt").write_text("[PAD] [UNK] [CLS] [SEP] [MASK] the ##s in a ".replace(" ", "\n"))
        write_tekken(folder / "tekken.json")
        for path in fixtures / "sentencepiece/spaces.model", folder / "vocab.txt", folder / "tekken.json":
            inputs.append((path.name, path, ids(path)))
        matrix.print("a vocabulary from", inputs, ids)
        # Ranks do not say how nanochat splits text.
        path = fixtures / "nanochat/tokenizer.pkl"
        matrix.print("a vocabulary from", [("tokenizer.pkl", path, ids(path))], ids,
                     tuple(name for name in OUTPUTS if name != "tiktoken"))
    return int(matrix.failures > 0)


sys.exit(main())
