"""Reads checkpoints of twelve shapes, as torch.save writes them, with gobbet and with torch.load(weights_only=True).

    checkpoints.py [--gobbet PATH] [--seed N]

Every tensor must have the same type, shape and bits. Then come files that gobbet refuses, each with the reason
it gives. Needs torch and safetensors. Exit 1 if a tensor differs, or a file is read that should be refused.
"""
import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import torch
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).parent


class Unknown:
    """An object of a class that only this script has."""


def model():
    return torch.nn.Sequential(torch.nn.Embedding(7, 4), torch.nn.LayerNorm(4), torch.nn.Linear(4, 3))


def trained(network):
    """An optimizer that has made a step."""
    optimizer = torch.optim.AdamW(network.parameters())
    network(torch.tensor([1, 2])).sum().backward()
    optimizer.step()
    return optimizer


def shapes():
    """Name, what is saved, how, and where in it the weights are."""
    network = model()
    optimizer = trained(network)
    state = network.state_dict()
    base = torch.randn(6, 8)
    yield "state_dict", state, {}, ()
    yield "nested, optimizer beside it", {"model": state, "optimizer": optimizer.state_dict(), "iter_num": 3}, {}, ("model",)
    yield "model_state_dict", {"epoch": 1, "model_state_dict": state, "loss": 0.5}, {}, ("model_state_dict",)
    yield "Lightning", {
        "state_dict": collections.OrderedDict((f"model.{k}", v) for k, v in state.items()), "global_step": 1 << 40,
        "optimizer_states": [optimizer.state_dict()], "loops": {}, "hyper_parameters": {"width": 4, "names": ("a", "b")},
    }, {}, ("state_dict",)
    yield "shared storages", {"wte": base, "lm_head": base, "row": base[2], "tail": base.view(-1)[5:]}, {}, ()
    yield "views with strides", {
        "t": base.t(), "step": base[::2, 1::3], "expanded": base[:1].expand(5, 8), "permuted": base.view(2, 3, 8).permute(2, 0, 1),
        "scalar": base[0, 0], "empty": torch.empty(0, 3), "flipped": base.flip(0),
    }, {}, ()
    yield "bfloat16 and float16", {k: v.bfloat16() if i % 2 else v.half() for i, (k, v) in enumerate(state.items())}, {}, ()
    kinds = (torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu)
    yield "float8", {str(kind): torch.randint(0, 256, (4, 4), dtype=torch.uint8).view(kind) for kind in kinds}, {}, ()
    yield "complex, integers, bool", {
        "complex": torch.randn(3, 2, dtype=torch.complex64), "bool": torch.rand(5) > 0.5, "double": torch.randn(3).double(),
        **{str(kind): torch.randint(0, 100, (3,)).to(kind)
           for kind in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.uint16, torch.uint32, torch.uint64)},
    }, {}, ()
    yield "parameters and buffers", {
        "p": torch.nn.Parameter(torch.randn(2, 3)), "frozen": torch.nn.Parameter(torch.randn(2), False),
        "b": torch.nn.Buffer(torch.randn(2)),
    }, {}, ()
    legacy = {"_use_new_zipfile_serialization": False}
    yield "legacy format", {"model": state, "optimizer": optimizer.state_dict()}, legacy, ("model",)
    yield "legacy, shared and strided", {"a": base, "b": base.t(), "c": base[1:, ::2]}, legacy, ()


def refused():
    """Name, what is saved, and a word of the reason."""
    tensor = torch.randn(4, 4)
    yield "a whole module", model(), "where a dictionary"
    yield "a tensor alone", tensor, "where a dictionary"
    yield "sparse", {"a": tensor.to_sparse()}, "_rebuild_sparse_tensor"
    yield "quantized", {"a": torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8)}, "_rebuild_qtensor"
    yield "on no device", {"a": torch.empty(2, device="meta")}, "_rebuild_meta_tensor"
    yield "conjugate view", {"a": torch.randn(2, dtype=torch.complex64).conj()}, ""
    yield "complex128", {"a": torch.randn(2, dtype=torch.complex128)}, "ComplexDouble"
    yield "nested tensors", {"a": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])}, "nested"
    yield "NumPy arrays", {"a": tensor.numpy()}, "without a dictionary"
    yield "two models", {"generator": model().state_dict(), "critic": model().state_dict()}, "several"
    yield "an object of an own class", {"a": Unknown()}, ""


def convert(gobbet, path, folder):
    output = folder / "o.safetensors"
    run = subprocess.run([gobbet, "convert", path, "-o", output, "-f", "-q"], capture_output=True, text=True)
    return (load_file(output) if run.returncode == 0 else None), run.stderr


def bits(tensor):
    tensor = tensor.detach().contiguous()
    return tensor.dtype, tuple(tensor.shape), tensor.reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def big_endian(path, output):
    """The archive as a big-endian machine writes it: every float of 32 bits turned round."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename.endswith("byteorder"):
                data = b"big"
            elif "/data/" in info.filename:
                data = b"".join(data[at:at + 4][::-1] for at in range(0, len(data), 4))
            target.writestr(zipfile.ZipInfo(info.filename), data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gobbet", default=HERE.parents[1] / ".build/release/gobbet")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for number, (shape, content, options, keys) in enumerate(shapes()):
            path = folder / f"{number}.pt"
            torch.save(content, path, **options)
            expected = torch.load(path, weights_only=True)
            for key in keys:
                expected = expected[key]
            found, problem = convert(arguments.gobbet, path, folder)
            same = found is not None and found.keys() == expected.keys() and all(
                bits(found[key]) == bits(value) for key, value in expected.items())
            failures += not same
            print(f"{shape:32} {len(expected):3} tensors " + ("equal" if same else f"DIFFER {problem.strip()}"), flush=True)
        torch.save({"a": torch.randn(4, 4)}, folder / "little.pt")
        big_endian(folder / "little.pt", folder / "big.pt")
        found, problem = convert(arguments.gobbet, folder / "big.pt", folder)
        expected = torch.load(folder / "big.pt", weights_only=True)
        same = found is not None and bits(found["a"]) == bits(expected["a"])
        print(f"{'big-endian':32}   1 tensors " + ("equal" if same else "refused: " + problem.strip().rpartition("big.pt, ")[2]))
        print("\nrefused, with the reason:")
        for shape, content, word in refused():
            path = folder / "refused.pt"
            torch.save(content, path)
            found, problem = convert(arguments.gobbet, path, folder)
            line = problem.strip().splitlines()[0] if problem.strip() else ""
            fits = found is None and word in line
            failures += not fits
            print(f"{shape:32} " + ("" if fits else "NOT AS EXPECTED ") + line.rpartition("refused.pt, ")[2])
    return int(failures > 0)


sys.exit(main())
