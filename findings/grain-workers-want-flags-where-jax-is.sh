#!/bin/bash
# Guess: a pipeline of Grain with worker processes runs in any script that runs it without them, whatever
# else is installed.
# Behaviour: where JAX is installed, mp_prefetch, as DataLoader's worker_count, raises absl's
# UnparsedFlagAccessError with the first batch, unless the program has absl parse its command line
# (absl.app.run) or says that it has (flags.FLAGS.mark_as_parsed()). Without JAX the same script runs.
# Versions: grain 0.2.18, jax 0.10.2. Date: 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/try.py" <<'PYTHON'
import sys

import grain
from absl import flags


def batches(workers):
    made = grain.MapDataset.range(8).batch(4).to_iter_dataset()
    if workers:
        made = made.mp_prefetch(grain.MultiprocessingOptions(num_workers=workers))
    return [batch.tolist() for batch in made]


def answer(workers):
    try:
        return batches(workers)
    except Exception as error:
        return type(error).__name__


if __name__ == "__main__":
    seen = [answer(0), answer(1)]
    flags.FLAGS.mark_as_parsed()
    seen.append(answer(1))
    print(sys.argv[1], seen)
    rows = [[0, 1, 2, 3], [4, 5, 6, 7]]
    unparsed = "UnparsedFlagAccessError" if sys.argv[1] == "with" else rows
    assert seen == [rows, unparsed, rows], "the behaviour has changed"
PYTHON
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet grain==0.2.18
"$folder/venv/bin/python" "$folder/try.py" without 2>&1 | grep ^without
"$folder/venv/bin/pip" install --quiet jax==0.10.2
"$folder/venv/bin/python" "$folder/try.py" with 2>&1 | grep ^with
