#!/usr/bin/env bash
# Builds the shared library as another project would have it, and takes a C program through it: the
# exported symbols are those of the header, and nothing but the system's libraries is needed.
#
#   Tests/library.sh
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
GOBBET_SELF_CONTAINED=1 Sources/CGobbet/build.sh "$folder"
library=$(find "$folder/lib" -name 'libgobbet.*')

flags=$(PKG_CONFIG_PATH="$folder/lib/pkgconfig" pkg-config --cflags --libs gobbet)
mkdir "$folder/files"
# shellcheck disable=SC2086
cc -std=c11 -Wall -Wextra -Werror -DGOBBET_ROUND_PROGRAM -ITests/CGobbetRound/include \
  Tests/CGobbetRound/*.c $flags -lm \
  -Wl,-rpath,"$folder/lib" -o "$folder/round"
"$folder/round" "$folder/files" Fixtures

if [ "$(uname)" = Linux ]; then
  if [ "$(wc -c <"$library")" -gt 8000000 ]; then
    echo "the library has $(wc -c <"$library") bytes, more than 8,000,000" >&2
    exit 1
  fi
  nm -D --defined-only "$library" | awk '{ print $3 }' | sort | diff - Sources/CGobbet/symbols.txt
  # The C library, the compilers' own, and what was put beside it.
  needed=$(readelf -d "$library" | sed -n 's/.*Shared library: \[\(.*\)\]/\1/p')
  others=$(grep -vE '^(libc|libm|libstdc\+\+|libgcc_s|ld-linux.*|libsimdjson|libzstd|libz)\.so' <<<"$needed" || true)
  if [ -n "$others" ]; then
    echo "the library also needs $others" >&2
    exit 1
  fi
fi
echo "$(wc -l <Sources/CGobbet/symbols.txt) functions, $(wc -c <"$library") bytes: a C program went the whole way"
