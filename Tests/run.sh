#!/usr/bin/env bash
# Lints, builds and runs every test. The peers that interop tests run come from PyPI into .venv;
# without them, and without GOBBET_CONFORMANCE_DATA, the tests that need them are skipped. The last
# lines say how many were, why, and how to get what they need.
set -euo pipefail
cd "$(dirname "$0")/.."

swift format lint --strict --recursive Package.swift Sources Tests

if [ -z "${GOBBET_PEERS_PYTHON:-}" ]; then
  if [ ! -e .venv/complete ]; then
    rm -rf .venv
    if python3 -m venv .venv \
      && .venv/bin/pip install --quiet --disable-pip-version-check -r Tests/peers.txt; then
      touch .venv/complete
    else
      echo "no peers from PyPI: the interop tests will be skipped" >&2
    fi
  fi
  [ -e .venv/complete ] && export GOBBET_PEERS_PYTHON="$PWD/.venv/bin/python"
fi

# One configuration serves the tests, the demo and the benchmarks.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift build -c release --build-tests 2>&1 | tee "$log"
if grep -E '(^|[^a-z])warning:' "$log"; then
  echo "the build has warnings" >&2
  exit 1
fi
swift test -c release --skip-build 2>&1 | tee "$log"

# What people read has none of the constructions that read as translated.
python3 Tests/language.py
# What README and the documentation show is compiled and run.
python3 Tests/docs.py "$(swift build -c release --show-bin-path)/gobbet"
# Every public symbol has a doc comment, and DocC has no warning.
python3 Tests/documentation.py "$(swift build -c release --show-bin-path)"
# Nothing is newer than the systems in Package.swift; on a Mac the compiler has said so.
if [ "$(uname)" = Linux ]; then
  python3 Tests/availability.py "$(swift build -c release --show-bin-path)"
fi
# An app that reads a tokenizer links no library of the system.
if [ "$(uname)" = Linux ]; then
  python3 Tests/app.py "$(swift build -c release --show-bin-path)"
fi
# The pages of reports are opened in a browser, where there is one.
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -n "$browser" ] && python3 -c 'import playwright' 2>/dev/null; then
  python3 Tests/pages.py "$(swift build -c release --show-bin-path)/gobbet" "$browser"
else
  echo "the pages of reports were not opened: that needs Chromium and 'pip install playwright'"
fi

# Every input is opened once, and little is written twice.
if [ "$(uname)" = Linux ]; then
  python3 Tests/opens.py "$(swift build -c release --show-bin-path)"
fi
python3 Tests/duplicates.py --ceiling 10

# A skipped suite stands for all of its tests.
skipped=$(grep -cE '^. (Test|Suite) .* skipped' "$log" || true)
grep -E '^. (Test|Suite) .* skipped' "$log" | sed -E 's/^.* skipped(: )?//' | sort | uniq -c || true
echo "$skipped tests and suites were skipped"
