#!/usr/bin/env bash
# Kills writers at random moments: the file must stay the old one or become the new one. Then sets
# two at one file at once: one is refused, and says why.
#
#   Tests/Fuzz/kill_writers.sh [COUNT]     until so many were killed before they were done; 500 if
#                                          not said
set -euo pipefail
source "$(dirname "$0")/common.sh"
count=${1:-500}
swiftc "${options[@]}" -I "$built/Modules" Tests/Fuzz/KilledWriter.swift \
  "${library[@]}" "${imported[@]}" "${libraries[@]}" -o "$work/writer"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
file=$folder/killed.gobbet
"$work/writer" new "$file" 0
killed=0
for ((turn = 1; killed < count; turn++)); do
  if ((turn % 20 == 0)); then verb=new; else verb=append; fi
  "$work/writer" "$verb" "$file" "$turn" &
  writer=$!
  sleep "0.$(printf %03d $((RANDOM % 25)))"
  kill -KILL "$writer" 2>/dev/null || true
  status=0
  wait "$writer" 2>/dev/null || status=$?
  # 137 is SIGKILL; who was quicker ended with 0.
  if ((status == 137)); then killed=$((killed + 1)); fi
  "$work/writer" check "$file"
done
echo "$((turn - 1)) writers, $killed of them killed: every time the old file or the new one"

refused=0
for ((turn = 1; turn <= 20; turn++)); do
  "$work/writer" append "$file" "$turn" 2>"$folder/first" &
  first=$!
  "$work/writer" append "$file" "$((turn + 20))" 2>"$folder/second" &
  second=$!
  failed=0
  wait "$first" || failed=$((failed + 1))
  wait "$second" || failed=$((failed + 1))
  # None is refused where the first was done before the other began.
  said=$(cat "$folder/first" "$folder/second")
  if ((failed == 1)) && [ "$said" = "$file: cannot open: another writer has it open" ]; then
    refused=$((refused + 1))
  elif ((failed > 0)); then
    echo "two writers: $failed refused: $said" >&2
    exit 1
  fi
  "$work/writer" check "$file"
done
if ((refused == 0)); then
  echo "two writers never met" >&2
  exit 1
fi
echo "20 pairs of writers, $refused times one was refused: the file is that of one of them"
