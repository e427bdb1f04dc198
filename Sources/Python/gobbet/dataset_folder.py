"""The folder of a dataset: shards, and the manifest that lists them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from typing import Any, NoReturn

from . import remote
from .errors import BadData, NoInput, NotFound
from .remote.urls import shown
from .showing import visible

MANIFEST = "manifest.json"
UNFINISHED = "unfinished.json"
#: The most bytes of a manifest, as the library has it.
_MOST_BYTES = 64 << 20


def manifest_of(path: str) -> str | None:
    """The manifest of the folder at `path`, or the manifest itself; None if it is neither.

    Raises:
        NoInput: The folder has no manifest.
    """
    if remote.is_remote(path):
        return remote.manifest_of(path)
    if os.path.isdir(path):
        manifest = os.path.join(path, MANIFEST)
        if os.path.exists(manifest):
            return manifest
        begun = os.path.exists(os.path.join(path, UNFINISHED))
        rest = ": a dataset was begun here and isn't finished" if begun else ""
        raise NoInput(f"{path}: a folder without {MANIFEST}{rest}")
    return path if path.endswith(".json") else None


class DatasetFolder:
    """The shards of one split of a dataset, as its manifest lists them."""

    def __init__(self, manifest: str, split: str) -> None:
        self._manifest = manifest
        content = remote.content(manifest) if remote.is_remote(manifest) else _content(manifest)
        if len(content) > _MOST_BYTES:
            self._fail(f"has more than {_MOST_BYTES} bytes")
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            self._fail("isn't JSON")
        if not isinstance(found, dict) or found.get("kind") != "gobbet tokens":
            self._fail("isn't a manifest of a dataset")
        version = found.get("version")
        if not isinstance(version, int) or version > 1:
            self._fail(f"its version, {version}, is newer than this package")
        try:
            splits: dict[str, list[Any]] = {
                each["name"]: each["shards"] for each in found["splits"]
            }
            if split not in splits:
                raise NotFound(
                    f"{shown(manifest)}: has no split {split}; it has {visible(', '.join(splits))}"
                )
            names = [str(shard["name"]) for shard in splits[split]]
            self._content_ids = [bytes.fromhex(shard["content_id"]) for shard in splits[split]]
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, NotFound):
                raise
            self._fail(f"is damaged: {error!r}")
        if not names or any(os.path.basename(name) != name or name in ("", "..") for name in names):
            self._fail("lists no shards, or such as lie elsewhere")
        folder = os.path.dirname(manifest)
        #: The files, in the order of their tokens.
        self.paths = [
            remote.beside(manifest, name) if remote.is_remote(manifest)
            else os.path.join(folder, name)
            for name in names
        ]  # fmt: skip

    @property
    def content_id(self) -> str:
        """The content id of the shards as one dataset."""
        if len(self._content_ids) == 1:
            return self._content_ids[0].hex()
        return hashlib.sha256(b"".join(self._content_ids)).hexdigest()

    def blame(self, content_id: Callable[[str], str]) -> NoReturn:
        """Raises `BadData` for the first file that isn't the one that the manifest lists."""
        for path, expected in zip(self.paths, self._content_ids):
            if (found := content_id(path)) != expected.hex():
                raise BadData(
                    f"{shown(path)}: has content id {found}, not {expected.hex()} as its manifest says"
                )
        self._fail("a shard of it was replaced while it was read")

    def _fail(self, reason: str) -> NoReturn:
        raise BadData(f"{shown(self._manifest)}: {visible(reason)}")


def _content(manifest: str) -> bytes:
    """The bytes of a manifest, one more than it may have at most."""
    try:
        with open(manifest, "rb") as file:
            return file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise NoInput(f"{manifest}: {error.strerror}") from None
