"""Conditions of a pipeline, made into functions that tell whether a row passes.

A row that lacks the column passes neither `=` nor `!=`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.local.comparisons import OF_COLUMNS
from llmcost_infra.local.shapes import is_list

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Test", "compile_condition"]

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
"""Tells whether a row passes."""


def compile_condition(data: Mapping[str, Any]) -> Test:
    """Return the test of a condition node.

    Args:
        data: the node's data; `version` 2 holds a group, the first version a list or a tree.
    """
    conditions = data["conditions"]
    return _group(conditions) if data.get("version") == 2 else _tree(conditions)  # noqa: PLR2004


def _group(group: Mapping[str, Any]) -> Test:
    """Items of a group are joined by the word each of them carries; AND binds before OR."""
    items = cast("Sequence[Mapping[str, Any]]", group["conditions"])
    alternatives: list[list[Test]] = [[]]
    for at, item in enumerate(items):
        if at and item.get("logicalOperator", group.get("logicalOperator", "AND")) == "OR":
            alternatives.append([])
        alternatives[-1].append(_item(item))
    if len(alternatives) == 1:
        return _all(alternatives[0])
    return _any([_all(tests) for tests in alternatives])


def _item(item: Mapping[str, Any]) -> Test:
    return _group(item) if item.get("filterType") == "group" else _comparison(item)


def _tree(node: Any) -> Test:
    if is_list(node):
        return _all([_tree(item) for item in node])
    if "and" in node:
        return _all([_tree(item) for item in node["and"]])
    if "or" in node:
        return _any([_tree(item) for item in node["or"]])
    if "not" in node:
        inner = _tree(node["not"])
        return lambda row: not inner(row)
    return _comparison(node)


def _all(tests: Sequence[Test]) -> Test:
    return lambda row: all(test(row) for test in tests)


def _any(tests: Sequence[Test]) -> Test:
    return lambda row: any(test(row) for test in tests)


def _comparison(condition: Mapping[str, Any]) -> Test:
    column, wanted = condition["column"], condition["value"]
    compare = OF_COLUMNS[condition["operator"]]
    ignore_case = bool(condition.get("ignore_case"))

    def test(row: Row) -> bool:
        value = row.get(column)
        if value is None:
            return False
        pair = _comparable(value, wanted)
        if pair is None:
            return False
        left, right = pair
        if ignore_case and isinstance(left, str):
            left, right = left.lower(), str(right).lower()
        try:
            return compare(left, right)
        except TypeError:
            return False

    return test


def _comparable(value: Any, wanted: Any) -> tuple[Any, Any] | None:
    """Return both sides in the type of the row's value, or None when there is no way."""
    if isinstance(value, bool):
        asked = wanted if isinstance(wanted, bool) else {"true": True, "false": False}.get(wanted)
        return None if asked is None else (value, asked)
    if isinstance(value, str):
        return value, wanted if isinstance(wanted, str) else _text(wanted)
    if isinstance(value, int | float):
        try:
            return value, float(wanted)
        except (TypeError, ValueError):
            return None
    return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
