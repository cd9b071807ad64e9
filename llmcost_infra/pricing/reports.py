"""What the table says to a person or a script: one call's cost, a model's rates, rows to review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.declarations import nearest
from llmcost_infra.errors import PricingError
from llmcost_infra.pricing.compute import Call, Unpriced, price_of
from llmcost_infra.pricing.money import per_mtok, plain
from llmcost_infra.pricing.table import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from llmcost_infra.pricing.table import Model, PriceTable, Row

__all__ = ["Usage", "due_rows", "maker_first", "priced_call", "provider_of", "rates_of"]

# Who sells his own models goes before who resells them, when a model id alone is given.
_MAKERS: Final = ("openai", "anthropic", "gcp.gemini", "mistral_ai", "deepseek", "x_ai", "cohere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What somebody asks the price of.

    Args:
        at: when the call started.
        input_tokens: cached ones included; None when nobody counted.
        output_tokens: reasoning included; None when nobody counted.
        cached: input tokens read from the cache.
        cache_write: input tokens written to it.
        cache_write_1h: input tokens written to it for an hour.
        reasoning: output tokens spent on reasoning.
        tier: service tier.
        batch: whether the batch API was used.
    """

    at: datetime
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0
    tier: str = ""
    batch: bool = False


def priced_call(
    table: PriceTable, *, provider: str | None, model: str, usage: Usage
) -> dict[str, Any]:
    """Return what a call costs as JSON: amounts are decimal strings, null without a price.

    Args:
        table: the prices.
        provider: OpenTelemetry provider name; None takes whoever has the model.
        model: model id.
        usage: what the call used.
    """
    provider = provider or provider_of(table, model)
    call = _call(provider, model, usage)
    price = price_of(call, table)
    told: dict[str, Any] = {"provider": provider, "model": model, "at": usage.at.isoformat()}
    if isinstance(price, Unpriced):
        told |= {"cost_usd": None, "reason": price.reason, "detail": price.detail}
        return told | {"split_usd": {}, "row": price.row or None, "version": table.version}
    return told | {
        "cost_usd": plain(price.cost_usd),
        "input_cost_usd": plain(price.input_usd),
        "output_cost_usd": plain(price.output_usd),
        "split_usd": {name: plain(usd) for name, usd in price.by_class.items()},
        "row": price.row,
        "version": price.version,
    }


def provider_of(table: PriceTable, model: str) -> str:
    """Return who has a model: its maker before a reseller; empty when nobody has it."""
    having = (name for name in table.providers if table.model(name, model) is not None)
    return min(having, key=maker_first, default="")


def maker_first(provider: str) -> tuple[int, str]:
    """Return what to sort providers by, so that who makes models stands before who resells them."""
    return (_MAKERS.index(provider) if provider in _MAKERS else len(_MAKERS)), provider


def rates_of(table: PriceTable, model: str | None, at: datetime) -> list[dict[str, Any]]:
    """Return rates in USD per million tokens, one entry a tier and size of input.

    Args:
        table: the prices.
        model: a model id, for all its rows and tiers; None for what is valid now of every model.
        at: now.

    Raises:
        PricingError: no provider has the model.
    """
    if model is None:
        now_us = Call(provider="", model="", at=at).at_us
        rows = (one.row_at(now_us) for models in table.providers.values() for one in models)
        return [line for row in rows if row for line in _lines(row) if line["tier"] == STANDARD]
    found = list(_named(table, model))
    if not found:
        known = [one.id for models in table.providers.values() for one in models]
        raise PricingError(f"no price row fits {model!r}", hint=nearest(model, known))
    return [line for one in found for row in one.rows for line in _lines(row)]


def due_rows(table: PriceTable, until: date) -> list[dict[str, str]]:
    """Return the rows in force whose review is due on or before a day, the oldest first."""
    last = (one.rows[-1] for models in table.providers.values() for one in models)
    due = sorted((row for row in last if row.review_by <= until), key=lambda row: row.review_by)
    return [
        {
            "row": row.id,
            "review_by": row.review_by.isoformat(),
            "verified": row.verified.isoformat(),
            "source": row.source,
        }
        for row in due
    ]


def _call(provider: str, model: str, usage: Usage) -> Call:
    return Call(
        provider=provider,
        model=model,
        at=usage.at,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached,
        cache_write_tokens=usage.cache_write,
        cache_write_1h_tokens=usage.cache_write_1h,
        reasoning_tokens=usage.reasoning,
        service_tier=usage.tier,
        batch=usage.batch,
    )


def _named(table: PriceTable, model: str) -> Iterator[Model]:
    for provider, models in table.providers.items():
        by_id = [one for one in models if one.id == model]
        one = by_id[0] if by_id else table.model(provider, model)
        if one is not None:
            yield one


def _lines(row: Row) -> Iterator[dict[str, Any]]:
    for card in row.cards:
        for tier, rates in card.tiers.items():
            yield {
                "row": row.name(card, tier),
                "tier": tier,
                "over_input_tokens": card.over_input_tokens,
                "per_mtok": {name: per_mtok(rate) for name, rate in rates.items()},
                "source": row.source,
                "verified": row.verified.isoformat(),
                "review_by": row.review_by.isoformat(),
            }
