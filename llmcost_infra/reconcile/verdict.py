"""Whether ours and the bill are near enough, by scope and model, net and gross.

The net of two causes may be nothing: calls that came twice hide as many that lack, on another day
or on the same one. The gross counts each cause of each day.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.causes import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from llmcost_infra.reconcile.causes import Finding
    from llmcost_infra.reconcile.explain import Compared

__all__ = ["FLOOR_USD", "LIMIT", "OFFSETTING", "UNMAPPED_LIMIT", "Line", "lines_of"]

LIMIT: Final = Decimal("0.05")
"""Share of the bill that ours may be off."""
FLOOR_USD: Final = Decimal(1)
"""What it may be off in any case: below, a share says little."""
UNMAPPED_LIMIT: Final = Decimal("0.01")
"""Share of the bill that may be of parts that no scope names."""
OFFSETTING: Final = "offsetting differences"
"""What is wrong where the net is near enough and the gross is not."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a model cost in a scope.

    Args:
        scope: whose.
        model: of the price table, else as it is called.
        ours: in USD, by what we stored.
        billed: in USD, for tokens.
        gross: sum of what each cause of each day comes to, in USD, whatever the sign; but for calls
            over midnight, which the next day has.
    """

    scope: str
    model: str
    ours: Decimal
    billed: Decimal
    gross: Decimal

    @property
    def difference(self) -> Decimal:
        """Ours less the bill."""
        return self.ours - self.billed

    @property
    def drift(self) -> Decimal | None:
        """Difference as a share of the bill; None where nothing was billed."""
        return self.difference / self.billed if self.billed else None

    @property
    def problem(self) -> str:
        """What is wrong; empty where ours is near enough."""
        if _beyond(self.difference, self.billed):
            return "drifts"
        if _beyond(self.gross, self.billed):
            return OFFSETTING
        return ""


def _beyond(usd: Decimal, billed: Decimal) -> bool:
    return abs(usd) > FLOOR_USD and abs(usd) > LIMIT * abs(billed)


def lines_of(compared: Iterable[Compared], findings: Iterable[Finding]) -> list[Line]:
    """Return a line for each scope and model, the greatest difference first.

    Args:
        compared: both sums of each scope, day and model.
        findings: that add up to their differences; those about no model count for none.
    """
    ours: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    billed: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    gross: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for one in compared:
        key = (one.cell.scope, one.cell.model)
        ours[key] += one.ours
        billed[key] += one.billed
    causes: defaultdict[tuple[str, str, date, Cause], Decimal] = defaultdict(lambda: ZERO)
    for finding in findings:
        if finding.cause is not Cause.LATE_DATA:
            causes[finding.scope, finding.model, finding.day, finding.cause] += finding.usd
    for (scope, model, _, _), usd in causes.items():
        gross[scope, model] += abs(usd)
    lines = [Line(*key, ours[key], billed[key], gross[key]) for key in ours]
    return sorted(lines, key=lambda one: (-abs(one.difference), one.scope, one.model))
