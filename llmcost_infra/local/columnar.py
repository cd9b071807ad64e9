"""Rows as they arrive, JSON values, as Arrow columns; stored columns as their declared types."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from llmcost_infra.sql_engine.arrow import arrow, compute
from llmcost_infra.sql_engine.columns import ARROW
from llmcost_infra.sql_engine.sql import CastFault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Batch", "cast_column", "to_batch"]

Row = dict[str, Any]

_UNSIGNED = frozenset({"start_time", "end_time"})
_INT64_MAX = 2**63 - 1
_UINT64_MAX = 2**64 - 1
_KINDS: Mapping[type, str] = {str: "Utf8", bool: "Boolean", int: "Int64", float: "Float64"}


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one stream, as columns.

    Args:
        columns: name → OpenObserve's type, as the values are; sorted by name.
        values: name → Python values, one a row.
        length: number of rows.
    """

    columns: dict[str, str]
    values: dict[str, list[Any]]
    length: int

    @property
    def earliest(self) -> int:
        """The smallest time in it, in microseconds since 1970."""
        earliest: int = min(self.values["_timestamp"])
        return earliest

    def record_batch(self, stored: Mapping[str, str]) -> Any:
        """Return it as an Arrow record batch.

        Args:
            stored: the types to store, by column; the values are turned into them.
        """
        kinds = {name: stored.get(name, kind) for name, kind in self.columns.items()}
        arrays = [_array(self.values[name], kind) for name, kind in kinds.items()]
        schema = arrow.schema([(name, ARROW[kind]) for name, kind in kinds.items()])
        return arrow.RecordBatch.from_arrays(arrays, schema=schema)


def to_batch(rows: Sequence[Row]) -> Batch:
    """Turn rows into columns; a column without any value is left out.

    Args:
        rows: flat JSON values; each has `_timestamp`.
    """
    names = sorted(set(chain.from_iterable(rows)))
    columns: dict[str, str] = {}
    values: dict[str, list[Any]] = {}
    for name in names:
        column = [row.get(name) for row in rows]
        kind = _kind(name, column)
        if kind:
            columns[name] = kind
            values[name] = column
    return Batch(columns, values, len(rows))


def _kind(name: str, column: list[Any]) -> str:
    """Return the narrowest type that holds every value, or an empty text for nulls only."""
    types = set(map(type, column))
    types.discard(type(None))
    if not types:
        return ""
    if len(types) == 1:
        kind = _KINDS.get(types.pop(), "Utf8")
        return _integer_kind(name, column) if kind == "Int64" else kind
    return "Float64" if types == {int, float} else "Utf8"


def _integer_kind(name: str, column: list[Any]) -> str:
    numbers = [value for value in column if value is not None]
    if name in _UNSIGNED and min(numbers) >= 0:
        return "UInt64"
    if min(numbers) >= -_INT64_MAX - 1 and max(numbers) <= _INT64_MAX:
        return "Int64"
    return "UInt64" if min(numbers) >= 0 and max(numbers) <= _UINT64_MAX else "Float64"


def _array(values: list[Any], kind: str) -> Any:
    try:
        return arrow.array(values, ARROW[kind])
    except (arrow.ArrowInvalid, arrow.ArrowTypeError, OverflowError):
        return arrow.array([_converted(value, kind) for value in values], ARROW[kind])


def _converted(value: Any, kind: str) -> Any:
    """Return a value as another type; null when it has no such form."""
    if value is None:
        return None
    try:
        match kind:
            case "Utf8":
                return _text(value)
            case "Float64":
                return float(value)
            case "Boolean":
                return value if isinstance(value, bool) else {"true": True, "false": False}[value]
            case _:
                return int(value)
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def cast_column(column: Any, kind: str) -> Any:
    """Return a stored column as its declared type; raises CastFault."""
    wanted = ARROW[kind]
    if column.type == wanted:
        return column
    if kind == "Utf8" and arrow.types.is_boolean(column.type):
        return compute.if_else(column, "true", "false")
    try:
        return compute.cast(column, wanted, safe=arrow.types.is_string(column.type))
    except arrow.ArrowInvalid:
        raise CastFault(
            f"Cannot cast string '{_first_misfit(column, wanted)}' to value of {kind} type"
        ) from None


def _first_misfit(column: Any, wanted: Any) -> str:
    for value in column.to_pylist():
        try:
            compute.cast(arrow.array([value], arrow.string()), wanted)
        except arrow.ArrowInvalid:
            return str(value)
    return ""
