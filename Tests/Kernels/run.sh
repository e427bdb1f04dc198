#!/usr/bin/env bash
# Compiles the C targets with their tests for this machine and for arm64, runs the latter under qemu as
# processors with and without dot products and products of matrices of bytes, and compares the checksums
# of all results. Needs clang, and for arm64 the headers and libraries of gcc-aarch64-linux-gnu
# (libc6-dev-arm64-cross) and qemu-user.
set -euo pipefail
cd "$(dirname "$0")"
sources=../../Sources/CGobbetKernels
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# build FOLDER FLAG…
build() {
  local output=$1
  shift
  mkdir "$output"
  local flags=(-O2 -std=gnu11 -Wall -Wextra -Werror "$@")
  clang "${flags[@]}" -I "$sources/include" kernels.c blocks.c "$sources"/transformer/*.c \
    "$sources"/threads/*.c -o "$output/kernels" -lm -lpthread
  clang "${flags[@]}" -I "$sources/include" -I ../../Sources/CGobbetScan/include bytes.c \
    "$sources"/planes/*.c "$sources"/checksum/*.c \
    -o "$output/bytes" -lpthread
}
build "$folder/native"
"$folder/native/bytes"
"$folder/native/kernels" | tee "$folder/native.txt"
if ! command -v qemu-aarch64 >/dev/null || ! command -v aarch64-linux-gnu-gcc >/dev/null; then
  echo "no qemu-aarch64 or no aarch64-linux-gnu-gcc: arm64 is not tested" >&2
  exit 0
fi
libraries=$(dirname "$(aarch64-linux-gnu-gcc -print-libgcc-file-name)")
build "$folder/arm64" --target=aarch64-linux-gnu --sysroot=/ -static -fuse-ld=lld \
  -isystem /usr/aarch64-linux-gnu/include -L/usr/aarch64-linux-gnu/lib -L"$libraries" \
  -B"$libraries" -B/usr/aarch64-linux-gnu/lib
# All that qemu knows; dot products but not `smmla`; neither.
for processor in max neoverse-n1 cortex-a72; do
  echo "arm64, $processor:"
  qemu-aarch64 -cpu "$processor" "$folder/arm64/bytes"
  qemu-aarch64 -cpu "$processor" "$folder/arm64/kernels" | tee "$folder/arm64.txt"
  if [ "$(awk '{print $2}' "$folder/native.txt" "$folder/arm64.txt" | sort -u | wc -l)" != 1 ]; then
    echo "the results differ" >&2
    exit 1
  fi
done
