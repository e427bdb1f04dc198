"""What can go wrong, as exceptions: each says in one line what, where and why.

Every exception of this package is an `Error`, and also the exception of Python that a caller
would expect in its place, so that ``except ValueError`` and ``except OSError`` work too.
"""

from __future__ import annotations


class Error(Exception):
    """The base of what Gobbet raises; `status` is the number that the C face returned."""

    status = 70

    def __str__(self) -> str:
        # KeyError shows the representation of its argument, and OSError may take it apart.
        return str(self.args[0]) if self.args else ""


class InvalidArgument(Error, ValueError):
    """The call makes no sense: a closed object, an index or a range outside of what there is."""

    status = 2


class OutOfRange(InvalidArgument, OverflowError):
    """A number is too large or too small for what it is to be."""


class NotFound(Error, KeyError):
    """There is nothing of that name or id."""

    status = 4


class SpecialToken(Error, ValueError):
    """Text holds a special token that the call refuses."""

    status = 5


class BadData(Error, ValueError):
    """A file's content is damaged or not what was asked for."""

    status = 65


class NoInput(Error, FileNotFoundError):
    """A file is missing or may not be read."""

    status = 66


class Internal(Error, RuntimeError):
    """Something that should not happen; please report it."""

    status = 70


class CannotCreate(Error, FileExistsError):
    """A file cannot be made, or exists."""

    status = 73


class ReadWriteFailed(Error, OSError):
    """Reading or writing failed."""

    status = 74


class LibraryMissing(Error, ImportError):
    """What was asked for needs the native library, and there is none."""

    status = 69


class CorpusWarning(UserWarning):
    """Something of a corpus was left out, or taken otherwise than it seems: the text says what."""


#: The exception of every status that a call of the C face can return.
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
