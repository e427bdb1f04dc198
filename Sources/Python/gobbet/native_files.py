"""Inspecting and verifying files by the library, in a thread that an interrupt ends."""

from __future__ import annotations

import ctypes
import json
import threading
from collections.abc import Callable
from ctypes import c_int32, c_uint32, c_uint64
from typing import Any

from . import _native
from .progress import Progress


class CallProgress(ctypes.Structure):
    """`gobbet_progress`"""

    _fields_ = [
        ("size", c_uint32),
        ("stop", c_int32),
        ("done", c_uint64),
        ("total", c_uint64),
    ]


def inspect(path: str, options: dict[str, Any], progress: bool) -> list[dict[str, Any]]:
    """What `gobbet_inspect` reports."""
    place, given = _native.path_bytes(path), _json(options)
    library = _native.library()
    return _reports("inspect", lambda *room: library.inspect(place, given, *room), progress=progress)


def verify(path: str, key: bytes | None, progress: bool) -> list[dict[str, Any]]:
    """What `gobbet_verify` reports."""
    place = _native.path_bytes(path)
    library = _native.library()
    return _reports("verify", lambda *room: library.verify(place, key, *room), progress=progress)


def _json(options: dict[str, Any]) -> bytes:
    given = {name: value for name, value in options.items() if value is not None}
    return json.dumps(given).encode()


def _reports(
    what: str, call: Callable[[int, int, int], int], *, progress: bool
) -> list[dict[str, Any]]:
    """The objects that a call reports; it is given the addresses of its progress, handle and error."""
    library = _native.library()
    state = CallProgress(size=ctypes.sizeof(CallProgress))
    found: list[bytes] = []
    failed: list[BaseException] = []

    def work() -> None:
        local = _native.local
        try:
            _native.check(call(ctypes.addressof(state), local.handle_at, local.error_at))
            report = _native.Handle(local.handle.value, library.report_close)
            found.append(
                _native.text_of(lambda *room: library.report_text(report.value, *room))
            )
        except BaseException as error:
            failed.append(error)

    with Progress(what, progress) as shown:
        thread = threading.Thread(target=work, name="gobbet", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(0.5)
                if state.total:
                    shown.say(f"{state.done:,} of {state.total:,} bytes")
        except BaseException:
            state.stop = 1
            thread.join()
            raise
    if failed:
        raise failed[0]
    return [json.loads(line) for line in found[0].split(b"\n") if line]
