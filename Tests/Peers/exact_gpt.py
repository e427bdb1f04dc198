"""Checks `gobbet generate` and `gobbet evaluate` against PyTorch on 124M parameters.

Usage: exact_gpt.py GPT2.tiktoken TEXT      Needs `make build`, and from PyPI torch, numpy and safetensors.

1. The untrained model of "Build a Large Language Model (From Scratch)": seed 123, modules in the book's
   order. Its greedy continuation of "Hello, I am" is printed in the book; ours must be the same.
2. A random model with the weights' size of the published one: 64 greedy tokens and the loss over the
   beginning of TEXT must be those of PyTorch in double precision.
Exits with 1 when something differs.
"""
import json
import os
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

GOBBET = os.environ.get("GOBBET") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release", "gobbet")
VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS = 50257, 1024, 768, 12, 12
BOOK_PROMPT, BOOK_IDS = [15496, 11, 314, 716], [27018, 24086, 47843, 30961, 42348, 7267, 49706, 43231, 47062, 34657]


def book_model():
    """The tensors of the book's model, drawn in the order in which it makes its modules."""
    torch.manual_seed(123)
    tensors = {}

    def keep(name, module):
        for part, value in module.named_parameters():
            tensors[f"{name}.{part}"] = value.detach()

    keep("tok_emb", torch.nn.Embedding(VOCABULARY, WIDTH))
    keep("pos_emb", torch.nn.Embedding(CONTEXT, WIDTH))
    for block in range(LAYERS):
        prefix = f"trf_blocks.{block}"
        for name in ("W_query", "W_key", "W_value"):
            keep(f"{prefix}.att.{name}", torch.nn.Linear(WIDTH, WIDTH, bias=False))
        keep(f"{prefix}.att.out_proj", torch.nn.Linear(WIDTH, WIDTH))
        keep(f"{prefix}.ff.layers.0", torch.nn.Linear(WIDTH, 4 * WIDTH))
        keep(f"{prefix}.ff.layers.2", torch.nn.Linear(4 * WIDTH, WIDTH))
        for norm in ("norm1", "norm2"):
            tensors[f"{prefix}.{norm}.scale"], tensors[f"{prefix}.{norm}.shift"] = torch.ones(WIDTH), torch.zeros(WIDTH)
    tensors["final_norm.scale"], tensors["final_norm.shift"] = torch.ones(WIDTH), torch.zeros(WIDTH)
    keep("out_head", torch.nn.Linear(WIDTH, VOCABULARY, bias=False))
    return tensors


def random_model():
    """Tensors under Hugging Face's names, with GPT-2's deviations, biases and gains included."""
    generator = torch.Generator().manual_seed(7)

    def normal(*shape, deviation=0.02, mean=0.0):
        return torch.randn(*shape, generator=generator) * deviation + mean

    tensors = {"wte.weight": normal(VOCABULARY, WIDTH), "wpe.weight": normal(CONTEXT, WIDTH)}
    for name in [f"h.{block}.{norm}" for block in range(LAYERS) for norm in ("ln_1", "ln_2")] + ["ln_f"]:
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = normal(WIDTH, mean=1.0), normal(WIDTH)
    for block in range(LAYERS):
        for name, rows, columns in (("attn.c_attn", WIDTH, 3 * WIDTH), ("attn.c_proj", WIDTH, WIDTH),
                                    ("mlp.c_fc", WIDTH, 4 * WIDTH), ("mlp.c_proj", 4 * WIDTH, WIDTH)):
            tensors[f"h.{block}.{name}.weight"] = normal(rows, columns)
            tensors[f"h.{block}.{name}.bias"] = normal(columns)
    return tensors


def logits(tensors, ids):
    """All logits, in double precision, of weights under Hugging Face's names."""
    at = lambda name: tensors[name].double()
    norm = lambda x, name: F.layer_norm(x, (WIDTH,), at(f"{name}.weight"), at(f"{name}.bias"), 1e-5)
    linear = lambda x, name: x @ at(f"{name}.weight") + at(f"{name}.bias")
    x = at("wte.weight")[ids] + at("wpe.weight")[: len(ids)]
    for block in range(LAYERS):
        name = f"h.{block}"
        heads = [part.view(len(ids), HEADS, -1).transpose(0, 1)
                 for part in linear(norm(x, f"{name}.ln_1"), f"{name}.attn.c_attn").split(WIDTH, 1)]
        seen = F.scaled_dot_product_attention(*heads, is_causal=True).transpose(0, 1).reshape(len(ids), WIDTH)
        x = x + linear(seen, f"{name}.attn.c_proj")
        inner = F.gelu(linear(norm(x, f"{name}.ln_2"), f"{name}.mlp.c_fc"), approximate="tanh")
        x = x + linear(inner, f"{name}.mlp.c_proj")
    return norm(x, "ln_f") @ at("wte.weight").T


def gobbet(*arguments):
    result = subprocess.run([GOBBET, *arguments, "--json"], check=True, capture_output=True, text=True)
    return json.loads(result.stdout)


def written(tensors, folder, tied):
    path = os.path.join(folder, "model.safetensors")
    save_file(tensors, path)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump({"vocab_size": VOCABULARY, "n_positions": CONTEXT, "n_embd": WIDTH, "n_layer": LAYERS,
                   "n_head": HEADS, "layer_norm_epsilon": 1e-5, "tie_word_embeddings": tied}, file)
    return path


def main(vocabulary, text):
    differences = 0

    def show(what, is_same, detail):
        nonlocal differences
        differences += not is_same
        print(f"{what}: {'the same' if is_same else 'DIFFERENT'}, {detail}")

    with tempfile.TemporaryDirectory() as folder:
        path = written(book_model(), folder, False)
        ids = gobbet("generate", path, "-v", vocabulary, "--prompt", "Hello, I am", "-n", str(len(BOOK_IDS)))["ids"]
        show("the book's untrained model, 10 greedy tokens", ids == BOOK_IDS, " ".join(map(str, ids)))

    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        tensors = random_model()
        path = written(tensors, folder, True)
        ids = gobbet("generate", path, "-v", vocabulary, "--prompt", "Hello, I am", "-n", "64")["ids"]
        # One pass over prompt and continuation: every token must be the likeliest after those before it.
        whole = logits(tensors, torch.tensor(BOOK_PROMPT + ids[:-1]))[len(BOOK_PROMPT) - 1:]
        show("a random 124M, 64 greedy tokens", whole.argmax(1).tolist() == ids, f"{len(set(ids))} different ones among them")
        beginning = os.path.join(folder, "beginning.txt")
        with open(text, "rb") as source, open(beginning, "wb") as file:
            file.write(source.read(2048))
        encoded = subprocess.run([GOBBET, "encode", beginning, "-v", vocabulary], check=True, capture_output=True, text=True)
        tokens = torch.tensor([int(token) for token in encoded.stdout.split()])
        expected = F.cross_entropy(logits(tensors, tokens[:-1]), tokens[1:]).item()
        for element, bound in (("f32", 2e-6), ("bf16", 2e-3), ("int8", 2e-3)):
            row = gobbet("evaluate", path, beginning, "-v", vocabulary, "--element", element, "--quiet")
            error = abs(row["loss"] - expected)
            show(f"loss over {row['tokens']} tokens in {element}", row["tokens"] == len(tokens) - 1 and error <= bound,
                 f"{row['loss']:.7f}, PyTorch in double precision {expected:.7f}")
    return 1 if differences else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
