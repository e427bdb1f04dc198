"""Which special tokens of a text become tokens, and which are refused."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, Literal

from . import _structures
from .errors import SpecialToken

if TYPE_CHECKING:
    from .encoding import Encoding


class Policy:
    """Which special tokens are allowed, which refused and whether some are added, as the library
    takes it."""

    def __init__(
        self,
        encoding: Encoding,
        allowed: Literal["all"] | Set[str],
        disallowed: Literal["all"] | Set[str],
        adds: bool,
    ) -> None:
        known = encoding.special_tokens
        chosen = set(known) if isinstance(allowed, str) else set(allowed) & set(known)
        rest = set(known) - chosen
        #: The texts that are refused.
        self.refused = rest if isinstance(disallowed, str) else set(disallowed)
        refuse_rest = bool(rest) and rest <= self.refused
        #: Those that the library does not refuse by itself.
        self.others = tuple(sorted(self.refused - rest if refuse_rest else self.refused))
        ids = sorted(known[text] for text in chosen)
        self._allowed = array("I", ids or [0])
        self._structure = _structures.SpecialTokens(
            size=ctypes.sizeof(_structures.SpecialTokens),
            allow_all=0,
            allowed=self._allowed.buffer_info()[0],
            allowed_count=len(ids),
            refuse_others=refuse_rest,
            add_template=adds,
        )
        #: Where the structure is; null if there is nothing to tell.
        self.address = ctypes.addressof(self._structure) if ids or refuse_rest or adds else 0

    def refuse_others(self, data: bytes) -> None:
        """Refuses what the library does not refuse by itself."""
        for other in self.others:
            if other.encode() in data:
                raise SpecialToken(refusal(other))


def refusal(token: str) -> str:
    return (
        f"the text holds the special token {token!r}, which is disallowed: have it as a token by "
        f"allowed_special={{{token!r}}}, or as ordinary text by a disallowed_special without it, "
        "such as ()"
    )


def missing_special(token: str, known: Mapping[str, int]) -> str:
    """The message for a special token that a vocabulary doesn't have."""
    return f"the vocabulary has no special token {token}; {listed(known)}"


def listed(names: Iterable[str]) -> str:
    """The names that there are, for messages about one that there isn't; at most 16 of them."""
    every = list(names)
    if not every:
        return "it has none"
    more = f" and {len(every) - 16} more" if len(every) > 16 else ""
    return f"it has {', '.join(every[:16])}{more}"
