"""Rows of streams, sorted by time, so that a window of them is a slice."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import sqlglot
from sqlglot import exp

from llmcost_infra.columns import BILLING, ROLLUP, STORED
from llmcost_infra.profiles import PROFILES
from llmcost_infra.sql_engine.arrow import arrow
from llmcost_infra.sql_engine.clauses import TIMESTAMP
from llmcost_infra.sql_engine.columns import type_name
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llmcost_infra.sql_engine.clauses import Table
    from llmcost_infra.sql_engine.sql import Answer

__all__ = [
    "ColumnTypes",
    "SortedStreams",
    "column_types",
    "needed_columns",
    "of_all_rows",
    "sorted_rows",
]

_ALWAYS: Final = TimeRange(-(2**62), 2**62)
_MOST: Final = 2**31 - 1

ColumnTypes = dict[str, str]
"""Column → OpenObserve's name of its type."""

_TYPES = {
    "utf8": "Utf8",
    "int64": "Int64",
    "uint64": "UInt64",
    "float64": "Float64",
    "boolean": "Boolean",
}


def needed_columns(statements: Iterable[str]) -> list[str]:
    """Return the columns of the stream that statements read, the time first."""
    read = (name for statement in statements for name in _columns_of(statement))
    return list(dict.fromkeys((TIMESTAMP, *read)))


@lru_cache(maxsize=256)
def _columns_of(statement: str) -> tuple[str, ...]:
    """Return the columns of the stream that a statement reads; parsing it takes long."""
    found: dict[str, None] = {}
    for select in sqlglot.parse_one(statement, read="postgres").find_all(exp.Select):
        source = select.args.get("from_") or select.args.get("from")
        if source is None or not isinstance(source.this, exp.Table):
            continue
        own = (one for one in select.find_all(exp.Column) if one.parent_select is select)
        found |= dict.fromkeys(one.name for one in own)
    return tuple(found)


def column_types(names: Iterable[str]) -> ColumnTypes:
    """Return the types of columns; what no profile declares is an attribute, kept as text."""
    declared = {name: kind for one in PROFILES.values() for name, kind in one.declares.items()}
    known = {**declared, **BILLING, **ROLLUP, **STORED}
    return {name: _TYPES[known.get(name, "utf8")] for name in names}


def sorted_rows(table: Any) -> Any:
    """Return a table as one record batch, sorted by time; equal times keep their order."""
    table = table.sort_by([(TIMESTAMP, "ascending")]).combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else arrow.RecordBatch.from_pylist([], schema=table.schema)


@dataclass(frozen=True)
class SortedStreams:
    """Streams for the SQL engine whose windows are slices.

    Args:
        rows: stream → one record batch that is sorted by time.
    """

    rows: Mapping[str, Any]

    def columns(self, table: Table) -> Mapping[str, str] | None:
        """Return the columns of a stream."""
        found = self.rows.get(table.name)
        if found is None:
            return None
        return {item.name: type_name(item.type) for item in found.schema}

    def batches(self, table: Table, columns: Sequence[str], time_range: TimeRange) -> list[Any]:
        """Return the rows of a stream within a time range, without copying them."""
        batch = self.rows[table.name]
        times = _Times(batch.column(TIMESTAMP))
        start = bisect_left(times, time_range.start)
        end = bisect_left(times, time_range.end)
        return [batch.slice(start, end - start).select(list(columns))]


@dataclass(frozen=True, slots=True)
class _Times:
    column: Any

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, at: int) -> int:
        return int(self.column[at].as_py())


def of_all_rows(statement: str, streams: SortedStreams) -> Answer:
    """Run a statement over all rows, without a limit of the server's.

    Raises:
        SqlRefusal: the statement is refused.
    """
    return query(statement, streams, _ALWAYS, size=_MOST)
