"""URLs: what they name, and the headers that requests for them carry."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import InvalidArgument
from ..showing import visible

if TYPE_CHECKING:
    from urllib.parse import SplitResult

#: The start of a URL, or of several that fsspec chains.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.:-]+://")
#: Scheme, host and path; a query; a fragment.
_PARTS = re.compile(r"([^?#]*)([?][^#]*)?(#.*)?", re.DOTALL)
_USER = re.compile(r"(?<=://)[^/]*@")
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_HEADERS: dict[str, dict[str, str]] = {}


def is_remote(path: object) -> bool:
    """Whether a path is a URL."""
    return isinstance(path, str) and _URL.match(path) is not None


def is_http(url: str) -> bool:
    """Whether a URL is one of HTTP or HTTPS."""
    return _HTTP.match(url) is not None


def _split(url: str) -> SplitResult:
    """The parts of a URL."""
    # Imported where it is needed: every path is asked whether it is a URL.
    from urllib.parse import urlsplit

    return urlsplit(url)


def flaw(url: str) -> str | None:
    """What keeps a URL of HTTP from naming a file of a server; None if nothing does."""
    try:
        parts = _split(url)
        # Looking a name up encodes it like this.
        (parts.hostname or "").encode("idna")
    except ValueError:
        return "its host is invalid"
    try:
        _ = parts.port
    except ValueError:
        return "its port isn't a number from 0 to 65535"
    if re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", url):
        return "it holds a control character, or half of a character"
    if re.search(r"\s", parts.netloc):
        return "its host holds a space"
    return None if parts.hostname else "it has no host"


def check(url: str) -> None:
    """Refuses a URL of HTTP that isn't valid, before anything is asked for.

    Raises:
        InvalidArgument: It isn't. A ValueError.
    """
    if is_http(url) and (cause := flaw(url)) is not None:
        raise InvalidArgument(
            f"{shown(url)}: isn't a valid URL: {cause}: write it as http://host/path"
        )


def set_headers(prefix: str, headers: Mapping[str, str]) -> None:
    """Sets headers that requests for URLs with this prefix carry, as `Authorization`.

    They go to no other place: a redirect to another host leaves them out.

    Args:
        prefix: The beginning of URLs: at least a scheme and a host, with the slash after it.
        headers: Headers by names; none of them to forget those set before.

    Raises:
        ValueError: The prefix doesn't name a host and end it with a slash.

    Example:
        >>> gobbet.remote.set_headers("https://example.org/data/", {"Authorization": "Bearer …"})
    """
    parts = _split(prefix)
    if parts.scheme not in ("http", "https") or not parts.netloc or not parts.path:
        raise ValueError(f"{prefix}: not a scheme, a host and a slash")
    _HEADERS[prefix] = dict(headers)


def headers_for(url: str) -> dict[str, str]:
    """The headers of the longest prefix of `url`, and those that its user and password make."""
    result: dict[str, str] = {}
    parts = _split(url)
    if parts.username is not None:
        from urllib.parse import unquote

        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        result["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
    prefixes = [prefix for prefix in _HEADERS if url.startswith(prefix)]
    return result | _HEADERS[max(prefixes, key=len)] if prefixes else result


def shown(url: str) -> str:
    """A URL without user, password and the values of a query, which may be secrets; what can't be seen
    is escaped. A path as it is."""
    if not is_remote(url) or (found := _PARTS.fullmatch(url)) is None:
        return url
    place, query, fragment = found.groups("")
    # To file systems, a number sign is a letter of a name.
    rest = ("?…" if query else "") + ("" if is_http(url) else fragment)
    return visible(_USER.sub("", place) + rest)


def beside(url: str, name: str) -> str:
    """The URL of the file of that name in the same folder; a query stays."""
    path, mark, query = url.partition("?")
    return posixpath.dirname(path) + "/" + name + mark + query


def base_name(url: str) -> str:
    """The name of the file at a URL."""
    return posixpath.basename(url.partition("?")[0])


def manifest_of(url: str) -> str | None:
    """The manifest of the folder at a URL that ends in a slash, or the URL of a manifest itself; None
    for the URL of any other file.

    Raises:
        InvalidArgument: It isn't a valid URL. A ValueError.
    """
    check(url)
    path, mark, query = url.partition("?")
    if path.endswith("/"):
        return path + "manifest.json" + mark + query
    return url if path.endswith(".json") else None
