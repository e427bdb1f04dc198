"""Writes checkpoints in the shapes that training programs give them, with PyTorch 2.13.0 (PyPI), and
expected.json: for each file the type, shape and SHA-256 (row-major, little-endian) of every tensor.

python make_checkpoints.py [SEED FOLDER]
"""

import argparse
import collections
import hashlib
import json
import sys
from pathlib import Path

import torch

torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent
expected = {}


def save(name, content, tensors, **settings):
    """Saves `content`, whose weights are `tensors`."""
    torch.save(content, folder / name, **settings)
    entries = {}
    for key, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        data = tensor.reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        kind = str(tensor.dtype).removeprefix("torch.")
        entries[key] = [kind, list(tensor.shape), hashlib.sha256(data).hexdigest()]
    expected[name] = entries


names = (
    "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 float8_e4m3fn "
    "float8_e5m2 float8_e8m0fnu float8_e4m3fnuz float8_e5m2fnuz uint16 uint32 uint64"
).split()
types = {}
for name in names:
    kind = getattr(torch, name)
    data = torch.randint(0, 2 if kind == torch.bool else 256, (6 * kind.itemsize,), dtype=torch.uint8)
    types[name] = data.view(kind).reshape(2, 3)
save("types.pt", types, types)

model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Linear(4, 2))
state = model.state_dict()
save("state_dict.pth", state, state)
save("bf16.bin", collections.OrderedDict((k, v.bfloat16()) for k, v in state.items()),
     {k: v.bfloat16() for k, v in state.items()})

model(torch.ones(1, 3)).sum().backward()
optimizer = torch.optim.AdamW(model.parameters())
optimizer.step()
state = {k: v.clone() for k, v in model.state_dict().items()}
save("training.pt", {
    "model": state, "optimizer": optimizer.state_dict(), "iter_num": 5, "best_val_loss": 1.5,
    "model_args": {
        "n_layer": 2, "n_head": 3, "n_embd": 12, "block_size": 7, "bias": False, "vocab_size": None,
    },
    "config": {"out_dir": "out", "rate": 6e-4, "big": 1 << 100, "raw": b"bytes"},
}, state)
save("lightning.ckpt", {
    "epoch": 3, "global_step": 1 << 40, "pytorch-lightning_version": "2.5.0",
    "state_dict": collections.OrderedDict(("model." + k, v) for k, v in state.items()),
    "loops": {}, "callbacks": {}, "optimizer_states": [optimizer.state_dict()],
    "hyper_parameters": argparse.Namespace(width=3, names=("a", "b"), kinds={1, 2}),
    "where": Path("somewhere"), "default": collections.defaultdict(list, {"a": [1]}),
}, {"model." + k: v for k, v in state.items()})

base = torch.arange(24.0).reshape(4, 6)
views = {
    "base": base, "transposed": base.t(), "row": base[2], "column": base[:, 1], "step": base[::2, 1::2],
    "expanded": torch.tensor([7.0]).expand(2, 3), "permuted": torch.arange(24).reshape(2, 3, 4).permute(2, 0, 1),
    "scalar": torch.tensor(2.5), "empty": torch.empty(0, 3), "tied": base,
}
save("views.pt", views, views)
save("legacy.pt", {"model": views, "optimizer": optimizer.state_dict(), "step": 3}, views,
     _use_new_zipfile_serialization=False)
with_attribute = torch.ones(2)
with_attribute.note = "x"
parameters = {
    "parameter": torch.nn.Parameter(torch.rand(2, 2)), "frozen": torch.nn.Parameter(torch.rand(3), False),
    "buffer": torch.nn.Buffer(torch.rand(2)), "attribute": with_attribute, 7: torch.rand(1),
    "a number beside": 3, "nothing": None,
}
save("parameters.pt", parameters,
     {str(k): v for k, v in parameters.items() if isinstance(v, torch.Tensor)})
(folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
