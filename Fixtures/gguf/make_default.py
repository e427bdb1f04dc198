"""Asks llama.cpp how it cuts text for a vocabulary whose file names no pre-tokenizer, or another one.

    gobbet convert Fixtures/tinymodel/model.safetensors -o tiny.gguf
    python3 make_default.py tiny.gguf > default.jsonl
    python3 make_default.py tiny.gguf falcon bloom viking deepseek-llm deepseek-coder minicpm5 spark2_5 laguna \\
        superbpe exaone-moe chameleon > names.jsonl

with gguf 0.19.0 and llama-cpp-python 0.3.36.
"""

import json
import random
import sys
import tempfile

import gguf
from llama_cpp import Llama

PIECES = [*"ab Z9 0123456789 \n\t,.;!?$+<=>^~|'sé中—_-", "'ll", "'re", "   ", "12345", "$5", "a1b2"]


def copy_with_name(source: str, target: str, name: str | None) -> None:
    """The file without its tensors and with this name of a pre-tokenizer."""
    writer = gguf.GGUFWriter(target, "gpt2")
    adders = {
        gguf.GGUFValueType.ARRAY: writer.add_array,
        gguf.GGUFValueType.STRING: writer.add_string,
        gguf.GGUFValueType.UINT32: writer.add_uint32,
        gguf.GGUFValueType.FLOAT32: writer.add_float32,
        gguf.GGUFValueType.BOOL: writer.add_bool,
    }
    for key, field in gguf.GGUFReader(source).fields.items():
        if not key.startswith("GGUF.") and key not in ("general.architecture", "tokenizer.ggml.pre"):
            adders[field.types[0]](key, field.contents())
    if name is not None:
        writer.add_string("tokenizer.ggml.pre", name)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


with tempfile.TemporaryDirectory() as folder:
    for name in sys.argv[2:] or [None]:
        copy_with_name(sys.argv[1], f"{folder}/named.gguf", name)
        model = Llama(f"{folder}/named.gguf", vocab_only=True, verbose=False)
        chance = random.Random(5)
        for _ in range(200 if name is None else 40):
            text = "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 14)))
            ids = model.tokenize(text.encode(), add_bos=False, special=False)
            print(json.dumps({"text": text, "ids": ids} | ({} if name is None else {"name": name})))
