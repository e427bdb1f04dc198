"""Compares token datasets with other formats, and packing with other scripts, on the same work.

Usage: compare_tokens.py tokens VOCABULARY PATTERN CORPUS...    bits a token, and tokens decoded a CPU second
       compare_tokens.py pack VOCABULARY.tiktoken PATTERN CORPUS...    CPU seconds from .jsonl.zst to a packed file

Needs `make build`, and from PyPI numpy, zstandard, tiktoken and tokenizers (.venv of `make test` has them); Arrow and Parquet
join in where pyarrow is installed there.
"""
import importlib.util
import io
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
BUILT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release")
BLOCK = 1 << 14
LARGE = 1 << 20
SAMPLE = 2048


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def decoding(count, run):
    """Millions of tokens a CPU second, the best of three runs of at least half a second."""
    best = 0
    for _ in range(3):
        start, runs = cpu(), 0
        while cpu() - start < 0.5:
            run()
            runs += 1
        best = max(best, runs * count / (cpu() - start) / 1e6)
    return best


def zstd_blocks(ids, size, level):
    import numpy as np
    import zstandard
    compressor = zstandard.ZstdCompressor(level=level)
    frames = [compressor.compress(ids[start:start + size].tobytes()) for start in range(0, len(ids), size)]
    decompressor = zstandard.ZstdDecompressor()

    def decode():
        for frame in frames:
            np.frombuffer(decompressor.decompress(frame), "<u4")
    return sum(map(len, frames)), decode


def mds_shards(ids, level=3):
    """MosaicML Streaming's shards: a count, the offsets of the samples, a description, the samples; one
    zstd frame over at most 64 MiB of them. A sample is 2,048 ids of 32 bits with its length in front."""
    import numpy as np
    import zstandard
    description = json.dumps({
        "column_encodings": ["bytes"], "column_names": ["tokens"], "column_sizes": [None], "compression": f"zstd:{level}",
        "format": "mds", "hashes": [], "size_limit": 1 << 26, "version": 2}, sort_keys=True).encode()
    samples = [struct.pack("<I", 4 * len(part)) + part.tobytes()
               for part in (ids[start:start + SAMPLE] for start in range(0, len(ids), SAMPLE))]
    frames, size_limit, first = [], 1 << 26, 0
    compressor = zstandard.ZstdCompressor(level=level)
    while first < len(samples):
        last, size = first, 0
        while last < len(samples) and size + len(samples[last]) < size_limit:
            size += len(samples[last])
            last += 1
        offset, offsets = 4 + 4 * (last - first + 1) + len(description), []
        for sample in samples[first:last]:
            offsets.append(offset)
            offset += len(sample)
        head = struct.pack(f"<I{last - first + 1}I", last - first, *offsets, offset)
        frames.append(compressor.compress(head + description + b"".join(samples[first:last])))
        first = last
    decompressor = zstandard.ZstdDecompressor()

    def decode():
        for frame in frames:
            raw = decompressor.decompress(frame)
            count, = struct.unpack_from("<I", raw)
            offsets = np.frombuffer(raw, "<u4", count + 1, 4)
            for index in range(count):
                np.frombuffer(raw, "<u4", (offsets[index + 1] - offsets[index] - 4) // 4, offsets[index] + 4)
    return sum(map(len, frames)), decode


def arrow_file(ids, path):
    import pyarrow as pa
    schema = pa.schema([("tokens", pa.uint32())])
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as writer:
        for start in range(0, len(ids), BLOCK):
            writer.write_batch(pa.record_batch([pa.array(ids[start:start + BLOCK])], schema=schema))

    def decode():
        reader = pa.ipc.open_file(pa.memory_map(path))
        for index in range(reader.num_record_batches):
            reader.get_batch(index).column(0).to_numpy()
    return os.path.getsize(path), decode


def parquet_file(ids, path):
    import pyarrow as pa
    import pyarrow.parquet as pq
    with pq.ParquetWriter(path, pa.schema([("tokens", pa.uint32())]), compression="zstd", compression_level=3) as writer:
        for start in range(0, len(ids), BLOCK):
            writer.write_table(pa.table({"tokens": ids[start:start + BLOCK]}))

    def decode():
        file = pq.ParquetFile(path)
        for index in range(file.num_row_groups):
            file.read_row_group(index, use_threads=False).column(0).to_numpy()
    return os.path.getsize(path), decode


def tokens(vocabulary, pattern, *corpora):
    import numpy as np
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ids")
        flags = [flag for corpus in corpora for flag in ("--corpus", corpus)]
        output = subprocess.run(
            [os.path.join(BUILT, "gobbet-bench"), "tokens", "--vocabulary", vocabulary, "--pattern", pattern, "--ids", path, *flags],
            check=True, capture_output=True, text=True).stdout
        ours = {row["codec"]: row for row in map(json.loads, output.splitlines())}
        ids = np.fromfile(path, "<u4")
        print(f"{len(ids):,} tokens")
        for name, row in ours.items():
            print(f"gobbet {name:24} {row['bits_per_token']:7.3f} bits a token (index {row['index_bits_per_token']:.4f}); reads"
                  f" {row['read_mtok_per_cpu_s']:6.1f} M tokens/CPU s, {row['windows_per_cpu_s']:,.0f} windows/CPU s"
                  f" (one by one {row['single_windows_per_cpu_s']:,.0f}),"
                  f" shuffled epoch {row['epoch_mtok_per_cpu_s']:.1f} M tokens/CPU s")
        peers = {
            "zstd -3, 16 Ki blocks": (zstd_blocks(ids, BLOCK, 3), "rank"),
            "MDS, zstd -3, whole shard": (mds_shards(ids), "rank"),
            "zstd -19, 1 Mi blocks": (zstd_blocks(ids, LARGE, 19), "archive"),
        }
        if importlib.util.find_spec("pyarrow"):
            peers |= {
                "Arrow, zstd, 16 Ki": (arrow_file(ids, os.path.join(folder, "arrow")), "rank"),
                "Parquet, zstd -3, 16 Ki": (parquet_file(ids, os.path.join(folder, "parquet")), "rank"),
            }
        for name, ((size, decode), codec) in peers.items():
            bits = size * 8 / len(ids)
            print(f"{name:31} {bits:7.3f} bits a token; reads {decoding(len(ids), decode):6.1f} M tokens/CPU s;"
                  f" gobbet {codec} is {ours[codec]['bits_per_token'] / bits:.3f} of its size")
    return 0


def documents(paths):
    import zstandard
    for path in paths:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(open(path, "rb"), read_across_frames=True), encoding="utf-8"):
            yield json.loads(line)["text"]


def pack_with_tiktoken(vocabulary, pattern, output, *corpora):
    import numpy as np
    from compare import tiktoken_encoder
    encode = tiktoken_encoder(vocabulary, pattern)
    with open(output, "wb") as file:
        for text in documents(corpora):
            np.array(encode(text), "<u4").tofile(file)


def pack_with_tokenizers(tokenizer, output, *corpora):
    import numpy as np
    from tokenizers import Tokenizer
    encode = Tokenizer.from_file(tokenizer).encode
    with open(output, "wb") as file:
        for text in documents(corpora):
            np.array(encode(text, add_special_tokens=False).ids, "<u4").tofile(file)


def timed(command):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.time() - start


def pack(vocabulary, pattern, *corpora):
    megabytes = sum(len(text.encode()) for text in documents(corpora)) / 1e6
    gobbet = os.path.join(BUILT, "gobbet")
    with tempfile.TemporaryDirectory() as folder:
        own, packed, tokenizer = (os.path.join(folder, name) for name in ("own", "vocabulary.gobbet", "tokenizer.json"))
        # Each program reads the vocabulary as it keeps it itself.
        for converted in (packed, tokenizer):
            subprocess.run([gobbet, "convert", vocabulary, "--pattern", pattern, "-o", converted], check=True, stdout=subprocess.DEVNULL)
        packing = [gobbet, "pack", *corpora, "-v", packed, "--force", "--quiet", "-o", own]
        one = min(timed(packing + ["-T", "1"]) for _ in range(3))
        two = min((timed(packing + ["-T", "2"]) for _ in range(3)), key=lambda times: times[1])
        print(f"gobbet pack -T 1              {one[0]:7.2f} CPU s {one[1]:7.2f} s {megabytes / one[0]:6.1f} MB of text a CPU second")
        print(f"gobbet pack -T 2              {two[0]:7.2f} CPU s {two[1]:7.2f} s {one[1] / two[1]:6.2f} x as fast by the clock")
        this = [sys.executable, os.path.abspath(__file__)]
        other = os.path.join(folder, "other")
        for name, command in {
            "tiktoken and NumPy": this + ["pack_with_tiktoken", vocabulary, pattern, other, *corpora],
            "Hugging Face tokenizers": this + ["pack_with_tokenizers", tokenizer, other, *corpora],
        }.items():
            cpu_seconds, seconds = timed(command)
            print(f"{name:29} {cpu_seconds:7.2f} CPU s {seconds:7.2f} s {megabytes / cpu_seconds:6.1f} MB of text a CPU second;"
                  f" Gobbet {cpu_seconds / one[0]:.1f} x")
        import numpy as np
        subprocess.run([gobbet, "export", own, "--to", "numpy", "-o", own + ".npy"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(this + ["pack_with_tiktoken", vocabulary, pattern, other, *corpora], check=True)
        same = np.array_equal(np.load(own + ".npy"), np.fromfile(other, "<u4"))
        print("tiktoken's ids are", "the same" if same else "NOT THE SAME")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(globals()[sys.argv[1]](*sys.argv[2:]) or 0)
