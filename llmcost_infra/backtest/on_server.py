"""A backtest whose rows stay on their server: only sums by minute and what is found travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.backtest.live import kept_days, refuse_forgotten
from llmcost_infra.backtest.replay import found_by, replay_by
from llmcost_infra.backtest.report import Report
from llmcost_infra.backtest.run import notes_of
from llmcost_infra.backtest.server_sums import sums_of
from llmcost_infra.local.schedule import MINUTE
from llmcost_infra.sql_engine.clauses import read_clauses
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.rewrite import at_instant
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from llmcost_infra.backtest.live import Kind
    from llmcost_infra.backtest.replay import Row
    from llmcost_infra.backtest.rules import Rule
    from llmcost_infra.openobserve import Client

__all__ = ["Extent", "backtest_on_server", "extent_of"]

_MOST: Final = 5_000_000
"""Rows that one machine takes; of more, sums are made on the server."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a stream holds of a range.

    Args:
        rows: how many.
        span: times of the first and the last one, in µs; None without rows.
    """

    rows: int
    span: tuple[int, int] | None

    @property
    def fits(self) -> bool:
        """Whether one machine takes all of it."""
        return self.rows <= _MOST


def extent_of(client: Client, stream: str, kind: Kind, time_range: TimeRange) -> Extent:
    """Return how much a stream holds of a range.

    Args:
        client: of the server.
        stream: its name.
        kind: its type.
        time_range: of the rows.

    Raises:
        OpenObserveError: the server refused, or left rows out.
    """
    sql = (
        "SELECT COUNT(*) AS n, MIN(_timestamp) AS first_at, MAX(_timestamp) AS last_at "  # noqa: S608 - a stream's name
        f'FROM "{stream}"'
    )
    start, end = at_microseconds(time_range.start), at_microseconds(time_range.end)
    hits: list[Any] = client.search(sql, start, end, stream_type=kind, size=1).hits
    if not hits or not hits[0]["n"]:
        return Extent(0, None)
    return Extent(int(hits[0]["n"]), (int(hits[0]["first_at"]), int(hits[0]["last_at"])))


def backtest_on_server(
    rule: Rule,
    client: Client,
    time_range: TimeRange,
    now: datetime,
    *,
    progress: Callable[[int], object] = int,
) -> Report:
    """Return what an alert would have done, had it been saved at the start of a range.

    Every look that could find something is its statement on the server, as of then.

    Args:
        rule: the alert.
        client: of the server.
        time_range: when it runs.
        now: when this is.
        progress: told the time that has been reached, in µs.

    Raises:
        LlmCostError: no row lies in the range, or it begins before what the stream keeps.
        OpenObserveError: the server refused, or left rows out.
    """
    kind: Kind = rule.body["stream_type"]
    period = int(rule.body["trigger_condition"]["period"]) * MINUTE
    reach = TimeRange(time_range.start - period, time_range.end)
    refuse_forgotten(rule.stream, kept_days(client, rule.stream, kind), reach, now)
    extent = extent_of(client, rule.stream, kind, reach)
    notes = notes_of(rule, extent.span, (), time_range)
    clauses = read_clauses(rule.sql)

    def look(at: int) -> list[Row]:
        sql = at_instant(clauses, at)

        def asked(window: TimeRange, size: int) -> list[Row]:
            start, end = at_microseconds(window.start), at_microseconds(window.end)
            return client.search(sql, start, end, stream_type=kind, size=size).hits

        return found_by(rule, at, asked)

    known = sums_of(rule, client, reach)
    done = replay_by(rule, look, time_range, known=known, progress=progress)
    said = f"{extent.rows:,} rows were looked at on the server"
    return Report(rule, done, time_range, (*notes, said))
