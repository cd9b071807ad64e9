"""When each row of the price table has to be reviewed, as SQL: an alert compares it with today."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from llmcost_infra.pricing import load_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from llmcost_infra.pricing import PriceTable

__all__ = ["review_by", "review_by_in"]


def review_by(project: Path | None = None) -> Callable[[str], str]:
    """Return what templates call to learn the review date of a price row.

    The table is read when a template asks, and not before: most ask nothing.

    Args:
        project: a project whose own price files go before the shipped ones.
    """
    return lambda row: review_by_in(load_table(project), row)


def review_by_in(table: PriceTable, row: str) -> str:
    """Return a SQL expression of the date by which a row of the table is to be reviewed.

    Most rows are reviewed together, so that the commonest date stands for all that are not named.

    Args:
        table: the prices.
        row: expression of the row's id, like ``openai/gpt-4o@2024-10-01``.
    """
    rows_by: dict[date, list[str]] = {}
    for models in table.providers.values():
        for one in (one for model in models for one in model.rows):
            rows_by.setdefault(one.review_by, []).append(one.id)
    usual, _ = Counter({day: len(rows) for day, rows in rows_by.items()}).most_common(1)[0]
    others = "".join(
        f" WHEN {row} IN ({', '.join(map(_text, sorted(rows)))}) THEN {_text(str(day))}"
        for day, rows in sorted(rows_by.items())
        if day != usual
    )
    chosen = f"CASE{others} ELSE {_text(str(usual))} END" if others else _text(str(usual))
    return f"CAST({chosen} AS DATE)"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
