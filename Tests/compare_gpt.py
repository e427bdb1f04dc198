"""Times gobbet-bench gpt, PyTorch and CTranslate2 in turn on a random GPT-2 of 124M, batch 1.

Usage: compare_gpt.py [--elements f32,bf16,int8] [--threads 1,2] [--prompts 64,512,1024] [--peers torch,ctranslate2]

Prints tokens a second: of the prompt, and of 64 tokens behind it (of the last 64 of the context for
1,024); for Gobbet also the share of what the machine could do, measured in the same run. Needs `make
build`; torch, ctranslate2 and numpy from PyPI join in where they are installed.
"""
import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

BENCH = os.environ.get("GOBBET_BENCH") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", ".build", "release", "gobbet-bench")
VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS, GENERATED = 50257, 1024, 768, 12, 12, 64
LINEAR = (("attn.c_attn", WIDTH, 3 * WIDTH), ("attn.c_proj", WIDTH, WIDTH), ("mlp.c_fc", WIDTH, 4 * WIDTH), ("mlp.c_proj", 4 * WIDTH, WIDTH))


def weights():
    """Matrices [outputs, inputs], vectors [outputs]."""
    import numpy
    generator = numpy.random.default_rng(1)
    normal = lambda *shape: generator.standard_normal(shape, dtype=numpy.float32) * numpy.float32(0.02)
    ones, zeros = (lambda n: numpy.ones(n, numpy.float32)), (lambda n: numpy.zeros(n, numpy.float32))
    tensors = {"wte": normal(VOCABULARY, WIDTH), "wpe": normal(CONTEXT, WIDTH), "ln_f": (ones(WIDTH), zeros(WIDTH))}
    for block in range(LAYERS):
        for norm in ("ln_1", "ln_2"):
            tensors[f"{block}.{norm}"] = (ones(WIDTH), zeros(WIDTH))
        for name, inputs, outputs in LINEAR:
            tensors[f"{block}.{name}"] = (normal(outputs, inputs), zeros(outputs))
    return tensors


class Torch:
    def __init__(self, element, threads):
        import torch
        torch.set_num_threads(threads)
        kind = {"f32": torch.float32, "bf16": torch.bfloat16}[element]
        convert = lambda value: torch.from_numpy(value).to(kind)
        self.torch, self.functional = torch, torch.nn.functional
        self.tensors = {name: tuple(map(convert, value)) if isinstance(value, tuple) else convert(value)
                        for name, value in weights().items()}

    def forward(self, ids):
        functional, tensors, start = self.functional, self.tensors, self.length
        count, self.length = len(ids), start + len(ids)
        norm = lambda x, name: functional.layer_norm(x, (WIDTH,), *tensors[name], 1e-5)
        x = tensors["wte"][ids] + tensors["wpe"][start:self.length]
        for block in range(LAYERS):
            query, key, value = (part.view(count, HEADS, -1).transpose(0, 1) for part in functional.linear(
                norm(x, f"{block}.ln_1"), *tensors[f"{block}.attn.c_attn"]).split(WIDTH, 1))
            keys, values = self.cache[block]
            keys[:, start:self.length], values[:, start:self.length] = key, value
            seen = functional.scaled_dot_product_attention(
                query[None], keys[None, :, :self.length], values[None, :, :self.length], is_causal=count > 1)[0]
            x = x + functional.linear(seen.transpose(0, 1).reshape(count, WIDTH), *tensors[f"{block}.attn.c_proj"])
            inner = functional.linear(norm(x, f"{block}.ln_2"), *tensors[f"{block}.mlp.c_fc"])
            x = x + functional.linear(functional.gelu(inner, approximate="tanh"), *tensors[f"{block}.mlp.c_proj"])
        return functional.linear(norm(x[-1:], "ln_f"), tensors["wte"])[0].argmax()[None]

    def run(self, prompt, count):
        torch = self.torch
        with torch.inference_mode():
            empty = lambda: torch.empty(HEADS, CONTEXT, WIDTH // HEADS, dtype=self.tensors["wte"].dtype)
            self.length, self.cache = 0, [(empty(), empty()) for _ in range(LAYERS)]
            start = time.perf_counter()
            token = self.forward(torch.tensor(prompt))
            middle = time.perf_counter()
            for _ in range(count):
                token = self.forward(token)
            return middle - start, time.perf_counter() - middle


class CTranslate2:
    def __init__(self, element, threads):
        import ctranslate2
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "model")
        self.convert(ctranslate2, path)
        kind = {"f32": "float32", "bf16": "bfloat16", "int8": "int8"}[element]
        self.generator = ctranslate2.Generator(path, compute_type=kind, intra_threads=threads)

    @staticmethod
    def convert(ctranslate2, path):
        tensors = weights()
        spec = ctranslate2.specs.TransformerDecoderModelSpec.from_config(
            LAYERS, HEADS, pre_norm=True, activation=ctranslate2.specs.Activation.GELUTanh)

        def set_norm(target, name):
            target.gamma, target.beta = tensors[name]

        def set_linear(target, name):
            target.weight, target.bias = tensors[name]

        spec.decoder.scale_embeddings = False
        spec.decoder.embeddings.weight = spec.decoder.projection.weight = tensors["wte"]
        spec.decoder.position_encodings.encodings = tensors["wpe"]
        set_norm(spec.decoder.layer_norm, "ln_f")
        for block, layer in enumerate(spec.decoder.layer):
            set_norm(layer.self_attention.layer_norm, f"{block}.ln_1")
            set_linear(layer.self_attention.linear[0], f"{block}.attn.c_attn")
            set_linear(layer.self_attention.linear[1], f"{block}.attn.c_proj")
            set_norm(layer.ffn.layer_norm, f"{block}.ln_2")
            set_linear(layer.ffn.linear_0, f"{block}.mlp.c_fc")
            set_linear(layer.ffn.linear_1, f"{block}.mlp.c_proj")
        spec.register_vocabulary([f"t{token}" for token in range(VOCABULARY)])
        spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = "t50256"
        spec.validate()
        os.mkdir(path)
        spec.save(path)

    def run(self, prompt, count):
        tokens = [f"t{token}" for token in prompt]

        def seconds(length):
            start = time.perf_counter()
            self.generator.generate_batch([tokens], max_length=length, min_length=length, sampling_topk=1, include_prompt_in_result=False)
            return time.perf_counter() - start

        first = seconds(1)
        return first, seconds(1 + count) - first


PEERS = {"torch": (Torch, ("f32", "bf16")), "ctranslate2": (CTranslate2, ("f32", "int8"))}


def peer(name, element, prompt, threads):
    import random
    machine = PEERS[name][0](element, threads)
    ids = random.Random(1).choices(range(VOCABULARY), k=prompt)
    machine.run(ids[:8], 2)
    times = [machine.run(ids, GENERATED) for _ in range(3)]
    prefill, decode = (statistics.median(column) for column in zip(*times))
    return {"prefill_tok_per_s": prompt / prefill, "decode_tok_per_s": GENERATED / decode}


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("elements", "f32,bf16,int8"), ("threads", "1,2"), ("prompts", "64,512,1024"), ("peers", ",".join(PEERS))):
        parser.add_argument(f"--{name}", default=default)
    options = parser.parse_args()
    lists = {name: value.split(",") for name, value in vars(options).items()}
    for element in lists["elements"]:
        for threads in map(int, lists["threads"]):
            for length in map(int, lists["prompts"]):
                prompt = min(length, CONTEXT - GENERATED)
                row = run([BENCH, "gpt", "--element", element, "--prompt", prompt, "--generate", GENERATED, "--threads", threads])
                head = f"{element:5} {threads} thread{'s' if threads > 1 else ' '} prompt {prompt:4}"
                print(f"{head} gobbet      {row['prefill_tok_per_s']:7.0f} {row['decode_tok_per_s']:6.1f}"
                      f"   {row['prefill_of_limit']:.0%} of the arithmetic, {row['decode_of_limit']:.0%} of the reading limit", flush=True)
                for name in lists["peers"]:
                    if element not in PEERS[name][1] or not importlib.util.find_spec(name):
                        continue
                    other = run([sys.executable, __file__, "peer", name, element, prompt, threads])
                    print(f"{head} {name:11} {other['prefill_tok_per_s']:7.0f} {other['decode_tok_per_s']:6.1f}"
                          f"   Gobbet {row['prefill_tok_per_s'] / other['prefill_tok_per_s']:.2f} x, {row['decode_tok_per_s'] / other['decode_tok_per_s']:.2f} x", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["peer"]:
        print(json.dumps(peer(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))))
    else:
        main()
