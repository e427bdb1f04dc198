"""The C API (`Sources/CGobbet/gobbet.h`) by ctypes: found and loaded at its first use.

Every call releases the global interpreter lock. What a call needs besides its arguments (the error,
a count, buffers for ids and bytes) each thread has once, so that a short call makes no object of
ctypes. Where ctypes itself is slow, a small extension (`extension/quick.c`) calls instead. Handles are plain integers; the library itself refuses those that are closed.
"""

from __future__ import annotations

import ctypes
import importlib.machinery
import importlib.util
import os
import sys
import threading
from ctypes import c_char, c_char_p, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn

from ._functions import CLOSERS, FUNCTIONS, LETTERS
from ._structures import ErrorText, QuickRoom
from .errors import BY_STATUS, Internal, InvalidArgument, LibraryMissing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

ABI_VERSION = 1

BUFFER_TOO_SMALL = 3
NOT_FOUND = 4
SPECIAL_TOKEN = 5

#: Texts that one call of a batch takes.
MOST_TEXTS = 1 << 16

#: The codes of integer types by the names of NumPy's.
INTEGER_TYPES = {"uint16": 1, "uint32": 2, "int32": 3, "int64": 4}


class Library:
    """The functions of the C API, without their prefix."""

    def __init__(self, path: str) -> None:
        try:
            loaded = ctypes.CDLL(path)
        except OSError as error:
            raise LibraryMissing(f"{path}: {error}") from None
        self.path = path
        #: The extension that ctypes is too slow for; None on a Python that it is not for.
        self.quick = _quick_beside(path)
        try:
            loaded.gobbet_abi_version.restype = c_uint32
            found = loaded.gobbet_abi_version()
            if found != ABI_VERSION:
                raise LibraryMissing(f"{path}: ABI {found}, and this package needs {ABI_VERSION}")
            loaded.gobbet_version.restype = c_char_p
            self.version: str = loaded.gobbet_version().decode()
            for name, letters in FUNCTIONS.items():
                function = loaded[f"gobbet_{name}"]
                function.restype = c_int32
                function.argtypes = [LETTERS[letter] for letter in letters]
                setattr(self, name, function)
            self.encode_at = ctypes.cast(loaded["gobbet_encode"], c_void_p).value
            for name in CLOSERS:
                function = loaded[f"gobbet_{name}"]
                function.restype = None
                function.argtypes = [c_void_p]
                setattr(self, name, function)
        except AttributeError as error:
            raise LibraryMissing(f"{path}: {error}") from None

    def __getattr__(self, name: str) -> Any:  # for type checkers: the functions are set by name
        raise AttributeError(name)


def _quick_beside(path: str) -> Any:
    name = "gobbet._quick"
    place = os.path.join(os.path.dirname(path), "_quick.abi3.so")
    loader = importlib.machinery.ExtensionFileLoader(name, place)
    try:
        module = importlib.util.module_from_spec(
            importlib.machinery.ModuleSpec(name, loader, origin=place)
        )
        loader.exec_module(module)
    except ImportError:
        return None
    return module


class Scratch:
    """What the calls of one thread write into."""

    def __init__(self) -> None:
        self.error = ErrorText(size=ctypes.sizeof(ErrorText))
        self.error_at = ctypes.addressof(self.error)
        self.handle = c_void_p()
        self.handle_at = ctypes.addressof(self.handle)
        self.count = c_size_t()
        self.count_at = ctypes.addressof(self.count)
        self.number = c_uint64()
        self.number_at = ctypes.addressof(self.number)
        self.room = self.text_room = 0
        self.grow(1 << 14)

    def grow(self, room: int) -> None:
        """Makes room for at least `room` ids, or four times as many bytes."""
        self.room = max(room, min(2 * self.room, 1 << 20))
        self.buffer = (c_uint32 * self.room)()
        self.buffer_at = ctypes.addressof(self.buffer)
        self.ids = memoryview(self.buffer).cast("B").cast("I")
        self.bytes = self.ids.cast("B")
        self.array: npt.NDArray[np.uint32] | None = None
        self.quick = QuickRoom(self.buffer_at, self.room, 0, self.error_at)
        self.quick_at = ctypes.addressof(self.quick)

    def grow_text(self, room: int) -> None:
        """Makes room for texts of at least `room` bytes."""
        self.text_room = room
        self.text = (c_char * room)()
        self.text_at = ctypes.addressof(self.text)
        self.ends = (c_uint64 * MOST_TEXTS)()
        self.ends_at = ctypes.addressof(self.ends)

    def ids_array(self) -> npt.NDArray[np.uint32]:
        """The buffer as an array of uint32."""
        if self.array is None:
            import numpy

            self.array = numpy.frombuffer(self.ids, dtype=numpy.uint32)
        return self.array


class Local(threading.local):
    """The scratch of each thread, whose attributes are also those of this."""

    def __init__(self) -> None:
        self.scratch = Scratch()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.scratch, name)


local = Local()
#: How often this process came out of a fork: what was opened before may have been in use then.
generation = 0
_lock = threading.Lock()
_library: Library | None = None
_reason: str | None = None


def _forked() -> None:
    global generation, _lock
    generation += 1
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def candidates() -> list[str]:
    """Where the library may be: in the package, then where GOBBET_LIBRARY says."""
    name = "libgobbet.dylib" if sys.platform == "darwin" else "libgobbet.so"
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    paths = [beside] if os.path.exists(beside) else []
    named = os.environ.get("GOBBET_LIBRARY")
    return paths + ([named] if named else [])


def library() -> Library:
    """The library, loaded at the first call.

    Raises `LibraryMissing` if there is none, if it cannot be loaded, or if GOBBET_PURE is set.
    """
    global _library, _reason
    if _library is not None:
        return _library
    with _lock:
        if _library is None and _reason is None:
            if os.environ.get("GOBBET_PURE"):
                _reason = "GOBBET_PURE is set: the native library is not used"
            else:
                _library, _reason = _loaded()
    if _library is None:
        raise LibraryMissing(_reason)
    return _library


def _loaded() -> tuple[Library | None, str | None]:
    reasons = ["no native library is in the package, and GOBBET_LIBRARY names none"]
    for path in candidates():
        try:
            return Library(path), None
        except LibraryMissing as error:
            reasons.append(str(error))
    return None, reasons[-1]


def available() -> bool:
    """Whether there is a native library."""
    try:
        library()
    except LibraryMissing:
        return False
    return True


def check(status: int) -> None:
    """Raises the exception of a status that is not zero, with the library's message."""
    if status:
        fail(status)


def fail(status: int) -> NoReturn:
    """Raises the exception of a status, with the message of this thread's last call."""
    message = local.error.message.decode("utf-8", "replace")
    raise BY_STATUS.get(status, Internal)(message or f"status {status}")


def text_of(call: Callable[[int, int, int, int], int]) -> bytes:
    """The bytes that a call writes to an address that it is given, with the room there; then where it
    says how many they are, and where its error goes."""
    status = call(local.buffer_at, 4 * local.room, local.count_at, local.error_at)
    if status == BUFFER_TOO_SMALL:
        local.grow(local.count.value // 4 + 1)
        status = call(local.buffer_at, 4 * local.room, local.count_at, local.error_at)
    check(status)
    found: bytes = local.bytes[: local.count.value].tobytes()
    return found


def path_bytes(path: str | os.PathLike[str] | bytes) -> bytes:
    """A path as C takes it."""
    return c_text(os.fsencode(path), "a path")


def c_text(text: str | bytes, what: str) -> bytes:
    """Text that ends in a zero byte in C, and so must not hold one."""
    data = text.encode() if isinstance(text, str) else text
    if b"\0" in data:
        raise InvalidArgument(f"{what} must not hold a zero byte")
    return data


def optional_text(text: str | None, what: str) -> bytes | None:
    """The same for what may be missing."""
    return None if text is None else c_text(text, what)


def joined(texts: list[bytes]) -> tuple[bytes, ctypes.Array[c_uint64]]:
    """Texts one after the other, and where each ends."""
    ends = (c_uint64 * len(texts))(*accumulate(map(len, texts)))
    return b"".join(texts), ends


class Handle:
    """A handle of the library, closed when nothing refers to it any more, or by `close`."""

    __slots__ = ("value", "_close", "__weakref__")

    def __init__(self, value: int | None, close: Callable[[int], None]) -> None:
        self.value: int = value or 0
        self._close = close

    def close(self) -> None:
        """Closes the handle; calls with it are refused from then on."""
        value, self.value = self.value, 0
        if value:
            self._close(value)

    def __del__(self) -> None:
        if getattr(self, "value", 0):
            self.close()


def address(array: npt.NDArray[Any]) -> int:
    """Where the elements of a NumPy array are."""
    place: int = array.__array_interface__["data"][0]
    return place
