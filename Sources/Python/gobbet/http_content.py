"""The content of an HTTP message without the codings that its headers name."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterable

#: The most bytes of a line between chunks.
_LONGEST_LINE = 1 << 14
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")


class BadContent(Exception):
    """Content that can't be decoded, and why."""


def decoded(content: bytes, headers: Iterable[tuple[str, str]], limit: int) -> bytes:
    """The content as it was before it was coded.

    Args:
        content: What follows the headers.
        headers: The names and values of the headers.
        limit: The most bytes that there may be.

    Returns:
        The content without `chunked`, `gzip` and `deflate`.

    Raises:
        BadContent: The content is cut or damaged, longer than the limit, or coded in another way.

    Example:
        >>> decoded(b"2\\r\\nhi\\r\\n0\\r\\n\\r\\n", [("Transfer-Encoding", "chunked")], 100)
        b'hi'
    """
    named: dict[str, list[str]] = {"content-encoding": [], "transfer-encoding": []}
    for name, value in headers:
        if name.lower() in named:
            codings = (each.partition(";")[0].strip().lower() for each in value.split(","))
            named[name.lower()] += [each for each in codings if each not in ("", "identity")]
    # They stand in the order in which they were applied, those of the transfer after the others.
    for coding in reversed(named["content-encoding"] + named["transfer-encoding"]):
        if coding == "chunked":
            content = _unchunked(content)
        elif coding in ("gzip", "x-gzip", "deflate"):
            content = _unpacked(content, coding == "deflate", limit)
        else:
            raise BadContent(f"the content is coded as {coding}, which can't be decoded here")
        if len(content) > limit:
            raise BadContent(f"decoded, longer than the limit of {limit} bytes")
    return content


def header_fields(head: bytes) -> list[tuple[str, str]]:
    """The names and values of the fields of a header, whose first line is the status.

    Args:
        head: The header, to the empty line or as far as it is there.

    Returns:
        Names and values, a value on several lines as one.

    Example:
        >>> header_fields(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\n")
        [('Content-Type', 'text/plain')]
    """
    fields: list[tuple[str, str]] = []
    for line in head.decode("latin-1").split("\n")[1:]:
        if line[:1] in (" ", "\t") and fields:
            name, value = fields.pop()
            fields.append((name, f"{value} {line.strip()}".strip()))
        elif ":" in line:
            name, _, value = line.partition(":")
            fields.append((name.strip(), value.strip()))
    return fields


def _unchunked(content: bytes) -> bytes:
    chunks, place = [], 0
    while True:
        end = _line_end(content, place)
        size = content[place:end].partition(b";")[0].strip(b" \t")
        if not _SIZE.fullmatch(size):
            raise BadContent(f"byte {place} of the chunked content: no length of a chunk")
        place, byte_count = end + 2, int(size, 16)
        if byte_count == 0:
            break
        chunks.append(content[place : place + byte_count])
        place += byte_count
        if len(content) < place + 2:
            raise BadContent("the chunked content stops before its end")
        if content[place : place + 2] != b"\r\n":
            raise BadContent(
                f"byte {place} of the chunked content: a chunk isn't as long as it says"
            )
        place += 2
    # Trailers, up to an empty line.
    while (end := _line_end(content, place)) != place:
        place = end + 2
    if end + 2 != len(content):
        raise BadContent(f"byte {end + 2} of the chunked content: bytes after its end")
    return b"".join(chunks)


def _line_end(content: bytes, place: int) -> int:
    end = content.find(b"\r\n", place, place + _LONGEST_LINE)
    if end >= 0:
        return end
    if len(content) - place < _LONGEST_LINE:
        raise BadContent("the chunked content stops before its end")
    raise BadContent(f"byte {place} of the chunked content: no length of a chunk")


def _unpacked(content: bytes, is_deflate: bool, limit: int) -> bytes:
    """Content without gzip, or without zlib's or bare deflate; at most a byte more than `limit`."""
    # Of an answer without content, the headers may still name what it would be coded as.
    if not content:
        return content
    name = "deflate" if is_deflate else "gzip"
    try:
        if not is_deflate:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
                return file.read(limit + 1)
        try:
            return _inflated(content, zlib.MAX_WBITS, limit)
        except zlib.error:
            return _inflated(content, -zlib.MAX_WBITS, limit)
    except EOFError:
        raise BadContent(f"the {name} content stops before its end") from None
    except (OSError, zlib.error):
        raise BadContent(f"the {name} content is damaged") from None


def _inflated(content: bytes, window: int, limit: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    data = unpacker.decompress(content, limit + 1)
    if len(data) <= limit:
        if not unpacker.eof:
            raise EOFError
        if unpacker.unused_data:
            raise zlib.error
    return data
