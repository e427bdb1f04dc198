"""URLs: what they name, and the headers that requests for them carry."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit, urlunsplit

#: The start of a URL, or of several that fsspec chains.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.:-]+://")
_HEADERS: dict[str, dict[str, str]] = {}


def is_remote(path: object) -> bool:
    """Whether a path is a URL."""
    return isinstance(path, str) and _URL.match(path) is not None


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
    parts = urlsplit(prefix)
    if parts.scheme not in ("http", "https") or not parts.netloc or not parts.path:
        raise ValueError(f"{prefix}: not a scheme, a host and a slash")
    _HEADERS[prefix] = dict(headers)


def headers_for(url: str) -> dict[str, str]:
    """The headers of the longest prefix of `url`, and those that its user and password make."""
    result: dict[str, str] = {}
    parts = urlsplit(url)
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        result["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
    prefixes = [prefix for prefix in _HEADERS if url.startswith(prefix)]
    return result | _HEADERS[max(prefixes, key=len)] if prefixes else result


def shown(url: str) -> str:
    """A URL without user, password and the values of a query, which may be secrets."""
    parts = urlsplit(url)
    if not is_remote(url) or not parts.netloc and not parts.query:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "…" if parts.query else "", ""))


def beside(url: str, name: str) -> str:
    """The URL of the file of that name in the same folder; a query stays."""
    path, mark, query = url.partition("?")
    return posixpath.dirname(path) + "/" + name + mark + query


def base_name(url: str) -> str:
    """The name of the file at a URL."""
    return posixpath.basename(url.partition("?")[0])


def manifest_of(url: str) -> str | None:
    """The manifest of the folder at a URL that ends in a slash, or the URL of a manifest itself; None
    for the URL of any other file."""
    path, mark, query = url.partition("?")
    if path.endswith("/"):
        return path + "manifest.json" + mark + query
    return url if path.endswith(".json") else None
