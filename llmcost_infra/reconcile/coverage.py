"""How many of the billed tokens we have, and what one costs by both sides, class by class."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.own_tokens import ours_in
from llmcost_infra.reconcile.records import TOKEN_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmcost_infra.reconcile.cells import Cell

__all__ = ["Coverage", "coverage_of"]

_MILLION: Final = 10**6


@dataclass(slots=True)
class Coverage:
    """Tokens of a class over all days of a scope and model.

    Args:
        scope: whose.
        model: of the price table, else as it is called.
        token_class: one of `TOKEN_CLASSES`.
        ours: tokens that our calls report; what came twice counts twice.
        billed: tokens that the provider counted.
        billed_usd: what was charged for them.
        table_usd: what they should cost by the price table; None where it has no rate.
    """

    scope: str
    model: str
    token_class: str
    ours: int = 0
    billed: int = 0
    billed_usd: Decimal = ZERO
    table_usd: Decimal | None = ZERO

    @property
    def share(self) -> Decimal | None:
        """Our tokens as a share of those billed; None where none was."""
        return Decimal(self.ours) / self.billed if self.billed else None

    @property
    def billed_rate(self) -> Decimal | None:
        """What a million of them was charged, in USD."""
        return self.billed_usd * _MILLION / self.billed if self.billed else None

    @property
    def table_rate(self) -> Decimal | None:
        """What a million of them should cost, in USD, in the lanes in which they were served."""
        if self.table_usd is None or not self.billed:
            return None
        return self.table_usd * _MILLION / self.billed

    def add(self, cell: Cell, ours: int) -> None:
        """Add a day."""
        self.ours += ours
        self.billed_usd += cell.charged.get(self.token_class, ZERO)
        for (lane, name), count in cell.used.of.items():
            if name != self.token_class:
                continue
            self.billed += count
            rate = cell.book.rates(cell.model, cell.day, lane).get(name)
            if rate is None or self.table_usd is None:
                self.table_usd = None
            else:
                self.table_usd += rate * count


def coverage_of(cells: Iterable[Cell]) -> list[Coverage]:
    """Return both sides by scope, model and class; nothing where one side tells no classes.

    Args:
        cells: of the days that are compared.
    """
    cells = list(cells)
    if not any(cell.used for cell in cells) or not all(own.split for c in cells for own in c.own):
        return []
    found: dict[tuple[str, str, str], Coverage] = {}
    for cell in cells:
        ours: defaultdict[str, int] = defaultdict(int)
        for (_, name), count in ours_in(cell).tokens.of.items():
            ours[name] += count
        for name in TOKEN_CLASSES:
            key = (cell.scope, cell.model, name)
            found.setdefault(key, Coverage(*key)).add(cell, ours[name])
    return [one for one in found.values() if one.ours or one.billed]
