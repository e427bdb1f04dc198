#!/usr/bin/env bash
# Runs all tests with the address or the thread sanitizer, in a build folder of its own.
#
#   Tests/sanitize.sh address|thread [FILTER]
#
# Takes several minutes to build, and isn't part of `make test`; `make sanitize` runs both.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer=${1:?address or thread}
scratch=.build-sanitize/$sanitizer
options=(-c release --sanitize "$sanitizer" --scratch-path "$scratch")
swift build "${options[@]}" --build-tests
# Leaks are not looked for: Swift's metadata and what the runtime keeps until the end look like some.
export GOBBET_SANITIZER=$sanitizer ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no
export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/Tests/tsan_suppressions.txt
if [ "$sanitizer" = thread ] && [ "$(uname)" = Linux ]; then
  clang -O1 -shared -fPIC Tests/tsan_mutex.c -o "$scratch/tsan_mutex.so" -ldl
  export LD_PRELOAD=$PWD/$scratch/tsan_mutex.so
fi
swift test "${options[@]}" --skip-build ${2:+--filter "$2"}
