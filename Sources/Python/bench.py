"""What the package costs, beside its peers in the same run.

    bench.py encode --vocabulary cl100k_base.tiktoken --pattern cl100k --corpus english.jsonl.zst …
    bench.py import
    bench.py weights [--megabytes 250]
    bench.py loader --vocabulary cl100k_base.tiktoken --pattern cl100k --corpus english.jsonl.zst …

Needs numpy and zstandard; tiktoken, safetensors and torch for what is compared with them, and for
`encode` the program `gobbet-bench` (GOBBET_BENCH, or the build folder of this repository).
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
if not os.environ.get("GOBBET_INSTALLED"):
    sys.path.insert(0, str(HERE))


def median(values: list[float]) -> float:
    return statistics.median(values)


def seconds(body, repeats: int = 5, clock=time.perf_counter) -> float:
    """The median of `repeats` runs."""
    times = []
    for _ in range(repeats):
        start = clock()
        body()
        times.append(clock() - start)
    return median(times)


def documents(paths: list[str]) -> list[str]:
    from gobbet.corpus import documents as read

    return [text.decode() for path in paths for text in read(path)]


# MARK: Encoding


def bench_encode(arguments: argparse.Namespace) -> None:
    """All documents of each corpus, one at a time and in batches, warm; MB of text a CPU second."""
    for path in arguments.corpus:
        bench_encode_corpus(arguments, path)


def bench_encode_corpus(arguments: argparse.Namespace, path: str) -> None:
    import gobbet

    texts = documents([path])
    size = sum(len(text.encode()) for text in texts)
    # An encoder of its own, as the program has, whose caches are as large as the library's.
    encoding = gobbet.Encoding(arguments.vocabulary, pattern=arguments.pattern)
    program = os.environ.get("GOBBET_BENCH", HERE.parent.parent / ".build/release/gobbet-bench")
    command = [program, "encode", "--vocabulary", arguments.vocabulary, "--corpus", path,
               "--cache-mebibytes", "32"]  # fmt: skip
    command += ["--pattern", arguments.pattern] if arguments.pattern else []

    def natively() -> float:
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[
            "warm_mb_per_cpu_s"
        ]

    # The clock of this thread: NumPy's own threads spin for a while when they have nothing to do.
    def rate(run, size: int = size) -> float:
        return size / 1e6 / seconds(run, 3, time.thread_time)

    def one_by_one(encode):
        def run() -> None:
            for text in texts:
                encode(text)

        return lambda: rate(run)

    ways = {
        "encode_to_numpy": one_by_one(encoding.encode_to_numpy),
        "encode": one_by_one(encoding.encode),
        "encode_batch_to_numpy": lambda: rate(
            lambda: encoding.encode_batch_to_numpy(texts, num_threads=1)),
        "encode_ordinary_batch": lambda: rate(
            lambda: encoding.encode_ordinary_batch(texts, num_threads=1)),
    }  # fmt: skip
    for way in ways.values():
        way()
    # The programs take turns, since the machine has its moods.
    natives, found = [], {name: [] for name in ways}
    for _ in range(arguments.rounds):
        natives.append(natively())
        for name, way in ways.items():
            found[name].append(way())
    print(f"{path}: {len(texts)} documents of {size / len(texts):.0f} bytes, MB a CPU second")
    base = median(natives)
    print(f"  gobbet-bench encode     {base:7.1f}")
    for name, rates in found.items():
        print(f"  {name:23} {median(rates):7.1f}  {median(rates) / base:5.3f} of gobbet-bench")
    try:
        import tiktoken
        from tiktoken.load import load_tiktoken_bpe
    except ImportError:
        return
    if not arguments.vocabulary.endswith(".tiktoken") or arguments.pattern != "cl100k":
        return
    ranks = load_tiktoken_bpe(arguments.vocabulary)
    pattern = (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    )
    theirs = tiktoken.Encoding("peer", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    few = texts[:200]

    def run() -> None:
        for text in few:
            theirs.encode_to_numpy(text)

    for text in few:
        if theirs.encode_to_numpy(text).tolist() != encoding.encode_to_numpy(text).tolist():
            sys.exit("the ids are not those of tiktoken")
    peer = rate(run, sum(len(text.encode()) for text in few))
    print(f"  tiktoken to numpy       {peer:7.1f}  {peer / base:5.3f} of gobbet-bench, same ids")


# MARK: Importing


def bench_import(arguments: argparse.Namespace) -> None:
    """Milliseconds until the package, and then the library, are there, in a new process."""
    steps = {
        "import gobbet": "import gobbet",
        "and gobbet.Encoding": "import gobbet; gobbet.Encoding",
        "and the library": "import gobbet; gobbet.native_available()",
        "and gobbet.TokenDataset, with NumPy": "import gobbet; gobbet.TokenDataset",
        "import numpy": "import numpy",
        "import tiktoken": "import tiktoken",
        "import safetensors.numpy": "import safetensors.numpy",
    }
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    for name, step in steps.items():
        code = f"import time; t = time.perf_counter(); {step}; print(time.perf_counter() - t)"
        times = []
        for _ in range(9):
            found = subprocess.run([sys.executable, "-c", code], env=environment, text=True,
                                   capture_output=True)  # fmt: skip
            if found.returncode == 0:
                times.append(float(found.stdout) * 1000)
        if times:
            print(f"  {name:37} {median(times):7.1f} ms")


# MARK: Weights


def evict(path: pathlib.Path) -> None:
    """Takes a file out of the page cache."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def bench_weights(arguments: argparse.Namespace) -> None:
    """Opening, and loading with every byte touched, beside safetensors."""
    import gobbet
    import gobbet.torch
    import safetensors
    import safetensors.torch
    import torch

    generator = torch.Generator().manual_seed(1)
    width, layers = 768, max(1, int(arguments.megabytes * 1e6 / 2 / (12 * 768 * 768)))
    shapes = {"wte.weight": (50257, width), "wpe.weight": (1024, width)}
    for layer in range(layers):
        shapes |= {
            f"h.{layer}.attn.c_attn.weight": (width, 3 * width),
            f"h.{layer}.attn.c_proj.weight": (width, width),
            f"h.{layer}.mlp.c_fc.weight": (width, 4 * width),
            f"h.{layer}.mlp.c_proj.weight": (4 * width, width),
            **{f"h.{layer}.{name}": (width,) for name in
               ("ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias", "attn.c_proj.bias",
                "mlp.c_proj.bias", "attn.c_attn.bias", "mlp.c_fc.bias")},
        }  # fmt: skip
    tensors = {
        name: (torch.randn(shape, generator=generator) * 0.02).bfloat16()
        for name, shape in shapes.items()
    }
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        files = {name: pathlib.Path(folder) / name
                 for name in ("raw.gobbet", "compact.gobbet", "m.safetensors")}  # fmt: skip
        safetensors.torch.save_file(tensors, files["m.safetensors"])
        for codec in ("raw", "compact"):
            gobbet.torch.save_file(tensors, files[f"{codec}.gobbet"], codec=codec)
        for name, path in files.items():
            print(f"  {name:15} {path.stat().st_size / 1e6:7.1f} MB, {len(tensors)} tensors")

        def listed() -> None:
            with gobbet.safe_open(files["raw.gobbet"], framework="np") as file:
                file.tensors()

        def listed_by_peer() -> None:
            with safetensors.safe_open(files["m.safetensors"], framework="np") as file:
                file.keys()

        print(f"  open and list: {seconds(listed, 21) * 1000:.2f} ms, "
              f"safetensors {seconds(listed_by_peer, 21) * 1000:.2f} ms")  # fmt: skip

        def touched(loaded) -> None:
            for tensor in loaded.values():
                tensor.view(torch.int16).sum()

        ways = {
            "safetensors": (files["m.safetensors"], safetensors.torch.load_file),
            "gobbet raw": (files["raw.gobbet"], gobbet.torch.load_file),
            "gobbet raw, verified": (
                files["raw.gobbet"], lambda path: gobbet.torch.load_file(path, verify=True)),
            "gobbet compact": (files["compact.gobbet"], gobbet.torch.load_file),
        }  # fmt: skip
        results = {name: {"cold": [], "warm": [], "alone": []} for name in ways}
        for _ in range(arguments.rounds):
            for name, (path, load) in ways.items():
                evict(path)
                start = time.perf_counter()
                touched(load(path))
                results[name]["cold"].append(time.perf_counter() - start)
                results[name]["warm"].append(seconds(lambda: touched(load(path)), 3))
                results[name]["alone"].append(seconds(lambda: load(path), 3))
        for name, times in results.items():
            print(f"  load_file, {name:21} cold {median(times['cold']) * 1000:7.1f} ms, "
                  f"warm {median(times['warm']) * 1000:7.1f} ms, "
                  f"warm without touching {median(times['alone']) * 1000:7.2f} ms")  # fmt: skip


# MARK: Loaders


class Mapped:
    """What people write: windows of a NumPy memmap for a map-style loader."""

    def __init__(self, path: pathlib.Path, length: int) -> None:
        import numpy as np

        self.tokens, self.length = np.memmap(path, dtype=np.uint32, mode="r"), length

    def __len__(self) -> int:
        return (len(self.tokens) - 1) // self.length

    def __getitem__(self, index: int):
        import numpy as np
        import torch

        start = index * self.length
        row = self.tokens[start : start + self.length + 1].astype(np.int64)
        return torch.from_numpy(row[:-1]), torch.from_numpy(row[1:])


def bench_loader(arguments: argparse.Namespace) -> None:
    """Random windows and packed rows of 1,024 by two workers, with loss masks of runs of 100 and without:
    tokens a second beside a NumPy memmap, and a CPU second where the workers are threads."""
    import gobbet
    import numpy as np
    import torch
    from gobbet.torch_data import RowLoader, WindowDataset, WindowLoader, collate
    from torch.utils.data import DataLoader

    length, size = 1024, arguments.batch_size
    encoding = gobbet.Encoding(arguments.vocabulary, pattern=arguments.pattern)
    ids, _ = encoding.encode_batch_to_numpy(documents(arguments.corpus), disallowed_special=())
    tokens = np.tile(ids, -(-arguments.tokens // len(ids)))[: arguments.tokens]

    def rate(loader, limit: float) -> tuple[float, float]:
        """Tokens a second after the first batches, until `limit` seconds have passed, and tokens a
        second of this process."""
        given, start, checked = 0, None, time.perf_counter()
        while True:
            for number, (inputs, *_) in enumerate(loader):
                now = time.perf_counter()
                if start is None:
                    if number == 8:
                        start, used = now, time.process_time()
                    continue
                given += inputs.numel()
                if now - start > limit:
                    return given / (now - start), given / (time.process_time() - used)
            if time.perf_counter() - checked > 60:
                sys.exit("a loader gives nothing")

    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = pathlib.Path(name)
        tokens.tofile(folder / "tokens.bin")
        for codec in ("raw32", "rank"):
            with gobbet.DatasetWriter(folder / f"{codec}.gobbet", encoding, codec=codec) as writer:
                for piece in np.array_split(tokens, 64):
                    writer.add(piece)
        short = np.array_split(tokens, len(tokens) // 800)
        counted = [(np.arange(len(each)) + 37 * number) // 100 % 2 == 0
                   for number, each in enumerate(short)]  # fmt: skip
        for name in ("short", "masked"):
            with gobbet.DatasetWriter(folder / f"{name}.gobbet", encoding, codec="raw32") as writer:
                for first in range(0, len(short), 1000):
                    piece = short[first : first + 1000]
                    if name == "short":
                        writer.add(*piece)
                    else:
                        writer.add_masked(*zip(piece, counted[first : first + 1000], strict=True))
        rows = {name: gobbet.TokenDataset(folder / f"{name}.gobbet").packed_rows(length)
                for name in ("short", "masked")}  # fmt: skip
        torch.manual_seed(1)
        options = {"batch_size": size, "num_workers": 2}
        ways = {
            "NumPy memmap, DataLoader": lambda: DataLoader(
                Mapped(folder / "tokens.bin", length), shuffle=True, **options),
            "raw32, WindowLoader": lambda: WindowLoader(
                folder / "raw32.gobbet", length, size, num_workers=2),
            "raw32, WindowDataset": lambda: DataLoader(
                WindowDataset(folder / "raw32.gobbet", length), shuffle=True, collate_fn=collate,
                **options),
            "rank (zstd), WindowLoader": lambda: WindowLoader(
                folder / "rank.gobbet", length, size, num_workers=2),
            "rank, groups": lambda: WindowLoader(
                folder / "rank.gobbet", length, size, num_workers=2, order="groups"),
            "raw32, masks, WindowLoader": lambda: WindowLoader(
                folder / "masked.gobbet", length, size, num_workers=2),
            "raw32, RowLoader": lambda: RowLoader(rows["short"], size, num_workers=2),
            "raw32, masks, RowLoader": lambda: RowLoader(rows["masked"], size, num_workers=2),
        }  # fmt: skip
        rates: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(arguments.rounds):
            for way, make in ways.items():
                rates[way].append(rate(make(), arguments.seconds))
    print(f"{len(tokens) / 1e6:.0f} million tokens, "
          f"batches of {size} windows of {length}, 2 workers")
    base = median([each for each, _ in rates["NumPy memmap, DataLoader"]])
    for way, found in rates.items():
        here = median([each for each, _ in found])
        print(f"  {way:27} {here / 1e6:7.1f} million tokens a second, "
              f"{here / base:5.2f} of the memmap", end="")  # fmt: skip
        is_of_threads = way.endswith(("WindowLoader", "RowLoader", "groups"))
        used = median([each for _, each in found]) / 1e6
        print(f"; {used:.1f} a CPU second" if is_of_threads else "")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parts = parser.add_subparsers(required=True)
    for name, function in (("encode", bench_encode), ("import", bench_import),
                           ("weights", bench_weights), ("loader", bench_loader)):  # fmt: skip
        part = parts.add_parser(name, description=function.__doc__)
        part.set_defaults(function=function)
        part.add_argument("--rounds", type=int, default=3)
        if name in ("encode", "loader"):
            part.add_argument("--vocabulary", required=True)
            part.add_argument("--pattern")
            part.add_argument("--corpus", nargs="+", required=True)
        if name in ("weights", "loader"):
            part.add_argument("--folder", help="where files are made")
        if name == "weights":
            part.add_argument("--megabytes", type=float, default=170)
        if name == "loader":
            part.add_argument("--tokens", type=int, default=50_000_000)
            part.add_argument("--batch-size", type=int, default=32)
            part.add_argument("--seconds", type=float, default=4)
    arguments = parser.parse_args()
    arguments.function(arguments)


if __name__ == "__main__":
    main()
