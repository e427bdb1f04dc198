"""Token datasets: ranges, documents, windows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .backends import open_dataset
from .dataset_content import DatasetContent
from .dataset_folder import DatasetFolder, manifest_of
from .dataset_views import DatasetViews
from .encoding import Encoding
from .errors import BadData, InvalidArgument
from .integers import token_type
from .limits import whole
from .remote.urls import shown
from .showing import facts_html

Path = str | os.PathLike[str]


class TokenDataset(DatasetContent, DatasetViews):
    """The tokens of one packed file, of a folder of shards, or of several files read as one.

    `dataset[i]` is a token, `dataset[a:b]` an array of them. A dataset may be used by several
    threads, sent to other processes, which open the files again, and used on in a forked one. It may
    have more files than a process may have open: some are then opened when they are read.

    Args:
        paths: A file; the folder that `gobbet pack` or `gobbet.jobs` wrote, or the manifest in it; or
            several files, whose tokens follow one another.
        split: The part of the folder, `train` if it is None, or `validation`.
        cache_bytes: How many bytes of decoded blocks are kept; 0 for 16 MiB.
        dtype: The type of arrays of tokens: uint16 where the ids fit it, and uint32 otherwise, if
            it is None.

    Raises:
        NoInput: A file is missing, or the folder has no manifest. A FileNotFoundError.
        NotFound: The folder has no such split. A KeyError.
        BadData: A file is damaged, or another than the manifest lists. A ValueError.

    Example:
        >>> dataset = gobbet.TokenDataset("corpus.gobbet")
        >>> len(dataset[10:20])
        10
    """

    def __init__(
        self,
        paths: Path | Sequence[Path],
        *,
        split: str | None = None,
        cache_bytes: int = 0,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        listed = [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)
        self.paths: list[str] = [os.fsdecode(path) for path in listed]
        folder = None
        if len(listed) == 1 and (manifest := manifest_of(self.paths[0])) is not None:
            folder = DatasetFolder(manifest, "train" if split is None else split)
            self.paths = folder.paths
        elif split is not None:
            raise InvalidArgument(f"split {split}: only a folder with a manifest has splits")
        self._cache_bytes = cache_bytes = whole(cache_bytes, "cache_bytes")
        self._backend = backend = open_dataset(self.paths, cache_bytes)
        self.token_count: int = backend.token_count
        self.document_count: int = backend.document_count
        #: Ids are below this.
        self.id_bound: int = backend.id_bound
        #: Tokens that are read and checked at once.
        self.block_token_count: int = backend.block_token_count
        #: raw16, raw32, packed, rank or archive.
        self.codec: str = backend.codec
        #: The content id of the file, or of the list of files, in hexadecimal.
        self.content_id: str = backend.content_id
        #: The fingerprint of the vocabulary that the tokens are of, in hexadecimal.
        self.fingerprint: str = backend.fingerprint
        #: Whether the dataset says which tokens count in a loss; otherwise all do.
        self.has_loss_mask: bool = backend.has_loss_mask
        if folder is not None and folder.content_id != self.content_id:
            folder.blame(lambda path: TokenDataset(path, cache_bytes=1).content_id)
        self.dtype = token_type(
            ("uint16" if self.id_bound <= 1 << 16 else "uint32") if dtype is None else dtype
        )

    def __repr__(self) -> str:
        name = shown(self.paths[0]) if len(self.paths) == 1 else f"{len(self.paths)} files"
        return f"<TokenDataset {name!r}: {self.token_count} tokens>"

    def _repr_html_(self) -> str:
        name = shown(self.paths[0]) if len(self.paths) == 1 else f"{len(self.paths)} files"
        return facts_html(name, {
            "tokens": self.token_count, "documents": self.document_count, "ids below": self.id_bound,
            "codec": self.codec, "tokens of a block": self.block_token_count,
            "says which tokens count in a loss": self.has_loss_mask,
            "content id": self.content_id, "vocabulary": self.fingerprint,
        })  # fmt: skip

    def __len__(self) -> int:
        return self.token_count

    def __getitem__(self, index: int | slice) -> int | npt.NDArray[np.integer]:
        if isinstance(index, slice):
            start, stop, step = index.indices(self.token_count)
            if step == 1:
                return self.tokens(start, max(start, stop))
            if step > 1:
                return self.tokens(start, max(start, stop))[::step].copy()
            if start <= stop:
                return self.tokens(0, 0)
            return self.tokens(stop + 1, start + 1)[::step].copy()
        position = index + self.token_count if index < 0 else index
        if not 0 <= position < self.token_count:
            raise IndexError(f"token {index} of {self.token_count}")
        return int(self.tokens(position, position + 1)[0])

    @cached_property
    def _vocabulary(self) -> Encoding:
        return self._backend.vocabulary()

    def vocabulary(self) -> Encoding:
        """The vocabulary that the first file embeds.

        Returns:
            The vocabulary.

        Raises:
            NotFound: The file embeds none. A KeyError.

        Example:
            >>> dataset.vocabulary().n_vocab
            4096
        """
        return self._vocabulary

    @property
    def metadata(self) -> str | None:
        """The metadata of the first file, JSON; None if it has none.

        Returns:
            JSON, or None.

        Raises:
            InvalidArgument: The dataset is closed. A ValueError.

        Example:
            >>> dataset.metadata is None
            True
        """
        return self._backend.metadata()

    def close(self) -> None:
        """Closes the files; what is asked for later is refused.

        Example:
            >>> gobbet.TokenDataset("corpus.gobbet").close()
        """
        self._backend.close()

    def __enter__(self) -> TokenDataset:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[object, ...]:
        return _reopened, (self.paths, self._cache_bytes, self.dtype.name, self.content_id)


def _reopened(paths: list[str], cache_bytes: int, dtype: str, content_id: str) -> TokenDataset:
    dataset = TokenDataset(paths, cache_bytes=cache_bytes, dtype=dtype)
    if dataset.content_id != content_id:
        raise BadData(f"{paths[0]}: no longer the dataset that it was")
    return dataset
