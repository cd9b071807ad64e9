"""Arrow record batches as JSON rows, and rows of a time range."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from llmcost_infra.sql_engine.clauses import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.sql_engine.intervals import TimeRange

__all__ = ["json_rows", "within"]

_compute: Any = pc


def within(rows: Any, time_range: TimeRange) -> Any:
    """Return the rows of a table or record batch whose time lies in a range."""
    times = rows.column(TIMESTAMP)
    return rows.filter(
        _compute.and_(
            _compute.greater_equal(times, time_range.start), _compute.less(times, time_range.end)
        )
    )


def json_rows(batches: Sequence[Any]) -> list[dict[str, Any]]:
    """Return rows as JSON values; a null is left out, a time is ISO 8601 without zone."""
    rows: list[dict[str, Any]] = []
    for batch in batches:
        names: list[str] = batch.schema.names
        columns = [_values(column) for column in batch.columns]
        rows += [
            {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for row in zip(*columns, strict=True)
        ]
    return rows


def _values(column: Any) -> list[Any]:
    values: list[Any] = column.to_pylist()
    if pa.types.is_floating(column.type):
        return [None if value is None or not math.isfinite(value) else value for value in values]
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return values
    return [_json_value(value) for value in values]


def _json_value(value: Any) -> Any:
    match value:
        case dt.datetime():
            return value.replace(tzinfo=None).isoformat()
        case dt.date() | dt.time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case list() | tuple():
            return [_json_value(item) for item in value]
        case dict():
            return {key: _json_value(item) for key, item in value.items()}
        case None | str() | int() | float():
            return value
        case _:
            return str(value)
