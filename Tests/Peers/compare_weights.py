"""Times gobbet-bench and the peers in turn on the same weights and prints a line for each.

Usage: compare_weights.py MODEL.safetensors...

A model of 32-bit floats is measured as bfloat16 and float16, too. Codecs first: the ratio, and gigabytes
of weights a CPU second, one thread; then loading a whole file: milliseconds by the clock, the file in
the system's cache (warm) and not (cold). Needs `make build`, and from PyPI numpy and safetensors; zipnn
and blosc2 join in where they are installed.
"""
import contextlib
import io
import json
import os
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import numpy

BENCH = os.environ.get("GOBBET_BENCH") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release", "gobbet-bench")
ROUNDS = 5
TYPES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}


def tensors(path):
    """The header of a safetensors file, and the bytes of each tensor."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: (t["dtype"], t["shape"], data[slice(*t["data_offsets"])]) for name, t in header.items()}


def write(path, entries):
    header, end = {}, 0
    for name, (dtype, shape, data) in entries.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in entries.values()))


def narrowed(data, dtype):
    floats = numpy.frombuffer(data, "<f4")
    if dtype == "F16":
        return floats.astype("<f2").tobytes()
    bits = floats.view("<u4")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2").tobytes()


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def zipnn_codec(dtype):
    import zipnn
    codec = zipnn.ZipNN(bytearray_dtype=TYPES[dtype], input_format="byte", threads=1)

    def compress(data):
        with contextlib.redirect_stdout(io.StringIO()):
            return bytes(codec.compress(bytes(bytearray(data))))  # a copy: zipnn reorders its input in place
    return compress, codec.decompress


def blosc_codec(dtype, level, bits):
    import blosc2
    blosc2.set_nthreads(1)
    kind = blosc2.Filter.BITSHUFFLE if bits else blosc2.Filter.SHUFFLE
    settings = {"codec": blosc2.Codec.ZSTD, "clevel": level, "filters": [kind], "nthreads": 1,
                "typesize": 4 if dtype == "F32" else 2}
    return lambda data: blosc2.compress2(data, **settings), lambda data: blosc2.decompress2(data, nthreads=1)


def codecs(path):
    """Ratio and speed of every peer's codec: {name: (ratio, GB a CPU second)}."""
    entries = [(dtype, data) for dtype, _, data in tensors(path).values() if len(data) > 4096]
    dtype = entries[0][0]
    makers = {"zipnn": lambda: zipnn_codec(dtype)}
    for bits in (False, True):
        for level in (1, 5):
            name = f"blosc2 {'bit' if bits else ''}shuffle zstd-{level}"
            makers[name] = lambda level=level, bits=bits: blosc_codec(dtype, level, bits)
    total, found = sum(len(data) for _, data in entries), {}
    for name, make in makers.items():
        try:
            compress, decompress = make()
        except ImportError:
            continue
        packed = [compress(data) for _, data in entries]
        assert all(bytes(decompress(p)) == d for p, (_, d) in zip(packed[:3], entries[:3])), name
        seconds = []
        for _ in range(3):
            start = cpu()
            for one in packed:
                decompress(one)
            seconds.append(cpu() - start)
        found[name] = (sum(map(len, packed)) / total, total / 1e9 / statistics.median(seconds))
    return found


LOADERS = {
    "safetensors load_file": "from safetensors.numpy import load_file\ndef load(p): return load_file(p)",
    "safetensors torch load_file": "from safetensors.torch import load_file\ndef load(p): return load_file(p)",
    "numpy memmap, all touched": "import numpy\ndef load(p): return numpy.memmap(p, 'u1', 'r')[::4096].sum()",
    "plain read": "import os\ndef load(p):\n f = open(p, 'rb', 0); b = bytearray(os.path.getsize(p)); f.readinto(b); return b",
}


def load_once(command, path, cold):
    if cold:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])["ms"]


def python_loader(setup, path):
    return [sys.executable, "-c", f"{setup}\nimport sys, time, json\nstart = time.perf_counter()\nload(sys.argv[1])\n"
            "print(json.dumps({'ms': 1000 * (time.perf_counter() - start)}))", path]


def can_load(setup, path):
    """Whether the package is installed and knows the file's types: NumPy has no bfloat16."""
    return subprocess.run(python_loader(setup, path), capture_output=True).returncode == 0


def loading(path, scratch):
    commands = {name: (python_loader(setup, path), path) for name, setup in LOADERS.items()
                if can_load(setup, path)}
    for codec in ("raw", "compact"):
        packed = os.path.join(scratch, codec + ".gobbet")
        subprocess.run([BENCH.replace("gobbet-bench", "gobbet"), "convert", path, "-o", packed, "--codec", codec, "--force"],
                       check=True, capture_output=True)
        for way in (("copy", "map") if codec == "raw" else ("copy",)):
            for threads in ((1, 2) if way == "copy" else (1,)):
                commands[f"gobbet {codec} {way}, {threads} threads"] = (
                    [BENCH, "load-weights", "--input", packed, "--way", way, "--threads", str(threads)], packed)
    commands["gobbet on safetensors, copy, 2 threads"] = (
        [BENCH, "load-weights", "--input", path, "--way", "copy", "--threads", "2"], path)
    for cold in (False, True):
        times = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, (command, file) in commands.items():
                times[name].append(load_once(command, file, cold))
        for name, values in times.items():
            print(f"  {'cold' if cold else 'warm'} {name:40} {statistics.median(values):8.1f} ms")


def measure(path, name, scratch):
    print(f"{name}: {os.path.getsize(path) / 1e6:.1f} MB")
    for line in subprocess.run([BENCH, "weights", "--input", path], check=True, capture_output=True, text=True).stdout.splitlines():
        row = json.loads(line)
        print(f"  gobbet {row['codec']:8} ratio {row['ratio']:.4f}, reading {row['read_gb_per_cpu_s']:.2f} GB/s (mapped {row['mapped_read_gb_per_cpu_s']:.2f}, all at once {row['load_gb_per_cpu_s']:.2f}),"
              f" writing {row['write_gb_per_cpu_s']:.2f} GB/s, open {row['open_ms']:.2f} ms;"
              f" into memory {row['load_over_plain_read']:.2f} of a plain read, 2 threads {row['two_threads']:.2f} x")
        speed = max(row["read_gb_per_cpu_s"], row["mapped_read_gb_per_cpu_s"])
    for peer, (ratio, rate) in codecs(path).items():
        print(f"  {peer:26} ratio {ratio:.4f}, reading {rate:.2f} GB/s; Gobbet {speed / rate:.2f} x")
    loading(path, scratch)


def main(paths):
    if not paths:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as scratch:
        for path in paths:
            measure(path, os.path.basename(path), scratch)
            entries = tensors(path)
            if all(dtype == "F32" for dtype, _, _ in entries.values()):
                for dtype in ("BF16", "F16"):
                    other = os.path.join(scratch, f"{dtype}.safetensors")
                    write(other, {name: (dtype, shape, narrowed(data, dtype)) for name, (_, shape, data) in entries.items()})
                    measure(other, f"{os.path.basename(path)} as {dtype}", scratch)
                    os.remove(other)


if __name__ == "__main__":
    main(sys.argv[1:])
