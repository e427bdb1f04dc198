"""The command `python -m gobbet.exchange`."""

from __future__ import annotations

import argparse
import sys

from .. import Encoding, Error, TokenDataset
from . import FORMATS, export, import_documents


def main(arguments: list[str] | None = None) -> int:
    """Exports a dataset, or imports one; 0, or 1 after a line that says what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m gobbet.exchange", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    out = verbs.add_parser("export", help="write a dataset as another program reads it")
    out.add_argument("dataset")
    out.add_argument("--to", choices=FORMATS, required=True)
    out.add_argument("-o", "--output", required=True)
    out.add_argument("--compression", help="of MDS: zstd or zstd:LEVEL")
    out.add_argument("--hashes", nargs="*", help="of MDS, as sha1")
    out.add_argument("--no-masks", action="store_true", help="leave out which tokens count")
    into = verbs.add_parser("import", help="write files of another program as a dataset")
    into.add_argument("input")
    into.add_argument("--from", choices=FORMATS, required=True, dest="format")
    into.add_argument("-v", "--vocabulary", required=True)
    into.add_argument("-o", "--output", required=True)
    into.add_argument("--codec", default="rank")
    into.add_argument(
        "--dtype", help="of OLMo: the type of the ids; else told by the list of documents"
    )
    into.add_argument("--eos", type=int, help="of OLMo: the id that ends documents")
    found = parser.parse_args(arguments)
    names = ("compression", "hashes") if found.verb == "export" else ("dtype", "eos")
    options = {name: value for name in names if (value := getattr(found, name)) is not None}
    owner = {"compression": "mds", "hashes": "mds", "dtype": "olmo", "eos": "olmo"}
    format = found.to if found.verb == "export" else found.format
    for name in options:
        if owner[name] != format:
            parser.error(f"--{name}: is of no use for {format}")
    try:
        if found.verb == "export":
            masks = False if found.no_masks else None
            export(TokenDataset(found.dataset), found.output, format, masks=masks, **options)
        else:
            import_documents(
                found.input, format, found.output, Encoding(found.vocabulary), codec=found.codec,
                **options,
            )  # fmt: skip
    except (Error, OSError) as error:
        print(f"gobbet.exchange: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
