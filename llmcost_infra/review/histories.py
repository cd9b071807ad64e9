"""Where backtests of changed alerts get their rows: a file, or a server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from llmcost_infra.backtest import (
    backtest,
    fetch_rows,
    needed_columns,
    range_before,
    read_rows,
)
from llmcost_infra.backtest.live import kept_days
from llmcost_infra.backtest.on_server import backtest_on_server, extent_of
from llmcost_infra.errors import LlmCostError
from llmcost_infra.review.showable import withheld
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from llmcost_infra.backtest import Report, Rows, Rule
    from llmcost_infra.openobserve import Client

__all__ = ["FileHistory", "History", "Past", "ServerHistory"]

_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Past:
    """What an alert is replayed over.

    Args:
        replay: replays it over the rows of its stream, wherever they are.
        time_range: of the looks.
        named: whether a report may say for whom it would have fired.
    """

    replay: Callable[[Rule, TimeRange], Report]
    time_range: TimeRange
    named: bool = True


def _over(rows: Rows) -> Callable[[Rule, TimeRange], Report]:
    return lambda rule, time_range: backtest(rule, {rule.stream: rows}, time_range)


class History(Protocol):
    """Knows what happened."""

    def of(self, rules: Sequence[Rule]) -> Past:
        """Return the past of a stream, for an alert as it is and as it was.

        Raises:
            LlmCostError: there are no rows.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileHistory:
    """The last 30 days of rows in a file.

    Args:
        path: Parquet or NDJSON.
        stream: whose rows they are.
    """

    path: Path
    stream: str

    def of(self, rules: Sequence[Rule]) -> Past:
        """Return the rows of the file."""
        if rules[-1].stream != self.stream:
            raise LlmCostError(f"it reads {rules[-1].stream}, of which there are no rows")
        rows = read_rows(self.path, needed_columns(one.sql for one in rules))
        last = rows.span[1] + 1 if rows.span else 0
        return Past(_over(rows), range_before(last, _DAYS))


class ServerHistory:
    """The last 30 days on a server, or as many as it keeps beyond how far an alert looks back.

    Args:
        client: of the stack's server.
        rules: all alerts that are asked about: the rows of a stream are fetched once for them.
        now: UTC.
    """

    def __init__(self, client: Client, rules: Sequence[Rule], now: datetime) -> None:
        self._client, self._rules, self._now = client, rules, now
        self._replays: dict[str, Callable[[Rule, TimeRange], Report]] = {}
        self._kept: dict[str, timedelta | None] = {}

    def of(self, rules: Sequence[Rule]) -> Past:
        """Return rows of the server; names only of what holds no user and no free text."""
        rule = rules[-1]
        kept, reach = self._keeps(rule), max(map(_reach, rules))
        days = _DAYS if kept is None else min(_DAYS, (kept - reach).days)
        if kept is not None and days < 1:
            raise LlmCostError(
                f"{rule.stream} keeps rows for {kept.days} days, no longer than it looks back"
            )
        shown = range_before(microseconds(self._now), days)
        if rule.stream not in self._replays:
            self._replays[rule.stream] = self._replay(rule, kept)
        named = not any(withheld(one.sql) for one in rules)
        return Past(self._replays[rule.stream], shown, named)

    def _keeps(self, rule: Rule) -> timedelta | None:
        if rule.stream not in self._kept:
            days = kept_days(self._client, rule.stream, rule.body["stream_type"])
            self._kept[rule.stream] = timedelta(days=days) if days else None
        return self._kept[rule.stream]

    def _replay(self, rule: Rule, kept: timedelta | None) -> Callable[[Rule, TimeRange], Report]:
        every = [one for one in self._rules if one.stream == rule.stream]
        back = timedelta(days=_DAYS) + max(map(_reach, every))
        start = self._now - (back if kept is None else min(back, kept))
        end = range_before(microseconds(self._now), _DAYS).end
        columns, kind = needed_columns(one.sql for one in every), rule.body["stream_type"]
        reach = TimeRange(microseconds(start), end)
        if extent_of(self._client, rule.stream, kind, reach).fits:
            rows = fetch_rows(self._client, rule.stream, kind, columns, reach, self._now)
            return _over(rows)
        return lambda one, shown: backtest_on_server(one, self._client, shown, self._now)


def _reach(rule: Rule) -> timedelta:
    """Return how far back an alert looks."""
    return timedelta(minutes=int(rule.body["trigger_condition"]["period"]))
