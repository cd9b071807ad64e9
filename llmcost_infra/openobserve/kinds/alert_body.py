"""Alerts to and from the server's form: what the type of each does not use is left out."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.conditions import canonical_group, sent_group
from llmcost_infra.openobserve.kinds.rules import items, maps
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs

__all__ = ["QUERY_KEYS", "canonical_alert", "fold_alert", "unfold_alert"]

QUERY_KEYS: dict[str, frozenset[str]] = {
    "custom": frozenset({"aggregation", "conditions", "multi_time_range", "vrl_function"}),
    "promql": frozenset({"promql", "promql_condition"}),
    "sql": frozenset({"multi_time_range", "sql", "vrl_function"}),
}
"""What each type of query has, besides ``type`` and ``search_event_type``."""

_DEFAULTS: Inputs = {
    "alert_type": "scheduled",
    "enabled": True,
    "folder": "default",
    "row_template_type": "String",
    "tz_offset": 0,
}
_TRIGGER: Inputs = {
    "align_time": True,
    "frequency": 1,
    "operator": ">=",
    "silence": 0,
    "threshold": 1,
    "timezone": "UTC",
}
_SENT: Inputs = {
    "description": "",
    "enabled": True,
    "row_template": "",
    "row_template_type": "String",
    "tz_offset": 0,
}
_AS_THEY_ARE = frozenset(
    {
        "context_attributes",
        "description",
        "destinations",
        "enabled",
        "name",
        "owner",
        "row_template",
        "row_template_type",
        "stream_name",
        "stream_type",
        "template",
        "tz_offset",
    }
)
_CLOSING_DOT = re.compile(r"\s*\n\s*\.\Z")
_CONDITIONS_V2 = 2


def fold_alert(inputs: Inputs) -> dict[str, Any]:
    """Return the body of an alert; id and folder are the store's business."""
    realtime = inputs.get("alert_type") == "realtime"
    body: dict[str, Any] = {
        **_SENT,
        **{key: value for key, value in inputs.items() if key in _AS_THEY_ARE},
        "is_real_time": realtime,
        "query_condition": _fold_query(inputs["query_condition"]),
        "trigger_condition": _fold_trigger(inputs["trigger_condition"]),
    }
    if inputs.get("deduplication") is not None:
        body["deduplication"] = {"enabled": True, **inputs["deduplication"]}
    return body


def unfold_alert(body: Mapping[str, Any]) -> Inputs:
    """Return the inputs of an alert as the server has it, canonical but for folder and places."""
    inputs: Inputs = {key: value for key, value in body.items() if key in _AS_THEY_ARE}
    inputs["alert_type"] = "realtime" if body.get("is_real_time") else "scheduled"
    inputs["query_condition"] = _unfold_query(body["query_condition"])
    inputs["trigger_condition"] = _unfold_trigger(body["trigger_condition"])
    deduplication: Inputs = dict(body.get("deduplication") or {})
    if deduplication.pop("enabled", False):
        inputs["deduplication"] = deduplication
    return canonical_alert(inputs)


def canonical_alert(inputs: Inputs) -> Inputs:
    """Return an alert without nulls and defaults; destinations have no order.

    What the schedule of another type of alert says means nothing.
    """
    values: Inputs = plain(inputs)
    values.pop("owner", None)
    if isinstance(values.get("destinations"), list):
        values["destinations"] = sorted(items(values["destinations"]), key=str)
    if isinstance(values.get("row_template"), str):
        values["row_template"] = values["row_template"].strip()
    if isinstance(values.get("deduplication"), dict):
        values["deduplication"] = without_defaults(values["deduplication"], {})
    if isinstance(values.get("query_condition"), dict):
        values["query_condition"] = _canonical_query(values["query_condition"])
    if isinstance(values.get("trigger_condition"), dict):
        values["trigger_condition"] = _canonical_trigger(
            values["trigger_condition"], realtime=values.get("alert_type") == "realtime"
        )
    keep = frozenset({"deduplication", "destinations"})
    return without_defaults(values, _DEFAULTS, keep)


def _fold_trigger(trigger: Inputs) -> dict[str, Any]:
    # A realtime alert looks at each row: the server wants a period all the same.
    sent = {"period": 1, **_TRIGGER, **trigger}
    if sent.get("cron"):
        return {**sent, "frequency_type": "cron"}
    del sent["timezone"]
    return {**sent, "frequency_type": "minutes"}


def _unfold_trigger(trigger: Mapping[str, Any]) -> Inputs:
    """Return a schedule without the other one's leftovers: the UI writes a time zone into both."""
    kept = dict(trigger)
    leftover = ("frequency",) if kept.pop("frequency_type") == "cron" else ("cron", "timezone")
    return {key: value for key, value in kept.items() if key not in leftover}


def _canonical_trigger(trigger: Inputs, *, realtime: bool) -> Inputs:
    if realtime:
        trigger = {key: value for key, value in trigger.items() if key == "silence"}
    return without_defaults(trigger, _TRIGGER)


def _fold_query(query: Inputs) -> dict[str, Any]:
    sent = {key: value for key, value in query.items() if value is not None}
    if "filterType" in (sent.get("conditions") or {}):
        sent["conditions"] = {
            "version": _CONDITIONS_V2,
            "conditions": sent_group(sent["conditions"]),
        }
    if sent.get("vrl_function"):
        sent["vrl_function"] = _encoded(sent["vrl_function"])
    return sent


def _unfold_query(query: Mapping[str, Any]) -> Inputs:
    kept = {
        key: value
        for key, value in query.items()
        if key in {"type", "search_event_type"} | QUERY_KEYS[query["type"]]
    }
    conditions = kept.get("conditions")
    if isinstance(conditions, dict) and "conditions" in conditions:
        kept["conditions"] = cast("Inputs", conditions)["conditions"]
    if kept.get("vrl_function"):
        kept["vrl_function"] = _decoded(kept["vrl_function"])
    return kept


def _canonical_query(query: Inputs) -> Inputs:
    kept = dict(query)
    if isinstance(kept.get("conditions"), dict):
        kept["conditions"] = _canonical_conditions(kept["conditions"])
    if isinstance(kept.get("vrl_function"), str):
        kept["vrl_function"] = _closed(kept["vrl_function"])
    if isinstance(kept.get("aggregation"), dict):
        kept["aggregation"] = _canonical_aggregation(kept["aggregation"])
    if isinstance(kept.get("promql_condition"), dict):
        kept["promql_condition"] = _canonical_comparison(kept["promql_condition"])
    return without_defaults(kept, {})


def _canonical_conditions(conditions: Inputs) -> Inputs:
    """Return conditions without what the server adds; empty ones, in either form, say nothing."""
    if "filterType" in conditions:
        return canonical_group(conditions) if conditions.get("conditions") else {}
    tree = _canonical_tree(conditions)
    return tree if any(tree.values()) else {}


def _canonical_tree(node: Inputs) -> Inputs:
    """Return conditions of the first form: ``and``, ``or`` and ``not`` around comparisons."""
    for word in ("and", "or"):
        if word in node:
            return {word: [_canonical_tree(inner) for inner in maps(node[word])]}
    if isinstance(node.get("not"), dict):
        return {"not": _canonical_tree(node["not"])}
    return _canonical_comparison(node)


def _canonical_aggregation(aggregation: Inputs) -> Inputs:
    kept = dict(aggregation)
    if isinstance(kept.get("having"), dict):
        kept["having"] = _canonical_comparison(kept["having"])
    return without_defaults(kept, {})


def _canonical_comparison(comparison: Inputs) -> Inputs:
    return without_defaults(comparison, {"ignore_case": False}, frozenset({"value"}))


def _closed(text: str) -> str:
    """Return a function that ends with the rows, a dot on a line of its own."""
    body = _CLOSING_DOT.sub("", text.replace("\r\n", "\n").strip())
    return "" if body in {"", "."} else f"{body}\n."


def _encoded(text: str) -> str:
    """Return a function as the server stores it: base64 for URLs, without padding.

    What pads base64 differs between its users, so the text is padded, before its last line.
    """
    body = _closed(text).removesuffix("\n.")
    spaces = " " * (-len(f"{body}\n.".encode()) % 3)
    return base64.urlsafe_b64encode(f"{body}{spaces}\n.".encode()).decode()


def _decoded(encoded: str) -> str:
    text = encoded.rstrip("=.")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
