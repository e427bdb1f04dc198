"""Gobbet: vocabularies, token datasets and weights in `.gobbet` files, and models.

    import gobbet

    encoding = gobbet.train("corpus/", 4096, special_tokens=["<|endoftext|>"])
    ids = encoding.encode("Hello, world.")
    dataset = gobbet.TokenDataset("corpus.gobbet")
    inputs, targets = dataset.windows(256)[0]
    text = gobbet.Model("model.gobbet").generate("Hello", max_tokens=20).run()

`gobbet.numpy` and `gobbet.torch` load and save weights as safetensors does, and
`gobbet.torch_data` feeds `torch.utils.data`. Nothing else is imported before it is used. Where the
native library is missing, files are read by `gobbet.pure`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import (
    BadData,
    CannotCreate,
    CorpusWarning,
    Error,
    Internal,
    InvalidArgument,
    LibraryMissing,
    NoInput,
    NotFound,
    OutOfRange,
    ReadWriteFailed,
    RemoteFailed,
    SpecialToken,
)

if TYPE_CHECKING:
    from .command import Conversion, Verification, convert, inspect, verify
    from .counts import Counts
    from .dataset import TokenDataset
    from .dataset_writer import DatasetWriter
    from .encoding import Encoding
    from .generation import Generation
    from .lora import ExtractedLoRA, extract_lora
    from .loss_rules import LossRule
    from .model import Model
    from .reports import Report, report
    from .rows import PackedRows, RowBatch
    from .sampler import Sampler
    from .train_command import Training, train_files
    from .training import train, train_from_counts
    from .weights import safe_open
    from .weights_file import TensorInfo
    from .windows import Windows

__version__ = "0.2.0"

_HOMES = {
    "Conversion": "command",
    "Counts": "counts",
    "DatasetWriter": "dataset_writer",
    "Encoding": "encoding",
    "ExtractedLoRA": "lora",
    "Generation": "generation",
    "LossRule": "loss_rules",
    "Model": "model",
    "PackedRows": "rows",
    "Report": "reports",
    "RowBatch": "rows",
    "Sampler": "sampler",
    "TensorInfo": "weights_file",
    "TokenDataset": "dataset",
    "Training": "train_command",
    "Verification": "command",
    "Windows": "windows",
    "convert": "command",
    "extract_lora": "lora",
    "inspect": "command",
    "report": "reports",
    "safe_open": "weights",
    "train": "training",
    "train_files": "train_command",
    "train_from_counts": "training",
    "verify": "command",
}

__all__ = [
    "BadData",
    "CannotCreate",
    "Conversion",
    "CorpusWarning",
    "Counts",
    "DatasetWriter",
    "Encoding",
    "Error",
    "ExtractedLoRA",
    "Generation",
    "Internal",
    "InvalidArgument",
    "LibraryMissing",
    "LossRule",
    "Model",
    "NoInput",
    "NotFound",
    "OutOfRange",
    "PackedRows",
    "ReadWriteFailed",
    "RemoteFailed",
    "Report",
    "RowBatch",
    "Sampler",
    "SpecialToken",
    "TensorInfo",
    "TokenDataset",
    "Training",
    "Verification",
    "Windows",
    "convert",
    "extract_lora",
    "inspect",
    "native_available",
    "report",
    "safe_open",
    "train",
    "train_files",
    "train_from_counts",
    "verify",
]


def native_available() -> bool:
    """Whether the native library is there; without it, files can be read and nothing else.

    Returns:
        False where `gobbet.pure` reads files.

    Example:
        >>> gobbet.native_available()
        True
    """
    from . import _native

    return _native.available()


def __getattr__(name: str) -> object:
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'gobbet' has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
