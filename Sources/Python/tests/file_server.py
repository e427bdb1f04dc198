"""An HTTP server that gives ranges of files, counts what it sends, and misbehaves when told to."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Quiet(ThreadingHTTPServer):
    """A server that doesn't tell of connections that end."""

    def handle_error(self, *arguments: object) -> None:
        """Says nothing."""


class FileServer:
    """Files by their names at `url`; to be closed by `close`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        #: Bytes of contents that were sent, the paths that were asked for, and the ranges given.
        self.sent = 0
        self.paths: list[str] = []
        self.ranges: list[tuple[int, int]] = []
        #: What answers in place of the server, if it returns True.
        self.fault: Callable[[Handler], bool] | None = None
        outer = self

        class Bound(Handler):
            server_of = outer

        self._server = Quiet(("127.0.0.1", 0), Bound)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def reset(self) -> None:
        """Begins to count anew."""
        self.sent, self.paths, self.ranges = 0, [], []

    def close(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers requests; a fault calls what it needs."""

    protocol_version = "HTTP/1.1"
    server_of: FileServer

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """A range of a file, unless there is a fault."""
        server = self.server_of
        server.paths.append(self.path)
        if server.fault is None or not server.fault(self):
            self.answer()

    def answer(self, **changes: object) -> None:
        """The range that was asked for, with some of the answer changed."""
        name = self.path.partition("?")[0].lstrip("/")
        content = self.server_of.files.get(name)
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if content is None or found is None:
            return self.send(404, b"", {})
        first, last = int(found[1]), min(int(found[2]), len(content) - 1)
        if first >= len(content):
            return self.send(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        headers = {
            "Content-Range": f"bytes {first}-{last}/{len(content)}",
            "ETag": f'"{hashlib.sha256(content).hexdigest()[:16]}"',
        }
        body = content[first : last + 1]
        self.server_of.ranges.append((first, last + 1))
        self.send(
            int(str(changes.get("status", 206))), bytes(changes.get("body", body)),
            {**headers, **dict(changes.get("headers", {}))},
        )  # fmt: skip

    def send(self, status: int, body: bytes, headers: dict[str, str | None]) -> None:
        """An answer; a header of None is left out."""
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            if value is not None:
                self.send_header(key, value)
        self.end_headers()
        self.server_of.sent += len(body)
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True
