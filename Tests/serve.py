"""Files of a folder by HTTP for the tests of GobbetRemote, with the faults that a URL names.

    serve.py FOLDER

prints its URL, then for each line of its standard input how many bytes of files were sent since the last
one, and ends with it. `/FAULT/NAME` is the file of that name behind a fault,
`/later-FAULT/NAME` behind one that its first bytes don't have, `/plain/NAME` without one.
"""

from __future__ import annotations

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "Sources" / "Python" / "tests"))

from file_server import FileServer, Handler  # noqa: E402


def whole(handler: Handler, content: bytes) -> None:
    handler.send(200, content, {})


def torn(handler: Handler, content: bytes) -> None:
    handler.close_connection = True
    handler.answer(body=content[:4], headers={"Content-Length": str(length(handler, content))})


def long(handler: Handler, content: bytes) -> None:
    handler.answer(body=content[: length(handler, content)] + b"more")


def shifted(handler: Handler, content: bytes) -> None:
    handler.answer(headers={"Content-Range": f"bytes 1-8/{len(content)}"}, body=content[:8])


def encoded(handler: Handler, content: bytes) -> None:
    handler.answer(headers={"Content-Encoding": "gzip"})


def changed(handler: Handler, content: bytes) -> None:
    handler.answer(headers={"ETag": '"another"'})


def shorter(handler: Handler, content: bytes) -> None:
    handler.send(416, b"", {"Content-Range": "bytes */5"})


def circle(handler: Handler, content: bytes) -> None:
    handler.send(302, b"", {"Location": handler.path})


def scheme(handler: Handler, content: bytes) -> None:
    handler.send(302, b"", {"Location": "ftp://127.0.0.1/file"})


def gone(handler: Handler, content: bytes) -> None:
    handler.close_connection = True
    handler.connection.close()


def busy(handler: Handler, content: bytes) -> None:
    handler.send(503, b"", {})


def forbidden(handler: Handler, content: bytes) -> None:
    handler.send(403, b"", {})


def moved(handler: Handler, content: bytes) -> None:
    handler.send(307, b"", {"Location": "/plain/" + handler.path.rpartition("/")[2]})


def needs_token(handler: Handler, content: bytes) -> None:
    if handler.headers.get("Authorization") == "Bearer word":
        handler.answer()
    else:
        handler.send(401, b"", {})


#: What answers in place of the server.
FAULTS = {
    each.__name__: each
    for each in (whole, torn, long, shifted, encoded, changed, shorter, circle, scheme, gone, busy,
                 forbidden, moved, needs_token)
}  # fmt: skip
#: How often `/once/NAME` has failed.
failures = [0]


def length(handler: Handler, content: bytes) -> int:
    found = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))
    return min(int(found[2]), len(content) - 1) - int(found[1]) + 1 if found else 0


def main() -> None:
    """The program."""
    folder = pathlib.Path(sys.argv[1])
    server = FileServer()

    def respond(handler: Handler) -> bool:
        fault, _, name = handler.path.partition("?")[0].lstrip("/").partition("/")
        path = folder / name
        if path.is_file():
            server.files[f"{fault}/{name}"] = path.read_bytes()
        content = server.files.get(f"{fault}/{name}", b"")
        if fault == "once" and failures[0] == 0:
            failures[0] = 1
            gone(handler, content)
            return True
        kind = fault.removeprefix("later-")
        if kind not in FAULTS:
            return False
        # What goes wrong later lets the file be opened by its first bytes.
        if kind != fault and handler.headers.get("Range", "").startswith("bytes=0-"):
            return False
        FAULTS[kind](handler, content)
        return True

    server.fault = respond
    print(server.url, flush=True)
    for _ in sys.stdin:
        # Set back first: whoever has the answer may ask for a file at once.
        sent, server.sent = server.sent, 0
        print(sent, flush=True)
    server.close()


if __name__ == "__main__":
    main()
