"""Conditions, queries and triggers: the models that alerts and pipelines share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.local.comparisons import OF_COLUMNS
from llmcost_infra.local.shapes import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    Choice,
    Deferred,
    ListOf,
    Mismatch,
    OneOf,
    Shape,
    Struct,
    Tagged,
    defaulted,
    is_list,
    is_object,
    nullable,
    optional,
    required,
)

if TYPE_CHECKING:
    from llmcost_infra.local.json_text import JsonPath

__all__ = ["CONDITIONS", "QUERY_CONDITION", "TRIGGER_CONDITION", "VERSIONED_CONDITIONS"]

_OPERATOR = Choice(tuple(OF_COLUMNS), {"Contains": "contains", "NotContains": "not_contains"})
_V1_CONDITION = Struct(
    "Condition",
    {
        "column": required(STRING),
        "operator": required(_OPERATOR),
        "value": required(ANY),
        "ignore_case": defaulted(BOOLEAN, False),
    },
)
_GROUP = Struct(
    "ConditionGroup",
    {
        "filterType": required(STRING),
        "logicalOperator": required(Choice(("AND", "OR"))),
        "conditions": required(ListOf(Deferred(lambda: _ITEM))),
    },
)
_CONDITION = Struct(
    "ConditionItem",
    {
        "column": required(STRING),
        "operator": required(_OPERATOR),
        "value": required(ANY),
        "ignore_case": optional(BOOLEAN),
        "logicalOperator": defaulted(Choice(("AND", "OR")), "AND"),
    },
)
_NESTED = Struct(
    "ConditionGroup",
    {
        "logicalOperator": defaulted(Choice(("AND", "OR")), "AND"),
        "conditions": required(ListOf(Deferred(lambda: _ITEM))),
    },
)
_ITEM: Shape = Tagged("filterType", {"condition": _CONDITION, "group": _NESTED})


class _ConditionTree:
    """Conditions of the first kind: a list, or a tree of `and`, `or` and `not`."""

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        if is_list(value):
            return {"and": ListOf(_TREE_NODE).read(value, path)}
        return _TREE_NODE.read(value, path)


class _TreeNode:
    """One node of that tree."""

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        for word in ("and", "or"):
            if is_object(value) and word in value:
                return {word: ListOf(_TREE_NODE).read(value[word], path)}
        if is_object(value) and "not" in value:
            return {"not": _TREE_NODE.read(value["not"], path)}
        try:
            return _V1_CONDITION.read(value, path)
        except Mismatch:
            raise Mismatch(
                "data did not match any variant of untagged enum ConditionList", path
            ) from None


_TREE_NODE: Shape = _TreeNode()
CONDITIONS: Shape = _ConditionTree()
"""Conditions of the first kind."""


class _Versioned:
    """`{"version": 2, "conditions": {…}}`, or conditions of the first kind under the same key."""

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        entries: dict[str, Any] = value if is_object(value) else {}
        if "conditions" not in entries:
            raise Mismatch("missing field `conditions`", path)
        version = entries.get("version", 1)
        if version == 1:
            return {"conditions": CONDITIONS.read(entries["conditions"], path)}
        if version != 2:  # noqa: PLR2004 - there are two
            raise Mismatch(f"Unsupported condition version: {version}", path)
        return {"version": 2, "conditions": _GROUP.read(entries["conditions"], path)}


VERSIONED_CONDITIONS: Shape = _Versioned()
"""Conditions of either kind, as a condition node of a pipeline holds them."""

_AGGREGATION = Struct(
    "Aggregation",
    {
        "group_by": nullable(ListOf(STRING)),
        "function": required(
            Choice(
                ("avg", "min", "max", "sum", "count", "median", "p50", "p75", "p90", "p95", "p99")
            )
        ),
        "having": required(_V1_CONDITION),
    },
)
QUERY_CONDITION = Struct(
    "QueryCondition",
    {
        "type": defaulted(Choice(("custom", "sql", "promql")), "custom"),
        "conditions": nullable(OneOf("AlertConditionParams", (VERSIONED_CONDITIONS, CONDITIONS))),
        "sql": nullable(STRING),
        "promql": nullable(STRING),
        "promql_condition": nullable(_V1_CONDITION),
        "aggregation": nullable(_AGGREGATION),
        "vrl_function": nullable(STRING),
        "search_event_type": nullable(STRING),
        "multi_time_range": nullable(
            ListOf(Struct("CompareHistoricData", {"offSet": required(STRING)}))
        ),
    },
)
"""What is asked."""

TRIGGER_CONDITION = Struct(
    "TriggerCondition",
    {
        "period": required(INTEGER),
        "operator": defaulted(_OPERATOR, "="),
        "threshold": defaulted(INTEGER, 0),
        "frequency": defaulted(INTEGER, 0),
        "cron": defaulted(STRING, ""),
        "frequency_type": defaulted(Choice(("cron", "minutes")), "minutes"),
        "silence": defaulted(INTEGER, 0),
        "timezone": optional(STRING),
        "tolerance_in_secs": nullable(INTEGER),
        "align_time": defaulted(BOOLEAN, True),
    },
)
"""When it is asked, and what counts as a hit."""
