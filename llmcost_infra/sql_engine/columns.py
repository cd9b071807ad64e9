"""Column types of a stream, by OpenObserve's names, and what they are in Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmcost_infra.sql_engine.arrow import arrow

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ARROW", "Columns", "arrow_schema", "type_name", "widens"]

Columns = Mapping[str, str]
"""Columns of a stream in order: name → Utf8, Int64, UInt64, Float64 or Boolean."""

ARROW: Mapping[str, Any] = {
    "Utf8": arrow.string(),
    "LargeUtf8": arrow.large_string(),
    "Int64": arrow.int64(),
    "UInt64": arrow.uint64(),
    "Float64": arrow.float64(),
    "Boolean": arrow.bool_(),
}
"""The Arrow type of each."""

_NAMES = {kind: name for name, kind in ARROW.items()}
_WIDER = {
    "Boolean": frozenset({"Utf8", "LargeUtf8"}),
    "Int64": frozenset({"UInt64", "Float64", "Utf8", "LargeUtf8"}),
    "UInt64": frozenset({"Utf8", "LargeUtf8"}),
    "Float64": frozenset({"Utf8", "LargeUtf8"}),
    "Utf8": frozenset({"LargeUtf8"}),
}


def arrow_schema(columns: Iterable[tuple[str, str]]) -> Any:
    """Return the Arrow schema of some columns; every one may be null."""
    return arrow.schema([(name, ARROW[kind]) for name, kind in columns])


def type_name(arrow_type: Any) -> str:
    """Return OpenObserve's name of an Arrow type."""
    return _NAMES[arrow_type]


def widens(kept: str, sent: str) -> bool:
    """Tell whether a stream gives up the type it keeps for the one that was sent."""
    return sent in _WIDER.get(kept, frozenset())
