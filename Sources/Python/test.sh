#!/usr/bin/env bash
# Installs a wheel into an empty virtual environment and runs the Python tests with it.
#
#   Sources/Python/test.sh WHEEL
#
# PyTorch is too large to fetch for this. Where GOBBET_PEERS_PYTHON names a Python that has it, the
# tests that need it run there, with the same wheel; elsewhere they say "skipped".
set -euo pipefail
wheel=$(realpath "${1:?usage: test.sh WHEEL}")
cd "$(dirname "$0")/../.."
GOBBET_ROOT=$PWD
export GOBBET_ROOT
work=$PWD/.build/python-tests
rm -rf "$work"
mkdir -p "$work"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "$wheel" \
  zstandard tiktoken==0.14.0 tokenizers==0.23.3
# The tests are run beside the installed package, not beside its sources.
cp -R Sources/Python/tests "$work/tests"
command=$PWD/.build/release/gobbet
if [ -x "$command" ]; then export GOBBET_COMMAND=$command; fi
cd "$work"
unset GOBBET_LIBRARY GOBBET_PURE PYTHONPATH
venv/bin/python -m unittest discover -s tests -t .

if [ -n "${GOBBET_PEERS_PYTHON:-}" ] && "$GOBBET_PEERS_PYTHON" -c 'import torch' 2>/dev/null; then
  venv/bin/pip install --quiet --disable-pip-version-check --no-deps --target wheel "$wheel"
  PYTHONPATH=$work/wheel "$GOBBET_PEERS_PYTHON" -m unittest \
    tests.test_torch_data tests.test_example tests.test_weights
fi
