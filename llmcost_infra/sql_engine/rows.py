"""Arrow record batches as JSON rows, and rows of a time range."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any, TypeGuard

from llmcost_infra.sql_engine.arrow import arrow, compute
from llmcost_infra.sql_engine.clauses import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.sql_engine.intervals import TimeRange

__all__ = ["json_rows", "within"]


def within(rows: Any, time_range: TimeRange) -> Any:
    """Return the rows of a table or record batch whose time lies in a range."""
    times = rows.column(TIMESTAMP)
    return rows.filter(
        compute.and_(
            compute.greater_equal(times, time_range.start), compute.less(times, time_range.end)
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
    if arrow.types.is_floating(column.type):
        return [None if value is None or not math.isfinite(value) else value for value in values]
    if arrow.types.is_integer(column.type) or arrow.types.is_boolean(column.type):
        return values
    return [_json_value(value) for value in values]


def _json_value(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if _is_list(value):
        return [_json_value(item) for item in value]
    if _is_object(value):
        return {key: _json_value(item) for key, item in value.items()}
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat()
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)
