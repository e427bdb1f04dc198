#!/bin/bash
# Guess: a cast to an 8-bit float that overflows gives what ml_dtypes gives: NaN in e4m3fn, which has
# no infinity, and NaN for a negative number in e8m0fnu, which has no sign.
# Behaviour: torch turns infinity and whatever is too large into 448, in e4m3fn alone (e5m2 gives
# infinity, both fnuz types NaN); in e8m0fnu it drops the sign (-2 becomes 2) and zero becomes
# 2^-127. ml_dtypes gives NaN for each. A diverged tensor comes out of the first cast finite.
# Versions: torch 2.13.0, ml_dtypes 0.6.0. Date: 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 ml_dtypes==0.6.0 numpy==2.3.5
"$folder/venv/bin/python" - <<'PYTHON'
import ml_dtypes, numpy, torch, warnings

warnings.simplefilter("ignore")  # NumPy announces the invalid cast

def both(name, values):
    array = numpy.array(values, dtype=numpy.float32)
    theirs = torch.tensor(array).to(getattr(torch, name)).float().tolist()
    other = array.astype(getattr(ml_dtypes, name)).astype(numpy.float32).tolist()
    print(name, values, "torch:", theirs, "ml_dtypes:", other)
    return [repr(value) for value in theirs], [repr(value) for value in other]

infinity = float("inf")
assert both("float8_e4m3fn", [infinity, -infinity, 1e30]) == (
    ["448.0", "-448.0", "448.0"], ["nan"] * 3), "the behaviour has changed"
assert both("float8_e5m2", [infinity, 1e30]) == (["inf"] * 2, ["inf"] * 2), "e5m2 has changed"
assert both("float8_e4m3fnuz", [infinity, 1e30]) == (["nan"] * 2, ["nan"] * 2), "fnuz has changed"
tiny = repr(2.0 ** -127)
assert both("float8_e8m0fnu", [-2.0, -1.0, 0.0]) == (
    ["2.0", "1.0", tiny], ["nan"] * 3), "the behaviour of e8m0fnu has changed"
PYTHON
