"""Files elsewhere than in the local file system, read by byte ranges.

Wherever this package opens a dataset, weights or a vocabulary, the path may be an `http://` or
`https://` URL, or one of anything that `fsspec` opens (`pip install fsspec`): `s3://`, `gs://`,
`hf://`, `memory://`, `file://`. A whole file is never fetched for a part of it.

    dataset = gobbet.TokenDataset("https://example.org/corpus.gobbet")
    with gobbet.safe_open("s3://bucket/model.gobbet") as file:
        rows = file.get_slice("wte")[:100]

What goes wrong on the way is a `RemoteFailed`, and checksums are compared as with local files.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING
from collections.abc import Iterator

from ..errors import BadData, Error, InvalidArgument, NoInput
from .urls import base_name, beside, check, is_http, is_remote, manifest_of, set_headers, shown

if TYPE_CHECKING:
    from .source import RemoteSource

__all__ = [
    "beside",
    "content",
    "exists",
    "is_remote",
    "local_vocabulary",
    "manifest_of",
    "opened",
    "set_headers",
]

#: The most bytes of a file that is read whole: a manifest, or a vocabulary of another format.
_MOST_BYTES = 64 << 20
#: The most letters of a name that a copy here keeps.
_MOST_LETTERS = 100


def opened(url: str) -> RemoteSource:
    """The file at a URL, to be read by ranges.

    Raises:
        InvalidArgument: It isn't a valid URL. A ValueError.
        NoInput: There is no such file. A FileNotFoundError.
        RemoteFailed: It can't be read by ranges. An OSError.
        LibraryMissing: fsspec, or what it needs for this URL, isn't installed. An ImportError.
    """
    from .source import RangeReader, RemoteSource

    check(url)
    reader: RangeReader
    if is_http(url):
        from .http import HTTPRanges

        reader = HTTPRanges(url)
    else:
        from .filesystems import FileSystemRanges

        reader = FileSystemRanges(url)
    return RemoteSource(reader)


def exists(url: str) -> bool:
    """Whether there is a file at a URL."""
    try:
        opened(url)
    except NoInput:
        return False
    return True


def content(url: str) -> bytes:
    """The whole file at a URL, of at most 64 MiB.

    Raises:
        BadData: It is larger.
    """
    source = opened(url)
    if source.byte_count > _MOST_BYTES:
        raise BadData(f"{source.name}: has more than {_MOST_BYTES} bytes")
    return bytes(source.read(0, source.byte_count))


@contextmanager
def local_vocabulary(url: str) -> Iterator[str]:
    """The path of a file that holds the vocabulary at a URL, and lies there until the end of the block.

    Of a Gobbet file only the sections of the vocabulary are fetched. Errors that leave the block name
    the URL in place of that file.

    Raises:
        BadData: The file is larger than a vocabulary of another format may be.
        InvalidArgument: It is a GGUF file.
    """
    from ..pure.container import Container
    from ..pure.records import MAGIC
    from .extract import vocabulary_file

    import tempfile

    with tempfile.TemporaryDirectory(prefix="gobbet-") as folder:
        # Readers go by the end of the name; a name as it is may be too long for a file here.
        name = re.sub(r"[^\w.-]", "_", base_name(url), flags=re.ASCII)[-_MOST_LETTERS:].lstrip(".")
        path = os.path.join(folder, name or "vocabulary")
        source = opened(url)
        start = bytes(source.read(0, min(8, source.byte_count)))
        if start == MAGIC:
            data = vocabulary_file(Container(url, source))
        elif start[:4] == b"GGUF":
            raise InvalidArgument(
                f"{source.name}: the vocabulary of a GGUF file isn't read by ranges: download the "
                "file, or convert it to a Gobbet file"
            )
        else:
            data = content(url)
        with open(path, "wb") as file:
            file.write(data)
        if base_name(url) == "vocab.json":
            with open(os.path.join(folder, "merges.txt"), "wb") as file:
                file.write(content(beside(url, "merges.txt")))
        try:
            yield path
        except Error as error:
            message = str(error).replace(path, source.name)
            merges = shown(beside(url, "merges.txt"))
            message = message.replace(os.path.join(folder, "merges.txt"), merges)
            raise type(error)(message) from None
