#!/usr/bin/env bash
# Builds the small extension for every CPython from 3.11 on, next to the library.
#
#   Sources/Python/extension/build.sh FOLDER
#
# makes FOLDER/_quick.abi3.so. The package works without it, only short texts are slower.
set -euo pipefail
folder=${1:?usage: build.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
include=$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')
options=(-std=c11 -O2 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -I "$include")
if [ "$(uname)" = Darwin ]; then
  options+=(-bundle -undefined dynamic_lookup)
else
  options+=(-shared)
fi
"${CC:-cc}" "${options[@]}" "$here/quick.c" -o "$folder/_quick.abi3.so"
strip -x "$folder/_quick.abi3.so"
