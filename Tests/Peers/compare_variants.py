"""Compares models with rare settings of their families with transformers, and their GGUF files with llama.cpp.

    compare_variants.py [--gobbet PATH] [--llama PYTHON] [NAME…]

Draws a tiny model for each variant as Fixtures/models/make.py does, and prints the largest difference of a logit
(or of an encoder's state) over the largest: of the safetensors file from transformers, and of the GGUF file made of
it in llama.cpp from transformers. A file that the conversion refuses is told by its message. Needs torch 2.13,
transformers 5.24, safetensors and numpy; --llama names a Python with llama-cpp-python 0.3.36. Exit 1 above 1e-4 of
transformers or 1e-3 of llama.cpp, for a file that llama.cpp does not load, and for a variant that is to be refused
and isn't.
"""
import argparse
import importlib.util
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

ROOT = pathlib.Path(__file__).parent.parent.parent
spec = importlib.util.spec_from_file_location("make", ROOT / "Fixtures/models/make.py")
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)
rope = make.rope

LENGTHS = (5, 16, 17, 40)
YARN = dict(factor=4.0, original_max_position_embeddings=16)
BIASES = dict(attention_bias=True)


def longrope(pairs, original, **more):
    """Settings of LongRoPE for that many pairs of a head."""
    short = [1 + 0.1 * pair for pair in range(pairs)]
    long = [1 + 1.5 * pair for pair in range(pairs)]
    return rope(10000.0, "longrope", short_factor=short, long_factor=long,
                original_max_position_embeddings=original, **more)


def phi3(pairs, original, **more):
    """The same as Phi-3 says it."""
    return dict(original_max_position_embeddings=original, sliding_window=None, **longrope(pairs, original, **more))


# A variant: its family in make.py, what is other, and what the refusal says ("" for none): by us, and of GGUF.
VARIANTS = {
    "llama-biases": ("llama2", dict(attention_bias=True, mlp_bias=True), "", ""),
    "llama-linear": ("llama2", rope(1e4, "linear", factor=4.0), "", ""),
    "llama-dynamic": ("llama2", rope(1e4, "dynamic", factor=4.0), "", ""),
    "llama-yarn": ("llama2", rope(1e4, "yarn", **YARN), "", ""),
    "llama-yarn-mscale": ("llama2", rope(1e4, "yarn", mscale=0.7, mscale_all_dim=0.3, **YARN), "", ""),
    "llama-yarn-factor": ("llama2", rope(1e4, "yarn", attention_factor=0.8, **YARN), "", ""),
    "llama-yarn-exact": ("llama2", rope(1e4, "yarn", truncate=False, **YARN), "", "the rotation"),
    "llama-longrope": ("llama2", longrope(4, 16), "", "the rotation"),
    "llama-relu": ("llama2", dict(hidden_act="relu"), "", "the activation"),
    "llama-relu2": ("llama2", dict(hidden_act="relu2"), "", "the activation"),
    "llama-quick": ("llama2", dict(hidden_act="quick_gelu"), "", "the activation"),
    "llama-part": ("llama2", rope(partial_rotary_factor=0.5), "partial_rotary_factor", ""),
    "mistral-full": ("mistral", dict(sliding_window=None), "", ""),
    "mistral-part": ("mistral", rope(partial_rotary_factor=0.5), "partial_rotary_factor", ""),
    "qwen3-biases": ("qwen3", BIASES, "", "a bias of attention_output"),
    "qwen3-part": ("qwen3", rope(partial_rotary_factor=0.5), "partial_rotary_factor", ""),
    "gemma2-biases": ("gemma2", BIASES, "", "a bias of attention_output"),
    "gemma3-biases": ("gemma3", BIASES, "", "a bias of attention_output"),
    "gemma3-softcap": ("gemma3", dict(attn_logit_softcapping=3.0), "attn_logit_softcapping", ""),
    "olmo2-biases": ("olmo2", BIASES, "", "a bias of attention_output"),
    "smollm3-biases": ("smollm3", BIASES, "", "a bias of attention_output"),
    "granite-biases": ("granite", dict(attention_bias=True, mlp_bias=True), "", ""),
    "neox-bare": ("gpt_neox", dict(attention_bias=False), "", "no bias of attention_output"),
    "neox-sequential": ("gpt_neox", dict(use_parallel_residual=False), "", ""),
    "starcoder2-full": ("starcoder2", dict(sliding_window=None), "", ""),
    "starcoder2-bare": ("starcoder2", dict(sliding_window=None, use_bias=False), "", "no bias of attention_output"),
    "gpt_oss-bare": ("gpt_oss", dict(attention_bias=False), "", "no bias of attention_output"),
    "phi3-full": ("phi3", dict(sliding_window=None), "", ""),
    "phi3-part": ("phi3", dict(sliding_window=None, **rope(partial_rotary_factor=0.5)), "", ""),
    "phi3-long": ("phi3", phi3(4, 16), "", ""),
    "phi3-long-factor": ("phi3", phi3(4, 16, attention_factor=1.1), "", ""),
    "phi3-long-part": ("phi3", phi3(2, 16, partial_rotary_factor=0.5), "", ""),
    "phi3-short": ("phi3", dict(max_position_embeddings=1024, **phi3(4, 512)), "", ""),
    "moe-dense": ("qwen3_moe", dict(mlp_only_layers=[1], num_hidden_layers=4), "", "layers without experts"),
    "moe-sparse": ("qwen3_moe", dict(decoder_sparse_step=2, num_hidden_layers=4), "", "layers without experts"),
    "bert": ("bert", {}, "", ""),
    "bert-relu": ("bert", dict(hidden_act="relu"), "", "the activation"),
}

LLAMA = """
import sys, numpy as np, llama_cpp
path, ids, output, embeds = sys.argv[1], np.load(sys.argv[2]).tolist(), sys.argv[3], sys.argv[4] == "1"
model = llama_cpp.Llama(path, verbose=False, n_ctx=256, n_batch=256, n_ubatch=256, logits_all=not embeds, embedding=embeds,
                        pooling_type=0, type_k=0, type_v=0)
if embeds:
    batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for row, id in enumerate(ids):
        batch.token[row], batch.pos[row], batch.n_seq_id[row], batch.seq_id[row][0], batch.logits[row] = id, row, 1, 0, 1
    assert llama_cpp.llama_encode(model.ctx, batch) == 0
    width = model.n_embd()
    rows = [np.ctypeslib.as_array(llama_cpp.llama_get_embeddings_ith(model.ctx, row), (width,)) for row in range(len(ids))]
else:
    model.eval(ids)
    rows = model.scores[:len(ids)]
np.save(output, np.array(rows, np.float32))
"""


def drawn(family, changes, folder):
    """A model with transformers' answers for prompts of some lengths."""
    kind, parts = make.FAMILIES[family]
    settings = dict(make.SIZES)
    for part in [*parts, changes]:
        settings.update(part)
    if kind == "bert":
        settings.pop("num_key_value_heads")
    config = AutoConfig.for_model(kind, **settings)
    config._attn_implementation = config._experts_implementation = "eager"
    model = AutoModel.from_config(config, add_pooling_layer=False) if kind == "bert" else AutoModelForCausalLM.from_config(config)
    source = torch.Generator().manual_seed(make.SEED)
    make.draw(model, source)
    if getattr(config, "tie_word_embeddings", False):
        model.tie_weights()
    model.eval().save_pretrained(folder)
    model.double()
    answers = []
    for length in LENGTHS:
        ids = torch.randint(3, make.SIZES["vocab_size"], (length,), generator=source)
        with torch.inference_mode():
            output = model(ids[None])
        rows = output.last_hidden_state if kind == "bert" else output.logits
        answers.append((ids.numpy().astype(np.int32), rows[0].float().numpy()))
    return kind == "bert", answers


def difference(found, expected):
    """The largest difference over the largest number."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def last_line(result):
    """What a command said last."""
    return (result.stderr.strip().splitlines() or ["nothing"])[-1]


def compared(name, folder, options):
    """What is to be said of a variant, and whether it is as it should be."""
    family, changes, refusal, gguf_refusal = VARIANTS[name]
    is_encoder, answers = drawn(family, changes, folder)
    ids, output, gguf = folder / "ids.npy", folder / "out.npy", folder / "m.gguf"
    error = 0.0
    for tokens, expected in answers:
        np.save(ids, tokens)
        verb = ["embed", "--all-positions"] if is_encoder else ["logits"]
        result = subprocess.run(
            [options.gobbet, verb[0], folder, "--ids", ids, "-o", output, "-f", "-q", *verb[1:]], capture_output=True, text=True)
        if result.returncode != 0:
            return f"refused: {last_line(result)}", bool(refusal) and refusal in last_line(result)
        error = max(error, difference(np.load(output), expected))
    text, fine = f"{error:.1e} of transformers", error <= 1e-4 and not refusal
    result = subprocess.run(
        [options.gobbet, "convert", folder / "model.safetensors", "-o", gguf, "-f"], capture_output=True, text=True)
    if result.returncode != 0:
        fine &= bool(gguf_refusal) and gguf_refusal in last_line(result)
        return f"{text}; no GGUF: {last_line(result).split(': ', 2)[-1]}", fine
    fine &= not gguf_refusal
    if not options.llama:
        return text, fine
    error = 0.0
    for tokens, expected in answers:
        np.save(ids, tokens)
        # llama.cpp chooses LongRoPE's factors by the context, of 256 at least, and not by the text.
        original = changes.get("original_max_position_embeddings", 0)
        if len(tokens) <= original < 256:
            continue
        result = subprocess.run(
            [options.llama, "-c", LLAMA, gguf, ids, output, str(int(is_encoder))], capture_output=True, text=True)
        if result.returncode != 0:
            return f"{text}; llama.cpp: {last_line(result)}", False
        error = max(error, difference(np.load(output), expected))
    return f"{text}, {error:.1e} in llama.cpp", fine and error <= 1e-3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gobbet", default=str(ROOT / ".build/release/gobbet"))
    parser.add_argument("--llama")
    parser.add_argument("names", nargs="*", default=list(VARIANTS))
    options = parser.parse_args()
    failed = False
    for name in options.names:
        with tempfile.TemporaryDirectory() as folder:
            text, is_fine = compared(name, pathlib.Path(folder), options)
        failed |= not is_fine
        print(f"{name:18} {'' if is_fine else 'WRONG '}{text}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
