#!/usr/bin/env bash
# Builds the command so that it runs on any Linux with glibc, and packs it with its licences.
#
#   Sources/CGobbet/command.sh OUTPUT.tar.gz
#
# Swift, libzstd, zlib, libbz2, liblzma and liblz4 are linked in. libsimdjson, of which Debian has no static library, lies
# beside the command.
set -euo pipefail
output=$(realpath "${1:?usage: command.sh OUTPUT.tar.gz}")
cd "$(dirname "$0")/../.."
if [ "$(uname)" != Linux ]; then
  echo "the command is packed on Linux only" >&2
  exit 1
fi

# A folder of archives alone, to which pkg-config leads: beside a shared library, that one would be linked.
archives=$PWD/.build-command/archives
mkdir -p "$archives"
for name in zstd z bz2 lzma lz4; do
  ln -sf "$(realpath "$(cc -print-file-name="lib$name.a")")" "$archives/lib$name.a"
done
for package in libzstd zlib liblzma liblz4; do
  sed "s|^libdir=.*|libdir=$archives|" \
    "$(pkg-config --variable=pcfiledir "$package")/$package.pc" >"$archives/$package.pc"
done
export PKG_CONFIG_PATH=$archives

options=(-c release --product gobbet --scratch-path .build-command --static-swift-stdlib
  -Xlinker "-rpath=\$ORIGIN")
swift build "${options[@]}" >&2
built=$(swift build "${options[@]}" --show-bin-path)
# The C and C++ libraries are every system's; simdjson lies beside the command.
others=$(readelf -d "$built/gobbet" | sed -n 's/.*Shared library: \[\(.*\)\]/\1/p' \
  | grep -vE '^(libc|libm|libstdc\+\+|libgcc_s|ld-linux.*|libsimdjson)\.so' || true)
if [ -n "$others" ]; then
  echo "the command also needs $others" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=$work/$(basename "$output" .tar.gz)
mkdir "$folder"
cp "$built/gobbet" LICENSE "$folder/"
strip --strip-unneeded "$folder/gobbet"
simdjson=$(cc -print-file-name=libsimdjson.so)
cp "$simdjson" "$folder/$(basename "$(readlink "$simdjson")")"
python3 Sources/CGobbet/notices.py .build-command/checkouts "$folder/THIRD-PARTY-NOTICES.txt" --command
"$folder/gobbet" --version >&2

# The same files give the same bytes.
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work" -c "$(basename "$folder")" \
  | gzip -n9 >"$output"
