"""Low-rank adapters out of two models: `extract_lora`."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import InvalidArgument

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Tensors = Mapping[str, NDArray[Any]]
    Floats = NDArray[numpy.float32]

#: What is saved as a whole: rows of embeddings are trained one by one, not all by the same directions.
_WHOLE = ("embed_tokens", "lm_head", "wte", "wpe")


class ExtractedLoRA(NamedTuple):
    """What an adapter holds.

    Example:
        >>> gobbet.ExtractedLoRA(losses={}, saved=["wte"]).saved
        ['wte']
    """

    #: The layers with matrices, and for each the part of the difference's square that they lack.
    losses: dict[str, float]
    #: The layers that are saved as a whole, since they have changed and aren't matrices.
    saved: list[str]


def extract_lora(
    base: Tensors,
    tuned: Tensors,
    folder: str | os.PathLike[str],
    *,
    rank: int = 16,
    fan_in_fan_out: bool = False,
    base_model: str | None = None,
) -> ExtractedLoRA:
    """Writes an adapter that makes `tuned` of `base`, as PEFT saves one; by NumPy's SVD.

    The difference of each matrix that has changed becomes two matrices of `rank`, the nearest ones
    there are. Vectors and embeddings that have changed are saved as a whole.

    Args:
        base: The arrays of the base model by name, as `gobbet.numpy.load_file` gives them.
        tuned: The arrays of the trained model, of the same names and shapes.
        folder: Where `adapter_model.safetensors` and `adapter_config.json` go.
        rank: Columns of each matrix; fewer where a layer has no more.
        fan_in_fan_out: Whether weights are [inputs, outputs], as GPT-2's are.
        base_model: The name or the path that the configuration gives the base model.

    Returns:
        What was written for which layer.

    Raises:
        InvalidArgument: For models of other names or shapes, for a difference that is not finite, and
            for changed tensors that an adapter has no place for.

    Example:
        >>> base = {"h.0.attn.c_proj.weight": np.zeros((4, 4), np.float32)}
        >>> tuned = {"h.0.attn.c_proj.weight": np.ones((4, 4), np.float32)}
        >>> list(gobbet.extract_lora(base, tuned, "adapter", rank=1).losses)
        ['h.0.attn.c_proj']
    """
    import numpy

    if rank < 1:
        raise InvalidArgument(f"rank: {rank}")
    if base.keys() != tuned.keys():
        names = ", ".join(sorted(base.keys() ^ tuned.keys())[:4])
        raise InvalidArgument(f"only one of the two models has {names}")
    tensors: dict[str, Floats] = {}
    losses: dict[str, float] = {}
    saved: list[str] = []
    ranks: dict[str, int] = {}
    for name in base:
        if base[name].shape != tuned[name].shape:
            raise InvalidArgument(f"{name}: {base[name].shape} and {tuned[name].shape}")
        before, after = (model[name].astype(numpy.float32) for model in (base, tuned))
        difference = after - before
        if not difference.any():
            continue
        if not numpy.isfinite(difference).all():
            raise InvalidArgument(f"{name}: the difference is not finite")
        layer, _, kind = name.rpartition(".")
        is_whole = difference.ndim < 2 or layer.rpartition(".")[2] in _WHOLE
        if kind not in ("weight", "bias") or difference.ndim > 2 or not layer:
            raise InvalidArgument(f"{name}: has changed, and an adapter has no place for it")
        if is_whole:
            tensors[f"base_model.model.{name}"] = after
            if layer not in saved:
                saved.append(layer)
            continue
        down, up, losses[layer] = _factors(
            difference.T if fan_in_fan_out else difference, min(rank, *difference.shape)
        )
        if len(down) != rank:
            ranks[layer] = len(down)
        tensors[f"base_model.model.{layer}.lora_A.weight"] = down
        tensors[f"base_model.model.{layer}.lora_B.weight"] = up
    if both := set(saved) & set(losses):
        raise InvalidArgument(f"{min(both)}: weight and bias have changed; an adapter has either")
    if not tensors:
        raise InvalidArgument("the two models are the same")
    # A pattern is an expression, and a layer of another rank needs an alpha of its own.
    patterns = {"^" + layer.replace(".", r"\."): own for layer, own in ranks.items()}
    configuration = {
        "peft_type": "LORA", "task_type": None, "base_model_name_or_path": base_model,
        "inference_mode": True, "r": rank, "lora_alpha": rank, "lora_dropout": 0.0, "bias": "none",
        "fan_in_fan_out": fan_in_fan_out, "target_modules": sorted(losses),
        "modules_to_save": saved or None, "init_lora_weights": True,
        "rank_pattern": patterns, "alpha_pattern": patterns,
    }  # fmt: skip
    os.makedirs(folder, exist_ok=True)
    _write_safetensors(os.path.join(folder, "adapter_model.safetensors"), tensors)
    with open(os.path.join(folder, "adapter_config.json"), "w", encoding="utf-8") as file:
        json.dump(configuration, file, indent=2)
        file.write("\n")
    return ExtractedLoRA(losses, saved)


def _factors(difference: Floats, rank: int) -> tuple[Floats, Floats, float]:
    """The two matrices whose product is nearest to a difference, and what of its square they lack."""
    import numpy

    left, values, right = numpy.linalg.svd(difference.astype(numpy.float64), full_matrices=False)
    roots = numpy.sqrt(values[:rank])
    down = (roots[:, None] * right[:rank]).astype(numpy.float32)
    up = (left[:, :rank] * roots).astype(numpy.float32)
    squares = values**2
    return down, up, float(squares[rank:].sum() / squares.sum())


def _write_safetensors(path: str, tensors: Mapping[str, Floats]) -> None:
    """Writes arrays of 32-bit floats; the file takes its name when it is whole."""
    import numpy

    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, array in tensors.items():
        header[name] = {
            "dtype": "F32", "shape": array.shape, "data_offsets": [end, end + array.nbytes],
        }  # fmt: skip
        end += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(numpy.ascontiguousarray(array, "<f4").tobytes())
    os.replace(path + ".part", path)
