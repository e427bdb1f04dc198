#!/bin/bash
# Guess: AutoTokenizer.from_pretrained(folder, gguf_file=NAME) gives the control tokens of a GGUF file the ids
# that the file gives them, whatever characters they are made of.
# Behaviour: not in a byte-level vocabulary (tokenizer.ggml.model "gpt2") for tokens outside ASCII, such as
# DeepSeek's "<｜User｜>" with its wide bars. The token is cut into bytes. One that begins a text by its
# role gets a new id behind the vocabulary: with 260 tokens in the file, each text begins with id 261, for
# which the embedding has no row. "<|im_end|>" of the same file is found whole, under its own id.
# Versions: transformers 5.24.0, tokenizers 0.23.3, gguf 0.19.0, torch 2.13.0. Date: 2026-12-01.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.24.0 tokenizers==0.23.3 gguf==0.19.0 \
  torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 venv/bin/python - <<'PYTHON'
import numpy
from gguf import GGUFWriter
from tokenizers.pre_tokenizers import ByteLevel
from transformers import AutoTokenizer

alphabet = sorted(ByteLevel.alphabet())
start, user, end = controls = ["<｜begin▁of▁sentence｜>", "<｜User｜>", "<|im_end|>"]
tokens = alphabet + ["ab"] + controls
writer = GGUFWriter("made.gguf", "qwen2")
for add in (writer.add_context_length, writer.add_embedding_length, writer.add_feed_forward_length):
    add(32)
for add in (writer.add_block_count, writer.add_head_count, writer.add_head_count_kv):
    add(1)
writer.add_layer_norm_rms_eps(1e-6)
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("deepseek-r1-qwen")
writer.add_token_list(tokens)
writer.add_token_types([3 if token in controls else 1 for token in tokens])
writer.add_token_merges(["a b"])
writer.add_bos_token_id(tokens.index(start))
writer.add_eos_token_id(tokens.index(end))
writer.add_add_bos_token(True)
writer.add_tensor("token_embd.weight", numpy.zeros((len(tokens), 32), dtype=numpy.float32))
writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file()
writer.close()

tokenizer = AutoTokenizer.from_pretrained(".", gguf_file="made.gguf")
print(len(tokens), "tokens in the file,", len(tokenizer), "in the tokenizer; vocabulary of the file:",
      {token: tokens.index(token) for token in controls})
seen = {text: tokenizer(text).input_ids for text in ["ab", user, end]}
print("start:", tokenizer.bos_token_id, "encoded:", seen)
first = tokenizer.bos_token_id
assert len(tokens) == 260 and first == 261, "the behaviour has changed"
assert seen["ab"] == [first, tokens.index("ab")], "the behaviour has changed"
assert seen[end] == [first, tokens.index(end)], "the behaviour has changed"
assert len(seen[user]) == 1 + len(user.encode()), "the behaviour has changed"
PYTHON
