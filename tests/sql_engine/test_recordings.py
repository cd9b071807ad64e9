"""Recorded statements get the recorded answers."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

import pytest

from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.refusals import SqlRefusal
from llmcost_infra.sql_engine.sql import MemoryStreams, query
from tests.sql_engine.conftest import recorded_searches

SEARCHES = recorded_searches("10", "14")


def _settled(hits: list[dict[str, Any]], columns: list[str]) -> list[Any]:
    """Sort rows that the order of the statement does not tell apart."""
    settled: list[Any] = []
    for _, tied in groupby(hits, key=lambda row: [row.get(name) for name in columns]):
        settled += sorted(tied, key=lambda row: json.dumps(row, sort_keys=True))
    return settled


def _asked(search: dict[str, Any], streams: MemoryStreams) -> dict[str, Any]:
    asked = search["request"]["json"]["query"]
    time_range = TimeRange(asked["start_time"], asked["end_time"])
    try:
        answer = query(asked["sql"], streams, time_range, size=asked["size"], now=asked["end_time"])
    except SqlRefusal as refusal:
        return {
            "code": refusal.code,
            "message": refusal.server_message,
            "error_detail": refusal.detail,
        }
    columns = [column for column, _ in answer.order_by]
    return {
        "hits": _settled(answer.rows, columns),
        "total": answer.total,
        "scan_records": answer.scanned,
        "is_histogram_eligible": answer.histogram_eligible,
        "histogram_interval": answer.bucket,
        "order_by_metadata": [list(item) for item in answer.order_by] or None,
    }


@pytest.mark.parametrize("search", SEARCHES, ids=[search["what"] for search in SEARCHES])
def test_a_recorded_statement_is_answered_as_recorded(
    search: dict[str, Any], streams: MemoryStreams
) -> None:
    """Rows, figures, order and refusals are those of the real server."""
    recorded = search["response"]["body"]
    if "hits" in recorded:
        columns = [column for column, _ in recorded.get("order_by_metadata", [])]
        recorded["hits"] = _settled(recorded["hits"], columns)

    ours = _asked(search, streams)

    assert ours == {key: recorded.get(key) for key in ours}


def test_both_refused_and_answered_statements_were_recorded() -> None:
    """The recordings hold what the server takes and what it refuses."""
    statuses = {search["response"]["status"] for search in SEARCHES}

    assert statuses == {200, 400}
