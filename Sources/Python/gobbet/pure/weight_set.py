"""Weights in several files, each of which says which one it is (`Spec/Weights.md`)."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import BadData
from .weights import Weights


def check_set(paths: Sequence[str], *, is_whole: bool) -> None:
    """Checks that files are of one set, those of them that say of which they are; with `is_whole` that
    they are all of it, in their order. Raises `BadData` if they are not."""
    files = [(path, Weights(path)) for path in paths]
    known = [(path, file, place) for path, file in files if (place := file.set_place)]
    if not known:
        return
    if is_whole:
        for number, (path, file) in enumerate(files, 1):
            place = file.set_place
            if place is None:
                raise BadData(f"{path}: is of another set of weights than {known[0][0]}")
            if (place.number, place.count) != (number, len(files)):
                raise BadData(f"{path}: is file {place.number} of a set of {place.count}")
    known.sort(key=lambda each: each[2].number)
    for (path, file, place), (other_path, _, other) in zip(known, known[1:]):
        is_next = other.number == place.number + 1
        if (
            place.count != other.count
            or other.number <= place.number
            or is_next
            and file.set_chain(place) != other.chain
        ):
            raise BadData(f"{other_path}: is of another set of weights than {path}")
