"""A table of 300 rows that leaves out nothing: the largest that a pipeline has to hold."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from llmcost_infra.pricing import PriceTable
from llmcost_infra.pricing.table import BATCH, CLASSES, STANDARD, Card, Model, Rates, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ROWS", "full_table"]

ROWS: Final = 300
"""How many rows the table has."""

_MODELS: Final = 100
_QUARTER_US: Final = 91 * 86_400_000_000
_PROVIDERS: Final = ("openai", "anthropic", "gcp.gemini")


def full_table(shipped: PriceTable) -> PriceTable:
    """Return a table of real model ids: three dates each, a rate for every class in two tiers.

    Args:
        shipped: whose models and aliases it takes.
    """
    models = islice(chain.from_iterable(shipped.providers[name] for name in _PROVIDERS), _MODELS)
    filled = [_filled(model, at) for at, model in enumerate(models)]
    providers = {
        name: tuple(one for one in filled if one.id.startswith(f"{name}/")) for name in _PROVIDERS
    }
    return PriceTable(providers, (), shipped.aliases)


def _filled(model: Model, at: int) -> Model:
    return Model(model.id, model.pattern, tuple(_rows(model, at)))


def _rows(model: Model, at: int) -> Iterator[Row]:
    first = model.rows[0]
    for quarter in range(ROWS // _MODELS):
        scale = Decimal(at + 1) + Decimal(quarter) / 8
        limits = (0, 200_000) if at % 10 == 0 else (0,)
        yield Row(
            id=f"{model.id}@{2025 + quarter}-01-01",
            from_us=first.from_us + quarter * _QUARTER_US,
            cards=tuple(Card(limit, _tiers(scale * (1 + bool(limit)))) for limit in limits),
            source=first.source,
            verified=first.verified,
            review_by=first.review_by,
            regions={"eu": Decimal("1.1")} if at % 10 == 1 else {},
        )


def _tiers(scale: Decimal) -> dict[str, Rates]:
    rates = {name: (scale * (place + 1)).scaleb(-7) for place, name in enumerate(CLASSES)}
    halves = {name: rate / 2 for name, rate in rates.items()}
    return {STANDARD: Rates(**rates), BATCH: Rates(**halves)}
