#!/usr/bin/env bash
# Fuzzes the readers of containers and of all that they hold with libFuzzer and the address
# sanitizer.
#
#   Tests/Fuzz/run.sh [EXECUTIONS]     for each kind of file; 100000 if not said
#
# Starts from the golden and broken fixtures, kind by kind, and goes on from what earlier runs found.
# A mutator changes what sections hold and makes the checksums right again. Inputs that crash, hang
# for a second or allocate more than 256 MB at once stay in .build/fuzz and make the run fail.
set -euo pipefail
source "$(dirname "$0")/common.sh"
executions=${1:-100000}

# What the library imports comes from the usual build; the library itself is built with sanitizers.
options+=(-sanitize=fuzzer,address -enable-experimental-feature Lifetimes
  -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
  -enable-upcoming-feature ExistentialAny -I "$work" -I "$built/Modules")
objects=()
for module in GobbetBPE GobbetSystem GobbetFile GobbetData; do
  objects+=("$work/$module.o")
  # A module is made anew if any of the sources is newer.
  if [ -z "$(find Sources -name '*.swift' -newer "$work/$module.o" 2>&1 | head -1)" ]; then continue; fi
  mapfile -t sources < <(find "Sources/$module" -name '*.swift' | sort)
  swiftc "${options[@]}" -module-name "$module" -whole-module-optimization \
    -emit-module -emit-module-path "$work/$module.swiftmodule" \
    -c "${sources[@]}" -o "$work/$module.o"
done
swiftc "${options[@]}" -module-name TestSupport -whole-module-optimization \
  -emit-module -emit-module-path "$work/TestSupport.swiftmodule" \
  -c Tests/TestSupport/{HandMadeFile,Sealing,SeededGenerator}.swift \
  -o "$work/TestSupport.o"
swiftc "${options[@]}" -module-name FileTarget Tests/Fuzz/{Contents,FileTarget}.swift \
  "${objects[@]}" "$work/TestSupport.o" "${imported[@]}" "${libraries[@]}" -o "$work/file"

cd "$work"
export SWIFT_BACKTRACE=enable=no
# Stacks of allocations cost more than all the rest; a crash can be run again without this.
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=16
total=0
start=$SECONDS
for kind in container vocabulary tokens weights counts; do
  seeds=()
  for folder in "$root"/Fixtures/golden/*/"$kind" "$root/Fixtures/broken/$kind"; do
    [ ! -d "$folder" ] || seeds+=("$folder")
  done
  mkdir -p "corpus/$kind"
  # Weights begin at 16 KiB; all other seeds are shorter than that.
  limit=8192
  [ "$kind" != weights ] || limit=40000
  begin=$SECONDS
  ./file "corpus/$kind" "${seeds[@]}" -runs="$executions" -timeout=1 -malloc_limit_mb=256 \
    -rss_limit_mb=1024 -max_len="$limit" -artifact_prefix="$kind-" -print_final_stats=1 \
    >"$kind.log" 2>&1 || { tail -40 "$kind.log"; exit 1; }
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$kind.log")
  coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$kind.log" | tail -1)
  echo "$kind: $runs executions in $((SECONDS - begin)) s, edges and features $coverage"
  total=$((total + runs))
done
echo "$total executions in $((SECONDS - start)) s: no crash, no hang, nothing over the budget"
