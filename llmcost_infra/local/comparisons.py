"""How the server compares, by the words that alerts and conditions have for it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["COMPARISONS", "OF_COLUMNS"]

Comparison = Callable[[Any, Any], bool]

COMPARISONS: Final[Mapping[str, Comparison]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
"""Of the number of rows that an alert finds with its threshold."""

OF_COLUMNS: Final[Mapping[str, Comparison]] = {
    **COMPARISONS,
    "contains": lambda text, part: part in text,
    "not_contains": lambda text, part: part not in text,
}
"""Of a row's value with a condition's."""
