"""Merges low-rank adapters that peft saved into a small GPT-2, by `gobbet merge-lora` and by peft.

Usage: compare_lora.py          Needs `make build`, and torch, transformers and peft from PyPI.

Exits with 1 if a weight differs by more than 1e-6.
"""
import os
import subprocess
import sys
import tempfile

import peft
import safetensors.torch
import torch
import transformers

GOBBET = os.environ.get("GOBBET") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", ".build", "release", "gobbet")
LAYERS = ["c_attn", "c_fc", "c_proj"]


def difference(folder, **settings):
    """The largest one between the two merged models."""
    model = transformers.GPT2LMHeadModel.from_pretrained(folder)
    adapted = peft.get_peft_model(model, peft.LoraConfig(
        r=4, lora_alpha=16, target_modules=LAYERS, fan_in_fan_out=True, task_type="CAUSAL_LM", **settings))
    for name, parameter in adapted.named_parameters():
        if "lora_magnitude" in name:
            parameter.data *= 1 + 0.1 * torch.rand_like(parameter)
        elif any(part in name for part in ("lora_", "trainable_tokens_delta", "modules_to_save")):
            torch.nn.init.normal_(parameter, std=0.05)
    adapted.save_pretrained(os.path.join(folder, "adapter"))
    merged = os.path.join(folder, "merged.safetensors")
    subprocess.run([GOBBET, "merge-lora", os.path.join(folder, "model.safetensors"),
                    os.path.join(folder, "adapter"), "-o", merged, "--force"], check=True)
    expected = adapted.merge_and_unload().state_dict()
    return max((expected[name if name in expected else "transformer." + name] - weights).abs().max().item()
               for name, weights in safetensors.torch.load_file(merged).items())


def main():
    torch.manual_seed(1)
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        configuration = transformers.GPT2Config(
            n_embd=64, n_layer=2, n_head=4, vocab_size=300, n_positions=32, bos_token_id=0, eos_token_id=0)
        transformers.GPT2LMHeadModel(configuration).save_pretrained(folder)
        for settings in (
            {}, {"use_rslora": True}, {"use_dora": True}, {"modules_to_save": ["ln_f"]},
            {"trainable_token_indices": {"wte": [1, 5, 7]}},
            {"use_dora": True, "modules_to_save": ["ln_f", "ln_1"], "use_rslora": True,
             "trainable_token_indices": {"wte": [299, 0]}},
        ):
            found = difference(folder, **settings)
            print(f"{settings or 'plain'}: the largest difference is {found:.1e}")
            worst = max(worst, found)
    return 0 if worst <= 1e-6 else 1


if __name__ == "__main__":
    sys.exit(main())
