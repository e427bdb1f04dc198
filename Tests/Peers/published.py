"""Compares the ids of published vocabularies with those of the library that each file is for.

    published.py GOBBET FOLDER CORPUS...

FOLDER holds published files, whose names end in tokenizer.json, tekken.json, .model, .tiktoken or .vocab.gguf,
perhaps with .zst. The corpora are JSON Lines with a `text`, perhaps with .zst. Each file encodes 2,000 documents that
are drawn from them, of at most 20,000 characters, and every assigned scalar by itself, within a word, between spaces
and between digits, sixteen scalars a document, and 500 texts of special tokens of many models, words and white space.
Special tokens count where the library finds them: in files for tokenizers, and for llama.cpp once with and once
without. The table says how many documents differ; a file that Gobbet refuses is named with the
reason. The exit code is 1 if a document differs.

Needs: pip install tokenizers==0.23.3 tiktoken==0.14.0 sentencepiece==0.2.3 zstandard, and for GGUF
llama-cpp-python==0.3.36
"""

from __future__ import annotations

import base64
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator

Encode = Callable[[str], list[int]]

GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
KIMI = "|".join(
    [
        r"[\p{Han}]+",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)
RANK_PATTERNS = {"llama3": LLAMA3, "whisper": GPT2, "gpt2": GPT2, "kimi": KIMI}


def opened(path: pathlib.Path) -> io.TextIOWrapper:
    """The text of a file that may be compressed."""
    if path.suffix != ".zst":
        return path.open(encoding="utf-8")
    import zstandard

    return io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(path.open("rb")), encoding="utf-8")


def drawn_documents(corpora: list[pathlib.Path], count: int) -> list[str]:
    """Documents of all corpora, drawn with a fixed seed."""
    draw = random.Random(17)
    documents = []
    for corpus in corpora:
        with opened(corpus) as lines:
            texts = [json.loads(line)["text"] for line in lines]
        documents += draw.sample(texts, min(len(texts), -(-count // len(corpora))))
    return [text[:20_000] for text in documents[:count]]


def scalar_documents() -> Iterator[str]:
    """Every assigned scalar in four contexts."""
    assigned = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
    for start in range(0, len(assigned), 16):
        yield "".join(f"{scalar}\na{scalar}b\n {scalar} \n1{scalar}2\n" for scalar in assigned[start : start + 16])


SPECIALS = (
    "</s> <s> <unk> <pad> <bos> <eos> <mask> [MASK] [CLS] [SEP] [PAD] <|endoftext|> <|user|> <|assistant|> <|end|> <|im_start|> "
    "<|im_end|> <|eot_id|> <|begin_of_text|> <start_of_turn> <end_of_turn> <|fim_prefix|> <|fim_middle|> <fim_prefix> "
    "<fim_suffix> <PRE> <|channel|> <|message|> <think>"
).split()


def special_documents() -> list[str]:
    """Texts of special tokens, words and white space."""
    draw = random.Random(18)
    others = [" ", "  ", "\n", "\n\n", "\t", "word", "Hi", "1", ".", "é", "▁", "<", ">"]
    return ["".join(draw.choice(draw.choice([SPECIALS, others])) for _ in range(draw.randint(1, 9))) for _ in range(500)]


def tiktokens(ranks: dict[bytes, int], pattern: str) -> Encode:
    """An encoder of tiktoken's."""
    import tiktoken

    return tiktoken.Encoding("published", pat_str=pattern, mergeable_ranks=ranks, special_tokens={}).encode_ordinary


def peers(path: pathlib.Path) -> list[tuple[str, bool, Encode]]:
    """The library that a file is for, whether it finds special tokens in a text, and its encoder."""
    if not path.name.endswith(".gguf"):
        return [peer(path)]
    import llama_cpp

    model = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)

    def encode(special: bool) -> Encode:
        return lambda text: model.tokenize(text.encode(), add_bos=False, special=special)

    return [("llama.cpp", False, encode(False)), ("llama.cpp, special", True, encode(True))]


def peer(path: pathlib.Path) -> tuple[str, bool, Encode]:
    """The same for other files than GGUF."""
    name = path.name
    if name.endswith("tokenizer.json"):
        import tokenizers

        tokenizer = tokenizers.Tokenizer.from_file(str(path))
        return "tokenizers", True, lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    if name.endswith(".model"):
        import sentencepiece

        return "sentencepiece", False, sentencepiece.SentencePieceProcessor(model_file=str(path)).encode
    if name.endswith(".json"):
        content = json.loads(path.read_text())
        special = content["config"]["default_num_special_tokens"]
        count = content["config"]["default_vocab_size"] - special
        ranks = {base64.b64decode(entry["token_bytes"]): entry["rank"] for entry in content["vocab"][:count]}
        encode = tiktokens(ranks, content["config"]["pattern"])
        return "tiktoken", False, lambda text: [id + special for id in encode(text)]
    ranks = {}
    for line in path.read_bytes().splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    pattern = next(pattern for key, pattern in RANK_PATTERNS.items() if name.startswith(key))
    return "tiktoken", False, tiktokens(ranks, pattern)


def own_ids(gobbet: str, path: pathlib.Path, documents: pathlib.Path, specials: bool) -> list[list[int]] | str:
    """The ids of each document, or the reason why the file is refused."""
    command = [gobbet, "encode", "--vocabulary", str(path), str(documents)]
    if specials:
        command.append("--allow-all-specials")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    return [[int(id) for id in line.split()] for line in done.stdout.split("\n")[:-1]]


def main() -> int:
    """The command."""
    gobbet, folder, *corpora = sys.argv[1:]
    documents = drawn_documents([pathlib.Path(corpus) for corpus in corpora], 2000)
    drawn = len(documents)
    documents += special_documents()
    texts_end = len(documents)
    documents += scalar_documents()
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        stored = pathlib.Path(scratch) / "documents.jsonl"
        stored.write_text("".join(json.dumps({"text": text}) + "\n" for text in documents))
        print(
            f"{drawn} documents, {texts_end - drawn} of special tokens, and {len(documents) - texts_end} of 16 scalars in "
            "four contexts each",
            flush=True,
        )
        for path in sorted(pathlib.Path(folder).iterdir()):
            if not path.name.removesuffix(".zst").endswith((".json", ".model", ".tiktoken", ".vocab.gguf")):
                continue
            if path.suffix == ".zst":
                import zstandard

                plain = pathlib.Path(scratch) / path.stem
                with path.open("rb") as source, plain.open("wb") as target:
                    zstandard.ZstdDecompressor().copy_stream(source, target)
                path = plain
            name = path.name.ljust(32)
            try:
                libraries = peers(path)
            except ImportError as error:
                print(f"{name} left out: {error}", flush=True)
                continue
            for library, specials, encode in libraries:
                ids = own_ids(gobbet, path, stored, specials)
                if isinstance(ids, str):
                    print(f"{name} refused: {ids}", flush=True)
                    continue
                different = [
                    index
                    for index, (text, own) in enumerate(zip(documents, ids, strict=True))
                    if list(encode(text)) != own
                ]
                texts = sum(index < drawn for index in different)
                scalars = sum(index >= texts_end for index in different)
                failed = failed or bool(different)
                example = f", the first is {documents[different[0]][:60]!r}" if different else ""
                counts = f"{texts} documents, {len(different) - texts - scalars} of special tokens, {scalars} of scalars"
                print(f"{name} {library:18} differ: {counts}{example}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
