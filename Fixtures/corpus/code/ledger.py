# SPDX-License-Identifier: Apache-2.0
"""A small double-entry ledger: every transaction must balance to zero."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


class UnbalancedError(ValueError):
    """The postings of a transaction do not add up to zero."""


@dataclass(frozen=True)
class Posting:
    account: str
    amount: Decimal


@dataclass(frozen=True)
class Transaction:
    day: date
    text: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        total = sum((p.amount for p in self.postings), Decimal(0))
        if total != 0:
            raise UnbalancedError(f"{self.day} {self.text!r}: off by {total}")


@dataclass
class Ledger:
    transactions: list[Transaction] = field(default_factory=list)

    def transfer(self, day: date, text: str, source: str, target: str, amount: str) -> None:
        value = Decimal(amount)
        postings = (Posting(source, -value), Posting(target, value))
        self.transactions.append(Transaction(day, text, postings))

    def balances(self, until: date | None = None) -> dict[str, Decimal]:
        result: dict[str, Decimal] = defaultdict(Decimal)
        for transaction in self.transactions:
            if until is not None and transaction.day > until:
                continue
            for posting in transaction.postings:
                result[posting.account] += posting.amount
        return dict(sorted(result.items()))


if __name__ == "__main__":
    ledger = Ledger()
    ledger.transfer(date(2024, 5, 2), "Opening", "equity", "assets:cash", "250.00")
    ledger.transfer(date(2024, 5, 3), "Twine and nails", "assets:cash", "expenses:shop", "18.35")
    for account, balance in ledger.balances().items():
        print(f"{account:<20}{balance:>10}")
