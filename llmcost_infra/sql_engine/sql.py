"""Statements as OpenObserve runs them: planned, refused in its words, run over a time range.

`plan` tells what a statement answers with, from column types alone; `query` runs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from llmcost_infra.errors import EngineError
from llmcost_infra.sql_engine.clauses import TIMESTAMP, Clauses, Table, read_clauses
from llmcost_infra.sql_engine.columns import type_name
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.refusals import (
    execution_failed,
    not_valid,
    refused,
    unknown_stream,
)
from llmcost_infra.sql_engine.rewrite import rewrite
from llmcost_infra.sql_engine.rows import json_rows, within
from llmcost_infra.sql_engine.session import Field, Query, Session, Stopped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

__all__ = [
    "DEFAULT_LIMIT",
    "Answer",
    "CastFault",
    "DeclaredStreams",
    "MemoryStreams",
    "Plan",
    "Streams",
    "plan",
    "query",
]

DEFAULT_LIMIT = 1000
"""Rows of an answer when neither the request nor the statement names a number."""

_PIECE = 5_000
_HOUR = TimeRange(0, 3_600_000_000)


class CastFault(Exception):  # noqa: N818 - a stored value does not fit the column
    """A stored value cannot be read as its column's type; the message is Arrow's."""


class Streams(Protocol):
    """Where a statement's tables come from."""

    def columns(self, table: Table) -> Mapping[str, str] | None:
        """Return the stream's columns and their types, or None when there is no such stream."""
        ...

    def batches(self, table: Table, columns: Sequence[str], time_range: TimeRange) -> list[Any]:
        """Return the rows within a time range, as Arrow record batches with just these columns.

        Raises:
            CastFault: a stored value does not fit its column.
        """
        ...


@dataclass(frozen=True)
class DeclaredStreams:
    """Streams of which only the columns are known: for checks without rows.

    Args:
        declared: column types by stream, whose name may be `type.name`.
    """

    declared: Mapping[str, Mapping[str, str]]

    def columns(self, table: Table) -> Mapping[str, str] | None:
        """Return the declared columns, and the time that every stream has."""
        found = self.declared.get(table.written)
        return None if found is None else {TIMESTAMP: "Int64", **found}

    def batches(self, table: Table, columns: Sequence[str], time_range: TimeRange) -> list[Any]:
        """There are no rows."""
        del table, columns, time_range
        return []


@dataclass(frozen=True)
class MemoryStreams:
    """Streams that are Arrow tables: for checks and backtests.

    Args:
        tables: by name, or by `type.name`.
    """

    tables: Mapping[str, Any]

    def columns(self, table: Table) -> Mapping[str, str] | None:
        """Return the columns of a table."""
        found = self.tables.get(table.written)
        if found is None:
            return None
        return {item.name: type_name(item.type) for item in found.schema}

    def batches(self, table: Table, columns: Sequence[str], time_range: TimeRange) -> list[Any]:
        """Return the rows of a table within a time range."""
        kept = within(self.tables[table.written], time_range)
        batches: list[Any] = kept.select(list(columns)).to_batches()
        return batches


@dataclass(frozen=True, slots=True)
class Plan:
    """What a statement answers with.

    Args:
        fields: columns in order.
        bucket: width of its `histogram`, in seconds; None without one.
        tables: the streams it reads.
        mixed_unions: columns of a UNION that may be null in one branch only: rows with a null
            there are refused when it runs.
    """

    fields: Sequence[Field]
    bucket: int | None
    tables: Sequence[Table]
    mixed_unions: Sequence[str] = ()


@dataclass(frozen=True)
class Answer:
    """Rows of a statement.

    Args:
        batches: the rows, as Arrow record batches.
        fields: columns in order.
        bucket: width of its `histogram`, in seconds; None without one.
        scanned: rows that were read.
        order_by: columns and directions, as the server reports them.
        histogram_eligible: as the server reports it.
        fault: why rows are missing, in the engine's words; empty when none are.
    """

    batches: Sequence[Any]
    fields: Sequence[Field]
    bucket: int | None
    scanned: int
    order_by: Sequence[tuple[str, str]]
    histogram_eligible: bool
    fault: str = ""

    @property
    def total(self) -> int:
        """Number of rows."""
        return sum(batch.num_rows for batch in self.batches)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as JSON values, nulls left out."""
        return json_rows(self.batches)

    def pieces(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows as JSON values, a few thousand at a time."""
        for batch in self.batches:
            for at in range(0, batch.num_rows, _PIECE):
                yield json_rows([batch.slice(at, _PIECE)])


def plan(statement: str, streams: Streams, time_range: TimeRange = _HOUR) -> Plan:
    """Plan a statement without running it.

    Args:
        statement: SQL.
        streams: only `columns` is asked.
        time_range: of the query; decides the width of buckets.

    Raises:
        SqlRefusal: the server refuses it.
    """
    planned = _Planned(read_clauses(statement), streams, time_range)
    joins_selects = planned.clauses.set_operation or "union" in planned.clauses.names
    mixed = planned.query.mixed_unions() if joins_selects else ()
    return Plan(planned.query.fields, planned.bucket, planned.clauses.tables, mixed)


def query(  # noqa: PLR0913 - two of them are the page, one is for clocks that tests set
    statement: str,
    streams: Streams,
    time_range: TimeRange,
    *,
    size: int = -1,
    offset: int = 0,
    now: int | None = None,
) -> Answer:
    """Run a statement over a time range.

    Args:
        statement: SQL.
        streams: where its tables come from.
        time_range: only rows within it are seen, in every table.
        size: rows wanted; below 1 leaves it to the statement's own LIMIT, or to the default.
        offset: rows left out at the start.
        now: what `now()` answers, in microseconds since 1970; None is the wall clock.

    Raises:
        SqlRefusal: the server refuses it.
    """
    planned = _Planned(read_clauses(statement), streams, time_range, now)
    return planned.answer(size, offset)


class _Planned:
    """A statement on its way: its tables are made, it is planned against them, and run.

    Planning takes as long as running where rows are few. Only a statement that selects `*` has to
    be planned against empty tables first, to learn which columns it reads.
    """

    def __init__(
        self, clauses: Clauses, streams: Streams, time_range: TimeRange, now: int | None = None
    ) -> None:
        self.clauses = clauses
        self._streams = streams
        self._range = time_range
        self._session = Session()
        self._now = now
        self._columns = {table: self._declare(table) for table in clauses.tables}
        try:
            rewritten = rewrite(clauses, time_range, now)
        except EngineError as unreadable:
            raise not_valid(unreadable.message) from unreadable
        self.bucket = rewritten.bucket
        self._sql = rewritten.sql
        self._query: Query | None = None

    @property
    def query(self) -> Query:
        """The statement, planned against the tables as they are.

        Raises:
            SqlRefusal: it cannot be planned.
        """
        if self._query is None:
            try:
                self._query = self._session.query(self._sql)
            except ValueError as words:
                raise refused(str(words), self._syntax) from None
        return self._query

    def _declare(self, table: Table) -> dict[str, str]:
        known = self._streams.columns(table)
        if known is None:
            raise unknown_stream(table.name)
        wanted = self.clauses.names
        used = {
            name: kind
            for name, kind in known.items()
            if self.clauses.wildcard or name in wanted or name == TIMESTAMP
        }
        self._session.declare(table, used)
        return used

    def _syntax(self) -> str:
        """Return what is wrong with the statement as it was written."""
        try:
            self._session.query(self.clauses.text)
        except ValueError as words:
            return str(words)
        return ""

    def answer(self, size: int, offset: int) -> Answer:
        """Fill the tables and run."""
        scanned, fault = 0, ""
        batches: list[Any] = []
        try:
            limit, skipped = self._page(size, offset)
            projected = self.query.scanned_columns() if self.clauses.wildcard else {}
            scanned = self._narrow(limit, skipped, projected) or self._fill(self._range, projected)
            self._refuse_null_union()
            batches = self.query.run(limit, skipped)
        except CastFault as cast:
            fault = f"Arrow error: Cast error: {cast}"
        except Stopped as stopped:
            fault = str(stopped)
        return Answer(
            batches=batches,
            fields=self.query.fields,
            bucket=self.bucket,
            scanned=0 if fault else scanned,
            order_by=self._order_by(),
            histogram_eligible=self.clauses.histogram_eligible,
            fault=fault,
        )

    def _narrow(
        self, limit: int | None, offset: int, projected: Mapping[str, Collection[str]]
    ) -> int:
        """Read whole rows only around the times that a page of the newest or oldest rows spans.

        Returns:
            The number of rows looked at; 0 when the statement is of another kind.
        """
        order = self._order_by()
        if not (self.clauses.plain and self.clauses.wildcard and len(order) == 1 and limit):
            return 0
        (column, direction), (table,) = order[0], self._columns
        if column != TIMESTAMP:
            return 0
        declared = self._columns[table]
        wanted = [name for name in declared if name in self.clauses.names or name == TIMESTAMP]
        batches = self._streams.batches(table, wanted, self._range)
        self._session.fill(table, {name: declared[name] for name in wanted}, batches)
        times = rewrite(self.clauses, self._range, self._now, times_only=True)
        page = self._session.query(times.sql).run(limit + offset)
        found = [batch.column(0) for batch in page if batch.num_rows]
        span = TimeRange(0, 0)
        if found and direction == "desc":
            span = TimeRange(found[-1][-1].as_py(), self._range.end)
        elif found:
            span = TimeRange(self._range.start, found[-1][-1].as_py() + 1)
        self._fill(span, projected)
        return sum(batch.num_rows for batch in batches)

    def _fill(self, time_range: TimeRange, projected: Mapping[str, Collection[str]]) -> int:
        """Read the columns that the statement needs; return the number of rows read."""
        rows: list[tuple[str, int]] = []
        for table, declared in self._columns.items():
            used = {TIMESTAMP, *projected.get(table.name, declared)}
            if self.clauses.wildcard:
                used |= self.clauses.names
            columns = [name for name in declared if name in used]
            batches = self._streams.batches(table, columns, time_range)
            rows.append((table.name, sum(batch.num_rows for batch in batches)))
            self._session.fill(table, {name: declared[name] for name in columns}, batches)
        self._query = None
        reads = self.query.scan_count()
        return sum(reads.get(name, 1) * number for name, number in rows)

    def _refuse_null_union(self) -> None:
        if not self.clauses.set_operation and "union" not in self.clauses.names:
            return
        column = self.query.null_in_union()
        if column is not None:
            raise execution_failed(
                f"Invalid argument error: Column '{column}' is declared as non-nullable "
                "but contains null values"
            )

    def _page(self, size: int, offset: int) -> tuple[int | None, int]:
        own = self.clauses.limit
        if own is not None and (self.clauses.order_by or size < 1):
            return None, 0
        return (size if size > 0 else DEFAULT_LIMIT), offset

    def _order_by(self) -> tuple[tuple[str, str], ...]:
        if self.clauses.sorted_by_time:
            return ((TIMESTAMP, "desc"),)
        return self.clauses.order_by
