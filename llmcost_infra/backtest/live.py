"""Rows of a stream from a server, a page of time after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from llmcost_infra.backtest.data import complete, rows_from_hits
from llmcost_infra.backtest.rows import column_types
from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.halves import Most, in_halves
from llmcost_infra.openobserve.paths import api_path
from llmcost_infra.sql_engine.arrow import arrow
from llmcost_infra.sql_engine.clauses import TIMESTAMP
from llmcost_infra.utc import at_microseconds, microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from llmcost_infra.backtest.data import Rows
    from llmcost_infra.openobserve import Client
    from llmcost_infra.sql_engine.intervals import TimeRange

__all__ = ["Kind", "answers", "fetch_rows", "kept_days", "refuse_forgotten"]

Kind = Literal["logs", "traces", "metrics"]
"""Types of streams."""

_PAGE: Final = timedelta(hours=6)
_LONGEST: Final = timedelta(days=4)
_MOST: Final = 10_000
"""Rows of an answer; a page that has more is asked for in halves."""


def answers(
    client: Client,
    sql: str,
    kind: Kind,
    time_range: TimeRange,
    progress: Callable[[int], object] = int,
) -> Iterator[list[Any]]:
    """Yield the rows of a statement, a page of time after the other.

    Args:
        client: of the server.
        sql: the statement.
        kind: type of its stream.
        time_range: of the rows that it reads.
        progress: told the time that has been reached, in µs.

    Raises:
        LlmCostError: a microsecond has more rows than an answer.
        OpenObserveError: the server refused, or left rows out.
    """
    most = Most(_MOST, "rows")
    start, end, page = at_microseconds(time_range.start), at_microseconds(time_range.end), _PAGE
    while start < end:
        after = min(start + page, end)
        found = list(in_halves(client, sql, start, after, most, kind))
        yield from found
        # Quiet days need fewer questions.
        page = min(2 * page, _LONGEST) if sum(map(len, found)) < _MOST // 4 else _PAGE
        start = after
        progress(microseconds(start))


def fetch_rows(  # noqa: PLR0913, PLR0917 - what a stream and a range are
    client: Client,
    stream: str,
    kind: Kind,
    columns: Sequence[str],
    time_range: TimeRange,
    now: datetime,
    progress: Callable[[int], object] = int,
) -> Rows:
    """Return the rows of a stream within a range.

    Args:
        client: of the server.
        stream: its name.
        kind: its type.
        columns: that are needed.
        time_range: of the rows.
        now: when this is.
        progress: told the time that has been reached, in µs.

    Raises:
        LlmCostError: the range begins before what the stream keeps, or a microsecond has more rows
            than an answer.
        OpenObserveError: the server refused, or left rows out.
    """
    told = _schema(client, stream, kind)
    refuse_forgotten(stream, _kept_days(told), time_range, now)
    there = {item["name"] for item in told["schema"]}
    wanted = [name for name in columns if name in there]
    listed = ", ".join(f'"{name}"' for name in wanted)
    sql = f'SELECT {listed} FROM "{stream}" ORDER BY {TIMESTAMP}'  # noqa: S608 - the server's names
    found = answers(client, sql, kind, time_range, progress)
    tables = [rows_from_hits(hits, wanted) for hits in found]
    table = arrow.concat_tables(tables) if tables else rows_from_hits([], wanted)
    return complete(table, column_types(columns), f"{stream} on {client.url}")


def kept_days(client: Client, stream: str, kind: Kind) -> int:
    """Return for how many days a stream keeps rows; 0 for as long as the server does.

    Args:
        client: of the server.
        stream: its name.
        kind: its type.
    """
    return _kept_days(_schema(client, stream, kind))


def _schema(client: Client, stream: str, kind: Kind) -> Any:
    path = api_path(client.organization, "streams", stream, "schema")
    return client.get(path, {"type": kind})


def _kept_days(told: Any) -> int:
    return int(told["settings"].get("data_retention") or 0)


def refuse_forgotten(stream: str, days: int, time_range: TimeRange, now: datetime) -> None:
    """Refuse a range that begins before what a stream keeps.

    Args:
        stream: its name.
        days: that it keeps rows; 0 for as long as the server does.
        time_range: of the rows that are needed.
        now: when this is.

    Raises:
        LlmCostError: it does.
    """
    start = at_microseconds(time_range.start)
    oldest = now - timedelta(days=days)
    if days and start < oldest:
        raise LlmCostError(
            f"{stream} keeps rows for {days} days, since {oldest:%Y-%m-%d %H:%M} UTC, and the "
            f"backtest needs them from {start:%Y-%m-%d %H:%M} UTC.",
            hint="Choose fewer --days, leaving room for how far back the alert looks; or replay "
            "an export with --data.",
        )
