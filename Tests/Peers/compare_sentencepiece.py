"""Times encoding by SentencePiece's BPE: Gobbet, gigatoken, tokenizers and sentencepiece in turn, and compares their ids.

Usage: compare_sentencepiece.py TOKENIZER.json MODEL CORPUS...

The two files are of one vocabulary, as of Llama 2; corpora are JSON Lines with a `text`, compressed with zstd. Rates are
megabytes (10**6 bytes of UTF-8) a second of CPU time of a process of its own on one thread: cold is the first pass, warm
the median of the next three, of the slow libraries the second. Ids are compared by their number and a checksum.

Needs `make build`, and from PyPI zstandard, gigatoken==0.10.0, tokenizers==0.23.3 and sentencepiece==0.2.3.
"""
import io
import json
import os
import resource
import statistics
import subprocess
import sys

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
BENCH = os.environ.get("GOBBET_BENCH") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release", "gobbet-bench")
PEERS = ["gigatoken", "tokenizers", "sentencepiece"]


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def documents(path):
    import zstandard
    with open(path, "rb") as raw:
        stream = zstandard.ZstdDecompressor().stream_reader(raw)
        return [json.loads(line)["text"] for line in io.TextIOWrapper(stream, encoding="utf-8")]


def encoder(peer, file, model):
    if peer == "gigatoken":
        import gigatoken
        return gigatoken.Tokenizer(file)._backend.encode
    if peer == "tokenizers":
        import tokenizers
        tokenizer = tokenizers.Tokenizer.from_file(file)
        return lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    import sentencepiece
    return sentencepiece.SentencePieceProcessor(model_file=model).encode


def measure(peer, file, model, corpus):
    """One peer in this process."""
    texts = documents(corpus)
    size = sum(len(text.encode()) for text in texts) / 1e6
    encode = encoder(peer, file, model)
    passes = []
    for _ in range(4 if peer == "gigatoken" else 2):
        start = cpu()
        ids = [list(encode(text)) for text in texts] if peer != "gigatoken" else [encode(text) for text in texts]
        passes.append(cpu() - start)
    flat = [id for document in ids for id in document]
    checksum = sum((int(id) + 1) * (2 * index + 1) for index, id in enumerate(flat)) % 2**64
    print(json.dumps({"tokens": len(flat), "checksum": checksum, "cold_mb_per_cpu_s": size / passes[0],
                      "warm_mb_per_cpu_s": size / statistics.median(passes[1:])}))


def main(file, model, corpora):
    for corpus in corpora:
        rows = {}
        command = [BENCH, "encode", "--vocabulary", file, "--corpus", corpus]
        rows["gobbet"] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        for peer in PEERS:
            command = [sys.executable, __file__, "--measure", peer, file, model, corpus]
            rows[peer] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        own = rows["gobbet"]
        print(os.path.basename(corpus))
        for name, row in rows.items():
            cold, warm = row["cold_mb_per_cpu_s"], row["warm_mb_per_cpu_s"]
            same = "same ids" if row["checksum"] == own["checksum"] else f"other ids ({row['tokens']} of them)"
            print(f"  {name:14} cold {cold:7.1f} ({own['cold_mb_per_cpu_s'] / cold:5.2f} ×)"
                  f"  warm {warm:7.1f} ({own['warm_mb_per_cpu_s'] / warm:5.2f} ×)  {same}")


if sys.argv[1] == "--measure":
    measure(*sys.argv[2:6])
else:
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
