#!/usr/bin/env bash
# Builds libgobbet: a shared library for other languages that needs no Swift where it runs.
#
#   Sources/CGobbet/build.sh FOLDER
#
# makes FOLDER/lib/libgobbet.so (.dylib on macOS), FOLDER/include/gobbet.h,
# FOLDER/lib/pkgconfig/gobbet.pc and FOLDER/THIRD-PARTY-NOTICES.txt, the licences of what is inside. With GOBBET_SELF_CONTAINED=1, for carrying it to other Linux
# machines, libzstd and zlib are linked in and libsimdjson is put beside it. GOBBET_LINK_MAP names a
# file for the linker's map, which says what takes how much.
set -euo pipefail
folder=${1:?usage: build.sh FOLDER}
mkdir -p "$folder/lib/pkgconfig" "$folder/include"
folder=$(cd "$folder" && pwd)
cd "$(dirname "$0")/../.."

# In a folder of its own, since it is compiled otherwise than the rest of the package.
options=(-c release --product GobbetC --scratch-path .build-library)
if [ "$(uname)" = Linux ]; then
  # Each function in a section of its own, so that the linker leaves out those that nothing calls.
  options+=(-Xcc -ffunction-sections -Xcc -fdata-sections
    -Xswiftc -Xfrontend -Xswiftc -function-sections)
fi
# And for size where that costs little: `Package.swift` says where.
export GOBBET_SMALL=1
swift build "${options[@]}" >&2
built=$(swift build "${options[@]}" --show-bin-path)

# What the package manager links into a library that needs Swift's own beside it.
objects=$built/GobbetC.product/Objects.LinkFileList

if [ "$(uname)" = Darwin ]; then
  sed 's/^/_/' Sources/CGobbet/symbols.txt >"$built/gobbet.exports"
  swiftc -emit-library @"$objects" -o "$folder/lib/libgobbet.dylib" \
    -L"$(brew --prefix)/lib" -lzstd -lz -lsimdjson -lc++ \
    -Xlinker -exported_symbols_list -Xlinker "$built/gobbet.exports" -Xlinker -dead_strip \
    -Xlinker -install_name -Xlinker @rpath/libgobbet.dylib
  strip -x "$folder/lib/libgobbet.dylib"
else
  { echo '{ global:'; sed 's/$/;/' Sources/CGobbet/symbols.txt; echo 'local: *; };'; } \
    >"$built/gobbet.exports"
  archives=()
  if [ "${GOBBET_SELF_CONTAINED:-0}" = 1 ]; then
    libraries=(-lsimdjson -Wl,-rpath=\$ORIGIN)
    archives+=("$(cc -print-file-name=libzstd.a)" "$(cc -print-file-name=libz.a)")
    simdjson=$(cc -print-file-name=libsimdjson.so)
    cp "$simdjson" "$folder/lib/$(basename "$(readlink "$simdjson")")"
  else
    libraries=(-lzstd -lz -lsimdjson)
  fi
  # Not by `swiftc`, which adds Foundation, for swift-crypto, and the runtime for tasks and its
  # dispatch queues: what is left in needs nothing of them, says `-z defs`.
  swift=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
  static=${swift}_static/linux
  for name in swiftCore swiftSynchronization swiftGlibc; do
    archives+=("$static/lib$name.a")
  done
  rm -rf "$built/unretained"
  # shellcheck disable=SC2046
  python3 Sources/CGobbet/unretained.py Sources/CGobbet/symbols.txt "$built/unretained" \
    $(cat "$objects") "${archives[@]}" >"$built/gobbet.objects"
  # Swift's tables of the names of scalars take 480,000 bytes, and nothing here asks for a name. What shows
  # crashes takes 70,000, and `unretained.py` leaves it out: its settings are zeros, which say that it is off.
  "$swift/../../bin/clang" -x c -O2 -fPIC -c -o "$built/runtime-stubs.o" - <<'END'
#include <stddef.h>
#include <stdint.h>
uint64_t _swift_backtraceSettings[16];
_Bool _swift_backtrace_isThunkFunction(const char *name) { return name == (const char *)0; }
// Nor are frames read that zstd wrote before its release 0.8 of 2016, whose decoders take 100,000 bytes: they
// are of an unknown kind, as to a libzstd that is built without them.
#define OLD_ZSTD(v) \
  static char dummy_##v; \
  void *ZSTDv##v##_createDCtx(void) { return &dummy_##v; } \
  void *ZBUFFv##v##_createDCtx(void) { return &dummy_##v; } \
  size_t ZSTDv##v##_freeDCtx(void *context) { return context != &dummy_##v; } \
  size_t ZBUFFv##v##_freeDCtx(void *context) { return context != &dummy_##v; } \
  size_t ZSTDv##v##_decompress_usingDict(void) { return (size_t)-10; } \
  size_t ZSTDv##v##_getFrameParams(void) { return (size_t)-10; } \
  size_t ZBUFFv##v##_decompressContinue(void) { return (size_t)-10; } \
  size_t ZBUFFv##v##_decompressInitDictionary(void) { return (size_t)-10; } \
  void ZSTDv##v##_findFrameSizeInfoLegacy( \
      const void *source, size_t count, size_t *size, unsigned long long *bound) { \
    (void)source, (void)count; \
    *size = (size_t)-10; \
    *bound = (unsigned long long)-2; \
  }
OLD_ZSTD(05)
OLD_ZSTD(06)
OLD_ZSTD(07)
// Nothing here compresses with a dictionary, for which zstd has code of its own, 140,000 bytes.
size_t without_dictionary(void) { __builtin_trap(); }
intptr_t __wrap__swift_stdlib_getScalarName(uint32_t scalar, uint8_t *buffer, intptr_t capacity) {
  (void)scalar, (void)buffer, (void)capacity;
  return 0;
}
END
  unused=()
  for strategy in fast doubleFast greedy lazy lazy2 btlazy2 btopt btultra; do
    for kind in dictMatchState dictMatchState_row dedicatedDictSearch dedicatedDictSearch_row; do
      name=ZSTD_compressBlock_${strategy}_$kind
      unused+=("-Wl,--wrap=$name,--defsym=__wrap_$name=without_dictionary")
    done
  done
  "$swift/../../bin/clang" -shared -fuse-ld=lld -o "$folder/lib/libgobbet.so" \
    "$static/$(uname -m)/swiftrt.o" "$built/runtime-stubs.o" @"$built/gobbet.objects" \
    -Wl,--wrap=_swift_stdlib_getScalarName "${unused[@]}" "${libraries[@]}" \
    -lstdc++ -lm -lpthread -ldl -Wl,-O2 -Wl,-z,defs -Wl,--gc-sections -Wl,--icf=all \
    -Wl,--version-script="$built/gobbet.exports" -Wl,--exclude-libs=ALL -Wl,-soname=libgobbet.so \
    ${GOBBET_LINK_MAP:+-Wl,-Map="$GOBBET_LINK_MAP"}
  if nm "$folder/lib/libgobbet.so" | grep -q ' [TtRrDd] \$s6Crypto'; then
    echo "swift-crypto's Swift is in the library, without the records of its types" >&2
    exit 1
  fi
  strip --strip-unneeded "$folder/lib/libgobbet.so"
fi
cp Sources/CGobbet/gobbet.h "$folder/include/"
python3 Sources/CGobbet/notices.py .build-library/checkouts "$folder/THIRD-PARTY-NOTICES.txt"
version=$(sed -n 's/.*gobbetVersion.*"\(.*\)"/\1/p' Sources/GobbetSystem/GobbetVersion.swift)
cat >"$folder/lib/pkgconfig/gobbet.pc" <<END
prefix=$folder
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: gobbet
Description: vocabularies, token datasets and weights in .gobbet files
Version: $version
Libs: -L\${libdir} -lgobbet
Cflags: -I\${includedir}
END
