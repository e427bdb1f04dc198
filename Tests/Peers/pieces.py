"""Draws models of SentencePiece, and compares what Gobbet and `sentencepiece` make of random texts by them.

    pieces.py GOBBET [TEXTS] [SEED]

Models have few characters, and many pieces of equal scores, unused pieces, pieces whose characters are none themselves,
and user-defined ones; half fall back to bytes. Every third has a table of characters, and user-defined pieces that it
and the folding of spaces would change. A hundred texts are drawn for each, 10,000 in all unless TEXTS says
otherwise. Models are also converted to `.gobbet` and to `.model` and read again. The exit code is 1 if a text differs.

Needs: pip install sentencepiece==0.2.3 protobuf
"""

from __future__ import annotations

import json
import pathlib
import random
import subprocess
import sys
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

TEXTS_PER_MODEL = 100


def drawn_model(draw: random.Random, table: bytes = b"") -> bytes:
    """A model whose pieces merge in an order that no training gives, and whose normalizer has a table."""
    model = sentencepiece_model_pb2.ModelProto()
    kinds = model.SentencePiece
    falls_back = draw.random() < 0.5
    letters = draw.sample("abcdé中▁" + ("eﬁ \tＡ" if table else ""), draw.randint(2, 5))

    def add(text: str, score: float, kind: int) -> None:
        model.pieces.append(kinds(piece=text, score=score, type=kind))

    add("<unk>", 0, kinds.UNKNOWN)
    add("<s>", 0, kinds.CONTROL)
    if falls_back:
        for byte in range(256):
            add(f"<0x{byte:02X}>", 0, kinds.BYTE)
    texts = {"".join(draw.choices(letters, k=draw.randint(2, 6))) for _ in range(draw.randint(3, 40))}
    texts |= {letter for letter in letters if draw.random() < 0.8}
    unused = draw.choice([0, 0, 0.2, 0.6])
    defined = draw.choice([0.1, 0.3] if table else [0, 0, 0.1])
    scores = draw.choice([1, 2, 5, 1000])
    for text in sorted(texts, key=lambda text: draw.random()):
        kind = draw.random()
        chosen = kinds.UNUSED if kind < unused else kinds.USER_DEFINED if kind > 1 - defined else kinds.NORMAL
        add(text, -float(draw.randrange(scores)), chosen)
    model.trainer_spec.model_type = 2
    model.trainer_spec.byte_fallback = falls_back
    model.trainer_spec.vocab_size = len(model.pieces)
    model.normalizer_spec.name = "user_defined" if table else "identity"
    if table:
        model.normalizer_spec.precompiled_charsmap = table
    model.normalizer_spec.remove_extra_whitespaces = bool(table) and draw.random() < 0.5
    model.normalizer_spec.add_dummy_prefix = draw.random() < 0.5
    return bytes(model.SerializeToString())


def drawn_text(draw: random.Random, others: str = "") -> str:
    """A text of a few letters, some of which aren't pieces."""
    letters = draw.sample("abcdé中 xy" + others, draw.randint(1, 6))
    return "".join(draw.choices(letters, k=draw.randint(0, 40)))


def run(gobbet: str, *arguments: str) -> str:
    """What the command prints."""
    done = subprocess.run([gobbet, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def main() -> int:
    """The command."""
    gobbet = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    draw = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    compared = different = 0
    tabled = sentencepiece_model_pb2.ModelProto()
    fixtures = pathlib.Path(__file__).resolve().parents[2] / "Fixtures/sentencepiece"
    tabled.ParseFromString((fixtures / "table.model").read_bytes())
    table = tabled.normalizer_spec.precompiled_charsmap
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for number in range(count // TEXTS_PER_MODEL):
            has_table = number % 3 == 0
            data = drawn_model(draw, table if has_table else b"")
            (folder / "m.model").write_bytes(data)
            others = "e\u0301ﬁ\t\u3000ＡA▁" if has_table else ""
            texts = [drawn_text(draw, others) for _ in range(TEXTS_PER_MODEL)]
            (folder / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
            files = ["m.model"]
            if number % 10 == 0:
                for before, after in [("m.model", "m.gobbet"), ("m.gobbet", "again.model")]:
                    run(gobbet, "convert", str(folder / before), "--output", str(folder / after), "--quiet", "--force")
                    files.append(after)
            expected = sentencepiece.SentencePieceProcessor(model_proto=data).encode(texts)
            for name in files:
                lines = run(gobbet, "encode", "--vocabulary", str(folder / name), str(folder / "texts.jsonl"))
                for text, line, ids in zip(texts, lines.split("\n")[:-1], expected, strict=True):
                    compared += 1
                    if [int(id) for id in line.split()] != ids:
                        different += 1
                        if different <= 20:
                            print(f"model {number}, {name}, {text!r}: {line}, not {ids}")
    print(f"{compared} texts, {different} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
