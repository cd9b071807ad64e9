"""Searching streams, the way `_search` and `_values` do it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import EngineError
from llmcost_infra.local.rows import RowStore, StreamKey
from llmcost_infra.sql_engine.clauses import read_clauses
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import Answer, query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.local.server import Server
    from llmcost_infra.local.streams import Streams
    from llmcost_infra.sql_engine.clauses import Table

__all__ = [
    "Question",
    "StoredStreams",
    "ask",
    "response",
    "restricted",
    "run_sql",
    "trace_id",
    "values",
]

_HOUR = 3_600_000_000
_PARTIAL = "Please be aware that the response is based on partial data"


@dataclass(frozen=True, slots=True)
class Question:
    """A search.

    Args:
        sql: the statement.
        time_range: rows outside of it are not seen.
        size: rows wanted; below 1 leaves it to the statement.
        offset: rows left out at the start.
        restricted_to: hours that a stream's settings cut the time range to; 0 when they did not.
    """

    sql: str
    time_range: TimeRange
    size: int = -1
    offset: int = 0
    restricted_to: int = 0


class StoredStreams:
    """The streams of an organization, as a statement sees them.

    Args:
        org: the organization.
        kind: the type of streams that the statement names without one.
        streams: know columns.
        rows: know rows.
    """

    def __init__(self, org: str, kind: str, streams: Streams, rows: RowStore) -> None:
        self._org = org
        self._kind = kind
        self._streams = streams
        self._rows = rows

    def key(self, table: Table) -> StreamKey:
        """Return the stream that a table names."""
        return StreamKey(self._org, table.stream_type or self._kind, table.name)

    def columns(self, table: Table) -> dict[str, str] | None:
        """Return the stream's columns, or None when there is no such stream."""
        return self._streams.columns(self.key(table))

    def batches(self, table: Table, columns: Sequence[str], time_range: TimeRange) -> list[Any]:
        """Return the stream's rows within a time range."""
        key = self.key(table)
        known = self._streams.columns(key) or {}
        return self._rows.scan(key, {name: known[name] for name in columns}, time_range)


def restricted(server: Server, org: str, kind: str, question: Question) -> Question:
    """Return a search within the longest time range that its streams allow.

    Args:
        server: holds the streams.
        org: the organization.
        kind: the type of streams that the statement names without one.
        question: the search.
    """
    records = [
        server.streams.get(StreamKey(org, table.stream_type or kind, table.name))
        for table in read_clauses(question.sql).tables
    ]
    limits = [record["settings"]["max_query_range"] for record in records if record]
    hours = min((limit for limit in limits if limit > 0), default=0)
    start = question.time_range.end - hours * _HOUR
    if not hours or question.time_range.start >= start:
        return question
    return replace(
        question, time_range=TimeRange(start, question.time_range.end), restricted_to=hours
    )


def ask(server: Server, org: str, kind: str, question: Question) -> Answer:
    """Run a search.

    Args:
        server: holds the streams.
        org: the organization.
        kind: the type of streams that the statement names without one.
        question: the search.

    Raises:
        SqlRefusal: the statement is refused.
    """
    return query(
        question.sql,
        StoredStreams(org, kind, server.streams, server.rows),
        question.time_range,
        size=question.size,
        offset=question.offset,
        now=server.now(),
    )


def run_sql(  # noqa: PLR0913, PLR0917 - what an alert knows
    server: Server, org: str, kind: str, sql: str, start: int, end: int, size: int
) -> list[dict[str, Any]]:
    """Return the rows of a statement over a window, for an alert.

    Raises:
        EngineError: it is refused, or rows are missing.
    """
    answer = ask(server, org, kind, Question(sql, TimeRange(start, end), size))
    if answer.fault:
        raise EngineError(answer.fault)
    return answer.rows


def response(question: Question, answer: Answer, started: float) -> dict[str, Any]:
    """Return the body of a search's answer, without its `hits`.

    Args:
        question: the search.
        answer: its outcome.
        started: `perf_counter()` when it came in.
    """
    took = max(1, round((perf_counter() - started) * 1000))
    body: dict[str, Any] = {
        "took": took,
        "took_detail": _took(took),
        "total": answer.total,
        "from": question.offset,
        "size": question.size,
        "cached_ratio": 0,
        "scan_size": 0,
        "idx_scan_size": 0,
        "scan_records": answer.scanned,
        "trace_id": trace_id(),
    }
    said = _said(question, answer)
    if said:
        body["function_error"] = said
    body["is_partial"] = bool(answer.fault)
    if question.restricted_to:
        body["new_start_time"] = question.time_range.start
        body["new_end_time"] = question.time_range.end
    if answer.bucket is not None:
        body["histogram_interval"] = answer.bucket
    body["result_cache_ratio"] = 0
    if answer.order_by:
        body["order_by"] = answer.order_by[0][1]
        body["order_by_metadata"] = [list(item) for item in answer.order_by]
    body["is_histogram_eligible"] = answer.histogram_eligible
    body["peak_memory_usage"] = 0.0
    return body


def _said(question: Question, answer: Answer) -> list[str]:
    """Return what the answer says in `function_error`: why rows are missing."""
    said: list[str] = []
    if question.restricted_to:
        said.append(
            "Query duration is modified due to query range restriction of "
            f"{question.restricted_to} hours"
        )
    if answer.fault:
        fault = answer.fault.replace('"', '\\"')
        said += [f"code: 'Internal error', message: \"{fault}\"", _PARTIAL]
    return said


def _took(total: int) -> dict[str, int]:
    return {
        "total": total,
        "cache_took": 0,
        "file_list_took": 0,
        "wait_in_queue": 0,
        "idx_took": 0,
        "search_took": total,
    }


def trace_id() -> str:
    """Return a fresh id for an answer."""
    return secrets.token_hex(16)


def values(server: Server, key: StreamKey, fields: Sequence[str], question: Question) -> Any:
    """Return the body of `_values`: for each column its values and how often they occur.

    Args:
        server: holds the streams.
        key: the stream.
        fields: columns.
        question: its statement is not used.

    Raises:
        SqlRefusal: there is no such stream or column.
    """
    started = perf_counter()
    hits: list[dict[str, Any]] = []
    scanned = 0
    for column in fields:
        counted = Question(
            f'SELECT "{column}" AS value, COUNT(*) AS number FROM "{key.name}" GROUP BY value '  # noqa: S608 - a column that is not there is refused
            "ORDER BY number DESC, value LIMIT 1000",
            question.time_range,
        )
        answer = ask(server, key.org, key.type, counted)
        scanned += answer.scanned
        found = [
            {"zo_sql_key": _text(row.get("value")), "zo_sql_num": row["number"]}
            for row in answer.rows
        ]
        hits.append({"field": column, "values": found[: max(question.size, 0) or None]})
    took = max(1, round((perf_counter() - started) * 1000))
    return {
        "took": took,
        "took_detail": {**_took(0)},
        "hits": hits,
        "total": len(hits),
        "from": question.offset,
        "size": question.size,
        "cached_ratio": 0,
        "scan_size": 0,
        "idx_scan_size": 0,
        "scan_records": scanned,
        "is_partial": False,
        "result_cache_ratio": 0,
        "peak_memory_usage": 0.0,
    }


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
