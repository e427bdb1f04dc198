"""Pages about files, as a notebook shows them, by the command `gobbet report`."""

from __future__ import annotations

import html
import os
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .command import Path, _name, _options, output_of


@dataclass(frozen=True)
class Report:
    """A page that needs no other file and no network; at the end of a cell a notebook shows it.

    Example:
        >>> gobbet.report("corpus.gobbet").save("corpus.html", force=True)
    """

    #: The page, HTML.
    html: str

    def save(self, path: Path, *, force: bool = False) -> None:
        """Writes the page.

        Args:
            path: The file to write.
            force: Whether the file is replaced if it exists.

        Raises:
            FileExistsError: The file exists, and `force` is False.

        Example:
            >>> gobbet.report("my.gobbet").save("my.html", force=True)
        """
        with pathlib.Path(path).open("w" if force else "x", encoding="utf-8") as file:
            file.write(self.html)

    def __repr__(self) -> str:
        return f"<Report of {len(self.html):,} letters>"

    def _repr_html_(self) -> str:
        # A frame of its own: the page's style stays inside, and nothing in it can run.
        return (
            '<iframe sandbox="" title="gobbet report" style="width:100%;height:640px;border:0" '
            f'srcdoc="{html.escape(self.html)}"></iframe>'
        )


def report(
    files: Path | Sequence[Path],
    *,
    text: str | None = None,
    corpus: Path | Sequence[Path] = (),
    token: int | str | Sequence[int | str] = (),
    vocabulary: Path | None = None,
    split: Literal["train", "validation"] | None = None,
    layer: int | None = None,
    head: int | None = None,
    progress: bool = False,
) -> Report:
    """A page about vocabularies, a text, a dataset, weights or a model's run.

    Args:
        files: What the page is about: a file, or two vocabularies or files of weights to compare.
        text: A text that vocabularies cut, or a model reads.
        corpus: Files or folders of text on which vocabularies are measured.
        token: The ids or the texts of tokens whose merges to show.
        vocabulary: The vocabulary, if a dataset or a model doesn't embed one.
        split: The split of a folder of shards; train if it is None.
        layer: The layer whose attention to show; the one in the middle if it is None.
        head: The head whose attention to show; the first eight if it is None.
        progress: Whether to show how far it is, by tqdm where that is installed.

    Returns:
        The page.

    Raises:
        InvalidArgument: An option doesn't go with such files. A ValueError.
        BadData: A file is damaged, or of no format that is known. A ValueError.
        NoInput: A file is missing. A FileNotFoundError.
        LibraryMissing: There is no command `gobbet`. An ImportError.

    Example:
        >>> gobbet.report("my.gobbet", text="Hello, world.").html.startswith("<!DOCTYPE html>")
        True
    """
    words = ["report", *map(_name, _several(files)), "--output=-"]
    words += _options(
        text=text, corpus=[os.fspath(each) for each in _several(corpus)],
        token=[token] if isinstance(token, (int, str)) else list(token), vocabulary=vocabulary,
        split=split, layer=layer, head=head,
    )  # fmt: skip
    return Report(output_of(words, progress=progress))


def _several(paths: Path | Sequence[Path]) -> list[Path]:
    return [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
