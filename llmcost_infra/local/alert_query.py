"""What an alert finds: its SQL over its window, the earlier windows, and its function."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.errors import EngineError
from llmcost_infra.local.shapes import is_list, is_object
from llmcost_infra.sql_engine.vrl import program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["rows_of"]

Row = dict[str, Any]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000}  # seconds
_OFFSET = re.compile(r"(\d{1,6})([smhdwM])")
_ALL_ROWS = "#ResultArray#"
_ROWS = 100


def rows_of(alert: Mapping[str, Any], looked: Callable[[int, int], list[Row]]) -> list[Row] | None:
    """Return the rows that an alert finds, or None when it cannot be evaluated.

    An alert that fails, on a column that is not there for one, stays silent for ever: the server
    only writes it to its log. Custom and PromQL alerts are kept, and never find anything here.

    Args:
        alert: its body.
        looked: runs its statement over a window that ends so many microseconds earlier, and
            returns at most so many rows; raises EngineError when it cannot.
    """
    query = alert["query_condition"]
    if query["type"] != "sql":
        return None
    size = max(_ROWS, alert["trigger_condition"]["threshold"])
    earlier: list[dict[str, str]] = query.get("multi_time_range") or []
    try:
        shifts = [0, *(_shift(item["offSet"]) for item in earlier)]
        windows = [looked(shift, size) for shift in shifts]
        return _applied(query.get("vrl_function"), windows)
    except EngineError:
        return None


def _shift(offset: str) -> int:
    """Return how far back a window lies, in microseconds."""
    found = _OFFSET.fullmatch(offset)
    if not found:
        raise EngineError(f"no time offset: {offset}")
    return int(found[1]) * _UNITS[found[2]] * 1_000_000


def _applied(encoded: str | None, windows: list[list[Row]]) -> list[Row]:
    if not encoded:
        return windows[0]
    padded = encoded + "=" * (-len(encoded) % 4)
    source = base64.urlsafe_b64decode(padded).decode()
    compiled = program(source.replace(_ALL_ROWS, "", 1))
    if _ALL_ROWS not in source:
        return [compiled.run(row) for row in windows[0]]
    return _flat(compiled.run(cast("Any", windows)))


def _flat(value: Any) -> list[Row]:
    """Return the rows in whatever nesting a function left them."""
    if is_object(value):
        return [value]
    if is_list(value):
        return [row for item in value for row in _flat(item)]
    return []
