"""Writes pipelines.jsonl: small tokenizers that split by expressions, and what `tokenizers` makes of texts.

The lines are like those of Fixtures/pipelines/cases.jsonl, and have the same base.

Usage: make_pipelines.py FOLDER          Needs: pip install tokenizers==0.23.3
"""
import json
import os
import random
import sys

from tokenizers import Tokenizer

WORDS = ["the", "then", "12", "345", " ", "  ", "\t", "\n", "é", "e\u0301", "中文", "x", "'s", "_", "½", "👍🏽", "\u200d", "A"]
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def split(expression, behavior="Isolated", invert=False):
    return dict(type="Split", pattern=dict(Regex=expression), behavior=behavior, invert=invert)


def byte_level(prefix=False, splits=False):
    return dict(type="ByteLevel", add_prefix_space=prefix, trim_offsets=True, use_regex=splits)


def sequences():
    for behavior in BEHAVIORS:
        for invert in [False, True]:
            yield [split(r"\w+|\s(?=\S)", behavior, invert), byte_level()]
    yield [split(r"\p{N}{1,3}"), split(r" ?[^\s\p{N}]+|\s+(?!\S)|\s+"), byte_level()]
    yield [split(r"\p{N}+"), split(r"(?=(\d{3})+(?!\d))"), byte_level()]
    yield [split(r"[\p{Han}]+", "Contiguous"), dict(type="Digits", individual_digits=True), byte_level()]
    yield [split(r"\s", "MergedWithNext"), byte_level(splits=True)]
    yield [split(r"\w+"), byte_level(prefix=True)]
    yield [split(r"\w+", "Removed", True), byte_level(prefix=True, splits=True)]
    yield [dict(type="Digits", individual_digits=False), split(r"(?<=e)(?=\S)|^the"), byte_level()]


def main(folder):
    draw = random.Random(20261130)
    with open(os.path.join(folder, "../pipelines/base.json"), encoding="utf-8") as file:
        base = json.load(file)
    with open(os.path.join(folder, "pipelines.jsonl"), "w", encoding="utf-8") as file:
        for sequence in sequences():
            parts = dict(pre_tokenizer=dict(type="Sequence", pretokenizers=sequence))
            tokenizer = Tokenizer.from_str(json.dumps(dict(base, **parts)))
            texts = ["", " ", "  the", *("".join(draw.choices(WORDS, k=draw.randint(1, 9))) for _ in range(20))]
            ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
            decoded = [tokenizer.decode(each, skip_special_tokens=False) for each in ids]
            json.dump(dict(parts=parts, texts=texts, ids=ids, decoded=decoded), file, ensure_ascii=False,
                      separators=(",", ":"))
            file.write("\n")


main(sys.argv[1])
