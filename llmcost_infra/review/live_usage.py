"""What a server's calls of a time used, added up there: only sums travel, and nobody's name."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra.catalog.stack_statements import relation
from llmcost_infra.errors import LlmCostError
from llmcost_infra.review.usage import TOKENS, Spend, usage_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from typing import Any

    from llmcost_infra.openobserve import Client
    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.settings import Settings

__all__ = ["SPEND_DAYS", "card_sizes", "spend_on_server"]

SPEND_DAYS: Final = 30
"""Days before now whose calls changed prices are applied to."""
_PAGE_DAYS: Final = 5
_MOST: Final = 10_000
"""Rows of an answer: one for each day, model, tier and size."""
_DAY_US: Final = 86_400_000_000
_COLUMNS: Final = (
    "provider", "model", "service_tier", "batch", "pricing_status", "cost_usd",
    *(f"{name}_tokens" for name in TOKENS),
)  # fmt: skip
_KEYS: Final = "day, provider, model, service_tier, batch, size"


def card_sizes(*tables: PriceTable) -> set[int]:
    """Return above which sizes of input any model of some price tables costs something else."""
    return {
        card.over_input_tokens
        for table in tables
        for models in table.providers.values()
        for model in models
        for row in model.rows
        for card in row.cards
        if card.over_input_tokens
    }


def spend_on_server(
    client: Client, settings: Settings, sizes: Collection[int], now: datetime
) -> Spend:
    """Return the spend of the last days on a stack's server, each call once.

    Args:
        client: of the server.
        settings: of the stack.
        sizes: of input, above which prices may differ.
        now: UTC.

    Raises:
        OpenObserveError: the server refused, or left rows out.
        LlmCostError: there are more models and tiers than one answer holds.
    """
    rows = list(_rows(client, _statement(settings, sizes), now))
    return Spend(
        sum((Decimal(str(row["usd"])) for row in rows), Decimal(0)),
        min((int(row["first_at"]) for row in rows), default=0),
        max((int(row["last_at"]) for row in rows), default=0),
        tuple(
            usage_of(
                row,
                input_size=int(row["size"]) + 1 if row["size"] else 0,
                at_us=int(row["day"]) * _DAY_US,
                calls=int(row["llm_calls"]),
            )
            for row in rows
        ),
    )


def _rows(client: Client, sql: str, now: datetime) -> Iterator[Any]:
    # A page ends at midnight, so that no day is in two of them.
    end = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    start = end - timedelta(days=SPEND_DAYS)
    while start < end:
        after = min(start + timedelta(days=_PAGE_DAYS), end)
        found = client.search(sql, start, after, size=_MOST).hits
        if len(found) == _MOST:
            raise LlmCostError(f"more than {_MOST:,} models and tiers between {start} and {after}")
        yield from found
        start = after


def _statement(settings: Settings, sizes: Collection[int]) -> str:
    above = "".join(
        f" WHEN input_tokens > {size} THEN {size}" for size in sorted(sizes, reverse=True)
    )
    size = f"CASE{above} ELSE 0 END" if above else "0"
    tokens = ", ".join(f"SUM({name}_tokens) AS {name}_tokens" for name in TOKENS)
    calls = relation("calls", settings, *_COLUMNS)
    # All of it is ours but names of streams and columns, which settings check.
    return f"""\
SELECT {_KEYS}, COUNT(*) AS llm_calls, SUM(cost_usd) AS usd, {tokens},
  MIN(started_at) AS first_at, MAX(started_at) AS last_at
FROM (
  SELECT {", ".join(_COLUMNS)}, started_at, started_at / {_DAY_US} AS day, {size} AS size
  FROM {calls}
  WHERE cost_usd IS NOT NULL AND COALESCE(pricing_status, 'priced') = 'priced'
) AS priced
GROUP BY {_KEYS}"""  # noqa: S608 - the comment above
