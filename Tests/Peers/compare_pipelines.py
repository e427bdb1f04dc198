"""Times what a pipeline costs: compiled expressions, NFC, and loading, against what each is measured by.

Usage: compare_pipelines.py --cl100k RANKS --o200k RANKS --qwen TOKENIZER.json --gemma FILE CORPUS...

Corpora are JSON Lines with a `text`, compressed with zstd. For each of them three rounds run in turn: cl100k's
built-in grammar, the same expression compiled, `tokenizers` with that expression; Qwen's vocabulary as it is, and
without its NFC. Then files are loaded: Qwen's tokenizer.json by Gobbet and by `tokenizers`, Gemma's and o200k's
vocabularies from .gobbet files. Rates are megabytes (10**6 bytes) a second of CPU time on one thread, of passes over a
corpus that was encoded before; medians of the rounds (GOBBET_ROUNDS, 3) are shown, and their ratios against the bounds that they should
keep. The command ends with 1 if one is not kept.

Needs `make build`, and from PyPI tokenizers==0.23.3 and zstandard.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
RELEASE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release")
BENCH = os.environ.get("GOBBET_BENCH") or os.path.join(RELEASE, "gobbet-bench")
GOBBET = os.environ.get("GOBBET") or os.path.join(RELEASE, "gobbet")
ROUNDS = int(os.environ.get("GOBBET_ROUNDS", "3"))

PEER = """
import io, json, resource, sys
import tokenizers
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
start = cpu()
tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1])
tokenizer.encode("hello")
loaded = cpu() - start
rate, count = 0.0, 0
if len(sys.argv) > 2:
    import zstandard
    with open(sys.argv[2], "rb") as raw:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8")
        texts = [json.loads(line)["text"] for line in lines][::8]
    size = sum(len(text.encode()) for text in texts) / 1e6
    for _ in range(2):
        start = cpu()
        count = sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)
        rate = size / (cpu() - start)
print(json.dumps({"load": loaded, "rate": rate, "tokens": count}))
"""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def encode(vocabulary, corpus, *options):
    report = json.loads(run(BENCH, "encode", "--vocabulary", vocabulary, "--corpus", corpus, *options))
    return report["warm_mb_per_cpu_s"], report["checksum"]


def load(vocabulary):
    return json.loads(run(BENCH, "load", "--vocabulary", vocabulary))["load_cpu_ms"]


def peer(*arguments):
    return json.loads(run(sys.executable, "-c", PEER, *arguments))


class Table:
    def __init__(self):
        self.kept = True

    def add(self, name, value, reference, ratio, bound, at_least=True):
        keeps = ratio >= bound if at_least else ratio <= bound
        self.kept = self.kept and keeps
        sign = "≥" if at_least else "≤"
        print(f"{name:48} {value:8.1f} {reference:8.1f}  {ratio:6.3f} {sign} {bound:<5} {'' if keeps else 'NOT KEPT'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ["cl100k", "o200k", "qwen", "gemma"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("corpora", nargs="+")
    options = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        cl100k = os.path.join(folder, "cl100k.json")
        run(GOBBET, "convert", options.cl100k, "--pattern", "cl100k", "--output", cl100k, "--quiet")
        plain = os.path.join(folder, "qwen.json")
        with open(options.qwen) as file:
            content = json.load(file)
        content["normalizer"] = None
        with open(plain, "w") as file:
            json.dump(content, file, ensure_ascii=False)
        stored = {}
        for name in ["gemma", "o200k"]:
            stored[name] = os.path.join(folder, f"{name}.gobbet")
            source = getattr(options, name)
            if not source.endswith(".gobbet"):
                # A GGUF file's tensors stay behind.
                middle = os.path.join(folder, f"{name}.json")
                pattern = ["--pattern", "o200k"] if name == "o200k" else []
                run(GOBBET, "convert", source, *pattern, "--output", middle, "--quiet")
                source = middle
            run(GOBBET, "convert", source, "--output", stored[name], "--quiet")
        print(f"{'':48} {'this':>8} {'that':>8}   ratio")
        for corpus in options.corpora:
            rows = {"built-in": [], "compiled": [], "tokenizers": [], "NFC": [], "plain": []}
            for _ in range(ROUNDS):
                sums = []
                for name, more in [("built-in", []), ("compiled", ["--compiled"])]:
                    rate, checksum = encode(options.cl100k, corpus, "--pattern", "cl100k", *more)
                    rows[name].append(rate)
                    sums.append(checksum)
                if sums[0] != sums[1]:
                    sys.exit(f"{corpus}: the compiled expression gives other ids")
                rows["tokenizers"].append(peer(cl100k, corpus)["rate"])
                rows["NFC"].append(encode(options.qwen, corpus)[0])
                rows["plain"].append(encode(plain, corpus)[0])
            middle = {name: statistics.median(values) for name, values in rows.items()}
            name = os.path.basename(corpus).split(".")[0]
            for first, second, bound in [
                ("compiled", "built-in", 0.6), ("compiled", "tokenizers", 8), ("NFC", "plain", 0.95)
            ]:
                table.add(
                    f"{name}, MB/s: {first} against {second}", middle[first], middle[second],
                    middle[first] / middle[second], bound)
        own, other = [], []
        for _ in range(ROUNDS):
            own.append(load(options.qwen))
            other.append(1000 * peer(options.qwen)["load"])
        own, other = statistics.median(own), statistics.median(other)
        table.add("load, CPU ms: Qwen against tokenizers", own, other, own / other, 0.334, False)
        gemma, o200k = (statistics.median(load(stored[name]) for _ in range(ROUNDS)) for name in ["gemma", "o200k"])
        table.add("load, CPU ms: Gemma's .gobbet against o200k's", gemma, o200k, gemma / o200k, 2, False)
    sys.exit(0 if table.kept else 1)


if __name__ == "__main__":
    main()
