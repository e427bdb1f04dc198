"""What can go wrong, as exceptions: each says in one line what, where and why.

Every exception of this package is an `Error`, and also the exception of Python that a caller
would expect in its place, so that ``except ValueError`` and ``except OSError`` work too.
"""

from __future__ import annotations

from typing import Literal

#: What kept a range of a remote file from being read: see `RemoteFailed`.
RemoteFailure = Literal[
    "connection", "status", "no-ranges", "wrong-length", "changed", "redirect-loop",
    "redirect-scheme", "torn",
]  # fmt: skip

#: The most letters of a cause that an error shows: a server may send any number.
_MOST_LETTERS = 300


class Error(Exception):
    """The base of what Gobbet raises; `status` is the number that the C API returned.

    Example:
        >>> try:
        ...     gobbet.Encoding("missing.gobbet")
        ... except gobbet.Error as error:
        ...     print(type(error).__name__)
        NoInput
    """

    status = 70

    def __str__(self) -> str:
        # KeyError shows the representation of its argument, and OSError may take it apart.
        return str(self.args[0]) if self.args else ""


class InvalidArgument(Error, ValueError):
    """The call is invalid: a closed object, an index or a range outside of what there is.

    Example:
        >>> dataset.tokens(5, 4)
        Traceback (most recent call last):
        gobbet.errors.InvalidArgument: ...
    """

    status = 2


class OutOfRange(InvalidArgument, OverflowError):
    """A number is too large or too small for what it is to be.

    Example:
        >>> gobbet.DatasetWriter("ids.gobbet", encoding).add([1 << 40])
        Traceback (most recent call last):
        gobbet.errors.OutOfRange: ...
    """


class NotFound(Error, KeyError):
    """There is nothing of that name or id.

    Example:
        >>> encoding.encode_single_token("no such token")
        Traceback (most recent call last):
        gobbet.errors.NotFound: ...
    """

    status = 4


class SpecialToken(Error, ValueError):
    """Text holds a special token that the call refuses.

    Example:
        >>> encoding.encode("<|endoftext|>")
        Traceback (most recent call last):
        gobbet.errors.SpecialToken: ...
    """

    status = 5


class BadData(Error, ValueError):
    """A file's content is damaged or not what was asked for.

    Example:
        >>> gobbet.TokenDataset("weights.gobbet")
        Traceback (most recent call last):
        gobbet.errors.BadData: ...
    """

    status = 65


class NoInput(Error, FileNotFoundError):
    """A file is missing or may not be read.

    Example:
        >>> gobbet.TokenDataset("missing.gobbet")
        Traceback (most recent call last):
        gobbet.errors.NoInput: ...
    """

    status = 66


class Internal(Error, RuntimeError):
    """Something that should not happen; please report it.

    Example:
        >>> issubclass(gobbet.Internal, RuntimeError)
        True
    """

    status = 70


class CannotCreate(Error, FileExistsError):
    """A file cannot be made, or exists.

    Example:
        >>> encoding.save("my.gobbet")
        Traceback (most recent call last):
        gobbet.errors.CannotCreate: ...
    """

    status = 73


class ReadWriteFailed(Error, OSError):
    """Reading or writing failed.

    Example:
        >>> issubclass(gobbet.ReadWriteFailed, OSError)
        True
    """

    status = 74


class RemoteFailed(ReadWriteFailed):
    """A range of a remote file can't be read. An OSError.

    `url` is without secrets, `offset` the first byte that was asked for, and `kind` one of:

    - `connection`: no answer, or the file system failed
    - `status`: an answer that isn't a range, as 403
    - `no-ranges`: the whole file in answer to a range
    - `wrong-length`: another range than was asked for, or another length than announced
    - `changed`: the file is another than when it was opened
    - `redirect-loop`, `redirect-scheme`: redirects in a circle, too many, or to another scheme
    - `torn`: the answer ended too early

    What a server sent is shown escaped, and at most 300 letters of it.

    Example:
        >>> issubclass(gobbet.RemoteFailed, OSError)
        True
    """

    def __init__(self, url: str, offset: int, kind: RemoteFailure, cause: str, way_out: str) -> None:
        from .showing import visible

        seen = visible(cause)
        if len(seen) > _MOST_LETTERS:
            seen = seen[:_MOST_LETTERS] + "…"
        super().__init__(f"{url}: byte {offset}: {seen}: {way_out}")
        self.url, self.offset, self.kind = url, offset, kind
        self._arguments = (url, offset, kind, cause, way_out)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self._arguments


class LibraryMissing(Error, ImportError):
    """What was asked for needs the native library, and there is none.

    Example:
        >>> issubclass(gobbet.LibraryMissing, ImportError)
        True
    """

    status = 69


class CorpusWarning(UserWarning):
    """Something of a corpus was left out, or read in another way than its name suggests: the text says what.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("error", gobbet.CorpusWarning)
        ...     documents = list(gobbet.corpus.documents("corpus/en"))
    """


#: The exception of every status that a call of the C API can return.
BY_STATUS: dict[int, type[Error]] = {
    kind.status: kind
    for kind in (
        InvalidArgument,
        NotFound,
        SpecialToken,
        BadData,
        NoInput,
        Internal,
        CannotCreate,
        ReadWriteFailed,
    )
}
