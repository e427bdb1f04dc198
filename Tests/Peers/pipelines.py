"""Draws texts, and compares what Gobbet and `tokenizers` make of them by each step of a pipeline.

    pipelines.py GOBBET [TEXTS] [SEED] [NAME]

The steps are the cases of Fixtures/pipelines, each of which has its own tokenizer.json, and Precompiled with the
table `nmt_nfkc` of SentencePiece. Each takes TEXTS texts, 1,000 unless said otherwise, of the words of the fixtures and
of any assigned scalars; with NAME only cases count whose members have it. Ids are compared.
The exit code is 1 if a text differs.

Needs: pip install tokenizers==0.23.3 sentencepiece==0.2.3
"""

from __future__ import annotations

import base64
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Fixtures/pipelines"
SCALARS = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
MARKS = [scalar for scalar in SCALARS if unicodedata.category(scalar)[0] == "M" or scalar in "\u200c\u200d\u0600\u06dd\u070f"]


def charsmap(folder: pathlib.Path) -> bytes:
    """The table `nmt_nfkc`."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    (folder / "corpus.txt").write_text("abc abd\n" * 10)
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "corpus.txt"), model_prefix=str(folder / "m"), model_type="bpe", vocab_size=11, minloglevel=2
    )
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((folder / "m.model").read_bytes())
    return bytes(model.normalizer_spec.precompiled_charsmap)


def cases(folder: pathlib.Path) -> Iterator[dict[str, object]]:
    """The members of each tokenizer.json."""
    base = json.loads((FIXTURES / "base.json").read_text())
    for line in (FIXTURES / "cases.jsonl").read_text().split("\n")[:-1]:
        yield base | json.loads(line)["parts"]
    table = base64.b64encode(charsmap(folder)).decode()
    steps = base["pre_tokenizer"] | dict(use_regex=False)
    yield base | dict(normalizer=dict(type="Precompiled", precompiled_charsmap=table), pre_tokenizer=steps)


def words() -> list[str]:
    """The words that the fixtures are made of."""
    source = (FIXTURES / "make_fixtures.py").read_text()
    names: dict[str, object] = {}
    exec(source[source.index("WORDS = [") : source.index("def base")], names)
    found = names["MORE_WORDS"]
    assert isinstance(found, list)
    return found


def drawn(draw: random.Random, words: list[str]) -> str:
    """A text: words, scalars of any kind, and marks after them."""
    parts = []
    for _ in range(draw.randint(1, 8)):
        kind = draw.random()
        parts.append(draw.choice(words if kind < 0.5 else SCALARS if kind < 0.8 else MARKS))
    return "".join(parts)


def run(gobbet: str, *arguments: str) -> str:
    """What the command prints."""
    return subprocess.run([gobbet, *arguments], capture_output=True, text=True, check=True).stdout


def main() -> int:
    """The command."""
    gobbet = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    draw = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    name = sys.argv[4] if len(sys.argv) > 4 else ""
    import tokenizers

    vocabulary_words = words()
    compared = different = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for number, case in enumerate(cases(folder), 1):
            text = json.dumps(case)
            if name not in text:
                continue
            (folder / "tokenizer.json").write_text(text)
            tokenizer = tokenizers.Tokenizer.from_str(text)
            for start in range(0, count, 100_000):
                texts = [drawn(draw, vocabulary_words) for _ in range(min(100_000, count - start))]
                stored = folder / "texts.jsonl"
                stored.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
                lines = run(
                    gobbet, "encode", "--vocabulary", f"{folder}/tokenizer.json", str(stored), "--allow-all-specials"
                )
                for text, line in zip(texts, lines.split("\n")[:-1], strict=True):
                    found = [int(id) for id in line.split()]
                    expected = tokenizer.encode(text, add_special_tokens=False).ids
                    compared += 1
                    if found != expected:
                        different += 1
                        if different <= 20:
                            print(f"case {number}: {text!r}: {found}, not {expected}")
    print(f"{compared} texts, {different} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
