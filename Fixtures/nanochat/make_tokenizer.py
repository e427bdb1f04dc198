"""Writes tokenizer.pkl, as nanochat keeps its tokenizer: a pickle of tiktoken's Encoding.

Usage: make_tokenizer.py FOLDER          Needs: pip install tiktoken==0.14.0
"""
import pickle
import sys

import tiktoken

PATTERN = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)"
           r"|\s+")
RANKS = {bytes([byte]): byte for byte in range(256)} | {b"th": 256, b"the": 257}
encoding = tiktoken.Encoding("rustbpe", pat_str=PATTERN, mergeable_ranks=RANKS,
                             special_tokens={"<|bos|>": 258, "<|user_start|>": 259})
assert encoding.encode("<|bos|>the 123", allowed_special="all") == [258, 257, 32, 49, 50, 51]
with open(f"{sys.argv[1]}/tokenizer.pkl", "wb") as file:
    pickle.dump(encoding, file)
