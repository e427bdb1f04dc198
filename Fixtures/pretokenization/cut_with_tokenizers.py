"""Cuts strings as Hugging Face's tokenizers does, by expressions applied one after the other.

Usage: cut_with_tokenizers.py STRINGS < EXPRESSIONS         Needs: pip install tokenizers
STRINGS has a string a line, in hexadecimal UTF-8, EXPRESSIONS an expression a line. Prints the lengths in
bytes of the pieces, a line a string.
"""
import sys

from tokenizers import Regex, pre_tokenizers

stages = [pre_tokenizers.Split(Regex(line.rstrip("\n")), "isolated") for line in sys.stdin]
sequence = pre_tokenizers.Sequence(stages)
for line in open(sys.argv[1]):
    text = bytes.fromhex(line).decode()
    print(*(len(piece.encode()) for piece, _ in sequence.pre_tokenize_str(text)))
