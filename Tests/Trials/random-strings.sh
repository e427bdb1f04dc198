#!/usr/bin/env bash
# Encodes ten million seeded random strings (or as many thousands as are given) with each third of
# them in another vocabulary, and every Unicode scalar in eight contexts, and compares the ids with
# those of the reference encoder. The suite runs a sample of the same chunks.
#
#   GOBBET_CONFORMANCE_DATA=folder Tests/Trials/random-strings.sh [thousands]
set -euo pipefail
cd "$(dirname "$0")/../.."
export GOBBET_RANDOM_CHUNKS=${1:-10000}
swift build -c release --build-tests
time swift test -c release --skip-build --filter RandomStringTests
