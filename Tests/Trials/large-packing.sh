#!/usr/bin/env bash
# Packs a long stream from standard input and says how much memory that took.
#
#   Tests/Trials/large-packing.sh [megabytes [folder of text]]     1,000 MB if not said; 10,000 takes minutes
#
# The stream is JSON Lines made of the demo's text (or of another folder's), words by chance.
set -euo pipefail
cd "$(dirname "$0")/../.."
megabytes=${1:-1000}
source=${2:-Fixtures/corpus}
swift build -c release --product gobbet
gobbet=$(swift build -c release --show-bin-path)/gobbet
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$gobbet" train "$source" --size 8192 --quiet -o "$folder/vocabulary.gobbet"
python3 - "$source" "$megabytes" <<'PYTHON' | python3 -c '
import resource, subprocess, sys, time
start = time.time()
subprocess.run(sys.argv[1:], check=True)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
print(f"{usage.ru_maxrss * unit / 1e6:.0f} MB resident at most, "
      f"{usage.ru_utime + usage.ru_stime:.1f} s CPU, {time.time() - start:.1f} s")
' "$gobbet" pack - --format jsonl -v "$folder/vocabulary.gobbet" --quiet --unique \
  --shard-tokens 100M -o "$folder/packed"
import json, os, random, sys

generator, words, left = random.Random(1), [], int(sys.argv[2]) * 10**6
for parent, folders, names in os.walk(sys.argv[1]):
    folders.sort()
    for name in sorted(names):
        with open(os.path.join(parent, name), encoding="utf-8", errors="replace") as file:
            words += file.read().split(" ")
# Some megabytes of lines, whose first words then differ from pass to pass.
lines = [json.dumps(" ".join(generator.choices(words, k=400)))[1:] for _ in range(4000)]
turn = 0
while left > 0:
    for line in lines:
        left -= sys.stdout.write(f'{{"text": "{turn} {line}}}\n')
    turn += 1
PYTHON
"$gobbet" verify "$folder/packed" | tail -1
