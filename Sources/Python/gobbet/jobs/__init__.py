"""Counting and packing a corpus as many small tasks, on whatever runs tasks.

`gobbet.spark` and `gobbet.ray` are thin: they run the functions of this package. What there is to a
job lies in a folder that all machines see, and a task is a function of one small argument that
writes a file under a temporary name, gives it a name of its own, and says so. Tasks that are tried
again, that run twice at a time, or that die half-way therefore change nothing.

The way of packing, each step waiting for the one before:

1. `pieces`: documents → tokens, in the order in which they happen to be read, a task a piece;
2. `order`: where the documents of each piece belong, and, if wanted, which came before;
3. `cutting`: where shards end, from the numbers of tokens of all documents;
4. `shards`: tokens → shards, a task a shard;
5. `finishing`: nothing is missing → the manifest.
"""

from .counting import count
from .engine import Engine, LocalEngine
from .finishing import finalize
from .options import PackOptions, Reading
from .packing import pack

__all__ = ["Engine", "LocalEngine", "PackOptions", "Reading", "count", "finalize", "pack"]
