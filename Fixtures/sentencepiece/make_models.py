"""Writes small models of SentencePiece, and cases.jsonl: random texts with the ids that each makes of them.

Usage: make_models.py FOLDER          Needs: pip install sentencepiece==0.2.3 protobuf
"""
import json
import os
import random
import sys
import tempfile

import sentencepiece

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Tests/Peers"))
from pieces import drawn_model, drawn_text

DRAW = random.Random(20261130)
WORDS = ["the", "then", "12", "345", " ", "  ", "\t", "\n", "é", "e\u0301", "\u0323", "<a>", "<ab>", "b>", "x",
         "\u00a0", "中", "ﬁ", "Ａ", "ab", "abc", "bcd", "▁", "\u3000", "\u0000", "\U00040000", "👍", "Ⅷ", "no",
         "A", "\u200b", "<s>", "</s>", "<unk>", "<0x41>", "@", "@@"]
# In the trainer's form: code points, a tab, what they become.
RULES = {"é": "e", "e\u0301": "e", "ﬁ": "fi", "\u3000": " ", "\t": " ", "\u200b": "", "Ａ": "A", "Ⅷ": "VIII", "e": "E",
         "ab": "c", "abcd": "d", "\u00a0": " "}
TEXTS = ["the then 12 345 no note then the", "ab abc bcd abcd x the\u00e9 \uff21A", "then then nothing 中 the other",
         "1 12 123 1234", "a  b   c", "VIII fi Fix THE THEN"] * 40


def models(rules):
    plain = dict(normalization_rule_name="identity", remove_extra_whitespaces=False, byte_fallback=True)
    yield "identity", plain
    yield "no-prefix", dict(plain, add_dummy_prefix=False)
    yield "no-bytes", dict(plain, byte_fallback=False)
    yield "spaces", dict(plain, remove_extra_whitespaces=True)
    table = dict(byte_fallback=True, normalization_rule_tsv=rules)
    yield "table", dict(table, remove_extra_whitespaces=True)
    yield "table-keeps-spaces", dict(table, remove_extra_whitespaces=False, add_dummy_prefix=False)
    symbols = dict(user_defined_symbols=["@", "<a>", "ab", "bcd", "▁▁", "\n"])
    yield "symbols", dict(plain, **symbols)
    yield "symbols-no-prefix", dict(plain, add_dummy_prefix=False, **symbols)


def protected_models(rules):
    """Models whose table and folding of spaces would change user-defined symbols."""
    table = dict(normalization_rule_tsv=rules, user_defined_symbols=["e", "ﬁ", "\t", "abc", "Ａ", " x", "  ", "▁the"])
    yield "protected", dict(table, remove_extra_whitespaces=True)
    yield "protected-keeps-spaces", dict(table, remove_extra_whitespaces=False, add_dummy_prefix=False)


def write_trained(models, corpus, temporary, folder, draw, cases):
    """Trains models, and writes them with the ids of texts."""
    for name, options in models:
        sentencepiece.SentencePieceTrainer.train(
            input=corpus, model_prefix=f"{temporary}/{name}", model_type="bpe", vocab_size=330,
            hard_vocab_limit=False, minloglevel=2, character_coverage=1.0, **options)
        os.replace(f"{temporary}/{name}.model", f"{folder}/{name}.model")
        processor = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/{name}.model")
        texts = ["", " ", "  the", "▁", "▁▁", "a▁ ", *(
            "".join(draw.choices(WORDS, k=draw.randint(1, 9))) for _ in range(60))]
        ids = [processor.encode(text) for text in texts]
        json.dump(dict(model=name, texts=texts, ids=ids), cases, ensure_ascii=False, separators=(",", ":"))
        cases.write("\n")


def main(folder):
    with tempfile.TemporaryDirectory() as temporary:
        rules = f"{temporary}/rules.tsv"
        with open(rules, "w", encoding="utf-8") as file:
            for old, new in RULES.items():
                spell = lambda text: " ".join(f"{ord(letter):X}" for letter in text)
                file.write(f"{spell(old)}\t{spell(new)}\n")
        corpus = f"{temporary}/corpus.txt"
        with open(corpus, "w", encoding="utf-8") as file:
            file.write("\n".join(TEXTS) + "\n")
        with open(f"{folder}/cases.jsonl", "w", encoding="utf-8") as cases:
            write_trained(models(rules), corpus, temporary, folder, DRAW, cases)
            # Models that no training gives, without the pieces of bytes, which say little.
            drawn = [model for model in (drawn_model(DRAW) for _ in range(40)) if len(model) < 1500][:6]
            for number, model in enumerate(drawn, 1):
                with open(f"{folder}/drawn-{number}.model", "wb") as file:
                    file.write(model)
                texts = [drawn_text(DRAW) for _ in range(60)]
                ids = sentencepiece.SentencePieceProcessor(model_proto=model).encode(texts)
                json.dump(dict(model=f"drawn-{number}", texts=texts, ids=ids), cases, ensure_ascii=False,
                          separators=(",", ":"))
                cases.write("\n")
            write_trained(protected_models(rules), corpus, temporary, folder, random.Random(24), cases)


main(sys.argv[1])
