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

options=(-c release --product gobbet --scratch-path .build-command --static-swift-stdlib
  -Xlinker -l:libzstd.a -Xlinker -l:libz.a -Xlinker -l:libbz2.a -Xlinker -l:liblzma.a
  -Xlinker -l:liblz4.a -Xlinker "-rpath=\$ORIGIN")
swift build "${options[@]}" >&2
built=$(swift build "${options[@]}" --show-bin-path)

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
