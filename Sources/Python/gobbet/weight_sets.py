"""Weights in several files: which files are one set (`Spec/Weights.md`, "Sets of files")."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from . import _native
from ._native import local
from .errors import BadData, NoInput
from .remote import exists
from .remote.urls import is_remote, shown

_NAME = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\.[^./]*)", re.DOTALL)


def set_of(path: str) -> list[str]:
    """The paths of the files of the set that `path` is one of by its name, `model-00001-of-00003.gobbet`;
    else of this file alone."""
    match = _NAME.fullmatch(path)
    if match is None or not 1 <= int(match[2]) <= int(match[3]):
        return [path]
    return [
        f"{match[1]}-{number:05d}-of-{match[3]}{match[4]}"
        for number in range(1, int(match[3]) + 1)
    ]


def check(paths: Sequence[str], *, is_whole: bool) -> None:
    """Checks that files are of one set, those of them that say of which they are; with `is_whole` that
    they are all of it, in their order.

    Raises:
        BadData: They are not. A ValueError.
    """
    if not _native.available() or any(map(is_remote, paths)):
        from .pure.weight_set import check_set

        return check_set(paths, is_whole=is_whole)
    encoded = [_native.path_bytes(path) for path in paths]
    listed = (ctypes.c_char_p * len(encoded))(*encoded)
    _native.check(
        _native.library().weights_check_set(
            ctypes.addressof(listed), len(encoded), is_whole, local.error_at
        )
    )


def check_neighbours(path: str, place: tuple[int, int]) -> None:
    """Checks that a file which says that it is number `place[0]` of a set of `place[1]` has the name of
    that, if it has one of a set, and is of the set of the files before and after it that are there.

    Raises:
        BadData: It is of another. A ValueError.
    """
    number, count = place
    paths = set_of(path)
    if len(paths) != count or count == 1:
        return
    if paths[number - 1] != path:
        raise BadData(f"{path}: is file {number} of its set, which its name does not say")
    near = [each for each in paths[max(0, number - 2) : number + 1] if os.path.exists(each)]
    if len(near) > 1:
        check(near, is_whole=False)


def load_set(path: str | os.PathLike[str], load: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """The tensors of all files of the set that `path` is one of.

    Raises:
        NoInput: A file of it is missing. A FileNotFoundError.
        BadData: The files are of several sets, or two hold a tensor of one name. A ValueError.
    """
    paths = set_of(os.fspath(path))
    for each in paths:
        if not (exists(each) if is_remote(each) else os.path.exists(each)):
            name = shown(os.fspath(path))
            raise NoInput(f"{name}: of its set, {os.path.basename(shown(each))} is missing")
    check(paths, is_whole=True)
    tensors: dict[str, Any] = {}
    for each in paths:
        loaded = load(each)
        if twice := tensors.keys() & loaded.keys():
            raise BadData(f"{each}: a file before it holds {min(twice)} too")
        tensors |= loaded
    return tensors
