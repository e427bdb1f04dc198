"""Writes gemma4.json: tokens and merges of a `gemma4` tokenizer in GGUF, texts, and the ids that llama.cpp gives them.

Usage: make_gemma4.py FILE          Needs: pip install llama-cpp-python==0.3.36 gguf==0.19.0
"""
import json
import random
import sys
import tempfile

import gguf
import llama_cpp

MERGES = ["\n \n", "\n\n \n", "▁ ▁", "h e", "l l", "ll o", "he llo", "▁ hello", "a b", "b c", "ab c", "▁ a", "▁▁ ▁", "o ▁",
          "1 1"]
SPECIAL = [["<pad>", 3], ["<eos>", 3], ["<bos>", 3], ["<unk>", 2], ["<|turn>", 3], ["<x y>", 4]]
WORDS = ["hello", " ", "  ", "\n", "\n\n", "\n\n\n\n", "a", "b", "c", "cd", "wr", "1", "11", "<x y>", "<|turn>", "<bos>", "▁", "Z",
         "Ω", "中", "é", "\t", "<0x41>", "o", "\r\n"]


def tokens():
    found = [*SPECIAL, ["\n", 1], *([f"<0x{byte:02X}>", 6] for byte in range(256))]
    found += [[letter, 1] for letter in "▁abcdehlowré中1."]
    texts = [text for text, _ in found]
    for merge in MERGES:
        text = merge.replace(" ", "")
        if text not in texts:
            found.append([text, 1])
    # Tokens that no merge makes.
    return [*found, ["cd", 1], ["▁wr", 1]]


def main(path):
    every = tokens()
    draw = random.Random(4)
    texts = ["".join(draw.choices(WORDS, k=draw.randint(1, 7))) for _ in range(120)]
    with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        writer = gguf.GGUFWriter(file.name, "llama")
        for add in [writer.add_context_length, writer.add_embedding_length, writer.add_feed_forward_length]:
            add(8)
        for add in [writer.add_block_count, writer.add_head_count]:
            add(1)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_rope_dimension_count(8)
        writer.add_tokenizer_model("gemma4")
        writer.add_token_list([text for text, _ in every])
        writer.add_token_types([kind for _, kind in every])
        writer.add_token_scores([0.0] * len(every))
        writer.add_token_merges(MERGES)
        writer.add_bos_token_id(2)
        writer.add_eos_token_id(1)
        writer.add_unk_token_id(3)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        model = llama_cpp.Llama(file.name, vocab_only=True, verbose=False)
        plain = [model.tokenize(text.encode(), add_bos=False, special=False) for text in texts]
        special = [model.tokenize(text.encode(), add_bos=True, special=True) for text in texts]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(dict(tokens=[text for text, _ in every], kinds=[kind for _, kind in every], merges=MERGES, texts=texts,
                       plain=plain, special=special), file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


main(sys.argv[1])
