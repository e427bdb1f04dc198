"""Token datasets, written."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from . import _native, _structures
from ._native import address, local
from .encoding import Encoding
from .errors import InvalidArgument, NotFound
from .integers import ends as ends_of, integers, truth_values
from .joining import utf8
from .limits import thread_count, whole
from .loss_rules import LossRule
from .progress import Progress
from .special_tokens import missing_special

_PIECE_BYTES = 1 << 24
Path = str | os.PathLike[str]


class DatasetWriter:
    """A dataset being written; it appears under its name when it is finished, whole or not at all.

    As a context manager it finishes at the end of the block, and leaves nothing behind if an
    exception ends it.

    Args:
        path: The file to write.
        encoding: The vocabulary of the ids.
        codec: How tokens are stored: rank, packed or raw; rank if it is None.
        block_token_count: Tokens of a block; 0 for 16,384.
        embed_vocabulary: Whether the file holds the vocabulary too, or only names it.
        loss_rule: What says by its ids which tokens of a document count in a loss; where `add_masked`
            says the same, the mask takes no room. A document that is added without a mask has that of
            the rule.
        replace: Whether a file that is there is replaced.

    Raises:
        CannotCreate: The file exists, or can't be made. A FileExistsError.
        InvalidArgument: There is no such codec, or the rule is none. A ValueError.

    Example:
        >>> with gobbet.DatasetWriter("two.gobbet", encoding, replace=True) as writer:
        ...     writer.add_texts(["A cat.", "A dog."], append="<|endoftext|>")
        >>> gobbet.TokenDataset("two.gobbet").document_count
        2
    """

    def __init__(
        self,
        path: Path,
        encoding: Encoding,
        *,
        codec: str | None = None,
        block_token_count: int = 0,
        embed_vocabulary: bool = True,
        loss_rule: LossRule | None = None,
        replace: bool = False,
    ) -> None:
        library = _native.library()
        rule = None if loss_rule is None else loss_rule._numbers()
        options = _structures.DatasetOptions(
            size=ctypes.sizeof(_structures.DatasetOptions),
            replace=replace,
            codec=_native.optional_text(codec, "a codec"),
            block_token_count=whole(block_token_count, "block_token_count"),
            fingerprint_only=not embed_vocabulary,
            loss_rule=None if rule is None else address(rule),
            loss_rule_count=0 if rule is None else len(rule),
        )
        _native.check(
            library.dataset_writer_make(
                _native.path_bytes(path),
                encoding._handle,
                ctypes.addressof(options),
                local.handle_at,
                local.error_at,
            )
        )
        self._owner = _native.Handle(local.handle.value, library.dataset_writer_close)
        self._library = library
        self._encoding = encoding
        #: The content id of the file, in hexadecimal, when it is finished.
        self.content_id: str | None = None

    def add(self, *documents: Sequence[int] | npt.NDArray[np.integer]) -> None:
        """Adds documents of ids; all of them, or none if an id is refused.

        Args:
            documents: Documents, each a sequence of ids.

        Raises:
            InvalidArgument: A document isn't a sequence of integers. A ValueError.
            OutOfRange: An id isn't one of the vocabulary's. An OverflowError.

        Example:
            >>> writer = gobbet.DatasetWriter("made.gobbet", encoding, replace=True)
            >>> writer.add([1, 2, 3], np.array([4, 5]))
            >>> writer.close()
        """
        arrays = [
            integers(document, np.uint32, f"document {number}", below=self._encoding.n_vocab)
            for number, document in enumerate(documents)
        ]
        ends = np.cumsum([len(array) for array in arrays], dtype=np.uint64)
        ids = np.concatenate([*arrays, np.zeros(0, np.uint32)])
        _native.check(
            self._library.dataset_writer_add_tokens(
                self._owner.value, address(ids), address(ends), len(arrays), local.error_at
            )
        )

    def add_joined(
        self,
        ids: npt.NDArray[np.integer],
        ends: npt.NDArray[np.integer],
        *,
        sources: Sequence[bytes] | None = None,
        byte_counts: npt.NDArray[np.integer] | None = None,
    ) -> None:
        """Adds documents whose ids lie one after the other; all of them, or none.

        Args:
            ids: The ids of all documents.
            ends: Where the ids of each document end; the last is the number of ids.
            sources: Where each document comes from, UTF-8, if the file shall say so.
            byte_counts: How many bytes the text of each had, if the file shall say so.

        Raises:
            InvalidArgument: A value isn't an integer, ids belong to no document, or there are not
                as many sources or byte counts as documents. A ValueError.
            OutOfRange: An id isn't one of the vocabulary's. An OverflowError.

        Example:
            >>> writer = gobbet.DatasetWriter("made.gobbet", encoding, replace=True)
            >>> writer.add_joined(np.array([1, 2, 3, 4, 5]), np.array([3, 5]), sources=[b"a", b"b"])
            >>> writer.close()
        """
        ids = integers(ids, np.uint32, "ids", below=self._encoding.n_vocab)
        ends = ends_of(ends, len(ids), "ends")
        if sources is not None and len(sources) != len(ends):
            raise InvalidArgument(f"{len(sources)} sources for {len(ends)} documents")
        if byte_counts is not None:
            byte_counts = integers(byte_counts, np.uint64, "byte_counts")
            if len(byte_counts) != len(ends):
                raise InvalidArgument(f"{len(byte_counts)} byte counts for {len(ends)} documents")
        joined, source_ends = _native.joined(list(sources or ()))
        _native.check(
            self._library.dataset_writer_add_noted(
                self._owner.value,
                address(ids),
                address(ends),
                len(ends),
                joined,
                None if sources is None else ctypes.addressof(source_ends),
                None if byte_counts is None else address(byte_counts),
                local.error_at,
            )
        )

    def add_masked(
        self,
        *documents: tuple[
            Sequence[int] | npt.NDArray[np.integer], Sequence[bool] | npt.NDArray[np.bool_]
        ],
    ) -> None:
        """Adds documents, each a pair of its ids and which of them count in a loss.

        Windows give a target of -100 where they don't. The file needs readers of version 1.1.

        Args:
            documents: Pairs of ids and as many truth values, or 1 and 0.

        Raises:
            InvalidArgument: A document isn't a sequence of integers, or its mask is of another
                length, or holds something else, such as labels. A ValueError.
            OutOfRange: An id isn't one of the vocabulary's. An OverflowError.

        Example:
            >>> writer = gobbet.DatasetWriter("made.gobbet", encoding, replace=True)
            >>> writer.add_masked((encoding.encode("2 + 2 = ") + [19], [False] * 6 + [True]))
            >>> writer.close()
        """
        arrays, masks = [], []
        for number, (document, mask) in enumerate(documents):
            arrays.append(
                integers(document, np.uint32, f"document {number}", below=self._encoding.n_vocab)
            )
            masks.append(truth_values(mask, f"document {number}"))
            if masks[-1].shape != arrays[-1].shape:
                raise InvalidArgument(
                    f"document {number}: a mask of {masks[-1].size} for {arrays[-1].size} ids"
                )
        ends = np.cumsum([len(array) for array in arrays], dtype=np.uint64)
        ids = np.concatenate([*arrays, np.zeros(0, np.uint32)])
        mask = np.concatenate([*masks, np.zeros(0, np.bool_)])
        _native.check(
            self._library.dataset_writer_add_masked(
                self._owner.value, address(ids), address(mask), address(ends), len(arrays),
                local.error_at,
            )
        )  # fmt: skip

    def set_metadata(self, text: str) -> None:
        """Sets the metadata of the file: JSON, at most 1 MiB.

        Args:
            text: JSON, at most 1 MiB.

        Raises:
            InvalidArgument: The text is too long, or the writer is finished. A ValueError.

        Example:
            >>> writer = gobbet.DatasetWriter("made.gobbet", encoding, replace=True)
            >>> writer.set_metadata('{"license": "CC0"}')
            >>> writer.close()
        """
        _native.check(
            self._library.dataset_writer_set_metadata(
                self._owner.value, _native.c_text(text, "metadata"), local.error_at
            )
        )

    def add_texts(
        self,
        texts: Iterable[str | bytes],
        *,
        append: str | None = None,
        num_threads: int = 0,
        progress: bool = False,
    ) -> None:
        """Encodes documents and adds them, with the special token `append` after each.

        As many are taken at a time as have some megabytes together, so that `texts` may be a stream.
        `num_threads` is 0, for one per core, to 1,024. `progress` shows how far it is, by tqdm.

        Args:
            texts: Documents, as text or UTF-8.
            append: The special token after each; none if it is None.
            num_threads: How many threads work, 1 to 1,024; 0 for one per core.
            progress: Whether tqdm shows how far it is, where it is installed.

        Raises:
            NotFound: The vocabulary has no such special token. A KeyError.
            InvalidArgument: The writer is finished. A ValueError.

        Example:
            >>> writer = gobbet.DatasetWriter("made.gobbet", encoding, replace=True)
            >>> writer.add_texts(gobbet.corpus.documents("corpus/en"), append="<|endoftext|>")
            >>> writer.close()
        """
        num_threads = thread_count(num_threads)
        token = None
        if append is not None:
            try:
                token = ctypes.c_uint32(self._encoding.special_tokens[append])
            except KeyError:
                raise NotFound(missing_special(append, self._encoding.special_tokens)) from None
        with Progress("encoding", progress) as shown:
            for data in _pieces(texts):
                joined, ends = _native.joined(data)
                _native.check(
                    self._library.dataset_writer_add_documents(
                        self._owner.value,
                        joined,
                        ctypes.addressof(ends),
                        len(data),
                        None if token is None else ctypes.addressof(token),
                        num_threads,
                        local.error_at,
                    )
                )
                shown.add(sum(map(len, data)), len(data))

    def finish(self) -> str:
        """Puts the file under its name; its content id, in hexadecimal.

        Returns:
            The content id.

        Raises:
            CannotCreate: The file has come to exist. A FileExistsError.
            ReadWriteFailed: It can't be written. An OSError.

        Example:
            >>> writer = gobbet.DatasetWriter("made.gobbet", encoding, replace=True)
            >>> writer.add([1, 2, 3])
            >>> len(writer.finish())
            64
        """
        content = (ctypes.c_uint8 * 32)()
        # The handle is closed whatever comes of it.
        value, self._owner.value = self._owner.value, 0
        _native.check(
            self._library.dataset_writer_finish(value, ctypes.addressof(content), local.error_at)
        )
        self.content_id = bytes(content).hex()
        return self.content_id

    def close(self) -> None:
        """Gives up what is not finished: nothing is left behind.

        Example:
            >>> writer = gobbet.DatasetWriter("made.gobbet", encoding, replace=True)
            >>> writer.close()
        """
        self._owner.close()

    def __enter__(self) -> DatasetWriter:
        return self

    def __exit__(self, kind: object, *exception: object) -> None:
        if kind is None and self._owner.value:
            self.finish()
        else:
            self.close()


def _pieces(texts: Iterable[str | bytes]) -> Iterator[list[bytes]]:
    piece: list[bytes] = []
    size = 0
    for text in texts:
        piece.append(text if isinstance(text, bytes) else utf8(text))
        size += len(piece[-1])
        if size >= _PIECE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
