"""Rows from a server: in pages, whole, and not from before what it keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from llmcost_infra.backtest import fetch_rows, live
from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.client import SearchResult
from llmcost_infra.sql_engine.intervals import TimeRange
from tests.backtest.conftest import DAY, HOUR, NOON, call

if TYPE_CHECKING:
    from llmcost_infra.openobserve import Client

COLUMNS = ["_timestamp", "end_time", "llmcost_cost_usd"]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Server:
    """Answers with at most so many rows, as a server does, and counts what it is asked."""

    rows: list[dict[str, Any]]
    days: int = 0
    asked: list[str] = field(default_factory=list[str])
    organization: str = "default"
    url: str = "http://localhost"

    def get(self, path: str, params: dict[str, str]) -> Any:
        """Return the schema of the stream."""
        del path, params
        names = {name for row in self.rows for name in row}
        return {
            "schema": [{"name": name} for name in sorted(names)],
            "settings": {"data_retention": self.days},
        }

    def search(
        self, sql: str, start: datetime, end: datetime, *, stream_type: str, size: int
    ) -> SearchResult:
        """Return the rows of a range."""
        del stream_type
        self.asked.append(sql)
        first, last = ((one - EPOCH) // timedelta(microseconds=1) for one in (start, end))
        hits = [row for row in self.rows if first <= row["_timestamp"] < last][:size]
        kept = [{key: row[key] for key in COLUMNS if key in row} for row in hits]
        return SearchResult(kept, len(kept), 1)


def _fetched(server: Server, start: int, end: int) -> Any:
    client = cast("Client", server)
    return fetch_rows(client, "llm_calls", "traces", COLUMNS, TimeRange(start, end), NOW)


def test_a_full_page_is_asked_for_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server answers with so many rows at most; none may be lost, and none come twice."""
    monkeypatch.setattr(live, "_MOST", 3)
    server = Server([call(NOON - at * HOUR // 10, llmcost_cost_usd=float(at)) for at in range(40)])

    found = _fetched(server, NOON - DAY, NOON)

    assert sorted(found.batch.column("llmcost_cost_usd").to_pylist()) == list(range(40))
    assert len(server.asked) > 40 / 3


def test_rows_from_before_the_retention_are_refused() -> None:
    """What a server has forgotten looks like days on which nothing was spent."""
    server = Server([call(NOON)], days=7)

    with pytest.raises(LlmCostError, match="keeps rows for 7 days, since 2026-11-17 12:00 UTC"):
        _fetched(server, NOON - 8 * DAY, NOON)
    assert server.asked == []


def test_only_columns_that_the_stream_has_are_asked_for() -> None:
    """A server refuses a statement that names another one."""
    server = Server([call(NOON - HOUR)])

    found = _fetched(server, NOON - DAY, NOON)

    assert "llmcost_cost_usd" not in server.asked[0]
    assert found.absent == ("llmcost_cost_usd",)
