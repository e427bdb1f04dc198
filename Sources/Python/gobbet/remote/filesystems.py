"""Files of whatever `fsspec` opens."""

from __future__ import annotations

from typing import Any

from ..errors import LibraryMissing, NoInput, RemoteFailed, RemoteFailure
from ..showing import visible
from .urls import shown

#: What file systems call that which changes when a file does.
_STAMPS = (
    "ETag", "etag", "VersionId", "version", "generation", "md5Hash", "mtime", "LastModified",
    "last_modified", "last_commit", "modified", "updated", "ino", "created",
)  # fmt: skip


def file_system(url: str) -> tuple[Any, str]:
    """The file system that a URL is of, and the path there.

    Raises:
        LibraryMissing: fsspec, or what it needs for this URL, isn't installed. An ImportError.
        NoInput: There is no such file system. A FileNotFoundError.
        RemoteFailed: It can't be reached. An OSError.
    """
    name = shown(url)
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise LibraryMissing(f"{name}: opening this needs fsspec: pip install fsspec") from None
    try:
        system, path = url_to_fs(url)
    except ImportError as error:
        raise LibraryMissing(f"{name}: {visible(str(error))}") from None
    except ValueError as error:
        raise NoInput(f"{name}: {visible(str(error))}") from None
    except Exception as error:
        raise failure(name, error, 0) from error
    return system, path


def failure(name: str, error: Exception, offset: int) -> Exception:
    """The error of this package for one of a file system."""
    if isinstance(error, FileNotFoundError):
        return NoInput(f"{name}: no such file")
    if isinstance(error, IsADirectoryError):
        return NoInput(f"{name}: is a folder: a folder's URL ends in a slash")
    if isinstance(error, (RemoteFailed, NoInput)):
        return error
    return RemoteFailed(
        name, offset, "connection", f"{type(error).__name__}: {error}",
        "see whether fsspec opens it, and with which settings",
    )  # fmt: skip


class FileSystemRanges:
    """A file of a file system of fsspec's, and that it is the same as when it was opened.

    Its settings are those of `fsspec.config`, and of the program that the file system is for.
    """

    def __init__(self, url: str) -> None:
        self.name = shown(url)
        self._system, self._path = file_system(url)
        self._stamp: tuple[Any, ...] = ()

    def begin(self, count: int) -> tuple[int, bytes]:
        """How many bytes there are, and the first of them."""
        self._stamp = self._now(0)
        size: int = self._stamp[0]
        return size, self.read(0, min(count, size)) if size else b""

    def read(self, start: int, end: int) -> bytes:
        """Bytes `start` to `end`."""
        try:
            if self._system.async_impl:
                data = bytes(self._system.cat_file(self._path, start=start, end=end))
            else:
                # The default of many file systems reads 5 MiB ahead.
                with self._system.open(self._path, "rb", cache_type="none") as file:
                    file.seek(start)
                    data = bytes(file.read(end - start))
        except Exception as error:
            raise failure(self.name, error, start) from error
        if self._now(start) != self._stamp:
            raise RemoteFailed(
                self.name, start, "changed", "the file is another than when it was opened",
                "open it anew",
            )  # fmt: skip
        if len(data) != end - start:
            kind: RemoteFailure = "torn" if len(data) < end - start else "wrong-length"
            raise RemoteFailed(
                self.name, start, kind, f"{len(data)} bytes came, not {end - start}",
                "try again, or copy the file here by fsspec's get",
            )  # fmt: skip
        return data

    def _now(self, offset: int) -> tuple[Any, ...]:
        """The size of the file, and what changes when it does."""
        try:
            info = self._system.info(self._path)
            stamp = [info.get(name) for name in _STAMPS]
            if not any(stamp[:-1]):
                try:
                    stamp.append(self._system.modified(self._path))
                except NotImplementedError:
                    pass
        except Exception as error:
            raise failure(self.name, error, offset) from error
        if info.get("type") == "directory":
            raise NoInput(f"{self.name}: is a folder: a folder's URL ends in a slash")
        if not isinstance(info.get("size"), int):
            raise RemoteFailed(
                self.name, offset, "no-ranges", "the file system doesn't know how long the file is",
                "copy it here by fsspec's get",
            )  # fmt: skip
        return (info["size"], *stamp)
