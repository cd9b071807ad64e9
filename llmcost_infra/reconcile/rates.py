"""What a token should cost by our table: by model, day, lane and class, contracts included."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.line_items import LONG_CONTEXT
from llmcost_infra.reconcile.records import TOKEN_CLASSES, Lane
from llmcost_infra.utc import microseconds, midnight

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost_infra.pricing.table import Card, PriceTable, Row

__all__ = ["RateBook", "Rates"]

Rates = dict[str, Decimal]
"""Class of tokens → USD per token; a class without a rate is not there."""

_COMMITTED: Final = ("anthropic", "priority")
"""A tier that is paid by commitment: no report charges its tokens."""


@dataclass(frozen=True)
class RateBook:
    """The price table as one account of a provider pays by it.

    Args:
        table: the prices.
        provider: who bills, by its OpenTelemetry name.
        accounts: ids by which a contract may name what it covers.
    """

    table: PriceTable
    provider: str
    accounts: tuple[str, ...] = ("",)
    _known: dict[tuple[str, date, Lane], Rates] = field(
        default_factory=dict[tuple[str, date, Lane], Rates], repr=False
    )
    _ids: dict[str, str] = field(default_factory=dict[str, str], repr=False)

    def model_id(self, name: str) -> str:
        """Return the table's id of a model, else its name: dated ids cost what their model does."""
        if name not in self._ids:
            found = self.table.model(self.provider, name)
            self._ids[name] = found.id if found else name
        return self._ids[name]

    def row_id(self, model: str, day: date) -> str:
        """Return the id of the row that is valid on a day; empty where none is."""
        row = self._row(model, day)
        return row.id if row else ""

    def rates(self, model: str, day: date, lane: Lane) -> Rates:
        """Return what the account should pay; empty where the table does not know it."""
        key = (model, day, lane)
        if key not in self._known:
            self._known[key] = self._rates(model, day, lane)
        return self._known[key]

    def others(self, model: str, day: date, lane: Lane) -> Iterator[tuple[str, str, Rates]]:
        """Yield other rates that a provider may have applied: kind, name, rates.

        The kinds are `row` (another date), `tier`, `context` and `region`.
        """
        found = self.table.model(self.provider, model)
        row = self._row(model, day)
        for one in found.rows if found else ():
            if one is not row:
                yield "row", one.id, _of(one.card_at(lane.over), lane)
        if row is None:
            return
        card = row.card_at(lane.over)
        for tier in card.tiers:
            if tier != lane.tier:
                yield "tier", tier, _of(card, Lane(tier, lane.over))
        for other in row.cards:
            if other is not card:
                yield "context", f"{other.over_input_tokens:,}", _of(other, lane)
        for region, factor in row.regions.items():
            usual = self.rates(model, day, lane)
            yield "region", region, {name: rate * factor for name, rate in usual.items()}

    def _row(self, model: str, day: date) -> Row | None:
        found = self.table.model(self.provider, model)
        return found.row_at(microseconds(midnight(day))) if found else None

    def _rates(self, model: str, day: date, lane: Lane) -> Rates:
        if (self.provider, lane.tier) == _COMMITTED:
            return dict.fromkeys(TOKEN_CLASSES, ZERO)
        row = self._row(model, day)
        if row is None:
            return {}
        long = lane.over == LONG_CONTEXT
        card = row.cards[-1] if long else row.card_at(lane.over + 1 if lane.over else 0)
        listed = _of(card, lane)
        for account in self.accounts:
            contract = self.table.contract(self.provider, account, "", microseconds(midnight(day)))
            if contract is not None:
                own = contract.own_row(model.removeprefix(f"{self.provider}/"))
                if own is not None:
                    return _of(own.card_at(lane.over + 1 if lane.over else 0), lane)
                return {name: rate * contract.multiplier for name, rate in listed.items()}
        return listed


def _of(card: Card, lane: Lane) -> Rates:
    rates = card.tiers.get(lane.tier)
    if rates is None:
        return {}
    found: Mapping[str, Decimal | None] = {name: rates.rate(name) for name in TOKEN_CLASSES}
    return {name: rate for name, rate in found.items() if rate is not None}
