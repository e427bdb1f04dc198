"""Vocabularies as files, and on their way to other processes."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, cast

from . import _native
from ._native import local
from .backends import VocabularyBackend
from .errors import InvalidArgument

if TYPE_CHECKING:
    from .encoding import Encoding


class Saving:
    """What an encoding can do with files."""

    _backend: VocabularyBackend
    _library: _native.Library
    _handle: int
    name: str

    def save(self, path: str | os.PathLike[str], *, replace: bool = False) -> None:
        """Writes the vocabulary; the format follows from the name.

        `.gobbet`, `.tiktoken`, `vocab.json` (with `merges.txt` beside it), or any other `.json`: a
        `tokenizer.json`.

        Args:
            path: The file to write.
            replace: Whether a file that is there is replaced.

        Raises:
            CannotCreate: The file exists, or can't be made. A FileExistsError.
            InvalidArgument: The name has no such ending, or the format has no place for the
                vocabulary. A ValueError.

        Example:
            >>> encoding.save("copy.tiktoken", replace=True)
        """
        _native.check(
            self._library.vocabulary_write(
                self._handle, _native.path_bytes(path), replace, local.error_at
            )
        )

    def to_tokenizer_json(
        self, path: str | os.PathLike[str] | None = None, *, replace: bool = False
    ) -> str:
        """The text of a `tokenizer.json`, written to `path` if there is one.

        `tokenizers.Tokenizer.from_str` and `transformers.PreTrainedTokenizerFast(tokenizer_file=…)`
        take it.

        Args:
            path: The file to write; none if it is None.
            replace: Whether a file that is there is replaced.

        Returns:
            JSON.

        Raises:
            CannotCreate: The file exists, or can't be made. A FileExistsError.

        Example:
            >>> encoding.to_tokenizer_json().startswith("{")
            True
        """
        if path is not None:
            if not os.fspath(path).endswith(".json") or os.path.basename(path) == "vocab.json":
                raise InvalidArgument(f"{os.fspath(path)}: the name of a tokenizer.json is needed")
            self.save(path, replace=replace)
            with open(path, encoding="utf-8") as file:
                return file.read()
        return self._written("tokenizer.json").decode()

    def _written(self, name: str) -> bytes:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="gobbet-") as folder:
            path = os.path.join(folder, name)
            self.save(path)
            with open(path, "rb") as file:
                return file.read()

    @cached_property
    def _content(self) -> bytes:
        """The vocabulary as a Gobbet file, for other processes."""
        return self._written("vocabulary.gobbet")

    def __reduce__(self) -> tuple[object, ...]:
        return self._backend.reopened(cast("Encoding", self))

    def __copy__(self) -> Saving:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Saving:
        return self


def _restored(content: bytes, name: str) -> Encoding:
    """The encoding of a Gobbet file's bytes."""
    from .encoding import Encoding

    import tempfile

    with tempfile.TemporaryDirectory(prefix="gobbet-") as folder:
        path = os.path.join(folder, "vocabulary.gobbet")
        with open(path, "wb") as file:
            file.write(content)
        return Encoding(path, name=name)
