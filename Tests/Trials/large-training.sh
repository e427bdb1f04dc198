#!/usr/bin/env bash
# Trains on a corpus that is larger than the memory given to counting, with that bound and without,
# and says how much memory each run took and whether the merges are the same.
#
#   Tests/Trials/large-training.sh [megabytes [memory [folder of text]]]
#
# The corpus is copies of the demo's text (or of another folder) in which one word in a hundred is
# changed at random, by a fixed seed: unique pretokens keep growing, as they do in real text.
set -euo pipefail
cd "$(dirname "$0")/../.."
megabytes=${1:-4096}
memory=${2:-256M}
source=${3:-Fixtures/corpus}
swift build -c release --product gobbet
gobbet=$(swift build -c release --show-bin-path)/gobbet
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo "making $megabytes MB out of $source"
python3 - "$source" "$megabytes" "$folder/corpus" <<'PYTHON'
import os, random, sys

source, megabytes, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
generator = random.Random(1)
letters = "abcdefghijklmnopqrstuvwxyz"
texts = []
for parent, folders, names in os.walk(source):
    folders.sort()
    for name in sorted(names):
        with open(os.path.join(parent, name), encoding="utf-8", errors="replace") as file:
            texts.append(file.read().split(" "))
if not any(len(words) > 1 for words in texts):
    sys.exit(f"{source}: no text")
os.mkdir(target)
left, number = megabytes << 20, 0
while left > 0:
    # A file of some megabytes at a time.
    with open(f"{target}/{number:06}.txt", "wb") as file:
        while left > 0 and file.tell() < 8 << 20:
            words = list(generator.choice(texts))
            for _ in range(max(1, len(words) // 100)):
                change = "".join(generator.choices(letters, k=generator.randint(1, 4)))
                words[generator.randrange(len(words))] += change
            left -= file.write(" ".join(words).encode())
    number += 1
PYTHON

train() {
  local name=$1
  shift
  python3 - "$gobbet" train "$folder/corpus" --size 32768 --quiet -o "$folder/$name.gobbet" "$@" \
    <<'PYTHON'
import resource, subprocess, sys, time

start = time.time()
subprocess.run(sys.argv[1:], check=True)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
print(f"{usage.ru_maxrss * unit / 1e6:.0f} MB resident at most, "
      f"{usage.ru_utime + usage.ru_stime:.1f} s CPU, {time.time() - start:.1f} s")
PYTHON
}

echo "== with --memory $memory"
train bounded --memory "$memory"
echo "== with the memory it needs"
train free
cmp "$folder/bounded.gobbet" "$folder/free.gobbet"
echo "the merges are the same"
