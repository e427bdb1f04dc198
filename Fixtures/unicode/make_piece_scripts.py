"""Prints the scalars whose script sentencepiece 0.2.3 doesn't know: `newerRanges` of PieceScript.swift.

Usage: make_piece_scripts.py      (needs sentencepiece 0.2.3 and regex 2025.9.18 from PyPI)

The trainer makes no piece of characters of two scripts. Each scalar that has a script, or inherits one, is put in front of a
plus sign, which is Common: where that becomes a piece, the scalar is Common to sentencepiece.
"""
import io
import sys

import regex
import sentencepiece

COMMON = regex.compile(r"[\p{Common}\p{Unknown}]")


def main():
    scalars = [chr(value) for value in range(0x110000) if not 0xD800 <= value < 0xE000]
    asked = [scalar for scalar in scalars if not COMMON.match(scalar)]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(scalar + "+" for scalar in asked), model_writer=model, vocab_size=1_000_000, model_type="bpe",
        hard_vocab_limit=False, normalization_rule_name="identity", character_coverage=1.0, minloglevel=2)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = {processor.id_to_piece(index) for index in range(processor.get_piece_size())}
    # Marks that inherit their script go with the plus sign, too: they are asked for behind two scripts.
    inherited = regex.compile(r"\p{Inherited}")
    newer = [ord(scalar) for scalar in asked if scalar + "+" in pieces and not inherited.match(scalar)]
    # U+0953 and U+0954 go with no Latin letter either, but with Devanagari's.
    newer += [ord(scalar) for scalar in asked if inherited.match(scalar) and scalar not in "\u0953\u0954" and is_common(scalar)]
    ranges = []
    for value in sorted(newer):
        gap = range(ranges[-1][1] + 1, value) if ranges else range(0)
        if ranges and all(0xD800 <= other < 0xE000 or COMMON.match(chr(other)) for other in gap):
            ranges[-1][1] = value
        else:
            ranges.append([value, value])
    print(";".join(f"{first:X}-{last:X}" if first < last else f"{first:X}" for first, last in ranges))
    return 0


def is_common(mark):
    """Whether a mark goes with no letter in front of it."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a" + mark] * 9), model_writer=model, vocab_size=1_000, model_type="bpe", hard_vocab_limit=False,
        normalization_rule_name="identity", character_coverage=1.0, minloglevel=2)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return "a" + mark not in {processor.id_to_piece(index) for index in range(processor.get_piece_size())}


if __name__ == "__main__":
    sys.exit(main())
