"""The lengths that a tokenizer.json gives its texts: truncation and padding, for those who ask."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .errors import BadData, InvalidArgument
from .native_backends import NativeVocabulary


def fitted(
    vocabulary: NativeVocabulary,
    texts: Sequence[list[int]],
    *,
    added: bool,
    truncate: bool,
    pad: bool,
) -> list[list[int]]:
    """The ids of a batch of texts, cut and filled up as the vocabulary's tokenizer.json says.

    Raises:
        InvalidArgument: It says nothing of that, or leaves no room for the special tokens that are
            added. A ValueError.
        BadData: What it says isn't valid. A ValueError.
    """
    result = [list(ids) for ids in texts]
    if truncate:
        most, at_left = _truncation(vocabulary)
        front, behind = vocabulary.template_counts if added else (0, 0)
        if front + behind > most:
            raise InvalidArgument(
                f"truncate: at most {most} tokens are to be left, but {front + behind} are put around each text"
            )
        for ids in result:
            excess = len(ids) - most
            if excess > 0:
                start = front if at_left else len(ids) - behind - excess
                del ids[start : start + excess]
    if pad:
        token, fixed, multiple, at_left = _padding(vocabulary)
        count = max(map(len, result), default=0) if fixed is None else fixed
        if multiple:
            count = -(-count // multiple) * multiple
        for ids in result:
            fill = [token] * (count - len(ids))
            if at_left:
                ids[:0] = fill
            else:
                ids += fill
    return result


def _settings(vocabulary: NativeVocabulary, name: str, argument: str) -> dict[str, object]:
    text = vocabulary.part(name)
    settings = None if text is None else json.loads(text)
    if settings is None:
        raise InvalidArgument(f"{argument}: the vocabulary's tokenizer.json has no {name}")
    if not isinstance(settings, dict):
        raise BadData(f"{name}: not an object")
    return settings


def _number(settings: dict[str, object], key: str, field: str) -> int:
    value = settings.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadData(f"{field}: not a number of tokens")
    return value


def _is_left(settings: dict[str, object], name: str) -> bool:
    direction = settings.get("direction", "Right")
    if direction not in ("Left", "Right"):
        raise BadData(f"{name}.direction: neither Left nor Right")
    return direction == "Left"


def _truncation(vocabulary: NativeVocabulary) -> tuple[int, bool]:
    """How many tokens may be left, and whether the left end is cut."""
    settings = _settings(vocabulary, "truncation", "truncate")
    if settings.get("strategy") == "OnlySecond":
        raise InvalidArgument("truncate: OnlySecond cuts the second of two texts")
    most = _number(settings, "max_length", "truncation.max_length")
    return most, _is_left(settings, "truncation")


def _padding(vocabulary: NativeVocabulary) -> tuple[int, int | None, int, bool]:
    """The token that fills, the length if it is fixed, what lengths are multiples of, and whether the
    left end is filled."""
    settings = _settings(vocabulary, "padding", "pad")
    token = _number(settings, "pad_id", "padding.pad_id")
    strategy = settings.get("strategy", "BatchLongest")
    fixed = None
    if isinstance(strategy, dict):
        fixed = _number(strategy, "Fixed", "padding.strategy.Fixed")
    elif strategy != "BatchLongest":
        raise BadData("padding.strategy: neither BatchLongest nor Fixed and a number")
    multiple = 0
    if settings.get("pad_to_multiple_of") is not None:
        multiple = _number(settings, "pad_to_multiple_of", "padding.pad_to_multiple_of")
    return token, fixed, multiple, _is_left(settings, "padding")
