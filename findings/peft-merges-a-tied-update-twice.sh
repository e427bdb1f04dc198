#!/bin/bash
# Guess: an adapter trained with ensure_weight_tying=True, which is there for models whose output matrix is the
# embedding, gives after merge_and_unload() what it gave before.
# Behaviour: PEFT adapts both names of the one matrix with the same update and merges both, so the shared matrix
# ends as the base plus twice the update, and every output is another. PEFT warns of tied weights in
# the same words as where the option is off. Before the merge, and loaded anew, the adapter is right.
# Versions: peft 0.21.2, transformers 5.24.0, torch 2.13.0. Date: 2026-12-01.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet peft==0.21.2 transformers==5.24.0 torch==2.13.0
cd "$folder"
venv/bin/python 2>log - <<'PYTHON' || { cat log; exit 1; }
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

def model():
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(vocab_size=32, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
                                        num_attention_heads=2, tie_word_embeddings=True)).eval()

ids = torch.arange(8)[None]
with torch.no_grad():
    base = model().lm_head.weight.clone()
    options = LoraConfig(r=4, target_modules=["embed_tokens"], init_lora_weights=False, ensure_weight_tying=True)
    adapted = get_peft_model(model(), options).eval()
    adapted.save_pretrained("adapter")
    update = adapted.base_model.model.lm_head.get_delta_weight("default")
    other = adapted.base_model.model.model.embed_tokens.get_delta_weight("default")
    before = adapted(ids).logits
    again = PeftModel.from_pretrained(model(), "adapter").eval()(ids).logits
    merged = adapted.merge_and_unload()
    after = merged(ids).logits
assert torch.allclose(update, other) and torch.allclose(again, before), "the adapter has changed"
tied = merged.lm_head.weight is merged.model.embed_tokens.weight
once = torch.allclose(merged.lm_head.weight, base + update, atol=1e-5)
twice = torch.allclose(merged.lm_head.weight, base + 2 * update, atol=1e-5)
print("tied:", tied, "base + update:", once, "base + 2 * update:", twice,
      "outputs differ by up to", (after - before).abs().max().item(), "of", before.abs().max().item())
assert (tied, once, twice) == (True, False, True), "the behaviour has changed"
assert not torch.allclose(after, before, atol=1), "the behaviour has changed"
PYTHON
