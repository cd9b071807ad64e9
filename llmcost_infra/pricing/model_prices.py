"""The price table as OpenObserve's own model prices, and what of it they cannot say.

OpenObserve prices a span at ingest by what it finds in `/llm/models`. Its rows know four kinds of
tokens, limits on the size of a request and a first moment; nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.pricing.money import plain
from llmcost_infra.pricing.pattern import Claims
from llmcost_infra.pricing.reports import maker_first
from llmcost_infra.pricing.table import STANDARD
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.pricing.table import Card, Model, PriceTable, Row

__all__ = ["WRONG", "model_prices", "unsaid"]

# The server's token kind → our classes for it, the best first; one without a price would be free.
_KINDS: Final = {
    "input": ("input",),
    "output": ("output",),
    "cache_read_input_tokens": ("cache_read", "input"),
    "cache_creation_input_tokens": ("cache_write", "input"),
}

WRONG: Final = (
    "a call is priced only when its prompts and answers were captured",
    "cached tokens under OpenTelemetry's name (gen_ai.usage.cache_read.input_tokens) pay in full",
    "cached tokens under another name (gen_ai.usage.cache_read_tokens) are charged on top of it",
    "a failed call that has captured content is charged, by tokens that the server estimates",
    "a model without a price costs 0, as if it were free",
)
"""What OpenObserve 0.90 makes of a call whatever prices it is given, as recorded on a server."""


def model_prices(table: PriceTable) -> dict[str, dict[str, Any]]:
    """Return the rows of a `ModelPriceTable`, by name.

    Every row has an anchored pattern and a price for each of the four kinds of tokens, in USD per
    token as decimal text: what the table has no rate for costs what plain input costs, since the
    server would take it for free.

    Args:
        table: the prices.
    """
    return {
        row.id: _price(provider, model, row)
        for provider, model, reason in _sayable(table)
        if not reason
        for row in model.rows
    }


def unsaid(table: PriceTable) -> dict[str, list[str]]:
    """Return what OpenObserve's model prices cannot say: what is lost → rows, models, contracts.

    Args:
        table: the prices.
    """
    lost: dict[str, list[str]] = {}
    for _, model, reason in _sayable(table):
        if reason:
            lost.setdefault(reason, []).append(model.id)
        for row in () if reason else model.rows:
            for one in _lost(row):
                lost.setdefault(one, []).append(row.id)
    for contract in table.contracts:
        one = "negotiated prices have no place beside list prices"
        lost.setdefault(one, []).append(contract.id)
    return lost


def _sayable(table: PriceTable) -> Iterator[tuple[str, Model, str]]:
    """Yield provider, model, and why the model has to be left out, if it has."""
    claims = Claims()
    for provider in sorted(table.providers, key=maker_first):
        for model in table.providers[provider]:
            reason = ""
            if claims.claim(model.id, model.pattern):
                reason = "left out: the server goes by the id alone, and its maker sells it too"
            if model.needs_split:
                reason = "left out: audio and images have no prices of their own"
            yield provider, model, reason


def _price(provider: str, model: Model, row: Row) -> dict[str, Any]:
    *larger, base = reversed(row.cards)
    tiers: dict[str, dict[str, Any]] = {
        f"over {card.over_input_tokens}": {
            "prices": _prices(card),
            "condition": {"usage_key": "input", "operator": "gt", "value": card.over_input_tokens},
            "order": float(order),
        }
        for order, card in enumerate(larger)
    }
    return {
        "match_pattern": _with_prefix(provider, model.pattern.text),
        "valid_from": at_microseconds(row.from_us).isoformat(),
        "provider": provider,
        "description": row.source,
        "tiers": tiers | {"default": {"prices": _prices(base)}},
    }


def _with_prefix(provider: str, pattern: str) -> str:
    # As in `PriceTable.model`: an id may carry its provider and a slash in front.
    prefix = provider.replace(".", r"\.")
    return f"^({prefix}/)?({pattern[1:-1]})$"


def _prices(card: Card) -> dict[str, str]:
    rates = card.tiers[STANDARD]
    told = {kind: [rates.rate(one) for one in classes] for kind, classes in _KINDS.items()}
    return {
        kind: plain(next((rate for rate in found if rate is not None), rates.input * 0))
        for kind, found in told.items()
    }


def _lost(row: Row) -> Iterator[str]:
    standard = [card.tiers[STANDARD] for card in row.cards]
    for tier in sorted({tier for card in row.cards for tier in card.tiers} - {STANDARD}):
        yield f"the tier {tier} is charged as standard"
    if any(rates.cache_write_1h not in {None, rates.cache_write} for rates in standard):
        yield "an hour in the cache costs what five minutes cost"
    for name in ("reasoning", "input_audio", "output_audio", "input_image", "output_image"):
        if any(getattr(rates, name) is not None for rates in standard):
            yield f"{name} has no price of its own"
    if row.regions:
        yield "every region is charged alike"
    if row.to_us is not None:
        yield "a price cannot end: it holds until the next one"
