"""Traffic with a known truth: what was called, what of it we see, and what is billed for it."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Final

from llmcost_infra.pricing import load_table
from llmcost_infra.reconcile.cells import cells_of
from llmcost_infra.reconcile.explain import explain, explain_items
from llmcost_infra.reconcile.rates import RateBook
from llmcost_infra.reconcile.records import Charge, Lane, OwnCalls, Part, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.reconcile.causes import Cause, Finding
    from llmcost_infra.reconcile.cells import Cell
    from llmcost_infra.reconcile.explain import Compared

    Explain = Callable[[Sequence[Cell], Sequence[date]], tuple[list[Compared], list[Finding]]]

FIRST: Final = date(2026, 10, 5)
DAYS: Final = tuple(FIRST + timedelta(days=one) for one in range(4))
SCOPE: Final = "prod/search"
MODELS: Final = {"openai": ("gpt-4o", "o3"), "anthropic": ("claude-sonnet-4-5-20250929",)}
STANDARD, BATCH, FLEX = Lane(), Lane("batch"), Lane("flex")
LONG: Final = Lane("standard", 200_000)
ZERO: Final = Decimal(0)
CENT: Final = Decimal("0.01")
WIDEST: Final = Decimal("1.5")
"""Of all that was done to a world: a wider range would hold any truth and say nothing."""

# USD for a million tokens, read from the providers' pages and not from our table.
PRICES: Final[dict[tuple[str, str], dict[str, str]]] = {
    ("gpt-4o", "standard"): {"input": "2.50", "cache_read": "1.25", "output": "10"},
    ("gpt-4o", "batch"): {"input": "1.25", "output": "5"},
    ("o3", "standard"): {"input": "2", "cache_read": "0.50", "output": "8"},
    ("o3", "old"): {"input": "10", "cache_read": "2.50", "output": "40"},
    ("o3", "flex"): {"input": "1", "cache_read": "0.25", "output": "4"},
    ("o3", "batch"): {"input": "1", "output": "4"},
    ("gpt-7-unheard-of", "standard"): {"input": "4", "cache_read": "1", "output": "16"},
    ("claude-sonnet-4-5-20250929", "standard"): {
        "input": "3", "cache_read": "0.30", "cache_write": "3.75", "cache_write_1h": "6",
        "output": "15",
    },
    ("claude-sonnet-4-5-20250929", "long"): {
        "input": "6", "cache_read": "0.60", "cache_write": "7.50", "cache_write_1h": "12",
        "output": "22.50",
    },
    ("claude-sonnet-4-5-20250929", "batch"): {
        "input": "1.50", "cache_read": "0.15", "cache_write": "1.875", "cache_write_1h": "3",
        "output": "7.50",
    },
}  # fmt: skip


@cache
def table() -> PriceTable:
    """Return the shipped price table."""
    return load_table()


@dataclass
class TrueCall:
    """One request, as it was.

    Args:
        day: UTC day on which it began.
        model: that served it.
        tokens: class → tokens.
        lane: in which it was served.
        ended: UTC day on which the provider counts it.
        seen: how often we have it.
        seen_lane: lane that our row says.
        cache_told: whether our row says how much was cached.
        usage_told: whether our row says any tokens.
        twin: whether another instrumentation reported it as well.
        priced: name of the rates by which we stored its cost; empty if none.
        touched: whether a deviation is about it already.
        hours_priced: whether caches for an hour were priced as such, though our row has no count.
    """

    day: date
    model: str
    tokens: dict[str, int]
    lane: Lane = STANDARD
    ended: date | None = None
    seen: int = 1
    seen_lane: Lane = STANDARD
    cache_told: bool = True
    usage_told: bool = True
    twin: bool = False
    priced: str = "standard"
    touched: bool = False
    hours_priced: bool = False

    def cost(self, rates: str | None = None) -> Decimal:
        """Return what it costs, in USD, by its own rates or by others."""
        return priced(self.model, self.tokens, rates or rates_of(self.lane))


def rates_of(lane: Lane) -> str:
    """Return the name of a lane's rates."""
    return "long" if lane.over else lane.tier


def priced(model: str, tokens: dict[str, int], rates: str) -> Decimal:
    """Return what tokens cost in USD."""
    known = PRICES[model, rates]
    return sum((Decimal(known[one]) * count for one, count in tokens.items()), Decimal(0)) / 10**6


@dataclass
class World:
    """A provider's account and our stream, for some days.

    Args:
        provider: who bills.
        calls: all that happened.
        factors: what the provider multiplies the list price with, by model and day; 1 elsewhere.
        items: further charges.
        truth: cause → ours less the bill, in USD.
        to_cents: whether lines of the bill are rounded to cents.
        part: of the account that is billed.
    """

    provider: str
    calls: list[TrueCall]
    factors: dict[tuple[str, date], Decimal] = field(default_factory=dict)
    items: list[Charge] = field(default_factory=list)
    truth: defaultdict[Cause, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    to_cents: bool = False
    part: Part = Part("proj_search")  # noqa: RUF009 - frozen

    def take(self, count: int, model: str | None = None, *days: date) -> list[TrueCall]:
        """Return calls that no deviation is about yet."""
        model, days = model or MODELS[self.provider][0], days or DAYS[1:3]
        found = [
            call
            for call in self.calls
            if call.model == model and call.day in days and not call.touched
        ][:count]
        assert len(found) == count
        for call in found:
            call.touched = True
        return found

    def charges(self) -> list[Charge]:
        """Return the bill."""
        sums: defaultdict[tuple[date, str, str], Decimal] = defaultdict(Decimal)
        for call in self.calls:
            day = call.ended or call.day
            factor = self.factors.get((call.model, day), Decimal(1))
            for name, count in call.tokens.items():
                usd = priced(call.model, {name: count}, rates_of(call.lane)) * factor
                sums[day, call.model, name] += usd
        return [
            Charge(
                day,
                self.part,
                usd.quantize(CENT) if self.to_cents else usd,
                f"{model}, {name}",
                model,
                name,
            )
            for (day, model, name), usd in sums.items()
            if day in DAYS
        ]

    def usage(self) -> list[Usage]:
        """Return what the provider counts."""
        found: dict[tuple[date, str, Lane], list[TrueCall]] = defaultdict(list)
        for call in self.calls:
            if (call.ended or call.day) in DAYS:
                found[call.ended or call.day, call.model, call.lane].append(call)
        return [
            Usage(
                day,
                self.part,
                model,
                lane,
                _summed(call.tokens for call in calls),
                len(calls) if self.provider == "openai" else None,
            )
            for (day, model, lane), calls in found.items()
        ]

    def own(self) -> list[OwnCalls]:
        """Return our side; costs go through binary fractions, as the server stores them."""
        return [row for call in self.calls for row in self._rows(call)]

    def _rows(self, call: TrueCall) -> Iterable[OwnCalls]:
        for copy in range(call.seen):
            tokens = _as_told(call) if call.usage_told else None
            usd = None
            if tokens is not None and call.priced:
                paid = call.tokens if call.hours_priced else tokens
                usd = Decimal(repr(float(priced(call.model, paid, call.priced))))
            yield OwnCalls(
                day=call.day,
                provider=self.provider,
                model=call.model,
                calls=1,
                tokens=tokens,
                usd=usd,
                lane=Lane(call.seen_lane.tier),
                price_row=_row_name(call),
                status=_status(call),
                cache_told=call.cache_told,
                twin=call.twin and copy > 0,
                over_midnight=call.ended is not None and call.ended != call.day,
            )

    def cells(self) -> list[Cell]:
        """Return both sides together."""
        books = {SCOPE: RateBook(table(), self.provider)}
        charges = [(SCOPE, one) for one in self.charges()]
        usage = [(SCOPE, one) for one in self.usage()]
        return cells_of(charges, usage, [(SCOPE, one) for one in self.own()], books)

    def explained(self, explaining: Explain = explain) -> tuple[Decimal, list[Finding]]:
        """Return ours less the bill, and the findings about it."""
        compared, findings = explaining(self.cells(), DAYS)
        findings += explain_items((SCOPE, item) for item in self.items)
        difference = sum((one.ours - one.billed for one in compared), Decimal(0))
        return difference - sum((item.usd for item in self.items), Decimal(0)), findings


def _summed(many: Iterable[dict[str, int]]) -> dict[str, int]:
    total: defaultdict[str, int] = defaultdict(int)
    for tokens in many:
        for name, count in tokens.items():
            total[name] += count
    return dict(total)


def _as_told(call: TrueCall) -> dict[str, int]:
    tokens = dict(call.tokens)
    if not call.cache_told:
        sent = sum(count for name, count in tokens.items() if name != "output")
        return {"input": sent, "output": tokens["output"]}
    if "cache_write_1h" in tokens:  # few instrumentations tell how long a written cache lives
        tokens["cache_write"] = tokens.get("cache_write", 0) + tokens.pop("cache_write_1h")
    return tokens


def _status(call: TrueCall) -> str:
    if not call.usage_told:
        return "no_usage"
    return "priced" if call.priced else "unpriced_model"


def _row_name(call: TrueCall) -> str:
    if not call.priced or not call.usage_told:
        return ""
    row = {"gpt-4o": "openai/gpt-4o@2024-10-01", "o3": "openai/o3@2025-06-10"}.get(
        call.model, "anthropic/claude-sonnet-4-5@2025-09-29"
    )
    if call.priced == "old":
        row = "openai/o3@2025-04-16"
    return f"{row}>200000" if call.priced == "long" else row


def ordinary(provider: str = "openai", seed: int = 7, calls: int = 60) -> World:
    """Return a world in which both sides agree."""
    dice = random.Random(seed)  # noqa: S311 - traffic is no secret
    made: list[TrueCall] = []
    for day in DAYS:
        for model in MODELS[provider]:
            for _ in range(calls):
                tokens = {
                    "input": dice.randrange(20_000, 90_000),
                    "cache_read": dice.randrange(5_000, 60_000),
                    "output": dice.randrange(5_000, 30_000),
                }
                if provider == "anthropic":
                    tokens["cache_write"] = dice.randrange(1_000, 9_000)
                made.append(TrueCall(day, model, tokens))
    return World(provider, made)


def check(world: World, findings: Sequence[Finding], difference: Decimal) -> list[Finding]:
    """Check that every cause is found to the cent, or lies in the narrow range that is named.

    Returns:
        The ambiguous findings.
    """
    told = sum((one.usd for one in findings), ZERO)
    # Averages of what the server added up have more digits than a context keeps.
    assert abs(told - difference) < Decimal("1e-18"), "lines do not add up"
    booked: defaultdict[Cause, Decimal] = defaultdict(Decimal)
    low: defaultdict[Cause, Decimal] = defaultdict(Decimal)
    high: defaultdict[Cause, Decimal] = defaultdict(Decimal)
    for one in findings:
        for range_ in one.ranges:
            assert range_.low <= range_.high
            low[range_.cause] += range_.low
            high[range_.cause] += range_.high
        if not one.ranges:
            booked[one.cause] += one.usd
    done = sum((abs(one) for one in world.truth.values()), ZERO)
    for cause in {*world.truth, *booked, *low}:
        truth = world.truth.get(cause, ZERO)
        least, most = booked[cause] + low[cause], booked[cause] + high[cause]
        assert least - CENT <= truth <= most + CENT, (cause, truth, least, most)
        assert most - least <= done * WIDEST, (cause, "is anything", least, most)
    return [one for one in findings if one.ranges]
