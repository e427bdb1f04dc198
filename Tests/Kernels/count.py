#!/usr/bin/env python3
"""Counts instructions and bytes loaded for each multiply-add of the matrix kernels.

Every product runs under qemu-user an instruction at a time, so that what is counted is what was
executed, the loops around the innermost included. An instruction on 256 bits counts as two, so that
AVX2 and NEON are compared at equal vector bits. Needs clang, llvm-objdump, llvm-nm, qemu-user, and the
headers and libraries of gcc-aarch64-linux-gnu.

    python3 Tests/Kernels/count.py                    # a table; 1 if NEON needs more than allowed
    python3 Tests/Kernels/count.py --mca llvm-mca-19  # and cycles of the hottest loops by llvm-mca
"""
import argparse
import collections
import dataclasses
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
KERNELS = HERE.parent.parent / "Sources" / "CGobbetKernels"

VARIANTS = ("avx2", "neon", "neon_dot", "neon_i8mm")
# What a variant may need of AVX2's instructions.
ALLOWED = {"neon": 1.3, "neon_dot": 1.0, "neon_i8mm": 1.0}

# Names, elements and inputs as `gobbet_transformer.h` numbers them.
PRODUCTS = (
    ("float32", 0, 0), ("bfloat16", 1, 0), ("int8, inputs of 16 bits", 2, 0),
    ("int8, of 8 bits", 2, 1), ("int8, of 8 bits upwards", 2, 2), ("Q4_0", 3, 0), ("Q5_0", 5, 0),
    ("Q8_0", 7, 0), ("Q4_K", 8, 0), ("Q5_K", 9, 0), ("Q6_K", 10, 0), ("MXFP4", 11, 0),
)
# Rows, inputs and outputs: decoding, and what all variants divide into whole groups of rows.
SHAPES = {"1 row": (1, 1024, 32), "60 rows": (60, 256, 32)}
# Cores for llvm-mca: the name that it prints, and the variant that they would run.
CORES = (
    ("cortex-a72", "neon"), ("neoverse-n1", "neon_dot"), ("apple-m1", "neon_dot"),
    ("neoverse-v1", "neon_i8mm"), ("neoverse-n2", "neon_i8mm"), ("haswell", "avx2"),
)


@dataclasses.dataclass
class Program:
    """A program with one variant, and the instructions of it, by address."""

    path: pathlib.Path
    emulator: list[str]
    instructions: dict[int, str]
    first: int
    end: int


def run(*words: object) -> str:
    """The output of a program that must not fail."""
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


def build(variant: str, folder: pathlib.Path) -> Program:
    """Compiles a variant with `count.c`."""
    source = KERNELS / "transformer" / f"transformer_{variant}.c"
    path, part = folder / variant, folder / f"{variant}.o"
    flags: list[object] = ["-O2", "-std=gnu11", "-I", KERNELS / "include"]
    libraries: list[object] = ["-lm"]
    emulator = ["qemu-x86_64", "-cpu", "max"]
    if variant != "avx2":
        library = pathlib.Path(run("aarch64-linux-gnu-gcc", "-print-libgcc-file-name").strip()).parent
        flags += ["--target=aarch64-linux-gnu", "--sysroot=/", "-isystem", "/usr/aarch64-linux-gnu/include"]
        libraries += ["-fuse-ld=lld", "-L/usr/aarch64-linux-gnu/lib", f"-L{library}", f"-B{library}",
                      "-B/usr/aarch64-linux-gnu/lib"]
        emulator = ["qemu-aarch64", "-cpu", "max"]
    run("clang", *flags, "-c", source, "-o", part)
    run("clang", *flags, "-static", f"-DVARIANT=gobbet_kernels_{variant}", HERE / "count.c", part, "-o", path,
        *libraries)
    own = {line.split()[-1] for line in run("llvm-nm", part).splitlines() if " t " in line}
    addresses, instructions = [], {}
    name = ""
    for line in run("llvm-objdump", "-d", "--mattr=+bf16,+i8mm,+dotprod", "--no-show-raw-insn", path).splitlines():
        if found := re.match(r"^[0-9a-f]+ <(.*)>:$", line):
            name = found[1]
        elif name in own and (found := re.match(r"^\s*([0-9a-f]+):\s+(.*)$", line)):
            addresses.append(int(found[1], 16))
            instructions[addresses[-1]] = found[2].split(" <")[0]
    return Program(path, emulator, instructions, min(addresses), max(addresses) + 8)


def executed(program: Program, element: int, inputs: int, shape: tuple[int, int, int]) -> collections.Counter[int]:
    """How often each instruction was executed."""
    with tempfile.NamedTemporaryFile() as log:
        run(*program.emulator, "-singlestep", "-d", "exec,nochain", "-dfilter",
            f"{program.first:#x}..{program.end:#x}", "-D", log.name, program.path, element, inputs, *shape)
        counts: collections.Counter[int] = collections.Counter()
        for line in log:
            if found := re.search(rb"\[[0-9a-f]+/([0-9a-f]+)/", line):
                counts[int(found[1], 16)] += 1
    return counts


def weight(instruction: str) -> int:
    """2 for what works on 256 bits."""
    return 2 if "%ymm" in instruction else 1


ARM_SIZES = {"q": 16, "d": 8, "x": 8, "s": 4, "w": 4, "h": 2, "b": 1}
X86_PART = {"vbroadcastss": 4, "vpbroadcastd": 4, "vpbroadcastw": 2, "vbroadcasti128": 16, "vbroadcastf128": 16,
            "vpmovzxwd": 16, "vpmovzxbd": 8, "vpmovsxbd": 8, "vmovss": 4, "vmovd": 4, "vmovsd": 8, "vmovq": 8,
            "movl": 4, "movzbl": 1, "movzwl": 2, "vpinsrd": 4, "vaddss": 4, "vmulss": 4}


def loaded(instruction: str) -> int:
    """Bytes that an instruction reads from memory."""
    name, _, operands = instruction.partition("\t")
    if "%" in operands or "$" in operands:
        # What is written stands last.
        is_read = "(" in operands and (not operands.endswith(")") or name.startswith(("cmp", "test")))
        if not is_read or name.startswith(("lea", "prefetch")):
            return 0
        if name in X86_PART:
            return X86_PART[name]
        return 32 if "%ymm" in operands else 16 if "%xmm" in operands else 8
    if found := re.match(r"^ld1r\s*\{ v\d+\.\d*([bhsd])", instruction):
        return ARM_SIZES[found[1]]
    if found := re.match(r"^ld1\s*\{ v\d+\.([bhsd]) \}\[", instruction):
        return ARM_SIZES[found[1]]
    if re.match(r"^ld[1-4]\s*\{", instruction):
        return 16 * len(re.findall(r"v\d+", instruction.partition("[")[0])) if "-" not in instruction else 64
    if found := re.match(r"^ldu?(r|rb|rh|rsw|rsb|rsh|p)\s+([qdxswhb])\d+", instruction):
        size = {"rb": 1, "rh": 2, "rsw": 4, "rsb": 1, "rsh": 2}.get(found[1], ARM_SIZES[found[2]])
        return 2 * size if found[1] == "p" else size
    return 0


def hottest(program: Program, counts: collections.Counter[int]) -> list[int]:
    """The addresses of the longest stretch of instructions that are executed as often as each other."""
    total: collections.Counter[int] = collections.Counter()
    for address, count in counts.items():
        total[count] += count
    most = total.most_common(1)[0][0]
    return sorted(address for address, count in counts.items() if count == most)


def cycles(tool: str, core: str, program: Program, addresses: list[int]) -> float:
    """Cycles that a turn of a loop takes by llvm-mca, in the long run."""
    text = "\n".join(
        re.sub(r"(0x[0-9a-f]+)$", "." if re.match(r"^(b|cb|tb|j)", program.instructions[a]) else r"\1",
               program.instructions[a]) for a in addresses)
    target = "x86_64" if core == "haswell" else "aarch64"
    turns = 100
    found = subprocess.run(
        [tool, f"-mtriple={target}", f"-mcpu={core}", f"-iterations={turns}"],
        input=text, check=True, capture_output=True, text=True)
    total = re.search(r"Total Cycles:\s+(\d+)", found.stdout)
    if total is None:
        raise RuntimeError(f"{tool} says nothing of {core}")
    return int(total[1]) / turns


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mca", help="llvm-mca, at least 19, for the cycles of the hottest loops")
    parser.add_argument("--only", default="", help="the products whose names have this in them")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        programs = {variant: build(variant, pathlib.Path(name)) for variant in VARIANTS}
        for shape, (rows, depth, outputs) in SHAPES.items():
            print(f"\n{shape}: instructions (bytes loaded) for a multiply-add; of AVX2's")
            print(f"{'':26}" + "".join(f"{variant.replace('_', '-'):>24}" for variant in VARIANTS))
            for product, element, inputs in PRODUCTS:
                if arguments.only not in product:
                    continue
                cells, lines = [], []
                base = 0.0
                for variant, program in programs.items():
                    counts = executed(program, element, inputs, (rows, depth, outputs))
                    products = rows * depth * outputs
                    needed = sum(n * weight(program.instructions[a]) for a, n in counts.items()) / products
                    read = sum(n * loaded(program.instructions[a]) for a, n in counts.items()) / products
                    base = base or needed
                    share = needed / base
                    mark = "" if share <= ALLOWED.get(variant, 1) else "!"
                    failures += mark != ""
                    cells.append(f"{needed:6.3f} ({read:5.3f}) {share:5.2f}{mark or ' '}")
                    for core, own in CORES:
                        if arguments.mca and own == variant:
                            addresses = hottest(program, counts)
                            turn = cycles(arguments.mca, core, program, addresses)
                            share = sum(counts[a] for a in addresses) / sum(counts.values())
                            each = turn * counts[addresses[0]] / products
                            lines.append(f"{core} {each:.3f} ({share:.0%})")
                print(f"{product:26}" + "".join(f"{cell:>24}" for cell in cells))
                if lines:
                    print("    cycles in the hottest loop (share of instructions): " + ", ".join(lines))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
