#!/usr/bin/env bash
# Runs all tests with the address or the thread sanitizer, in a build folder of its own.
#
#   Tests/sanitize.sh address|thread [FILTER]
#
# Takes several minutes to build, and is no part of `make test`; `make sanitize` runs both.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer=${1:?address or thread}
options=(-c release --sanitize "$sanitizer" --scratch-path ".build-sanitize/$sanitizer")
swift build "${options[@]}" --build-tests
# Leaks are not looked for: Swift's metadata and what the runtime keeps until the end look like some.
export ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1 SWIFT_BACKTRACE=enable=no
swift test "${options[@]}" --skip-build ${2:+--filter "$2"}
