"""Texts of Python as UTF-8, and many of them one after the other."""

from __future__ import annotations

from typing import Any

from ._native import Scratch, MOST_TEXTS


def utf8(text: str) -> bytes:
    """The UTF-8 of a text, whose surrogates become scalars in pairs, and U+FFFD where single."""
    if not isinstance(text, str):
        raise TypeError(f"a text must be a str, not {type(text)}")
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def join(texts: list[str], first: int, most: int, scratch: Scratch, quick: Any) -> int:
    """Puts texts from the first on into `scratch`, until they have `most` bytes; how many they are.

    `quick` is the extension, or None.
    """
    if scratch.text_room < most:
        scratch.grow_text(most)
    if quick is not None:
        try:
            count, size = quick.join(
                texts, first, scratch.text_at, scratch.text_room, scratch.ends_at, MOST_TEXTS
            )
        except UnicodeEncodeError:
            pass
        else:
            return count or join(texts, first, size, scratch, quick)
    pieces: list[bytes] = []
    size = 0
    for index in range(first, min(first + MOST_TEXTS, len(texts))):
        data = utf8(texts[index])
        if pieces and size + len(data) > scratch.text_room:
            break
        pieces.append(data)
        size += len(data)
        scratch.ends[len(pieces) - 1] = size
    if size > scratch.text_room:
        scratch.grow_text(size)
        scratch.ends[0] = size
    memoryview(scratch.text).cast("B")[:size] = b"".join(pieces)
    return len(pieces)
