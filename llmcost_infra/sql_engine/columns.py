"""Column types of a stream, by OpenObserve's names, and what they are in Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ARROW", "Columns", "arrow_schema", "type_name", "widens"]

Columns = Mapping[str, str]
"""Columns of a stream in order: name → Utf8, Int64, UInt64, Float64 or Boolean."""

ARROW: Mapping[str, Any] = {
    "Utf8": pa.string(),
    "LargeUtf8": pa.large_string(),
    "Int64": pa.int64(),
    "UInt64": pa.uint64(),
    "Float64": pa.float64(),
    "Boolean": pa.bool_(),
}
"""The Arrow type of each."""

_NAMES = {arrow: name for name, arrow in ARROW.items()}
_WIDER = {
    "Boolean": frozenset({"Utf8", "LargeUtf8"}),
    "Int64": frozenset({"UInt64", "Float64", "Utf8", "LargeUtf8"}),
    "UInt64": frozenset({"Utf8", "LargeUtf8"}),
    "Float64": frozenset({"Utf8", "LargeUtf8"}),
    "Utf8": frozenset({"LargeUtf8"}),
}


def arrow_schema(columns: Iterable[tuple[str, str]]) -> Any:
    """Return the Arrow schema of some columns; every one may be null."""
    return pa.schema([(name, ARROW[kind]) for name, kind in columns])


def type_name(arrow: Any) -> str:
    """Return OpenObserve's name of an Arrow type."""
    return _NAMES[arrow]


def widens(kept: str, sent: str) -> bool:
    """Tell whether a stream gives up the type it keeps for the one that was sent."""
    return sent in _WIDER.get(kept, frozenset())
