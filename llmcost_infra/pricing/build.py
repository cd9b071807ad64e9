"""From what a file says to what the table holds, and the problems that files of prices share."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from llmcost_infra.pricing.pattern import Pattern, PatternError
from llmcost_infra.pricing.table import BATCH, STANDARD, Card, Model, Rates, Row
from llmcost_infra.utc import microseconds, midnight

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from llmcost_infra.declarations import Document, KeyPath
    from llmcost_infra.errors import DeclarationError
    from llmcost_infra.pricing import schema

__all__ = ["cards", "limit_problems", "midnight_us", "model", "pattern"]

_MILLIONTH: Final = -6


def midnight_us(day: date) -> int:
    """Return the first moment of a UTC day as Unix microseconds."""
    return microseconds(midnight(day))


def model(spec: schema.ModelPrices) -> Model:
    """Return a model of the table; its problems have been looked for."""
    rows = tuple(_row(spec.id, rate) for rate in spec.rates)
    return Model(spec.id, Pattern(spec.match), rows, spec.needs_split)


def cards(standard: schema.Card, tiers: Sequence[schema.ContextTier]) -> tuple[Card, ...]:
    """Return what is charged at each size of input, the smallest first."""
    return (_card(0, standard), *(_card(tier.over_input_tokens, tier) for tier in tiers))


def pattern(document: Document, at: KeyPath, text: str) -> Pattern | DeclarationError:
    """Return a pattern, or the problem with it at its line."""
    try:
        return Pattern(text)
    except PatternError as error:
        hint = r"like '^gpt-4o(-\d{4}-\d{2}-\d{2})?$'"
        return document.problem(at, f"the pattern {error}", hint)


def limit_problems(
    document: Document, at: KeyPath, tiers: Sequence[schema.ContextTier]
) -> Iterator[DeclarationError]:
    """Yield a problem for each limit that does not grow."""
    limits = [0, *(tier.over_input_tokens for tier in tiers)]
    for place, (below, limit) in enumerate(pairwise(limits)):
        if limit <= below:
            where = (*at, "context_tiers", place, "over_input_tokens")
            yield document.problem(where, "the limit does not grow", "smallest limit first")


def _row(model_id: str, spec: schema.DatedRates) -> Row:
    return Row(
        id=f"{model_id}@{spec.from_.isoformat()}",
        from_us=midnight_us(spec.from_),
        to_us=midnight_us(spec.to) if spec.to else None,
        cards=cards(spec, spec.context_tiers),
        source=spec.source,
        verified=spec.verified,
        review_by=spec.review_by,
        regions={name: Decimal(factor) for name, factor in spec.regions.items()},
    )


def _card(over_input_tokens: int, spec: schema.Card) -> Card:
    standard = _rates(spec.per_mtok)
    tiers = {STANDARD: standard}
    if spec.batch is not None:
        tiers[BATCH] = _rates(spec.batch)
    for name, rates in spec.service_tiers.items():
        tiers[name] = standard if rates == "standard" else _rates(rates)
    return Card(over_input_tokens, tiers)


def _rates(spec: schema.Rates) -> Rates:
    given = spec.model_dump(exclude_none=True)
    return Rates(**{name: Decimal(usd).scaleb(_MILLIONTH) for name, usd in given.items()})
