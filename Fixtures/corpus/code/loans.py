#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Report on the loans of a small library.

Reads a CSV file with the columns ``borrower,title,taken,due,returned`` (dates as
YYYY-MM-DD, ``returned`` empty while the book is out) and prints what is overdue, what each
borrower owes, and which titles are asked for most.

    python loans.py loans.csv --today 2024-05-01 --fine 0.20
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Iterable, Iterator, Optional, TextIO

GRACE = timedelta(days=3)
MAX_FINE = Decimal("8.00")


class BadRow(ValueError):
    """A line of the input that cannot be understood."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, order=True)
class Loan:
    due: date
    borrower: str
    title: str
    taken: date
    returned: Optional[date] = None

    @property
    def is_out(self) -> bool:
        return self.returned is None

    def days_late(self, today: date) -> int:
        """How many days past the due date the book came back, or has been kept so far."""
        end = self.returned or today
        return max(0, (end - self.due).days)

    def fine(self, today: date, per_day: Decimal) -> Decimal:
        late = self.days_late(today)
        if timedelta(days=late) <= GRACE:
            return Decimal("0.00")
        return min(MAX_FINE, per_day * late).quantize(Decimal("0.01"))


def parse_date(text: str, line: int, column: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise BadRow(line, f"{column}: {text!r} is not a date") from error


def read_loans(stream: TextIO) -> Iterator[Loan]:
    reader = csv.DictReader(stream)
    wanted = {"borrower", "title", "taken", "due", "returned"}
    missing = wanted - set(reader.fieldnames or [])
    if missing:
        raise BadRow(1, "missing columns: " + ", ".join(sorted(missing)))
    for row in reader:
        line = reader.line_num
        taken = parse_date(row["taken"], line, "taken")
        due = parse_date(row["due"], line, "due")
        if due < taken:
            raise BadRow(line, "due before it was taken")
        returned = None
        if (row["returned"] or "").strip():
            returned = parse_date(row["returned"], line, "returned")
        yield Loan(due, row["borrower"].strip(), row["title"].strip(), taken, returned)


def overdue(loans: Iterable[Loan], today: date) -> list[Loan]:
    return sorted(loan for loan in loans if loan.is_out and loan.due < today)


def balances(loans: Iterable[Loan], today: date, per_day: Decimal) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for loan in loans:
        amount = loan.fine(today, per_day)
        if amount:
            totals[loan.borrower] += amount
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def print_table(rows: list[tuple[str, ...]], out: TextIO) -> None:
    if not rows:
        print("  (none)", file=out)
        return
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths))
        print("  " + "  ".join(cells).rstrip(), file=out)


def report(loans: list[Loan], today: date, per_day: Decimal, out: TextIO = sys.stdout) -> None:
    late = overdue(loans, today)
    print(f"Overdue on {today:%d %B %Y}: {len(late)}", file=out)
    print_table([(loan.title, loan.borrower, f"{loan.days_late(today)} d") for loan in late], out)

    print("\nOwed", file=out)
    owed = balances(loans, today, per_day)
    print_table([(name, f"{amount:>6}") for name, amount in owed.items()], out)

    print("\nMost borrowed", file=out)
    popular = Counter(loan.title for loan in loans).most_common(5)
    print_table([(title, f"{count}x") for title, count in popular], out)


def main(argv: Optional[list[str]] = None) -> int:
    parser = argparse.ArgumentParser(description="Report on the loans of a small library.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--today", type=date.fromisoformat, default=date.today())
    parser.add_argument("--fine", type=Decimal, default=Decimal("0.10"), metavar="PER_DAY")
    options = parser.parse_args(argv)
    try:
        with options.file.open(newline="", encoding="utf-8") as stream:
            loans = list(read_loans(stream))
    except (OSError, BadRow) as error:
        print(f"loans: {error}", file=sys.stderr)
        return 1
    report(loans, options.today, options.fine)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
