"""Documents out of WARC and WET files, by fastwarc, in bounded memory.

    python -m gobbet.warc FILE... | gobbet pack - --format jsonl -v V -o OUT

writes a JSON line a record, with its text under `text`, and with `--id-key WARC-Target-URI` that header
under `id`. `gobbet.corpus` and the jobs read such files themselves.

A document is what a record holds as plain text: the `conversion` records of WET, and records of type
`response` and `resource` whose content is `text/plain`. Of pages in HTML the text is to be extracted
first, as by resiliparse: they are left out, and a `CorpusWarning` counts them.
"""

from __future__ import annotations

import argparse
import codecs
import gzip
import json
import os
import re
import signal
import sys
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from . import unpacking
from .corpus_reader import Batch, Input
from .errors import BadData, CorpusWarning, Error, LibraryMissing, NoInput, RemoteFailed
from .http_content import BadContent, decoded, header_fields
from .remote.urls import is_remote, shown

#: Bytes of texts and names of a batch.
_BATCH_BYTES = 1 << 20
#: The most documents of a batch, since texts may be empty.
_BATCH_DOCUMENTS = 1 << 14
#: The most bytes of a text, as the library has it.
_LONGEST = 1 << 30
#: Bytes that are read at once of a record that is passed over.
_PIECE_BYTES = 1 << 16
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
#: Codecs of Python that name no charset of texts, or take quadratic time.
_NO_CHARSETS = ("idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
#: The most bytes of a header of HTTP, all fields together.
_LONGEST_HEAD = 1 << 20
#: What every record begins with.
_START = b"WARC/1."


def begins(path: str) -> bool:
    """Whether the content of a local file, decompressed, begins as WARC does."""
    try:
        with open(path, "rb") as file:
            start = file.read(1 << 12)
    except OSError:
        return False
    try:
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(path) as unpacked:
                start = unpacked.read(5)
        elif start.startswith(b"\x28\xb5\x2f\xfd"):
            start = _zstd_start(path)
        elif unpacking.coding_of(start) is not None:
            start, _ = unpacking.head(path)
    except (OSError, EOFError, zlib.error, BadData, LibraryMissing):
        return False
    return start.startswith(b"WARC/")


def is_warc(found: Input) -> bool:
    """Whether a file that the library has looked into, which reads no WARC, is such a file."""
    return found.kind in ("text", "foreign") and not found.is_empty and begins(found.path)


def _zstd_start(path: str) -> bytes:
    try:
        import zstandard
    except ImportError:
        return b""
    try:
        with open(path, "rb") as file:
            return bytes(zstandard.ZstdDecompressor().stream_reader(file).read(5))
    except zstandard.ZstdError:
        return b""


def batches(
    path: str | os.PathLike[str], id_key: str | None = None, *, skip: bool = False
) -> Iterator[Batch]:
    """The documents of a file, which may be a URL; `id_key` is the header that names them.

    A record without that header, or whose content can't be decoded, raises `BadData`, or is left out
    with `skip`. Texts are UTF-8, and those in another charset that their record names become it.
    """
    fastwarc = _fastwarc()
    path = os.fspath(path)
    name, left_out = shown(path), 0
    texts: list[bytes] = []
    numbers: list[int] = []
    names: list[bytes] = []
    bad = number = unit = byte_count = 0
    with _opened(path) as file:
        content = _Watched(file)
        try:
            for record in fastwarc.ArchiveIterator(content, parse_http=False):
                if content.ends_in_header:
                    raise BadData(f"{name}, record {number + 1}: ends inside its header")
                if "Content-Length" not in record.headers:
                    raise BadData(f"{name}, record {number + 1}: has no Content-Length")
                if str(record.record_type) not in ("conversion", "response", "resource"):
                    _pass_over(record, f"{name}, before record {number + 1}")
                    continue
                number += 1
                try:
                    text = _text(record, f"{name}, record {number}")
                except BadContent as error:
                    if not skip:
                        raise BadData(f"{name}, record {number}: {error}") from None
                    unit += 1
                    bad += 1
                    continue
                if text is None:
                    left_out += 1
                    continue
                unit += 1
                header = record.headers.get(id_key) if id_key is not None else ""
                if header is None:
                    if not skip:
                        raise BadData(f"{name}, record {number}: has no header {id_key}")
                    bad += 1
                    continue
                texts.append(text)
                numbers.append(unit - 1)
                names.append(header.encode())
                byte_count += len(text) + len(names[-1])
                if byte_count >= _BATCH_BYTES or len(texts) >= _BATCH_DOCUMENTS:
                    yield _batch(texts, numbers, names if id_key is not None else None, bad)
                    texts, numbers, names, bad, byte_count = [], [], [], 0, 0
        except (NoInput, BadData, RemoteFailed):
            raise
        except Exception as error:
            # Of gzip, zlib, zstandard and fastwarc, which have no class in common.
            if content.ends_in_start:
                raise BadData(f"{name}, record {number + 1}: ends inside its header") from error
            raise BadData(f"{name}: record {number} or after it: {error}") from error
    if number == 0 and not _is_empty(path):
        raise BadData(f"{name}: holds no records")
    if texts or bad:
        yield _batch(texts, numbers, names if id_key is not None else None, bad)
    if left_out:
        records = "1 record" if left_out == 1 else f"{left_out} records"
        warnings.warn(
            f"{name}: {records} left out, since they hold no plain text: extract it first",
            CorpusWarning, stacklevel=2,
        )  # fmt: skip


def _fastwarc() -> Any:
    try:
        import fastwarc.warc
    except ImportError:
        raise LibraryMissing("reading WARC needs fastwarc: pip install fastwarc") from None
    return fastwarc.warc


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """The content of a file; decompressed here, since fastwarc passes over what gzip's checksums find."""
    if is_remote(path):
        from .remote.stream import stream

        file = stream(path)
    else:
        try:
            file = open(path, "rb")
        except OSError as error:
            raise NoInput(f"{path}: {error.strerror}") from None
    with file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(b"\x1f\x8b"):
            yield cast(BinaryIO, gzip.GzipFile(fileobj=file))
        elif start == b"\x28\xb5\x2f\xfd":
            yield _zstd(file)
        else:
            yield unpacking.stream(file, shown(path))


def _zstd(file: BinaryIO) -> BinaryIO:
    try:
        import zstandard
    except ImportError:
        raise LibraryMissing("reading zstd needs zstandard: pip install zstandard") from None
    return cast(BinaryIO, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True))


class _Watched:
    """A stream that remembers how it ends, since fastwarc takes a header that is cut for a whole one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._byte_count = 0
        # Shorter than what a header has at least, with the line end before it.
        self._tail = b"\n"
        self._has_ended = False

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._byte_count += len(data)
        self._tail = (self._tail + data[-len(_START) - 1 :])[-len(_START) - 1 :]
        self._has_ended = not data and size != 0
        return data

    def tell(self) -> int:
        return self._byte_count

    @property
    def ends_in_header(self) -> bool:
        """Whether a header that was just read ends where the stream does, without its empty line.

        The stream is asked for more only where all that it gave before is used up.
        """
        return self._has_ended and b"\n\r\n" not in self._tail

    @property
    def ends_in_start(self) -> bool:
        """Whether the stream ends in the version that a record begins with."""
        line = self._tail.rpartition(b"\n")[2]
        return self._has_ended and line != b"" and _START.startswith(line)


def _is_empty(path: str) -> bool:
    return not is_remote(path) and os.path.getsize(path) == 0


def _text(record: Any, where: str) -> bytes | None:
    """The text of a record, as UTF-8; None if it holds something else.

    Raises:
        BadData: It is cut, or longer than documents may be.
        BadContent: It can't be decoded.
    """
    head = begun = b""
    headers: list[tuple[str, str]] = []
    ends = True
    content_type = str(record.headers.get("Content-Type", ""))
    if str(record.record_type) == "response":
        if not content_type.strip().lower().startswith("application/http"):
            _pass_over(record, where)
            return None
        head, begun, ends = _head(record)
        headers = header_fields(head)
        content_type = next((value for name, value in headers if name.lower() == "content-type"), "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "text/plain" and str(record.record_type) != "conversion":
        _pass_over(record, where, len(head) + len(begun))
        return None
    length = record.content_length
    if length > _LONGEST:
        raise BadData(f"{where}: longer than the limit of {_LONGEST} bytes")
    content: bytes = record.reader.read()
    if (byte_count := len(head) + len(begun) + len(content)) < length:
        raise BadData(f"{where}: ends after {byte_count} of {length} bytes")
    if not ends:
        raise BadContent("its HTTP header has no end")
    content = decoded(begun + content, headers, _LONGEST)
    charset = _CHARSET.search(content_type)
    return _as_utf8(content, charset[1] if charset else "utf-8")


def _as_utf8(content: bytes, charset: str) -> bytes:
    try:
        codec = codecs.lookup(charset).name
        if codec.replace("-", "_") in _NO_CHARSETS:
            raise LookupError
        text = content.decode(codec)
        # As it is, also with a byte order mark.
        encoded = content if codec == "utf-8" else text.encode()
    except UnicodeError:
        name = "UTF-8" if charset.lower() == "utf-8" else f"{charset}, as its record says"
        raise BadContent(f"the text is not {name}") from None
    except (LookupError, ValueError):
        raise BadContent(f"the charset of the text is unknown: {charset}") from None
    if len(encoded) > _LONGEST:
        raise BadContent(f"as UTF-8, longer than the limit of {_LONGEST} bytes")
    return encoded


def _head(record: Any) -> tuple[bytes, bytes, bool]:
    """The header of an HTTP answer, what was read after it, and whether it ends.

    Not fastwarc's own, which takes all of a record for a header that has no empty line.
    """
    data = b""
    while len(data) <= _LONGEST_HEAD:
        if (end := _EMPTY_LINE.search(data)) is not None:
            return data[: end.end()], data[end.end() :], True
        if not (piece := record.reader.read(_PIECE_BYTES)):
            break
        data += piece
    return data, b"", False


def _pass_over(record: Any, where: str, byte_count: int = 0) -> None:
    """Reads the content of a record that isn't wanted, which may be larger than memory."""
    length = record.content_length
    while piece := record.reader.read(_PIECE_BYTES):
        byte_count += len(piece)
    if byte_count < length:
        raise BadData(f"{where}: ends after {byte_count} of {length} bytes")


def _batch(texts: list[bytes], numbers: list[int], names: list[bytes] | None, bad: int) -> Batch:
    batch = Batch.of(texts)
    batch.numbers[:] = numbers
    batch.identifiers, batch.bad_line_count = names, bad
    batch.bad_line_kinds = {"no_text": bad} if bad else {}
    batch.unit_count = len(texts) + bad
    return batch


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m gobbet.warc", description="WARC and WET → JSON Lines on standard output."
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, or URLs")
    parser.add_argument("--id-key", help="the header that names a document: WARC-Target-URI")
    parser.add_argument("--bad-records", choices=("fail", "skip"), default="fail",
                        help="what happens to records without that header or without text")  # fmt: skip
    arguments = parser.parse_args()
    # A reader that has enough ends this, and that isn't an error.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    output, bad = sys.stdout.buffer, 0
    try:
        for path in arguments.files:
            skip = arguments.bad_records == "skip"
            for batch in batches(path, arguments.id_key, skip=skip):
                output.write(_lines(batch))
                bad += batch.bad_line_count
        output.flush()
    except Error as error:
        print(f"gobbet.warc: {error}", file=sys.stderr)
        return error.status
    if bad:
        records = "1 bad record" if bad == 1 else f"{bad} bad records"
        print(f"gobbet.warc: {records} left out", file=sys.stderr)
    return 0


def _lines(batch: Batch) -> bytes:
    lines = []
    for index, text in enumerate(batch):
        row = {"text": text.decode()}
        if batch.identifiers is not None:
            row["id"] = batch.identifiers[index].decode()
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    return "".join(lines).encode()


if __name__ == "__main__":
    sys.exit(main())
