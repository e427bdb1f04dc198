"""A reader of every Gobbet file in Python alone, from the pages of `Spec`.

It needs NumPy and zstandard, checks all that it reads, and is what the package falls back to where
the native library is missing:

- `Container`: sections, content id, verification (`Spec/Container.md`)
- `Vocabulary`: tokens, merges, special tokens, fingerprint (`Spec/Vocabulary.md`)
- `Tokens`: token datasets of every codec (`Spec/Tokens.md`)
- `Weights`: tensors, raw and compact (`Spec/Weights.md`)
- `read_counts`: counted pretokens (`Spec/Counts.md`)
"""

from .container import Container
from .counts import read_counts
from .records import Section
from .tensor_table import Tensor
from .tokens import Tokens
from .vocabulary import Vocabulary
from .weights import Weights

__all__ = ["Container", "Section", "Tensor", "Tokens", "Vocabulary", "Weights", "read_counts"]
