"""Reads the index that the Swift compiler writes, by the library of its toolchain."""

from __future__ import annotations

import ctypes
import functools
import pathlib
import shutil
import sys
from collections.abc import Callable
from typing import Any, NamedTuple


class Reference(NamedTuple):
    """A place in a file that refers to a symbol, or declares it."""

    path: str
    line: int
    name: str
    #: The symbol's USR, the compiler's name for it that is unique.
    symbol: str


class Text(ctypes.Structure):
    """A string of the library."""

    _fields_ = [("bytes", ctypes.c_void_p), ("count", ctypes.c_size_t)]

    def __str__(self) -> str:
        return ctypes.string_at(self.bytes, self.count).decode() if self.count else ""


Each = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)


@functools.cache
def library() -> ctypes.CDLL:
    """The library of the toolchain whose compiler is first in the path."""
    compiler = shutil.which("swiftc")
    if compiler is None:
        raise FileNotFoundError("swiftc is not in the path")
    ending = "dylib" if sys.platform == "darwin" else "so"
    folder = pathlib.Path(compiler).resolve().parent.parent / "lib"
    return ctypes.CDLL(str(folder / f"libIndexStore.{ending}"))


@functools.cache
def function(name: str, result: Any) -> Callable[..., Any]:
    """A function of the library; numbers among its arguments are pointers."""
    found = library()[f"indexstore_{name}"]
    found.restype = result
    return found


def pointer(name: str, *arguments: Any) -> ctypes.c_void_p:
    """Calls a function of the library that gives a pointer."""
    return ctypes.c_void_p(function(name, ctypes.c_void_p)(*arguments))


def references(store: pathlib.Path, sources: list[str]) -> set[Reference]:
    """What the files of a module refer to, by the index of it.

    A record is about one file and has its name, which no other file of the module has.
    """
    paths = {pathlib.Path(path).name: path for path in sources}
    opened = pointer("store_create", str(store).encode(), None)
    found: set[Reference] = set()
    for record in store.glob("v*/records/*/*"):
        path = paths.get(record.name.rpartition("-")[0])
        if path is not None:
            found |= occurrences(opened, record.name, path)
    function("store_dispose", None)(opened)
    return found


def occurrences(store: ctypes.c_void_p, record: str, path: str) -> set[Reference]:
    """What a file refers to."""
    reader = pointer("record_reader_create", store, record.encode(), None)
    found: set[Reference] = set()

    def add(_: Any, address: int) -> bool:
        occurrence = ctypes.c_void_p(address)
        symbol = pointer("occurrence_get_symbol", occurrence)
        line, column = ctypes.c_uint(), ctypes.c_uint()
        function("occurrence_get_line_col", None)(
            occurrence, ctypes.byref(line), ctypes.byref(column)
        )
        name = str(function("symbol_get_name", Text)(symbol))
        usr = str(function("symbol_get_usr", Text)(symbol))
        found.add(Reference(path, line.value, name, usr))
        return True

    function("record_reader_occurrences_apply_f", ctypes.c_bool)(reader, None, Each(add))
    function("record_reader_dispose", None)(reader)
    return found
