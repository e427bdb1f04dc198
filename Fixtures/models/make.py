"""Draws a tiny model of every family and stores what transformers computes with it.

    make.py FOLDER        PyPI: torch 2.13, transformers 5.24, safetensors

FOLDER/FAMILY/ gets config.json, generation_config.json and model.safetensors as `save_pretrained` writes them,
and reference.safetensors: for the prompts 0 and 1 `ids.K`, `logits.K` [T, V] and the 12 likeliest ids that
follow, `greedy.K`; for an encoder `states.K` [T, C]. Everything is computed in float64 and stored in float32.
The weights are random: matrices keep the size of what they are given, so that no part of a layer is idle.
The folders here come from seed 7, and are what the tests of families read.
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

SEED = 7
SIZES = dict(vocab_size=48, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)
WINDOW = dict(sliding_window=8)


def rope(base=10000.0, kind="default", **more):
    """Rotary settings as transformers 5 spells them."""
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=base, **more))


def types(*full, count):
    """Which layers see everything; the others see a window."""
    return dict(layer_types=["full_attention" if i in full else "sliding_attention" for i in range(count)])


LLAMA3 = rope(500000.0, "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=16)
YARN = rope(150000.0, "yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=32.0, beta_slow=1.0)
ALL_HEADS = dict(num_key_value_heads=4)
WIDE = dict(head_dim=12)
TIED, UNTIED = dict(tie_word_embeddings=True), dict(tie_word_embeddings=False)
GEMMA = dict(query_pre_attn_scalar=12, **WIDE, **TIED, **WINDOW)

FAMILIES = {
    "llama2": ("llama", [ALL_HEADS, UNTIED, rope(), dict(vocab_size=260)]),
    "llama3": ("llama", [WIDE, TIED, LLAMA3]),
    "mistral": ("mistral", [WIDE, UNTIED, WINDOW, rope(1e6)]),
    "qwen2": ("qwen2", [TIED, dict(use_sliding_window=False), rope(1e6)]),
    "qwen3": ("qwen3", [WIDE, TIED, rope(1e6)]),
    "qwen3_moe": ("qwen3_moe", [WIDE, UNTIED, rope(1e6), dict(
        num_experts=4, num_experts_per_tok=2, moe_intermediate_size=24, norm_topk_prob=True)]),
    "smollm3": ("smollm3", [TIED, dict(num_hidden_layers=4, no_rope_layers=[1, 1, 1, 0]), rope(5e6)]),
    "olmo2": ("olmo2", [UNTIED, rope(500000.0)]),
    "olmo3": ("olmo3", [UNTIED, WINDOW, dict(num_hidden_layers=4), types(3, count=4), YARN]),
    "gemma2": ("gemma2", [GEMMA, types(1, count=2), rope(), dict(
        attn_logit_softcapping=2.0, final_logit_softcapping=0.5)]),
    "gemma3": ("gemma3_text", [GEMMA, dict(num_hidden_layers=6), types(5, count=6), dict(rope_parameters=dict(
        full_attention=dict(rope_type="default", rope_theta=1e6),
        sliding_attention=dict(rope_type="default", rope_theta=1e4)))]),
    "phi3": ("phi3", [UNTIED, WINDOW, rope()]),
    "gpt_neox": ("gpt_neox", [ALL_HEADS, UNTIED, rope(partial_rotary_factor=0.25)]),
    "starcoder2": ("starcoder2", [TIED, WINDOW, dict(use_bias=True), rope(1e5)]),
    "granite": ("granite", [TIED, rope(), dict(embedding_multiplier=12.0, residual_multiplier=0.22,
                                              attention_multiplier=0.0625, logits_scaling=8.0)]),
    "nanochat": ("nanochat", [ALL_HEADS, UNTIED, rope(), dict(final_logit_softcapping=15.0)]),
    "gpt_oss": ("gpt_oss", [WIDE, UNTIED, WINDOW, types(1, count=2), YARN, dict(
        num_local_experts=4, num_experts_per_tok=2, intermediate_size=24)]),
    "bert": ("bert", [dict(type_vocab_size=2)]),
}


def draw(model, source):
    """Gives every parameter random elements of a fitting size."""
    config = model.config
    embedding = 1.0
    if getattr(config, "tie_word_embeddings", False) and config.model_type != "bert":
        scale = getattr(config, "embedding_multiplier", 1.0)
        if config.model_type.startswith("gemma"):
            scale = config.hidden_size ** 0.5
        embedding = 0.1 / scale
    for name, parameter in sorted(model.named_parameters()):
        noise = torch.randn(parameter.shape, generator=source)
        if parameter.ndim < 2:
            parameter.data = parameter.data.float() + 0.2 * noise
        elif "embed" in name:
            parameter.data = embedding * noise
        else:
            parameter.data = noise / parameter.shape[-1] ** 0.5


@torch.inference_mode()
def answers(model, source):
    """Prompts, and what the model makes of them."""
    tensors = {}
    for number, length in enumerate((5, 27)):
        ids = torch.randint(3, SIZES["vocab_size"], (length,), generator=source)
        tensors[f"ids.{number}"] = ids.to(torch.int32)
        output = model(ids[None])
        if not hasattr(output, "logits"):
            tensors[f"states.{number}"] = output.last_hidden_state[0].float().contiguous()
            continue
        tensors[f"logits.{number}"] = output.logits[0].float().contiguous()
        for _ in range(12):
            following = model(ids[None], use_cache=False).logits[0, -1].argmax()
            ids = torch.cat([ids, following[None]])
        tensors[f"greedy.{number}"] = ids[length:].to(torch.int32)
    return tensors


def main():
    for name, (kind, parts) in FAMILIES.items():
        settings = dict(SIZES)
        for part in parts:
            settings.update(part)
        if kind == "bert":
            settings.pop("num_key_value_heads")
        config = AutoConfig.for_model(kind, **settings)
        config._attn_implementation = config._experts_implementation = "eager"
        if kind == "bert":
            model = AutoModel.from_config(config, add_pooling_layer=False)
        else:
            model = AutoModelForCausalLM.from_config(config)
        source = torch.Generator().manual_seed(SEED)
        draw(model, source)
        if getattr(config, "tie_word_embeddings", False):
            model.tie_weights()
        folder = pathlib.Path(sys.argv[1]) / name
        model.eval().save_pretrained(folder)
        save_file(answers(model.double(), source), folder / "reference.safetensors")


if __name__ == "__main__":
    main()
