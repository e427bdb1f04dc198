"""Tokens and vocabularies as a notebook shows them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from .decoding import Ids
    from .encoding import Encoding

#: Backgrounds on which black text is read, on a light page and a dark one; neighbours differ.
_BACKGROUNDS = ("#cfe2ff", "#ffe2b8", "#d3f0d0", "#f3d4ef")
_TOKEN = "background:{};color:#1b1b1f;border-radius:3px;padding:1px 0"
_SPECIAL = ";outline:2px solid #9c1c1c;outline-offset:-1px"
_FRAGMENT = ";text-decoration:underline dotted #9c1c1c"
#: Tokens and special tokens that are shown; of the rest the number is.
_LIMIT, _SPECIAL_LIMIT = 5_000, 30


def visible(text: str) -> str:
    r"""The text with what can't be seen, or turns text around, as escapes: `\u{202E}`, `\n`.

    Args:
        text: any text, of a file or of others.

    Returns:
        The text for a person to read.

    Example:
        >>> visible("a\u202e\n")
        'a\\u{202E}\\n'
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[character]
    code = ord(character)
    hidden = unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") or (
        unicodedata.category(character) == "Cf"
        and code not in (0x200C, 0x200D)
        and not (0x600 <= code <= 0x605 or code in (0x6DD, 0x70F, 0x890, 0x891, 0x8E2))
        and not (0x110BD <= code <= 0x110CD or 0x13430 <= code <= 0x1343F)
    )
    return f"\\u{{{code:X}}}" if hidden else character


class TokenizedText:
    """The tokens of a text; a notebook shows them in colors, with ids and bytes on hover.

    `ids` are the tokens, `pieces` the bytes of each, `offsets` where in the bytes of all each begins.

    Example:
        >>> shown = encoding.show("Hello")
        >>> shown.ids, shown.pieces, shown.offsets
        ([39, 473, 78], [b'H', b'ell', b'o'], [0, 1, 4])
    """

    def __init__(
        self, ids: Sequence[int], pieces: Sequence[bytes], is_special: Callable[[int], bool]
    ) -> None:
        self.ids = list(ids)
        self.pieces = list(pieces)
        self.offsets = list(accumulate((len(piece) for piece in pieces), initial=0))[:-1]
        self._is_special = is_special

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{_text(piece)[0]!r} {i}" for i, piece in zip(self.ids[:20], self.pieces)
        )
        return f"<{len(self)} tokens: {shown}{', …' if len(self) > 20 else ''}>"

    def _repr_html_(self) -> str:
        spans = []
        for index, (token, piece) in enumerate(zip(self.ids[:_LIMIT], self.pieces)):
            text, is_fragment = _text(piece)
            style = _TOKEN.format(_BACKGROUNDS[index % len(_BACKGROUNDS)])
            style += (_SPECIAL if self._is_special(token) else "") + _FRAGMENT * is_fragment
            title = f"id {token}, offset {self.offsets[index]}, bytes {piece[:32].hex(' ')}"
            spans.append(
                f'<span style="{style}" title="{title}">{_markup(text)}</span>'
            )
            if piece.endswith(b"\n"):
                spans.append("\n")
        rest = len(self) - _LIMIT
        more = f"<p>and {rest:,} tokens more</p>" if rest > 0 else ""
        size = sum(map(len, self.pieces))
        return (
            f"<p>{len(self):,} tokens, {size:,} bytes</p>"
            '<pre style="white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.9">'
            f"{''.join(spans)}</pre>{more}"
        )


class Showing:
    """What a notebook shows of an encoding."""

    def _repr_html_(self) -> str:
        encoding = cast("Encoding", self)
        return vocabulary_html(encoding.name, encoding.n_vocab, encoding.special_tokens)

    def show(self, tokens: Ids | str) -> TokenizedText:
        """The tokens of a text, or those with these ids, for a notebook to show in colors.

        Args:
            tokens: ids, or a text, in which special tokens count as such.

        Returns:
            Ids, bytes and offsets, which a notebook shows when they end a cell.

        Raises:
            NotFound: an id has no token.

        Example:
            >>> encoding.show("Hello, world.").ids
            [39, 473, 78, 11, 3385, 450, 13]
        """
        encoding = cast("Encoding", self)
        if isinstance(tokens, str):
            tokens = encoding.encode(tokens, allowed_special="all")
        ids = [int(token) for token in tokens]
        return TokenizedText(ids, encoding.decode_tokens_bytes(ids), encoding.is_special_token)


def vocabulary_html(name: str, size: int, special_tokens: Mapping[str, int]) -> str:
    """A vocabulary as a notebook shows it: its name, its size and its special tokens."""
    rows = "".join(
        f'<tr><th scope="row" style="text-align:right">{i}</th>'
        f'<td style="text-align:left"><code>{_markup(text)}</code></td></tr>'
        for text, i in sorted(special_tokens.items(), key=lambda pair: pair[1])[:_SPECIAL_LIMIT]
    )
    rest = len(special_tokens) - _SPECIAL_LIMIT
    more = f"<p>and {rest:,} more</p>" if rest > 0 else ""
    head = f"<p><strong>{_markup(name)}</strong>: {size:,} ids</p>"
    if not rows:
        return head
    return f"{head}<table><caption>special tokens</caption><tbody>{rows}</tbody></table>{more}"


def _markup(text: str) -> str:
    """A text as it can stand in HTML."""
    # Imported where it is needed: `import gobbet` takes less time than its first encoding.
    import html

    return html.escape(visible(text))


def facts_html(name: str, facts: Mapping[str, object]) -> str:
    """What is to be told of a thing, a row each: numbers with commas, texts escaped."""
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{_markup(what)}</th>'
        f'<td style="text-align:left">{_markup(_fact(fact))}</td></tr>'
        for what, fact in facts.items()
    )
    return (
        f"<table><caption><strong>{_markup(name)}</strong></caption>"
        f"<tbody>{rows}</tbody></table>"
    )


def _fact(fact: object) -> str:
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return f"{fact:,}" if isinstance(fact, int) else str(fact)


def _text(piece: bytes) -> tuple[str, bool]:
    """The text of a token, and whether it is none, for which its bytes stand."""
    try:
        return piece.decode(), False
    except UnicodeDecodeError:
        return f"<{piece.hex(' ').upper()}>", True
