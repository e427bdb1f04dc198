#!/bin/bash
# Guess: AutoTokenizer.from_pretrained(folder, gguf_file=NAME) splits text as tokenizer.ggml.pre says, and
# refuses, or warns of, a name that it does not know.
# Behaviour: transformers knows some twenty names, "qwen2" and "llama-bpe" among them. For any other
# ("smollm", "starcoder", "deepseek-v3", or one that nobody uses) it splits as GPT-2 does and says nothing. SmolLM
# takes each digit alone; loaded from a GGUF file, "12345" is a single token if the merges allow it.
# Versions: transformers 5.24.0, tokenizers 0.23.3, gguf 0.19.0, torch 2.13.0. Date: 2026-12-01.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.24.0 tokenizers==0.23.3 gguf==0.19.0 \
  torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 venv/bin/python 2>log - <<'PYTHON'
import numpy
from gguf import GGUFWriter
from tokenizers.pre_tokenizers import ByteLevel
from transformers import AutoTokenizer

merges = ["1 2", "12 3", "123 4", "1234 5"]
tokens = sorted(ByteLevel.alphabet()) + [merge.replace(" ", "") for merge in merges] + ["<|end|>"]

def encoded(pre):
    writer = GGUFWriter(f"{pre}.gguf", "llama")
    for add in (writer.add_context_length, writer.add_embedding_length, writer.add_feed_forward_length):
        add(32)
    for add in (writer.add_block_count, writer.add_head_count, writer.add_head_count_kv):
        add(1)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (len(tokens) - 1) + [3])
    writer.add_token_merges(merges)
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_tensor("token_embd.weight", numpy.zeros((len(tokens), 32), dtype=numpy.float32))
    writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file()
    writer.close()
    return AutoTokenizer.from_pretrained(".", gguf_file=f"{pre}.gguf").tokenize("12345")

names = ["qwen2", "llama-bpe", "smollm", "starcoder", "deepseek-v3", "nobody"]
seen = {name: encoded(name) for name in names}
print(seen)
assert seen["qwen2"] == list("12345") and seen["llama-bpe"] == ["123", "4", "5"], "it has changed"
assert all(seen[name] == ["12345"] for name in names[2:]), "the behaviour has changed"
PYTHON
echo "on standard error: $(grep -ciE 'smollm|starcoder|nobody|pre-?tokeni' log || true) lines about it"
! grep -qiE 'smollm|starcoder|nobody|pre-?tokeni' log || { cat log; exit 1; }
