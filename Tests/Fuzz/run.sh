#!/usr/bin/env bash
# Fuzzes the container reader with libFuzzer and the address sanitizer.
#
#   Tests/Fuzz/run.sh [SECONDS]     60 if not said
#
# Starts from the golden and broken fixtures. Inputs that crash, hang for a second or allocate more
# than 256 MB at once stay in .build/fuzz and make the run fail.
set -euo pipefail
source "$(dirname "$0")/common.sh"
seconds=${1:-60}
mkdir -p "$work/corpus"
for folder in Fixtures/golden/*/container Fixtures/broken/container; do
  for file in "$folder"/*.gobbet; do
    cp "$file" "$work/corpus/$(basename "$(dirname "$folder")")-$(basename "$file")"
  done
done

# What the library imports comes from the usual build; the library itself is built with sanitizers.
options+=(-sanitize=fuzzer,address)
swiftc "${options[@]}" -module-name GobbetFile -enable-experimental-feature Lifetimes \
  -enable-upcoming-feature InternalImportsByDefault -whole-module-optimization \
  -emit-module -emit-module-path "$work/GobbetFile.swiftmodule" -I "$built/Modules" \
  -c Sources/GobbetFile/*.swift -o "$work/GobbetFile.o"
swiftc "${options[@]}" -I "$work" -I "$built/Modules" Tests/Fuzz/ContainerTarget.swift \
  "$work/GobbetFile.o" "${imported[@]}" "${libraries[@]}" -o "$work/container"

cd "$work"
SWIFT_BACKTRACE=enable=no ./container corpus -max_total_time="$seconds" -timeout=1 \
  -malloc_limit_mb=256 -max_len=4096 -print_final_stats=1
