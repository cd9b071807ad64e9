"""The price table for applications: what decides a price, as JSON that is read in no time.

`make docs` writes it from `pricing/*.yaml`, and it ships with the package. Sources and days of
review stay in the YAML.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.pricing.pattern import Pattern
from llmcost_infra.pricing.table import Card, Model, PriceTable, Rates, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SHIPPED", "compile_table", "load_compiled"]

SHIPPED: Final = Path(__file__).parent / "compiled.json"
"""The table that the package was released with."""

_UNSAID: Final = date.min  # days of review are for people, who read the YAML


def compile_table(table: PriceTable) -> str:
    """Return a table's list prices as JSON, a line a model, so that a change is one line.

    Args:
        table: the prices; contracts are left to the pipeline.
    """
    head = f'{{"version":"{table.version}","aliases":{_json(dict(table.aliases))},"models":['
    return "\n".join((head, ",\n".join(_lines(table)), "]}\n"))


def load_compiled(path: Path = SHIPPED) -> PriceTable:
    """Return a compiled table.

    Args:
        path: file that `compile_table` made.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no compiled table.
    """
    told = json.loads(path.read_text(encoding="utf-8"))
    providers: dict[str, list[Model]] = {}
    try:
        for provider, *model in told["models"]:
            providers.setdefault(provider, []).append(_model(*model))
        aliases = told["aliases"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is no compiled price table") from error
    return PriceTable({name: tuple(models) for name, models in providers.items()}, (), aliases)


def _lines(table: PriceTable) -> Iterator[str]:
    for provider, models in sorted(table.providers.items()):
        for one in models:
            rows = [
                [row.id, row.from_us, row.to_us, _factors(row), [_card(card) for card in row.cards]]
                for row in one.rows
            ]
            yield _json([provider, one.id, one.pattern.text, one.needs_split, rows])


def _factors(row: Row) -> dict[str, str]:
    return {region: str(factor) for region, factor in row.regions.items()}


def _card(card: Card) -> list[Any]:
    tiers = {
        tier: {name: str(rate) for name, rate in rates.items()}
        for tier, rates in card.tiers.items()
    }
    return [card.over_input_tokens, tiers]


def _model(model_id: str, match: str, needs_split: bool, rows: list[list[Any]]) -> Model:
    return Model(model_id, Pattern(match), tuple(_row(*row) for row in rows), needs_split)


def _row(
    row_id: str, from_us: int, to_us: int | None, regions: dict[str, str], cards: list[list[Any]]
) -> Row:
    return Row(
        id=row_id,
        from_us=from_us,
        to_us=to_us,
        cards=tuple(Card(over, _tiers(tiers)) for over, tiers in cards),
        source="",
        verified=_UNSAID,
        review_by=_UNSAID,
        regions={name: Decimal(factor) for name, factor in regions.items()},
    )


def _tiers(tiers: dict[str, dict[str, str]]) -> dict[str, Rates]:
    return {
        tier: Rates(**{name: Decimal(rate) for name, rate in rates.items()})
        for tier, rates in tiers.items()
    }


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
