"""Merges low-rank adapters that peft saved into small models, by `gobbet merge-lora` and by peft.

Usage: compare_lora.py          Needs `make build`, and torch, transformers and peft from PyPI.

Exits with 1 if a weight differs by more than 1e-6, or an adapter that cannot be merged so is not refused.
"""
import os
import subprocess
import sys
import tempfile
import warnings

import peft
import safetensors.torch
import torch
import transformers

GOBBET = os.environ.get("GOBBET") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release", "gobbet")
SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "vocab_size": 60, "max_position_embeddings": 64}
MODELS = {
    "gpt2": transformers.GPT2Config(
        n_embd=64, n_layer=2, n_head=4, vocab_size=300, n_positions=32, bos_token_id=0, eos_token_id=0),
    "llama": transformers.LlamaConfig(**SMALL, tie_word_embeddings=False),
    "qwen2": transformers.Qwen2Config(**SMALL, tie_word_embeddings=False),
    "qwen3_moe": transformers.Qwen3MoeConfig(
        **SMALL, head_dim=8, moe_intermediate_size=16, num_experts=4, num_experts_per_tok=2),
    "mixtral": transformers.MixtralConfig(**SMALL, num_local_experts=3, num_experts_per_tok=2),
    "gpt_oss": transformers.GptOssConfig(
        **SMALL, head_dim=8, num_local_experts=4, num_experts_per_tok=2, layer_types=["full_attention"] * 2),
}
GPT2 = {"target_modules": ["c_attn", "c_fc", "c_proj"], "fan_in_fan_out": True}
LINEAR = {"target_modules": "all-linear"}
QV = {"target_modules": ["q_proj", "v_proj"]}
EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]
SETTINGS = [
    ("gpt2", GPT2), ("gpt2", GPT2 | {"use_rslora": True}), ("gpt2", GPT2 | {"use_dora": True}),
    ("gpt2", GPT2 | {"modules_to_save": ["ln_f"]}),
    ("gpt2", GPT2 | {"trainable_token_indices": {"wte": [1, 5, 7]}}),
    ("gpt2", GPT2 | {"use_dora": True, "modules_to_save": ["ln_f", "ln_1"], "use_rslora": True,
                     "trainable_token_indices": {"wte": [299, 0]}}),
    ("gpt2", GPT2 | {"lora_bias": True}),
    ("llama", LINEAR), ("llama", LINEAR | {"use_dora": True, "use_rslora": True}),
    ("llama", QV | {"rank_pattern": {"q_proj": 2}, "alpha_pattern": {"v_proj": 3}}),
    ("llama", QV | {"rank_pattern": {r"layers\.[1-9]\.self_attn\.q_proj": 6},
                    "alpha_pattern": {r"^model.layers.0.self_attn.(q|v)_proj": 5}}),
    ("llama", QV | {"layers_to_transform": [1]}),
    ("llama", LINEAR | {"exclude_modules": r".*\.(up|down)_proj"}),
    ("llama", {"target_modules": ["embed_tokens", "q_proj"]}),
    ("llama", {"target_modules": ["embed_tokens", "o_proj"], "use_dora": True}),
    ("llama", {"target_modules": ["lm_head", "k_proj"]}),
    ("llama", QV | {"modules_to_save": ["lm_head", "embed_tokens"]}),
    ("llama", QV | {"init_lora_weights": "orthogonal"}),
    ("qwen2", QV | {"bias": "all"}), ("qwen2", QV | {"bias": "lora_only", "use_rslora": True}),
    ("qwen2", QV | {"lora_bias": True, "trainable_token_indices": [3, 2]}),
    ("qwen3_moe", {"target_parameters": EXPERTS}),
    ("qwen3_moe", {"target_parameters": EXPERTS[1:], "rank_pattern": {"experts.down_proj": 2}} | QV),
    ("mixtral", {"target_parameters": EXPERTS[::-1], "use_rslora": True}),
    ("gpt_oss", {"target_parameters": EXPERTS}),
    ("gpt_oss", {"target_parameters": EXPERTS[:1], "target_modules": ["o_proj"], "bias": "none"}),
]
REFUSED = [
    ("llama", QV | {"init_lora_weights": "pissa"}, "pissa"),
    ("llama", QV | {"layer_replication": [[0, 2], [1, 2]]}, "layer_replication"),
    ("llama", QV | {"alora_invocation_tokens": [1, 2]}, "alora_invocation_tokens"),
]
TRAINED = ("lora_", "trainable_tokens_delta", "modules_to_save", "bias")


def adapt(folder, settings):
    """A model with an adapter that seems to be trained, which it saves."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=4, lora_alpha=16, task_type="CAUSAL_LM", **settings))
    for name, parameter in adapted.named_parameters():
        if "lora_magnitude" in name:
            parameter.data *= 1 + 0.1 * torch.rand_like(parameter)
        elif any(part in name for part in TRAINED) and parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.05)
    adapted.save_pretrained(os.path.join(folder, "adapter"))
    return adapted


def merge(folder):
    merged = os.path.join(folder, "merged.safetensors")
    return merged, subprocess.run(
        [GOBBET, "merge-lora", "-q", os.path.join(folder, "model.safetensors"),
         os.path.join(folder, "adapter"), "-o", merged, "--force"], capture_output=True, text=True, check=False)


def difference(folder, settings):
    """The largest one between the two merged models, as both are saved."""
    adapted = adapt(folder, settings)
    merged, result = merge(folder)
    if result.returncode:
        sys.exit(f"{settings}: {result.stderr}")
    expected = os.path.join(folder, "expected")
    adapted.merge_and_unload().save_pretrained(expected)
    expected = safetensors.torch.load_file(os.path.join(expected, "model.safetensors"))
    found = safetensors.torch.load_file(merged)
    # GPT-2's names lose or keep their prefix.
    names = {name.removeprefix("transformer."): name for name in expected}
    assert {name.removeprefix("transformer.") for name in found} == set(names), set(found) ^ set(expected)
    return max((expected[names[name.removeprefix("transformer.")]] - weights).abs().max().item()
               for name, weights in found.items())


def main():
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.manual_seed(1)
    worst, failed = 0.0, False
    with tempfile.TemporaryDirectory() as folder:
        for name, configuration in MODELS.items():
            transformers.AutoModelForCausalLM.from_config(configuration).save_pretrained(
                os.path.join(folder, name))
        for name, settings in SETTINGS:
            with warnings.catch_warnings(action="ignore"):
                found = difference(os.path.join(folder, name), settings)
            print(f"{name}, {settings}: the largest difference is {found:.1e}")
            worst = max(worst, found)
        for name, settings, word in REFUSED:
            adapt(os.path.join(folder, name), settings)
            _, result = merge(os.path.join(folder, name))
            failed |= result.returncode == 0 or word not in result.stderr
            print(f"{name}, {settings}: {result.stderr.strip()}")
    print(f"peft {peft.__version__}, {len(SETTINGS)} settings: at most {worst:.1e}; {len(REFUSED)} refused")
    return 1 if failed or worst > 1e-6 else 0


if __name__ == "__main__":
    sys.exit(main())
