#!/usr/bin/env bash
# Installs a wheel into an empty virtual environment and runs the Python tests with it.
#
#   Sources/Python/test.sh WHEEL
#
# With GOBBET_TEST_CLUSTER=1 (`make test-cluster`) Spark and Ray are installed too, 1 GB that takes
# minutes to fetch, and their tests run, minutes more; without it they are skipped. Spark needs Java.
#
# PyTorch is too large to fetch for this. Where GOBBET_PEERS_PYTHON names a Python that has it, the
# tests that need it run there, with the same wheel; elsewhere they are skipped. So are those of
# transformers, accelerate, lightning, torchdata and Grain, and of the formats of other programs.
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
  zstandard fsspec fastwarc tiktoken==0.14.0 tokenizers==0.23.3 pyarrow tqdm mypy
if [ "${GOBBET_TEST_CLUSTER:-0}" = 1 ]; then
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check pyspark==4.0.1 'pandas>=2,<3' ray
fi
# The tests are run beside the installed package, not beside its sources.
cp -R Sources/Python/tests "$work/tests"
command=$PWD/.build/release/gobbet
if [ -x "$command" ]; then export GOBBET_COMMAND=$command; fi
cd "$work"
unset GOBBET_LIBRARY GOBBET_PURE PYTHONPATH
# What is skipped says why, and the last line counts it.
venv/bin/python -m unittest discover -v -s tests -t . 2>&1 | grep -v ' \.\.\. ok$'

if [ -n "${GOBBET_PEERS_PYTHON:-}" ] && "$GOBBET_PEERS_PYTHON" -c 'import torch' 2>/dev/null; then
  venv/bin/pip install --quiet --disable-pip-version-check --no-deps --target wheel "$wheel"
  PYTHONPATH=$work/wheel "$GOBBET_PEERS_PYTHON" -m unittest \
    tests.test_torch_data tests.test_trainers tests.test_remote_rows tests.test_exchange \
    tests.test_example tests.test_weights tests.test_reference tests.test_docs
fi
