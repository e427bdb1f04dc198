"""Trains Gobbet and the peers on corpora drawn by seed and compares every merge.

Usage: compare_merges.py CORPUS... [--draws N]     (default 10; JSON Lines with a `text` field, plain or .zst)

Each draw takes some documents at random, a size of 1,000 to 20,000 merges, and Hugging Face's
tokenizers with GPT-2's pattern, the same with Llama 3's, and rustbpe (where installed). Needs
`make build`. Exits with 1 when a merge differs.
"""
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile

from compare import TRAINING_PATTERN, documents

GOBBET = os.environ.get("GOBBET") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release", "gobbet")


def huggingface(texts, size, pattern):
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.BPE())
    if pattern == "gpt2":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(TRAINING_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return [tuple(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]]


def rustbpe(texts, size):
    import rustbpe
    tokenizer = rustbpe.Tokenizer()
    tokenizer.train_from_iterator(iter(texts), size, pattern=TRAINING_PATTERN)
    return [bytes(token) for token, _ in sorted(tokenizer.get_mergeable_ranks(), key=lambda item: item[1])][256:]


def gobbet(folder, corpus, size, pattern, tie_break, name):
    vocabulary, foreign = f"{folder}/v.gobbet", f"{folder}/{name}"
    for command in (
            ["train", corpus, "--size", str(size), "--pattern", pattern, "--tie-break", tie_break, "-q", "-f", "-o", vocabulary],
            ["convert", vocabulary, "-f", "-o", foreign]):
        subprocess.run([GOBBET, *command], check=True, stdout=subprocess.DEVNULL)
    return foreign


def main(arguments):
    draws = int(arguments.pop(arguments.index("--draws") + 1)) if "--draws" in arguments else 10
    texts = list(documents(path for path in arguments if path != "--draws"))
    differences = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(draws):
            rnd = random.Random(seed)
            drawn = rnd.sample(texts, rnd.randrange(len(texts) // 20 + 1, len(texts) // 4 + 2))
            size = 256 + rnd.randrange(1000, 20001)
            corpus = f"{folder}/drawn.jsonl"
            with open(corpus, "w", encoding="utf-8") as file:
                file.writelines(json.dumps({"text": text}) + "\n" for text in drawn)
            for pattern in ("gpt2", "llama3"):
                ours = json.load(open(gobbet(folder, corpus, size, pattern, "huggingface", "v.json"), encoding="utf-8"))
                ours = [tuple(merge) for merge in ours["model"]["merges"]]
                differences += report(seed, f"tokenizers {pattern}", ours, huggingface(drawn, size, pattern), len(drawn))
            if importlib.util.find_spec("rustbpe"):
                import base64
                path = gobbet(folder, corpus, size, "llama3", "bytes", "v.tiktoken")
                ours = [base64.b64decode(line.split()[0]) for line in open(path, "rb")][256:]
                differences += report(seed, "rustbpe llama3", ours, rustbpe(drawn, size), len(drawn))
    return 1 if differences else 0


def report(seed, name, ours, theirs, document_count):
    same = ours == theirs
    place = next((index for index, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]), min(len(ours), len(theirs)))
    print(f"draw {seed}: {document_count} documents, {name}, {len(theirs)} merges:",
          "the same" if same else f"DIFFER at {place} ({len(ours)} here)", flush=True)
    return not same


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
