"""What is compared: what a provider charged and counted, and what our telemetry says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from llmcost_infra.pricing.table import STANDARD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

__all__ = ["TOKEN_CLASSES", "Bill", "Charge", "Lane", "OwnCalls", "Part", "Usage"]

TOKEN_CLASSES: Final = ("input", "cache_read", "cache_write", "cache_write_1h", "output")
"""Classes that both sides count, by the names of the price table; no token is in two of them."""


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """What decides the rate of a token beside its model and class.

    Args:
        tier: service tier, or `batch`, as the price table calls it.
        over: size of input above which the rate holds; 0 for the usual one.
    """

    tier: str = STANDARD
    over: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Part of an account that a provider's numbers are for.

    Args:
        division: id of the project (OpenAI) or workspace (Anthropic); empty where it names none.
        key: id of the API key; empty where nobody asked.
    """

    division: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount on the bill.

    Args:
        day: UTC.
        part: whose it is.
        usd: what was charged.
        item: the provider's words for it.
        model: as the provider calls it; empty where the item is no model's.
        token_class: one of `TOKEN_CLASSES`; empty where the item is not sold by such tokens.
        lane: where the item says it; None where it may hold several.
        known: False where nobody knows what the item is.
    """

    day: date
    part: Part
    usd: Decimal
    item: str
    model: str = ""
    token_class: str = ""
    lane: Lane | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class Usage:
    """What a provider counted.

    Args:
        day: UTC.
        part: whose it is.
        model: as the provider calls it.
        lane: at which rates it was served.
        tokens: class → tokens.
        requests: how many; None where the provider does not count them.
    """

    day: date
    part: Part
    model: str
    lane: Lane
    tokens: Mapping[str, int]
    requests: int | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """A provider's side of some days.

    Args:
        provider: who billed, by the OpenTelemetry name that calls carry, such as `openai`.
        source: where it was read, for people.
        charges: amounts.
        usage: counts; empty where the source has none.
        missing: days that the source does not tell of.
        counted: whether the source tells tokens at all.
        notes: what a reader of the report has to know about the source.
    """

    provider: str
    source: str
    charges: tuple[Charge, ...]
    usage: tuple[Usage, ...] = ()
    missing: tuple[date, ...] = ()
    counted: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCalls:
    """Calls that are alike, as the LLM stream has them; each call counts once.

    Args:
        day: UTC day in which they began.
        provider: who bills them, as they say.
        model: that answered.
        calls: how many.
        tokens: class → tokens; None where no usage was reported.
        usd: what they cost as stored; None where that is unknown.
        environment: of the application; None where nobody said.
        team: that owns the spend; None where nobody said.
        lane: that they say, before prices are looked at.
        price_row: row of the price table that was applied; empty without one.
        status: `pricing_status`.
        contract: contract whose prices apply; empty without one.
        cache_told: whether they say how much of the input was cached.
        split: False where input is one number, cached or not (old months).
        twin: whether another instrumentation reported the same call as well.
        over_midnight: whether they ended on a later day than they began.
    """

    day: date
    provider: str
    model: str
    calls: int
    tokens: Mapping[str, int] | None
    usd: Decimal | None
    environment: str | None = None
    team: str | None = None
    lane: Lane = field(default_factory=Lane)
    price_row: str = ""
    status: str = "priced"
    contract: str = ""
    cache_told: bool = True
    split: bool = True
    twin: bool = False
    over_midnight: bool = False
