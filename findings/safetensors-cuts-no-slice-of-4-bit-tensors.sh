#!/bin/bash
# Guess: get_slice, with which a loader takes its part of a tensor, works for F4 as it does for F8_E4M3: a slice
# of an even number of elements comes back, and [:] is what get_tensor returns.
# Behaviour: safetensors writes torch.float4_e2m1fn_x2 as F4 with the last dimension doubled, and load_file and
# get_tensor read it. Every slice raises, [:] too ("shape '[2, 16]' is invalid for input of size 16"), for
# the slice counts elements where torch counts pairs. So such a file can only be loaded whole.
# Versions: safetensors 0.8.0, torch 2.13.0. Date: 2026-12-01.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet safetensors==0.8.0 torch==2.13.0 numpy==2.3.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import torch
from safetensors import safe_open
from safetensors.torch import save_file

pairs = torch.arange(16, dtype=torch.uint8).reshape(2, 8)
save_file({"four": pairs.view(torch.float4_e2m1fn_x2), "eight": pairs.clone().view(torch.float8_e4m3fn)}, "made")
with safe_open("made", "pt") as file:
    whole = file.get_tensor("four")
    assert torch.equal(whole.view(torch.uint8), pairs), "get_tensor has changed"
    four, eight = file.get_slice("four"), file.get_slice("eight")
    print("F4: slice's shape", four.get_shape(), "tensor's shape", list(whole.shape))
    assert (four.get_dtype(), four.get_shape(), list(whole.shape)) == ("F4", [2, 16], [2, 8])
    for part in [slice(None), slice(0, 1), (slice(None), slice(0, 8))]:
        assert torch.equal(eight[part].view(torch.uint8), pairs[part]), "slices of F8_E4M3 have changed"
        try:
            answer = list(four[part].shape)
        except RuntimeError as error:
            answer = str(error)
        print(part, answer)
        assert answer == "shape '[2, 16]' is invalid for input of size 16", "the behaviour has changed"
PYTHON
