"""Converts a safetensors file of two gigabytes into a .gobbet and back, and prints the resident memory.

Usage: large_weights.py [GIGABYTES]        Needs `make build`, and three times as much room for files.

Exits with 1 if a conversion takes 100 MB or more, or the file that comes back is another.
"""
import array
import hashlib
import json
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time

GOBBET = os.environ.get("GOBBET") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".build", "release", "gobbet")


def make(path, byte_count):
    generator = random.Random(7)
    block = array.array("f", (generator.gauss(0, 0.02) for _ in range(1 << 20))).tobytes()
    shape = [byte_count // 4 // 4096 // 4, 4096]
    size = shape[0] * shape[1] * 4
    header = {f"layer.{n}.weight": {"dtype": "F32", "shape": shape, "data_offsets": [n * size, (n + 1) * size]} for n in range(4)}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        left = 4 * size
        while left:
            left -= file.write(block[:left])
    return os.path.getsize(path)


def convert(*arguments):
    """Seconds and megabytes of one conversion; a process of its own tells its own memory."""
    program = ("import resource, subprocess, sys\nsubprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    start = time.perf_counter()
    output = subprocess.run([sys.executable, "-c", program, GOBBET, "convert", *arguments], check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, int(output.split()[-1]) / 1024


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(gigabytes="2"):
    fits = True
    with tempfile.TemporaryDirectory() as folder:
        original, packed, back = (os.path.join(folder, name) for name in ("a.safetensors", "b.gobbet", "c.safetensors"))
        size = make(original, int(float(gigabytes) * 1e9))
        for arguments in ((original, "-o", packed), (packed, "-o", back)):
            seconds, megabytes = convert(*arguments)
            fits = fits and megabytes < 100
            print(f"{' '.join(os.path.basename(a) for a in arguments)}: {size / 1e6:.0f} MB in {seconds:.1f} s, {megabytes:.0f} MB resident")
        print(f"packed {os.path.getsize(packed) / size:.4f} of the size")
        same = digest(original) == digest(back)
        print("the same file came back" if same else "ANOTHER file came back")
    return 0 if fits and same else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
