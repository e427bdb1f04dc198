"""Writes a GGUF file of random weights in the shape of a published model, to measure with.

    random_gguf.py FILE.gguf --type q4_k|q8_0|bf16 [--shape qwen3-0.6b] [--seed 1]

The shape is Qwen3-0.6B's: 28 layers, width 1,024, 16 heads and 8 with keys and values of 128 columns,
feed-forward 3,072, 151,936 tokens, a tied head; some 340 MB in q4_k, 640 in q8_0, 1.2 GB in bf16. Weights have
about the size of trained ones, and every value of a block occurs. The same seed gives the same file. Needs gguf
and numpy; without a vocabulary, for programs that are given ids.
"""
import argparse

import gguf
import numpy as np

SHAPES = {
    # Layers, width, heads, key-value heads, head dimension, feed-forward, vocabulary, context.
    "qwen3-0.6b": (28, 1024, 16, 8, 128, 3072, 151936, 40960),
}
KINDS = {"q4_k": gguf.GGMLQuantizationType.Q4_K, "q8_0": gguf.GGMLQuantizationType.Q8_0,
         "bf16": gguf.GGMLQuantizationType.BF16}
#: The standard deviation of weights.
SPREAD = 0.02


def halves(values):
    """float16 as two bytes each, on an axis of its own."""
    return np.asarray(values, np.float16)[..., None].view(np.uint8)


def matrix(random, kind, rows, columns):
    """Random weights as the file has them, in rows of bytes."""
    if kind == "bf16":
        values = random.standard_normal((rows, columns), np.float32) * np.float32(SPREAD)
        return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    if kind == "q8_0":
        blocks = (rows, columns // 32)
        integers = random.integers(-127, 128, (*blocks, 32), np.int8).view(np.uint8)
        scales = halves(random.uniform(0.8, 1.2, blocks) * SPREAD / 73)
        return np.concatenate([scales, integers], -1).reshape(rows, -1)
    # Superblocks of 256: d, dmin, eight scales and eight minima of 6 bits, 4 bits a weight. A weight is
    # d · scale · bits - dmin · minimum, which has a mean of 0 where dmin is 7.5 d.
    blocks = (rows, columns // 256)
    scale = random.uniform(0.8, 1.2, blocks) * SPREAD / 190
    rest = random.integers(0, 256, (*blocks, 140), np.uint8)
    return np.concatenate([halves(scale), halves(7.5 * scale), rest], -1).reshape(rows, -1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--type", choices=KINDS, required=True)
    parser.add_argument("--shape", choices=SHAPES, default="qwen3-0.6b")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    layers, width, heads, key_heads, head, inside, vocabulary, context = SHAPES[options.shape]
    random = np.random.default_rng(options.seed)
    # Tensors that wait to be written take memory: they go to a file of their own meanwhile.
    writer = gguf.GGUFWriter(options.output, "qwen3", use_temp_file=True)
    writer.add_block_count(layers)
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(inside)
    writer.add_head_count(heads)
    writer.add_head_count_kv(key_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_vocab_size(vocabulary)
    writer.add_tokenizer_model("none")

    def add(name, rows, columns):
        data = matrix(random, options.type, rows, columns)
        writer.add_tensor(f"{name}.weight", data, raw_dtype=KINDS[options.type])

    def add_norm(name, size):
        writer.add_tensor(f"{name}.weight", random.uniform(0.9, 1.1, size).astype(np.float32))

    add("token_embd", vocabulary, width)
    for layer in range(layers):
        part = f"blk.{layer}."
        add_norm(part + "attn_norm", width)
        add(part + "attn_q", heads * head, width)
        add(part + "attn_k", key_heads * head, width)
        add(part + "attn_v", key_heads * head, width)
        add_norm(part + "attn_q_norm", head)
        add_norm(part + "attn_k_norm", head)
        add(part + "attn_output", width, heads * head)
        add_norm(part + "ffn_norm", width)
        add(part + "ffn_gate", inside, width)
        add(part + "ffn_up", inside, width)
        add(part + "ffn_down", width, inside)
    add_norm("output_norm", width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
