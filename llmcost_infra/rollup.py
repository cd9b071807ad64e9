"""Adds hours and days up into the rollup stream, from which months are shown for years.

A day is added up as often as one likes: each row carries when it was computed, and whoever reads
takes the newest. A scheduled pipeline cannot do this: its windows follow each other, so that it
never looks at a late call again, and it loses what lies exactly between two of them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.catalog.stack_statements import stack_statement
from llmcost_infra.columns import ROLLUP
from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.groups import groups_between
from llmcost_infra.openobserve.sending import send_rows
from llmcost_infra.utc import microseconds, midnight

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.settings import Settings

__all__ = ["DayTotal", "closed_days", "hours_of", "open_days", "roll_up"]

_LATEST: Final = timedelta(hours=6)
"""OpenObserve takes spans up to five hours after they began: then a day stays as it is."""
_GROUP: Final = ("period_start", "environment", "team", "feature", "model")
_SUMS: Final = tuple(name for name in ROLLUP if name not in {*_GROUP, "period", "computed_at"})


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
    """Add days and their hours up, write their totals, and yield each day as it is done.

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
    for day in days:
        hours = hours_of(client, settings, day, project)
        whole = {"period_start": microseconds(midnight(day))}
        totals = _added_up("day", [hour | whole for hour in hours])
        written = {"_timestamp": microseconds(now), "computed_at": microseconds(now)}
        rows = [_known(total) | written for total in (*hours, *totals)]
        send_rows(client, settings.streams.rollup, rows, "totals")
        cost = _sum(totals, "cost_usd")
        calls = int(_sum(totals, "llm_calls") or 0)
        yield DayTotal(day, len(totals), calls, cost, closed=day < _first_open(now))


def hours_of(
    client: Client, settings: Settings, day: date, project: Path | None = None
) -> list[dict[str, Any]]:
    """Return the totals of a UTC day: a row an hour and group, as the rollup stream has them.

    Args:
        client: of the stack's server.
        settings: the stack's.
        day: UTC.
        project: whose declarations override the shipped ones.

    Raises:
        LlmCostError: a minute has too many groups to add up.
        OpenObserveError: the server refused or did not answer.
    """
    statement = stack_statement("rollup_hours", settings, project)
    start = midnight(day)
    hits = groups_between(client, statement, start, start + timedelta(days=1))
    return _added_up("hour", hits)


def _added_up(period: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    parts: defaultdict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        parts[tuple(row.get(name) for name in _GROUP)].append(row)
    return [
        {"period": period}
        | dict(zip(_GROUP, group, strict=True))
        | {name: _sum(part, name) for name in _SUMS}
        for group, part in parts.items()
    ]


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """Return the sum of what is known; None when nothing is."""
    known = [row[name] for row in rows if row.get(name) is not None]
    if not known:
        return None
    return sum(known) if all(isinstance(one, int) for one in known) else math.fsum(known)


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}
