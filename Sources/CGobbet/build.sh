#!/usr/bin/env bash
# Builds libgobbet: a shared library for other languages that needs no Swift where it runs.
#
#   Sources/CGobbet/build.sh FOLDER
#
# makes FOLDER/lib/libgobbet.so (.dylib on macOS), FOLDER/include/gobbet.h and
# FOLDER/lib/pkgconfig/gobbet.pc. With GOBBET_SELF_CONTAINED=1, for carrying it to other Linux
# machines, libzstd and zlib are linked in and libsimdjson is put beside it.
set -euo pipefail
folder=${1:?usage: build.sh FOLDER}
mkdir -p "$folder/lib/pkgconfig" "$folder/include"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/../.."

swift build -c release --product GobbetC >&2
built=$(swift build -c release --show-bin-path)

# What the package manager links into a library that needs Swift's own beside it.
objects=(@"$built/GobbetC.product/Objects.LinkFileList")

if [ "$(uname)" = Darwin ]; then
  sed 's/^/_/' Sources/CGobbet/symbols.txt >"$built/gobbet.exports"
  swiftc -emit-library "${objects[@]}" -o "$folder/lib/libgobbet.dylib" \
    -L"$(brew --prefix)/lib" -lzstd -lz -lsimdjson -lc++ \
    -Xlinker -exported_symbols_list -Xlinker "$built/gobbet.exports" -Xlinker -dead_strip \
    -Xlinker -install_name -Xlinker @rpath/libgobbet.dylib
  strip -x "$folder/lib/libgobbet.dylib"
else
  { echo '{ global:'; sed 's/$/;/' Sources/CGobbet/symbols.txt; echo 'local: *; };'; } \
    >"$built/gobbet.exports"
  if [ "${GOBBET_SELF_CONTAINED:-0}" = 1 ]; then
    libraries=(-Xlinker -l:libzstd.a -Xlinker -l:libz.a -lsimdjson -Xlinker -rpath=\$ORIGIN)
    simdjson=$(cc -print-file-name=libsimdjson.so)
    cp "$simdjson" "$folder/lib/$(basename "$(readlink "$simdjson")")"
  else
    libraries=(-lzstd -lz -lsimdjson)
  fi
  swiftc -static-stdlib -emit-library "${objects[@]}" -o "$folder/lib/libgobbet.so" \
    "${libraries[@]}" -lFoundationEssentials -l_FoundationCollections \
    -l_FoundationCShims -lstdc++ -lm -use-ld=lld -Xlinker -z -Xlinker defs \
    -Xlinker --version-script="$built/gobbet.exports" -Xlinker --gc-sections \
    -Xlinker --exclude-libs=ALL -Xlinker -soname=libgobbet.so
  strip --strip-unneeded "$folder/lib/libgobbet.so"
fi
cp Sources/CGobbet/gobbet.h "$folder/include/"
cat >"$folder/lib/pkgconfig/gobbet.pc" <<END
prefix=$folder
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: gobbet
Description: vocabularies, token datasets and weights in .gobbet files
Version: 0.1.0
Libs: -L\${libdir} -lgobbet
Cflags: -I\${includedir}
END
