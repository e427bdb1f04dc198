"""Connections to servers, kept open between requests."""

from __future__ import annotations

import base64
import http.client
import os
import ssl
import threading
from contextlib import contextmanager
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass
from collections.abc import Iterator

from ..errors import RemoteFailure
from .urls import headers_for

#: Seconds without a byte after which a connection counts as broken.
_TIMEOUT = 30.0
#: Open connections that are kept.
_MOST_IDLE = 8
#: An answer whose rest is no longer than this is read to its end, so that its connection lives on.
_MOST_REST = 1 << 16

Place = tuple[str, str]


class Passing(Exception):
    """What may go better the next time."""

    def __init__(self, kind: RemoteFailure, cause: str) -> None:
        super().__init__(cause)
        self.kind, self.cause = kind, cause


class Connections:
    """The idle connections of a process, by scheme and host; any number of threads may use them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[Place, http.client.HTTPConnection]] = []
        self._process = os.getpid()

    @contextmanager
    def request(self, url: str, start: int, end: int) -> Iterator[http.client.HTTPResponse]:
        """The answer to a request for bytes `start` to `end`.

        Raises:
            Passing: There is none.
            ssl.SSLCertVerificationError: The server isn't the one that it should be.
        """
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc.rpartition("@")[2])
        proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
            "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?[]") if parts.query else ""
        )
        headers = {
            "Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity",
            "User-Agent": "gobbet", **headers_for(url),
        }  # fmt: skip
        if proxy is not None and parts.scheme == "http":
            target = f"http://{place[1]}{target}"
            headers |= _proxy_headers(proxy)
        connection, response = self._answer(place, proxy, target, headers)
        try:
            yield response
        finally:
            self._give_back(place, connection, response)

    def _answer(
        self, place: Place, proxy: str | None, target: str, headers: dict[str, str]
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """A connection and its answer; by a new one if an idle one is closed by now."""
        while True:
            kept = self._take(place)
            connection = kept or _connection(place, proxy)
            try:
                connection.request("GET", target, headers=headers)
                return connection, connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if isinstance(error, ssl.SSLCertVerificationError):
                    raise
                if kept is None:
                    cause = str(error).strip() or type(error).__name__
                    is_other = isinstance(error, http.client.BadStatusLine) and not isinstance(
                        error, http.client.RemoteDisconnected
                    )
                    what = "an answer that isn't HTTP" if is_other else "no answer"
                    raise Passing("connection", f"{what}: {cause}") from error

    def _take(self, place: Place) -> http.client.HTTPConnection | None:
        with self._lock:
            if self._process != os.getpid():
                # They are another process's.
                self._idle, self._process = [], os.getpid()
            for index, (other, connection) in enumerate(self._idle):
                if other == place:
                    del self._idle[index]
                    return connection
        return None

    def _give_back(
        self, place: Place, connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
    ) -> None:  # fmt: skip
        try:
            if response.length is not None and 0 < response.length <= _MOST_REST:
                response.read()
        except (OSError, http.client.HTTPException):
            pass
        with self._lock:
            if response.isclosed() and not response.will_close and len(self._idle) < _MOST_IDLE:
                self._idle.append((place, connection))
                return
        response.close()
        connection.close()


def _connection(place: Place, proxy: str | None) -> http.client.HTTPConnection:
    """A connection to a server, by way of the proxy that the environment names for it."""
    scheme, host = place
    made: http.client.HTTPConnection
    if proxy is None:
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        return kind(host, timeout=_TIMEOUT)
    through = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    if scheme == "http":
        return http.client.HTTPConnection(through.hostname or "", through.port, timeout=_TIMEOUT)
    made = http.client.HTTPSConnection(through.hostname or "", through.port, timeout=_TIMEOUT)
    made.set_tunnel(host, headers=_proxy_headers(proxy))
    return made


def _proxy_headers(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    if parts.username is None:
        return {}
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(user.encode()).decode()}
