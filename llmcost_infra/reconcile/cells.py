"""One scope, day and model: both sides of it, in the same units."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.records import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from decimal import Decimal

    from llmcost_infra.reconcile.rates import RateBook
    from llmcost_infra.reconcile.records import Charge, OwnCalls, Usage

__all__ = ["Cell", "Counts", "Tokens", "cells_of"]

_OVER: Final = re.compile(r">(\d+)")


@dataclass
class Tokens:
    """Tokens by lane and class; what is not there is none."""

    of: dict[tuple[Lane, str], int] = field(default_factory=dict[tuple[Lane, str], int])

    def add(self, lane: Lane, tokens: Mapping[str, int], times: int = 1) -> None:
        """Add tokens of a lane."""
        for name, count in tokens.items():
            self.of[lane, name] = self.of.get((lane, name), 0) + times * count

    def less(self, other: Tokens) -> Tokens:
        """Return the difference, without what is equal."""
        keys = {*self.of, *other.of}
        found = {key: self.of.get(key, 0) - other.of.get(key, 0) for key in keys}
        return Tokens({key: count for key, count in found.items() if count})

    def lane(self, lane: Lane) -> dict[str, int]:
        """Return the tokens of one lane by class."""
        return {name: count for (one, name), count in self.of.items() if one == lane and count}

    @property
    def lanes(self) -> list[Lane]:
        """Every lane that has any, in a fixed order."""
        return sorted({lane for (lane, _), count in self.of.items() if count})

    def __bool__(self) -> bool:
        return any(self.of.values())


Counts = dict[Lane, int]
"""Requests or calls by lane."""


@dataclass
class Cell:
    """What both sides say about a model on a day in a scope.

    Args:
        scope: whose.
        day: UTC.
        model: of the price table, else as it is called.
        book: what tokens should cost.
        own: our calls.
        charged: class → what was billed, over all lanes.
        used: what the provider counted.
        requests: what the provider counted; None where it does not.
        divisions: lane → projects or workspaces in which the provider served it.
    """

    scope: str
    day: date
    model: str
    book: RateBook
    own: list[OwnCalls] = field(default_factory=list["OwnCalls"])
    charged: dict[str, Decimal] = field(default_factory=dict[str, "Decimal"])
    used: Tokens = field(default_factory=Tokens)
    requests: Counts | None = field(default_factory=dict[Lane, int])
    divisions: dict[Lane, set[str]] = field(default_factory=dict[Lane, "set[str]"])

    @property
    def billed_usd(self) -> Decimal:
        """What was billed for tokens."""
        return sum(self.charged.values(), ZERO)

    def lane_of(self, calls: OwnCalls) -> Lane:
        """Return the lane of our calls; the size of their input is told by their price row."""
        over = _OVER.search(calls.price_row)
        return Lane(calls.lane.tier, int(over[1]) if over else calls.lane.over)

    def rate(self, lane: Lane, token_class: str) -> Decimal:
        """Return the rate of a token: by our table, else what was billed on average, else 0."""
        found = self.book.rates(self.model, self.day, lane).get(token_class)
        if found is not None:
            return found
        counted = sum(count for (_, name), count in self.used.of.items() if name == token_class)
        return self.charged.get(token_class, ZERO) / counted if counted else ZERO

    def value(self, tokens: Tokens) -> Decimal:
        """Return what tokens should cost."""
        found = (self.rate(lane, name) * count for (lane, name), count in tokens.of.items())
        return sum(found, ZERO)


def cells_of(
    charges: Iterable[tuple[str, Charge]],
    usage: Iterable[tuple[str, Usage]],
    own: Iterable[tuple[str, OwnCalls]],
    books: Mapping[str, RateBook],
) -> list[Cell]:
    """Bring both sides together.

    Args:
        charges: scope and charge; only those for tokens.
        usage: scope and count.
        own: scope and calls.
        books: scope → what its tokens should cost.

    Returns:
        In order of scope, day and model.
    """
    cells: dict[tuple[str, date, str], Cell] = {}

    def cell(scope: str, day: date, name: str) -> Cell:
        book = books[scope]
        model = book.model_id(name)
        key = (scope, day, model)
        if key not in cells:
            cells[key] = Cell(scope, day, model, book)
        return cells[key]

    for scope, charge in charges:
        charged = cell(scope, charge.day, charge.model).charged
        charged[charge.token_class] = charged.get(charge.token_class, ZERO) + charge.usd
    for scope, used in usage:
        into = cell(scope, used.day, used.model)
        into.used.add(used.lane, used.tokens)
        if used.part.division:
            into.divisions.setdefault(used.lane, set()).add(used.part.division)
        if used.requests is None:
            into.requests = None
        elif into.requests is not None:
            into.requests[used.lane] = into.requests.get(used.lane, 0) + used.requests
    grouped: defaultdict[tuple[str, date, str], list[OwnCalls]] = defaultdict(list)
    for scope, calls in own:
        grouped[scope, calls.day, calls.model].append(calls)
    for (scope, day, name), alike in grouped.items():
        into = cell(scope, day, name)
        into.own += [_with_hours(into, one) for one in alike]
    return [cells[key] for key in sorted(cells)]


def _with_hours(cell: Cell, calls: OwnCalls) -> OwnCalls:
    """Return calls with the tokens that went to a cache for an hour, where rows do not tell.

    They were priced as such: what they cost more than a cache of five minutes is how many.
    """
    tokens, lane = dict(calls.tokens or {}), cell.lane_of(calls)
    rates = cell.book.rates(cell.model, cell.day, lane)
    valid = cell.book.row_id(cell.model, cell.day)
    if (
        calls.usd is None
        or not calls.price_row.startswith(valid)
        or not tokens.keys() <= rates.keys()
    ):
        return calls
    dearer = rates.get("cache_write_1h", ZERO) - rates.get("cache_write", ZERO)
    due = sum((rates[name] * count for name, count in tokens.items()), ZERO)
    hours = round((calls.usd - due) / dearer) if dearer > 0 else 0
    if not 0 < hours <= tokens.get("cache_write", 0):
        return calls
    if abs(due + dearer * hours - calls.usd) > dearer / 1000:
        return calls
    tokens["cache_write"] -= hours
    tokens["cache_write_1h"] = tokens.get("cache_write_1h", 0) + hours
    return replace(calls, tokens={name: count for name, count in tokens.items() if count})
