"""Times gobbet-bench and the peers in turn on the same work and prints a line for each.

Usage: compare.py encode VOCABULARY.tiktoken PATTERN CORPUS...    ids and MB of text a CPU second
       compare.py train SIZE CORPUS...                            CPU seconds, reading included for Gobbet only

PATTERN is gpt2, cl100k or o200k; a corpus is JSON Lines with a `text` field, plain or .zst. Needs
`make build`, and from PyPI numpy, zstandard, tiktoken and tokenizers (.venv of `make test` has them);
gigatoken, quicktok, rustbpe and ffbpe join in where they are installed. Exits with 1 when ids differ.
"""
import base64
import importlib.util
import io
import json
import os
import resource
import statistics
import subprocess
import sys

os.environ["RAYON_NUM_THREADS"] = "1"
BENCH = os.environ.get("GOBBET_BENCH") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release", "gobbet-bench")
ROUNDS = 3
PATTERNS = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
             r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
             r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
TRAINING_PATTERN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def documents(paths):
    import zstandard
    for path in paths:
        stream = open(path, "rb")
        if path.endswith(".zst"):
            stream = zstandard.ZstdDecompressor().stream_reader(stream)
        for line in io.TextIOWrapper(stream, encoding="utf-8"):
            yield json.loads(line)["text"]


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def tiktoken_encoder(path, pattern):
    import tiktoken
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in open(path, "rb"))}
    encoding = tiktoken.Encoding("peer", pat_str=PATTERNS[pattern], mergeable_ranks=ranks, special_tokens={})
    return encoding._core_bpe.encode_ordinary


def gigatoken_encoder(path, pattern):
    import gigatoken
    tokenizer = gigatoken.Tokenizer.from_tiktoken(path, **({"pretokenizer": "gpt2"} if pattern == "gpt2" else {}))
    return tokenizer._backend.encode


def quicktok_encoder(path, pattern):
    import quicktok
    return quicktok.get_encoding(f"{pattern}_base").encode_ordinary


def encode(peer, path, pattern, corpora):
    texts = list(documents(corpora))
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    encoder = {"tiktoken": tiktoken_encoder, "gigatoken": gigatoken_encoder, "quicktok": quicktok_encoder}[peer](path, pattern)
    encoder("hello")
    passes = []
    for _ in range(4):
        start = cpu()
        ids = [encoder(text) for text in texts]
        passes.append(cpu() - start)
    checksum, weight = 0, 1
    for document in ids:
        for token in document:
            checksum += (int(token) + 1) * weight
            weight += 2
    return {"cold": megabytes / passes[0], "warm": megabytes / statistics.median(passes[1:]), "checksum": checksum % 2**64}


def train(peer, size, corpora):
    texts = list(documents(corpora))
    start = cpu()
    if peer == "tokenizers":
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(TRAINING_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
            vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    elif peer == "rustbpe":
        import rustbpe
        rustbpe.Tokenizer().train_from_iterator(iter(texts), size, pattern=TRAINING_PATTERN)
    else:
        import ffbpe
        ffbpe.train_bpe(texts, vocab_size=size)
    return {"cpu_s": cpu() - start}


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def rows(own, peers, arguments):
    """The median row of each program over some rounds, every program once a round."""
    present = [peer for peer in peers if importlib.util.find_spec(peer)]
    results = {"gobbet": []} | {peer: [] for peer in present}
    for _ in range(ROUNDS):
        results["gobbet"].append(run(own))
        for peer in present:
            results[peer].append(run([sys.executable, __file__, "peer", peer, *arguments]))
    return {name: {key: statistics.median(row[key] for row in group) for key in group[0]} for name, group in results.items()}


def main(what, *arguments):
    if what == "peer":
        peer, task, *rest = arguments
        row = encode(peer, rest[0], rest[1], rest[2:]) if task == "encode" else train(peer, int(rest[0]), rest[1:])
        print(json.dumps(row))
        return 0
    if what == "train":
        size, *corpora = arguments
        flags = [flag for corpus in corpora for flag in ("--corpus", corpus)]
        table = rows([BENCH, "train", "--size", size, "--pattern", "llama3", *flags], ("tokenizers", "rustbpe", "ffbpe"), ("train", *arguments))
        for name, row in table.items():
            print(f"{name:10} {row['cpu_s']:7.2f} CPU s  {row['cpu_s'] / table['gobbet']['cpu_s']:6.2f} x Gobbet")
        return 0
    vocabulary, pattern, *corpora = arguments
    differences = 0
    for corpus in corpora:
        own = [BENCH, "encode", "--vocabulary", vocabulary, "--pattern", pattern, "--corpus", corpus]
        # quicktok brings its own vocabularies, and has no gpt2.
        peers = ("gigatoken", "tiktoken") if pattern == "gpt2" else ("gigatoken", "quicktok", "tiktoken")
        table = rows(own, peers, ("encode", vocabulary, pattern, corpus))
        ours = table["gobbet"]
        ours["cold"], ours["warm"] = ours["cold_mb_per_cpu_s"], ours["warm_mb_per_cpu_s"]
        for name, row in table.items():
            same = row["checksum"] == ours["checksum"]
            differences += not same
            print(f"{os.path.basename(corpus):24} {name:10} first pass {row['cold']:6.1f} MB/s, Gobbet {ours['cold'] / row['cold']:5.2f} x;"
                  f" warm {row['warm']:6.1f}, {ours['warm'] / row['warm']:5.2f} x; ids {'the same' if same else 'DIFFER'}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
