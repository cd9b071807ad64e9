"""Adds days up into the rollup stream, from which months are shown for years.

A day is added up as often as one likes: each row carries when it was computed, and whoever reads
takes the newest. A scheduled pipeline cannot do this: its windows follow each other, so that it
never looks at a late call again, and it loses what lies exactly between two of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.catalog.stack_statements import stack_statement
from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.groups import groups_of_day
from llmcost_infra.openobserve.sending import send_rows
from llmcost_infra.utc import microseconds, midnight

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.settings import Settings

__all__ = ["DayTotal", "closed_days", "open_days", "roll_up"]

_LATEST: Final = timedelta(hours=6)
"""OpenObserve takes spans up to five hours after they began: then a day stays as it is."""


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What a day added up to.

    Args:
        day: UTC.
        groups: of environment, team, feature and model.
        llm_calls: calls.
        cost_usd: their known cost in USD; None when none is known.
        closed: whether no call can come into the day any more.
    """

    day: date
    groups: int
    llm_calls: int
    cost_usd: float | None
    closed: bool


def closed_days(now: datetime, count: int) -> list[date]:
    """Return the last UTC days that no call can come into any more, oldest first."""
    last = _first_open(now)
    return [last - timedelta(days=back) for back in range(count, 0, -1)]


def open_days(now: datetime) -> list[date]:
    """Return the UTC days that calls still come into, today the last: one, or two before six."""
    first, today = _first_open(now), now.astimezone(UTC).date()
    return [first + timedelta(days=ahead) for ahead in range((today - first).days + 1)]


def _first_open(now: datetime) -> date:
    return (now.astimezone(UTC) - _LATEST).date()


def roll_up(
    client: Client,
    settings: Settings,
    days: list[date],
    now: datetime,
    project: Path | None = None,
) -> Iterator[DayTotal]:
    """Add days up, write their totals, and yield each as it is done.

    Args:
        client: of the stack's server.
        settings: the stack's; it keeps a history.
        days: UTC.
        now: when; kept with the totals.
        project: whose declarations override the shipped ones.

    Raises:
        LlmCostError: the stack keeps no history, or the server did not take a row.
        OpenObserveError: the server refused or did not answer.
    """
    if not settings.history:
        raise LlmCostError(
            "This stack keeps no history.",
            hint="Set `history: true` in its settings and run `pulumi up`.",
        )
    statement = stack_statement("rollup_day", settings, project)
    for day in days:
        hits = groups_of_day(client, statement, day)
        rows = [_row(hit, midnight(day), now) for hit in hits]
        send_rows(client, settings.streams.rollup, rows, "totals")
        costs = [hit["cost_usd"] for hit in hits if hit.get("cost_usd") is not None]
        calls = sum(hit["llm_calls"] for hit in hits)
        cost = math.fsum(costs) if costs else None
        yield DayTotal(day, len(hits), calls, cost, closed=day < _first_open(now))


def _row(hit: dict[str, Any], start: datetime, now: datetime) -> dict[str, Any]:
    computed = microseconds(now)
    return {
        **hit,
        "_timestamp": computed,
        "period": "day",
        "period_start": microseconds(start),
        "computed_at": computed,
    }
