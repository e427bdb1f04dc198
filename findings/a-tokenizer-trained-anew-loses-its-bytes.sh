#!/bin/bash
# Guess: train_new_from_iterator, which trains "a tokenizer like this one" on other text, keeps the 256 byte
# tokens of a tokenizer whose model says byte_fallback, as Llama's and Gemma's do.
# Behaviour: it keeps byte_fallback and drops "<0x00>" to "<0xFF>", for they are neither special tokens nor in
# the text. A character that the text lacks, formerly some byte tokens, becomes the unknown token.
# Versions: transformers 5.24.0, tokenizers 0.23.3. Date: 2026-12-01.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.24.0 tokenizers==0.23.3
"$folder/venv/bin/python" 2>"$folder/log" - <<'PYTHON' || { cat "$folder/log"; exit 1; }
import json
from tokenizers import Tokenizer, decoders, models, normalizers
from transformers import PreTrainedTokenizerFast

pieces = ["<unk>", "<s>", "</s>", *[f"<0x{byte:02X}>" for byte in range(256)], "▁", "a", "b", "ab"]
model = models.BPE(vocab={piece: id for id, piece in enumerate(pieces)}, merges=[("a", "b")],
                   byte_fallback=True, fuse_unk=True, unk_token="<unk>")
made = Tokenizer(model)
made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
old = PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
new = old.train_new_from_iterator(["abc abc aab bb"] * 10, vocab_size=400)
for name, tokenizer in ("old", old), ("new", new):
    count = sum(token.startswith("<0x") for token in tokenizer.get_vocab())
    fallback = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["byte_fallback"]
    print(name, "byte tokens:", count, "byte_fallback:", fallback, tokenizer.tokenize("ab é"))
    wanted = {"old": (256, True, ["▁", "ab", "▁", "<0xC3>", "<0xA9>"]),
              "new": (0, True, ["▁", "ab", "▁", "<unk>"])}
    assert (count, fallback, tokenizer.tokenize("ab é")) == wanted[name], "the behaviour has changed"
PYTHON
