"""Ranges by HTTP and HTTPS, and what of an answer is refused."""

from __future__ import annotations

import http.client
import re
import ssl
import time
from typing import NoReturn
from urllib.parse import urldefrag, urljoin, urlsplit

from ..errors import NoInput, RemoteFailed, RemoteFailure
from .connections import Connections, Passing
from .urls import flaw, shown

#: Redirects on the way to a file.
_MOST_REDIRECTS = 10
#: How often a range is asked for where the connection, or a busy server, fails.
_TRIES = 3
#: Seconds that an answer may take, and bytes that each further second must bring.
_PATIENCE, _LEAST_RATE = 60.0, 1 << 16
#: Those of all files: shards often lie on one host.
_CONNECTIONS = Connections()
_BUSY = {408, 429, 500, 502, 503, 504}
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_DOWNLOAD = "download the file, or serve it by what answers ranges"


class HTTPRanges:
    """A file behind HTTP or HTTPS.

    An answer must be the range that was asked for, of the same file as the first answer by its length
    and its ETag, or by Last-Modified where there is none. Redirects are followed to the same scheme,
    and remembered until the place they lead to refuses. What fails on the way is tried three times.
    """

    def __init__(self, url: str) -> None:
        self._url = urldefrag(url).url
        self.name = shown(self._url)
        #: Where the last redirect led.
        self._place = self._url
        #: Length, ETag or Last-Modified, once there was an answer.
        self._stamp: tuple[int, str | None] | None = None

    def begin(self, count: int) -> tuple[int, bytes]:
        """How many bytes there are, and the first of them."""
        data = self.read(0, count)
        return (self._stamp[0] if self._stamp else 0), data

    def read(self, start: int, end: int) -> bytes:
        """Bytes `start` to `end`; fewer only in the first answer, of a file that is shorter."""
        for attempt in range(_TRIES):
            try:
                return self._answer(start, end)
            except Passing as failure:
                if attempt + 1 == _TRIES:
                    cause = f"{failure.cause}, {_TRIES} times"
                    raise RemoteFailed(
                        self.name, start, failure.kind, cause, "try again later"
                    ) from failure
            except ssl.SSLCertVerificationError as error:
                self._fail(
                    start, "connection", f"the certificate is refused: {error.verify_message}",
                    "trust its authority, or correct the URL",
                )  # fmt: skip
            time.sleep(0.1 * 4**attempt)
        raise AssertionError("the last attempt raises")

    def _answer(self, start: int, end: int) -> bytes:
        """One attempt: follows redirects up to an answer, and reads it."""
        place, seen, is_remembered = self._place, {self._place}, self._place != self._url
        while True:
            with _CONNECTIONS.request(place, start, end) as response:
                status = response.status
                if status == 206:
                    data = self._body(response, start, end)
                    self._place = place
                    return data
                location = response.getheader("Location")
                if status in (301, 302, 303, 307, 308) and location is not None:
                    place = self._redirected(place, location, seen, start)
                    continue
                if not is_remembered or status in _BUSY | {200, 416}:
                    return self._refused(response, start)
            # What a redirect led to may be open for a while only.
            place, seen, is_remembered = self._url, {self._url}, False

    def _redirected(self, place: str, location: str, seen: set[str], start: int) -> str:
        try:
            target = urldefrag(urljoin(place, location)).url
            scheme = urlsplit(target).scheme
        except ValueError:
            target, scheme = location, urlsplit(self._url).scheme
        if scheme != urlsplit(self._url).scheme:
            self._fail(
                start, "redirect-scheme", f"a redirect to {shown(target)}, by another scheme",
                "open that URL, if you trust it",
            )  # fmt: skip
        if (cause := flaw(target)) is not None:
            self._fail(
                start, "status", f"a redirect to {shown(target)}, which isn't a valid URL: {cause}",
                "correct the URL, or the server",
            )  # fmt: skip
        if target in seen or len(seen) > _MOST_REDIRECTS:
            cause = "redirects in a circle" if target in seen else f"{len(seen)} redirects"
            self._fail(start, "redirect-loop", cause, "correct the URL, or the server")
        seen.add(target)
        return target

    def _refused(self, response: http.client.HTTPResponse, start: int) -> bytes:
        """The error of an answer that isn't a range; no bytes for an empty file."""
        status = response.status
        if status == 416:
            if response.getheader("Content-Range", "") == "bytes */0" and self._stamp is None:
                self._stamp = (0, None)
                return b""
            self._fail(
                start, "changed" if self._stamp else "wrong-length",
                "the server says that the file ends before (416)", "open it anew",
            )  # fmt: skip
        if status == 200:
            self._fail(start, "no-ranges", "the whole file in answer to a range (200)", _DOWNLOAD)
        if status in _BUSY:
            raise Passing("status", f"the server answered {status} {response.reason}")
        if status in (404, 410):
            raise NoInput(f"{self.name}: no such file ({status})")
        way_out = (
            "give credentials by gobbet.remote.set_headers" if status in (401, 403)
            else "correct the URL, or the server"
        )  # fmt: skip
        self._fail(start, "status", f"the server answered {status} {response.reason}", way_out)

    def _body(self, response: http.client.HTTPResponse, start: int, end: int) -> bytes:
        """The bytes of an answer 206, whose headers and length must be right."""
        header = response.getheader("Content-Range", "")
        found = _RANGE.fullmatch(header)
        if response.getheader("Content-Encoding", "identity") != "identity" or found is None:
            self._fail(
                start, "wrong-length", f"an answer with the range {header!r}, or encoded", _DOWNLOAD
            )
        first, last, total = map(int, found.groups())
        stamp = (total, response.getheader("ETag") or response.getheader("Last-Modified"))
        if self._stamp is not None and stamp != self._stamp:
            self._fail(
                start, "changed", "the file is another than when it was opened, by its length, ETag "
                "or Last-Modified", "open it anew",
            )  # fmt: skip
        wanted = min(end, total) - start
        announced = response.getheader("Content-Length", str(wanted))
        if (first, last) != (start, start + wanted - 1) or announced != str(wanted):
            self._fail(
                start, "wrong-length", f"bytes {first} to {last}, {announced} of them, in answer to "
                f"{start} to {end - 1}", _DOWNLOAD,
            )  # fmt: skip
        data = self._bytes(response, wanted + 1)
        if len(data) < wanted:
            raise Passing("torn", f"the answer ended after {len(data)} of {wanted} bytes")
        if len(data) > wanted:
            self._fail(start, "wrong-length", f"more than {wanted} bytes came", _DOWNLOAD)
        self._stamp = stamp
        return data

    def _bytes(self, response: http.client.HTTPResponse, most: int) -> bytes:
        """The bytes of an answer, at most that many; fewer if the connection ends."""
        data = bytearray()
        deadline = time.monotonic() + _PATIENCE + most / _LEAST_RATE
        try:
            while len(data) < most and (part := response.read1(min(most - len(data), 1 << 16))):
                data += part
                if time.monotonic() > deadline:
                    raise Passing("torn", f"only {len(data)} bytes in {_PATIENCE:.0f} seconds")
        except (OSError, http.client.HTTPException):
            pass
        return bytes(data)

    def _fail(self, offset: int, kind: RemoteFailure, cause: str, way_out: str) -> NoReturn:
        raise RemoteFailed(self.name, offset, kind, cause, way_out)
