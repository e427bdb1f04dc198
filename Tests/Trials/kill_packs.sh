#!/usr/bin/env bash
# Kills `gobbet pack` at random moments and takes it up again, until it is through: the folder must
# have the bytes of an undisturbed run.
#
#   Tests/Trials/kill_packs.sh [count [megabytes]]     100 times over 8 MB if not said
set -euo pipefail
cd "$(dirname "$0")/../.."
count=${1:-100}
megabytes=${2:-8}
swift build -c release --product gobbet
gobbet=$(swift build -c release --show-bin-path)/gobbet
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - "$megabytes" "$folder/corpus.jsonl" <<'PYTHON'
import json, os, random, sys

generator, words, left = random.Random(1), [], int(sys.argv[1]) << 20
for parent, folders, names in os.walk("Fixtures/corpus"):
    folders.sort()
    for name in sorted(names):
        words += open(os.path.join(parent, name), encoding="utf-8").read().split(" ")
with open(sys.argv[2], "w", encoding="utf-8") as file:
    while left > 0:
        text = " ".join(generator.choices(words, k=generator.randint(0, 300)))
        left -= file.write(json.dumps({"id": left, "text": text}) + "\n")
PYTHON
"$gobbet" train Fixtures/corpus --size 2000 --quiet -o "$folder/vocabulary.gobbet"
packing=("$gobbet" pack "$folder/corpus.jsonl" -v "$folder/vocabulary.gobbet" --quiet --unique
  --id-key id --lengths --validation 0.1 --shard-tokens 100k -o)
start=$(date +%s%N)
"${packing[@]}" "$folder/undisturbed" > "$folder/log"
took=$((($(date +%s%N) - start) / 1000000))
killed=0
for ((turn = 1; turn <= count; turn++)); do
  rm -rf "$folder/killed"
  while true; do
    "${packing[@]}" "$folder/killed" --resume > "$folder/log" &
    packer=$!
    sleep "$(printf '%d.%03d' $((RANDOM % took / 1000)) $((RANDOM % took % 1000)))"
    kill -KILL "$packer" 2> /dev/null || true
    status=0
    wait "$packer" 2> /dev/null || status=$?
    # 137 is SIGKILL; who was quicker ended with 0.
    if ((status == 0)); then break; fi
    if ((status != 137)); then exit "$status"; fi
    killed=$((killed + 1))
  done
  diff -r "$folder/undisturbed" "$folder/killed"
done
echo "$count runs, killed $killed times in all: every time the bytes of an undisturbed run"
