"""Documents out of Parquet files, by pyarrow, in bounded memory.

    python -m gobbet.parquet FILE... --text-key text | gobbet pack - --format jsonl -v V -o OUT

writes a JSON line a row, with its text under `text`, and with `--id-key` what names it under `id`.
`gobbet pack` with `--id-key id` then keeps that.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any, TYPE_CHECKING

import numpy as np

from .corpus_reader import Batch
from .errors import BadData, Error, LibraryMissing, NoInput

if TYPE_CHECKING:
    import pyarrow

#: Rows that are decoded at a time.
_ROWS = 1 << 10


def batches(
    path: str | os.PathLike[str], text_key: str = "text", id_key: str | None = None, *,
    skip: bool = False,
) -> Iterator[Batch]:  # fmt: skip
    """The documents of a file: the strings of a column, `a.b` for one inside another.

    A row without a string raises `BadData`, or is left out with `skip`.
    """
    parquet = _pyarrow_parquet()
    path = os.fspath(path)
    try:
        file = parquet.ParquetFile(path, buffer_size=1 << 20)
    except FileNotFoundError as error:
        raise NoInput(f"{path}: {os.strerror(error.errno or 2)}") from None
    except (ValueError, OSError) as error:
        raise BadData(f"{path}: {error}") from None
    with file:
        keys = [text_key] if id_key is None else [text_key, id_key]
        roots = list(dict.fromkeys(_root(file.schema_arrow, key, path)[0] for key in keys))
        first = 0
        try:
            for rows in file.iter_batches(batch_size=_ROWS, columns=roots):
                texts = _column(rows, text_key, path)
                names = None if id_key is None else _column(rows, id_key, path)
                yield rows_batch(path, first, texts, names, text_key, id_key, skip=skip)
                first += len(rows)
        except (ValueError, OSError) as error:
            if isinstance(error, Error):
                raise
            raise BadData(f"{path}: row {first + 1} or after it: {error}") from None


def _pyarrow_parquet() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise LibraryMissing("reading Parquet needs pyarrow: pip install pyarrow") from None
    return pyarrow.parquet


def _root(schema: pyarrow.Schema, key: str, path: str) -> list[str]:
    """The names of a column and what is inside it, outermost first."""
    from .jobs.options import keys_of

    names = keys_of(key)
    if names[0] not in schema.names:
        raise BadData(f"{path}: has no column {names[0]}")
    return names


def _column(rows: pyarrow.RecordBatch, key: str, path: str) -> pyarrow.Array:
    """The values of a column, or of a field inside it."""
    import pyarrow.compute

    names = _root(rows.schema, key, path)
    column = rows.column(names[0])
    for name in names[1:]:
        kind = column.type
        if not hasattr(kind, "get_field_index") or kind.get_field_index(name) < 0:
            raise BadData(f"{path}: has no column {key}")
        # Not `field`, which does not know of nulls above.
        column = pyarrow.compute.struct_field(column, name)
    return column


def rows_batch(
    path: str, first: int, texts: pyarrow.Array, names: pyarrow.Array | None,
    text_key: str, id_key: str | None, *, skip: bool,
) -> Batch:  # fmt: skip
    """Rows, the first of which is number `first` of a file, as documents."""
    import pyarrow as arrow
    from pyarrow import types

    if types.is_dictionary(texts.type):
        texts = texts.dictionary_decode()
    if not (types.is_string(texts.type) or types.is_large_string(texts.type)
            or types.is_string_view(texts.type)):  # fmt: skip
        raise BadData(f"{path}: column {text_key} holds {texts.type}, no strings")
    count = len(texts)
    bad = texts.is_null().to_numpy(zero_copy_only=False)
    reason = f"column {text_key} is null"
    if names is not None:
        if types.is_dictionary(names.type):
            names = names.dictionary_decode()
        if not (types.is_string(names.type) or types.is_large_string(names.type)
                or types.is_integer(names.type)):  # fmt: skip
            raise BadData(f"{path}: column {id_key} holds {names.type}, no strings or integers")
        nameless = names.is_null().to_numpy(zero_copy_only=False)
        if not bad.any() and nameless.any():
            reason = f"column {id_key} is null"
        bad = bad | nameless
    if bad.any():
        if not skip:
            row = first + int(np.flatnonzero(bad)[0]) + 1
            raise BadData(f"{path}, row {row}: {reason}")
        good = arrow.array(~bad)
        texts, names = texts.filter(good), None if names is None else names.filter(good)
    data, ends = joined_column(texts)
    identifiers = None if names is None else [str(name).encode() for name in names.to_pylist()]
    return Batch(
        data, ends, first + np.flatnonzero(~bad).astype(np.uint64), identifiers, count,
        int(bad.sum()),
    )  # fmt: skip


def joined_column(column: pyarrow.Array) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of a column of strings or bytes without nulls, and where each ends."""
    import pyarrow as arrow

    column = column.cast(arrow.large_binary())
    _, offsets, data = column.buffers()
    if not len(column):
        return np.empty(0, np.uint8), np.empty(0, np.uint64)
    places = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    start, end = int(places[0]), int(places[-1])
    whole = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    return whole[start:end], (places[1:] - start).astype(np.uint64)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m gobbet.parquet", description="Parquet → JSON Lines on standard output."
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--text-key", default="text",
                        help="the column of the text; a.b for nested ones")  # fmt: skip
    parser.add_argument("--id-key", help="the column of what names a document")
    parser.add_argument("--bad-rows", choices=("fail", "skip"), default="fail",
                        help="what happens to rows without text")  # fmt: skip
    arguments = parser.parse_args()
    # A reader that has enough ends this, and that isn't an error.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    output = sys.stdout.buffer
    try:
        for path in arguments.files:
            for batch in batches(path, arguments.text_key, arguments.id_key,
                                 skip=arguments.bad_rows == "skip"):  # fmt: skip
                output.write(_lines(batch, path))
        output.flush()
    except Error as error:
        print(f"gobbet.parquet: {error}", file=sys.stderr)
        return error.status
    return 0


def _lines(batch: Batch, path: str) -> bytes:
    lines = []
    for index, text in enumerate(batch):
        try:
            row: dict[str, str] = {"text": text.decode()}
        except UnicodeDecodeError:
            row_number = int(batch.numbers[index]) + 1
            raise BadData(f"{path}, row {row_number}: the text is not UTF-8") from None
        if batch.identifiers is not None:
            row["id"] = batch.identifiers[index].decode()
        lines.append(json.dumps(row, ensure_ascii=False))
    return "".join(line + "\n" for line in lines).encode()


if __name__ == "__main__":
    sys.exit(main())
