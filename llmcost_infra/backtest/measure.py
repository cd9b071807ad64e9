"""What pictures show of a rule over time: what its statement finds with no limit in its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.catalog.templates import value_in
from llmcost_infra.pictures import Unit
from llmcost_infra.pictures.units import numeric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from llmcost_infra.catalog import AlertSpec
    from llmcost_infra.catalog.alerts import Drawn

__all__ = ["Measure", "Measured", "measure_of"]

_UNITS: Final = {
    "usd": Unit("currency-dollar"),
    "ms": Unit("milliseconds"),
    "percent": Unit("percent"),
}
_PLAIN: Final = Unit("locale", decimals=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a look tells.

    Args:
        value: None where it is not known.
        limit: that it is held against; None where there is none.
    """

    value: float | None
    limit: float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """What a picture shows of an alert.

    Args:
        sql: its statement, with limits so low that each look tells the value.
        drawn: which column that is, and what is beside it.
        limit: what the limit is that it names, if it names one.
    """

    sql: str
    drawn: Drawn
    limit: float | None

    @property
    def unit(self) -> Unit:
        """How its numbers are written."""
        return _UNITS.get(self.drawn.value.rpartition("_")[2], _PLAIN)

    @property
    def moves(self) -> bool:
        """Whether what it is held against is a column, and other at each look."""
        return self.limit is None and self.drawn.limit is not None

    def of(self, rows: Sequence[Mapping[str, Any]]) -> Measured:
        """Return what a look tells that found these rows: the greatest value among them."""
        found = [
            (value, row) for row in rows if (value := numeric(row[self.drawn.value])) is not None
        ]
        if not found:
            return Measured(numeric(self.drawn.no_row), self.limit)
        value, row = max(found, key=lambda one: one[0])
        return Measured(value, numeric(row[str(self.drawn.limit)]) if self.moves else self.limit)


def measure_of(spec: AlertSpec, sql: str) -> Measure | None:
    """Return what a picture shows of a rule, where its declaration says so.

    Args:
        spec: the declaration.
        sql: the statement of a stack; one that is not made of the declaration's has no measure.
    """
    drawn = spec.declared.drawn
    for statement in spec.statements.values() if drawn else ():
        choices = statement.choices(sql)
        if drawn is not None and choices is not None:
            limit = numeric(value_in(choices, drawn.limit)) if drawn.limit else None
            return Measure(statement.chosen(choices, drawn.looser), drawn, limit)
    return None
