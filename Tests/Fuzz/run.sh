#!/usr/bin/env bash
# Fuzzes the readers of containers and of all that they hold, and those of the files of other
# programs, with libFuzzer and the address sanitizer.
#
#   Tests/Fuzz/run.sh [EXECUTIONS [KIND...]]     for each kind of file; 100000 if not said
#
# Starts from the golden and broken fixtures, kind by kind, and goes on from what earlier runs found.
# A mutator changes what sections hold and makes the checksums right again. Files of others start
# from what `foreign_seeds.py` makes. Inputs that crash, hang for a second or allocate more than
# 256 MB at once stay in .build/fuzz and make the run fail. The second is one of the clock: on a
# machine that has other work GOBBET_FUZZ_SECONDS says more.
set -euo pipefail
source "$(dirname "$0")/common.sh"
executions=${1:-100000}
shift || true
kinds=("$@")
if [ $# = 0 ]; then
  kinds=(container vocabulary tokens weights counts safetensors gguf numpy pytorch pickle plan llmc ids megatron
    tokenizer ranks merges settings)
fi

# What the library imports comes from the usual build; the library itself is built with sanitizers.
options+=(-sanitize=fuzzer,address -enable-experimental-feature Lifetimes
  -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
  -enable-upcoming-feature ExistentialAny -I "$work" -I "$built/Modules")
objects=()
for module in GobbetBPE GobbetSystem GobbetTokenizers GobbetFile GobbetData GobbetInterchange; do
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
swiftc "${options[@]}" -module-name FileTarget Tests/Fuzz/{Contents,FileTarget,UsedVocabulary}.swift \
  "${objects[@]}" "$work/TestSupport.o" "${imported[@]}" "${libraries[@]}" -o "$work/file"
swiftc "${options[@]}" -module-name ForeignTarget Tests/Fuzz/{ForeignContents,ForeignTarget,PickleArchive,UsedVocabulary}.swift \
  "${objects[@]}" "${imported[@]}" "${libraries[@]}" -o "$work/foreign"
python3 Tests/Fuzz/foreign_seeds.py "$work/seeds" "$built/gobbet"

cd "$work"
export SWIFT_BACKTRACE=enable=no
# Stacks of allocations cost more than all the rest; a crash can be run again without this.
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=16
# Where each execution's file lies: in memory, where there is such a folder.
GOBBET_FUZZ_FOLDER=$(mktemp -d -p "$([ -d /dev/shm ] && echo /dev/shm || echo "$work")")
export GOBBET_FUZZ_FOLDER
trap 'rm -rf "$GOBBET_FUZZ_FOLDER"' EXIT
# What a plan names.
cp "$root"/Fixtures/pytorch/distributed/*.distcp "$GOBBET_FUZZ_FOLDER"
total=0
start=$SECONDS
for kind in "${kinds[@]}"; do
  seeds=()
  more=()
  # Weights begin at 16 KiB; all other seeds are shorter than that.
  limit=8192
  [ "$kind" != weights ] || limit=40000
  if [ -d "seeds/$kind" ]; then
    target=./foreign
    export GOBBET_FUZZ_KIND=$kind
    seeds=("seeds/$kind")
    more=(-dict="seeds/$kind.dict")
  else
    target=./file
    for folder in "$root"/Fixtures/golden/*/"$kind" "$root/Fixtures/broken/$kind"; do
      [ ! -d "$folder" ] || seeds+=("$folder")
    done
  fi
  mkdir -p "corpus/$kind"
  begin=$SECONDS
  "$target" "corpus/$kind" "${seeds[@]}" -runs="$executions" -timeout="${GOBBET_FUZZ_SECONDS:-1}" \
    -malloc_limit_mb=256 -rss_limit_mb=1024 -max_len="$limit" -artifact_prefix="$kind-" -print_final_stats=1 \
    "${more[@]}" >"$kind.log" 2>&1 || { tail -40 "$kind.log"; exit 1; }
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$kind.log")
  coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$kind.log" | tail -1)
  echo "$kind: $runs executions in $((SECONDS - begin)) s, edges and features $coverage"
  total=$((total + runs))
done
echo "$total executions in $((SECONDS - start)) s: no crash, no hang, nothing over the budget"
