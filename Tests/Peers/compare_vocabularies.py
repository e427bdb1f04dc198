"""Compares the ids of a published vocabulary with those of its own library, and the text that they become again.

Usage: compare_vocabularies.py VOCABULARY CORPUS...

VOCABULARY is a tokenizer.json (compared with tokenizers), a .model (sentencepiece) or a GGUF (llama-cpp-python). The texts
are 2,000 documents drawn from the corpora, JSON Lines with a `text`, plain or .zst, and every assigned scalar in context.
With --added, added and special tokens count as the library's own default has it; without, the library is told of none.

Needs `make build`, and from PyPI zstandard and the library.
"""
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import unicodedata

GOBBET = os.environ.get("GOBBET") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release", "gobbet")


def documents(paths, count=2000):
    import zstandard
    found = []
    for path in paths:
        with open(path, "rb") as raw:
            stream = zstandard.ZstdDecompressor().stream_reader(raw) if path.endswith(".zst") else raw
            found += [json.loads(line)["text"] for line in io.TextIOWrapper(stream, encoding="utf-8")]
    return random.Random(17).sample(found, min(count, len(found)))


def scalars():
    """Every assigned scalar, alone, between letters, after a space and in front of a digit; eight in a text."""
    assigned = [c for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]
    contexts = [f"x{chr(c)}y {chr(c)} {chr(c)}1 {chr(c)}{chr(c)}\n" for c in assigned]
    return ["".join(contexts[start:start + 8]) for start in range(0, len(contexts), 8)]


def peer(path, added):
    """The library's functions from text to ids, and back where it is compared."""
    if path.endswith(".gguf"):
        import llama_cpp
        model = llama_cpp.Llama(path, vocab_only=True, verbose=False)
        return lambda text: model.tokenize(text.encode(), add_bos=False, special=added), None
    if path.endswith(".model"):
        import sentencepiece
        return sentencepiece.SentencePieceProcessor(model_file=path).encode, None
    import tokenizers
    with open(path, encoding="utf-8") as file:
        content = json.load(file)
    if not added:
        content["added_tokens"] = [each for each in content["added_tokens"] if not each["special"]]
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(content))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return (lambda text: tokenizer.encode(text, add_special_tokens=False).ids,
            lambda ids: tokenizer.decode(ids, skip_special_tokens=False))


def main(arguments):
    added = "--added" in arguments
    path, *corpora = [each for each in arguments if each != "--added"]
    encode, decode = peer(path, added)
    texts = documents(corpora) + scalars()
    with tempfile.TemporaryDirectory() as folder:
        corpus = f"{folder}/texts.jsonl"
        with open(corpus, "w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        options = ["--allow-all-specials"] if added else []
        command = [GOBBET, "encode", "-v", path, corpus, *options]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        ids = [list(map(int, line.split())) for line in lines]
        assert len(ids) == len(texts), (len(ids), len(texts))
        different = [text for text, own in zip(texts, ids) if own != list(encode(text))]
        print(f"{path}: {len(texts)} texts, {sum(map(len, ids))} ids, {len(different)} texts with other ids")
        for text in different[:5]:
            print(f"  {text[:200]!r}")
        bad = []
        for each in ids[:40] if decode else []:
            command = [GOBBET, "decode", "-v", path]
            own = subprocess.run(command, check=True, capture_output=True, input=" ".join(map(str, each)).encode()).stdout
            if own.decode() != decode(each):
                bad.append(each)
        if decode:
            print(f"  of 40 documents {len(bad)} decode to another text")
        different += bad
    sys.exit(1 if different else 0)


main(sys.argv[1:])
