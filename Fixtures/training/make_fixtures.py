"""Trains small vocabularies of characters on the lines of ../corpus-heldout, with sentencepiece 0.2.3 and tokenizers 0.23.3.

Usage: make_fixtures.py      (needs both from PyPI)

Writes NAME.model and NAME.json into this folder. `PieceTrainingTests` trains the same from the same lines.
"""
import glob
import io
import json
import os

import sentencepiece
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

FOLDER = os.path.dirname(os.path.abspath(__file__))

PIECES = {
    "plain": {"vocab_size": 700, "character_coverage": 0.98},
    "bytes": {"vocab_size": 800, "character_coverage": 0.99, "byte_fallback": True, "split_digits": True, "pad_id": 3},
    "symbols": {"vocab_size": 900, "character_coverage": 0.98, "user_defined_symbols": ["<x>", "the"], "control_symbols": ["<c>"],
                "required_chars": "ß€"},
    "spaces": {"vocab_size": 900, "character_coverage": 1.0, "add_dummy_prefix": False, "remove_extra_whitespaces": False,
               "allow_whitespace_only_pieces": True, "split_by_unicode_script": False, "max_sentencepiece_length": 6},
    "exhausted": {"vocab_size": 90000, "hard_vocab_limit": False, "max_sentencepiece_length": 2, "character_coverage": 0.98},
    "joined": {"vocab_size": 700, "character_coverage": 0.98, "split_by_whitespace": False, "split_by_number": False},
}
TOKENS = {
    "metaspace": {"prepend_scheme": "always", "vocab_size": 1000, "special_tokens": ["<unk>", "<s>"]},
    "fallback": {"prepend_scheme": "never", "vocab_size": 1200, "special_tokens": ["<unk>"], "byte_fallback": True,
                 "max_token_length": 8, "min_frequency": 3},
    "digits": {"prepend_scheme": "always", "vocab_size": 1000, "special_tokens": ["<unk>"], "digits": True,
               "initial_alphabet": ["ß", "€"]},
}


def lines():
    """The lines of the texts, without their ends, as sentencepiece reads files."""
    for path in sorted(glob.glob(os.path.join(FOLDER, "..", "corpus-heldout", "*"))):
        with open(path, encoding="utf-8", newline="\n") as file:
            yield from (line.removesuffix("\n") for line in file)


def main():
    for name, settings in PIECES.items():
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=lines(), model_writer=model, model_type="bpe", normalization_rule_name="identity", minloglevel=2,
            **settings)
        with open(os.path.join(FOLDER, f"{name}.model"), "wb") as file:
            file.write(model.getvalue())
    for name, settings in TOKENS.items():
        settings = dict(settings)
        falls_back = settings.pop("byte_fallback", False)
        scheme = settings.pop("prepend_scheme")
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=falls_back))
        steps = [pre_tokenizers.Metaspace(prepend_scheme=scheme)]
        if settings.pop("digits", False):
            steps.append(pre_tokenizers.Digits(individual_digits=True))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
        if falls_back:
            tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
            settings["special_tokens"] = settings["special_tokens"] + [f"<0x{byte:02X}>" for byte in range(256)]
        else:
            tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme)
        paths = sorted(glob.glob(os.path.join(FOLDER, "..", "corpus-heldout", "*")))
        tokenizer.train(paths, trainers.BpeTrainer(show_progress=False, **settings))
        data = json.loads(tokenizer.to_str())
        # Byte tokens are no added tokens: every text that says <0x41> would yield one.
        data["added_tokens"] = [token for token in data["added_tokens"] if not token["content"].startswith("<0x")]
        with open(os.path.join(FOLDER, f"{name}.json"), "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False, separators=(",", ":"))
            file.write("\n")


if __name__ == "__main__":
    main()
