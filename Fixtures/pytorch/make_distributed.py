"""Writes a distributed checkpoint of two processes, with PyTorch 2.13.0 (PyPI), into `distributed/`, and
distributed.json: the type, shape and SHA-256 (row-major, little-endian) of every tensor under its full name.

python make_distributed.py
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Replicate, Shard, distribute_tensor

folder = Path(__file__).parent / "distributed"


def whole():
    """What is saved, by the keys that lead to it."""
    generator = torch.Generator().manual_seed(1)
    def rand(*shape):
        return torch.rand(*shape, generator=generator)
    weight = rand(5, 6)
    return {
        "model": {
            "rows": rand(5, 4), "columns": rand(3, 7), "cube": rand(2, 3, 5), "whole": rand(3, 3),
            "bf16": rand(4, 3).bfloat16(), "f8": rand(7).to(torch.float8_e4m3fn), "scalar": torch.tensor(3.5),
            "empty": torch.zeros(0, 4), "bool": torch.tensor([True, False, True]), "uneven": rand(1, 4),
            "transposed": rand(4, 2).T, "view": torch.arange(24).reshape(4, 6)[1:3, 2:5],
            "embedding": weight, "head": weight,
        },
        "optimizer": {"state": {"0": {"exp_avg": rand(5, 4), "step": torch.tensor(500.0)}}},
        "list": [torch.ones(2), torch.zeros(3)], "tuple": (torch.ones(1), 2), "step": 500, "name": "a",
    }


CUTS = {"rows": Shard(0), "columns": Shard(1), "cube": Shard(1), "whole": Replicate(), "bf16": Shard(0),
        "uneven": Shard(0)}


def save(rank):
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29577"}
    dist.init_process_group("gloo", rank=rank, world_size=2)
    mesh = init_device_mesh("cpu", (2,))
    state = whole()
    for name, cut in CUTS.items():
        state["model"][name] = distribute_tensor(state["model"][name], mesh, [cut])
    dcp.save(state, checkpoint_id=str(folder))
    dist.destroy_process_group()


def tensors(value, keys=()):
    """Every tensor that DCP stores as one, by its full name."""
    if isinstance(value, torch.Tensor):
        yield ".".join(keys), value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from tensors(inner, (*keys, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from tensors(inner, (*keys, str(index)))


if __name__ == "__main__":
    shutil.rmtree(folder, ignore_errors=True)
    torch.multiprocessing.spawn(save, nprocs=2)
    expected = {}
    for name, tensor in tensors(whole()):
        # What torch itself reads back.
        target = {name: torch.empty(tensor.shape, dtype=tensor.dtype)}
        dcp.load(target, checkpoint_id=str(folder), no_dist=True)
        data = target[name].contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        original = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        assert data == original, name
        expected[name] = [str(tensor.dtype).removeprefix("torch."), list(tensor.shape),
                          hashlib.sha256(data).hexdigest()]
    (folder.parent / "distributed.json").write_text(json.dumps(expected, indent=1) + "\n")
