"""Groups of conditions, which pipelines and alerts share: their rules and normal form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.base import Inputs, Problem
from llmcost_infra.openobserve.kinds.rules import (
    Rule,
    anything,
    boolean,
    check,
    items,
    maps,
    one_of,
    trimmed,
)
from llmcost_infra.openobserve.kinds.values import without_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["COMPARISONS", "OPERATORS", "canonical_group", "group_problems", "sent_group"]

COMPARISONS = ("!=", "<", "<=", "=", ">", ">=")
"""What compares numbers."""
OPERATORS = (*COMPARISONS, "contains", "not_contains")
"""What compares a column."""


def group_problems(group: Any, path: str) -> Iterator[Problem]:
    """Yield all that is wrong with a group and with what is in it."""
    if not isinstance(group, dict):
        return
    values = cast("Inputs", group)
    if values.get("filterType") != "group":
        yield Problem(
            path, "must be a group: {filterType: group, logicalOperator: AND, conditions: [...]}"
        )
        return
    if values.get("logicalOperator") not in {"AND", "OR"}:
        yield Problem(f"{path}.logicalOperator", "must be AND or OR")
    if not items(values.get("conditions")):
        yield Problem(f"{path}.conditions", "must not be empty")
    for index, item in enumerate(items(values.get("conditions"))):
        yield from _item_problems(item, f"{path}.conditions[{index}]")


def _item_problems(item: Any, path: str) -> Iterator[Problem]:
    values = cast("Inputs", item) if isinstance(item, dict) else {}
    if values.get("filterType") == "group":
        yield from group_problems({"logicalOperator": "AND", **values}, path)
    elif values.get("filterType") != "condition":
        yield Problem(f"{path}.filterType", "must be condition or group")
    else:
        rules: dict[str, Rule] = {
            "column": trimmed,
            "filterType": one_of("condition"),
            "ignore_case": boolean,
            "logicalOperator": one_of("AND", "OR"),
            "operator": one_of(*OPERATORS),
            "value": anything,
        }
        yield from check(values, rules, {"column", "operator", "value"}, path)


def canonical_group(values: Inputs, *, outermost: bool = True) -> Inputs:
    """Return a group of conditions without what the server adds to each of its items."""
    defaults: Inputs = {"ignore_case": False}
    if not outermost:
        defaults["logicalOperator"] = "AND"
    kept = without_defaults(values, defaults, frozenset({"conditions", "value"}))
    if isinstance(kept.get("conditions"), list):
        kept["conditions"] = [
            canonical_group(item, outermost=False) for item in maps(kept["conditions"])
        ]
    return kept


def sent_group(group: Inputs) -> Inputs:
    """Return a group of conditions in which every item says how it is joined."""
    items = [{"logicalOperator": "AND", **item} for item in group["conditions"]]
    return {
        **group,
        "conditions": [sent_group(item) if "conditions" in item else item for item in items],
    }
