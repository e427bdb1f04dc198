#!/usr/bin/env bash
# Compiles the matrix kernels with their test for this machine and for arm64, runs the latter under
# qemu, and compares the checksums of all results. Needs clang, and for arm64 the headers and libraries
# of gcc-aarch64-linux-gnu (libc6-dev-arm64-cross) and qemu-user.
set -euo pipefail
cd "$(dirname "$0")"
sources=../../Sources/CGobbetKernels
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
build() {
  local output=$1
  shift
  clang -O2 -std=gnu11 "$@" -I "$sources/include" kernels.c blocks.c "$sources"/transformer/*.c \
    "$sources"/threads/*.c -o "$output" -lm -lpthread
}
build "$folder/native"
"$folder/native" | tee "$folder/native.txt"
if ! command -v qemu-aarch64 >/dev/null; then
  echo "no qemu-aarch64: arm64 is not tested" >&2
  exit 0
fi
build "$folder/arm64" --target=aarch64-linux-gnu --sysroot=/ -static -fuse-ld=lld \
  -isystem /usr/aarch64-linux-gnu/include -L/usr/aarch64-linux-gnu/lib \
  -L"$(dirname "$(aarch64-linux-gnu-gcc -print-libgcc-file-name)")" \
  -B"$(dirname "$(aarch64-linux-gnu-gcc -print-libgcc-file-name)")" \
  -B/usr/aarch64-linux-gnu/lib
qemu-aarch64 "$folder/arm64" | tee "$folder/arm64.txt"
if [ "$(awk '{print $2}' "$folder/native.txt" "$folder/arm64.txt" | sort -u | wc -l)" != 1 ]; then
  echo "the results differ" >&2
  exit 1
fi
