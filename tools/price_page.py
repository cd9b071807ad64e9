"""Writes docs/pricing.md from the price table, so that the two cannot disagree."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markdown_table import table
from price_comparison import compared

from llmcost_infra.pricing import load_table
from llmcost_infra.pricing.model_prices import WRONG, unsaid
from llmcost_infra.pricing.money import per_mtok
from llmcost_infra.pricing.table import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from price_comparison import Compared

    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.pricing.table import Card, Model, Row

__all__ = ["PAGE", "main", "page"]

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "pricing.md"

_INTRODUCTION: Final = """\
# Prices

`make docs` writes this page from `pricing/*.yaml`. One table decides every dollar that is shown: in
the ingest pipeline, in `llmcost pricing cost`, and beside what OpenObserve computes itself. Every
row has a first day, a source and a day by which somebody looks again; rows are added, never edited.
A call without a price has no cost and a reason, never 0.
"""
_COMPARISON: Final = """
## What a wrong price costs

USD for one call, tokens as input / output. "Dictionary" is the price dictionary that everyone
copies: by the name that was asked for, without the cache, rounded to six digits, 0 when unknown.
OpenObserve 0.90 is as recorded on a server, once with spans as instrumentations send them and once
with captured content; empty where it was not recorded. The last column is ours.
"""
_SHOWN: Final = ("input", "output", "cache_read", "cache_write", "cache_write_1h")


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(load_table()), encoding="utf-8")
    return 0


def page(table: PriceTable) -> str:
    """Return the page of a table."""
    parts = [_INTRODUCTION + _COMPARISON, *_compared(compared(table)), *_openobserve(table)]
    for provider, models in sorted(table.providers.items()):
        parts += _provider(provider, models)
    return "\n".join(parts) + "\n"


def _compared(cases: Iterable[Compared]) -> Iterator[str]:
    yield from table(
        ("case", "model", "tokens", "dictionary", "OpenObserve", "with content", "exact"),
        (
            (one.case, f"`{one.model}`", one.usage, _off(one.naive, one.exact),
             _off(one.bare, one.exact), _off(one.full, one.exact), one.exact)
            for one in cases
        ),
    )  # fmt: skip


def _off(usd: str, exact: str) -> str:
    """Return an amount with how far it is off, where that can be said."""
    if not usd or usd == exact or exact.startswith("none"):
        return usd
    return f"{usd} ({(Decimal(usd) / Decimal(exact) - 1) * 100:+.1f} %)"


def _openobserve(table: PriceTable) -> Iterator[str]:
    yield "\n## What OpenObserve's own prices get wrong\n"
    yield "Whatever prices it is given, version 0.90 has these faults:\n"
    yield from (f"- {wrong}." for wrong in WRONG)
    yield "\nIts model prices cannot say this of the table (`llmcost pricing check` lists it):\n"
    yield from (
        f"- {lost} ({len(rows)}, such as {rows[0]})." for lost, rows in unsaid(table).items()
    )


def _provider(provider: str, models: Sequence[Model]) -> Iterator[str]:
    sources = list(dict.fromkeys(_origin(model.rows[-1]) for model in models))
    yield f"\n## {provider}\n"
    yield "USD per million tokens; the latest row of each model.\n"
    yield from table(
        ("model", "from", *_SHOWN, "other rates and tiers (input / output)", "source"),
        (
            (*_size(model, card), *_rates(card), _other(model.rows[-1], card),
             f"{sources.index(_origin(model.rows[-1])) + 1}")
            for model in models
            for card in model.rows[-1].cards
        ),
    )  # fmt: skip
    yield ""
    yield from (f"{place}. {source}" for place, source in enumerate(sources, 1))


def _origin(row: Row) -> str:
    return f"{row.source}: read {row.verified}, to be read again by {row.review_by}"


def _size(model: Model, card: Card) -> tuple[str, str]:
    over = f" above {card.over_input_tokens:,}" if card.over_input_tokens else ""
    row = model.rows[-1]
    return f"`{model.id.partition('/')[2]}`{over}", row.id.rpartition("@")[2]


def _rates(card: Card) -> list[str]:
    rates = dict(card.tiers[STANDARD].items())
    return [per_mtok(rates[name]) if name in rates else "" for name in _SHOWN]


def _other(row: Row, card: Card) -> str:
    told = [
        f"{name} {per_mtok(rate)}"
        for name, rate in card.tiers[STANDARD].items()
        if name not in _SHOWN
    ]
    for tier, rates in card.tiers.items():
        if tier != STANDARD:
            output = f" / {per_mtok(rates.output)}" if rates.output is not None else ""
            told.append(f"{tier} {per_mtok(rates.input)}{output}")
    told += [f"region {name} times {factor}" for name, factor in row.regions.items()]
    return ", ".join(told)


if __name__ == "__main__":
    sys.exit(main())
