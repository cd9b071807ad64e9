"""What is wrong with an alert: above all, where it would never fire, or always."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.alert_body import QUERY_KEYS
from llmcost_infra.openobserve.kinds.base import Inputs, Problem
from llmcost_infra.openobserve.kinds.conditions import COMPARISONS, group_problems
from llmcost_infra.openobserve.kinds.rules import (
    Rule,
    any_list,
    any_map,
    anything,
    boolean,
    check,
    check_each,
    non_empty,
    number,
    one_of,
    plain_name,
    text,
    text_map,
    texts,
    trimmed,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["RULES", "alert_problems"]

_NO_ANOMALIES = (
    "anomaly detection needs an Enterprise build, and an open-source server would store an "
    "ordinary alert instead, without a word: compare with an earlier window in SQL, by "
    "query_condition.multi_time_range"
)
_NO_DESTINATION = "must name at least one AlertDestination: an alert that tells nobody is refused"
_SIX_FIELDS = "second, minute, hour, day, month and weekday, e.g. 0 */5 * * * *"
_CRON_FIELD = re.compile(r"[0-9A-Za-z*?/,-]+")
_CRON_FIELDS = (6, 7)
_OFFSET = re.compile(r"[1-9]\d*[smhdwM]")
_RAW = {'"': "a quote", "\\": "a backslash", "\n": "a line break", "\r": "a line break"}
_SELECT_STAR = re.compile(r"select\s+\*", re.IGNORECASE)
_TIMEZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")


def _alert_type(value: Any) -> str | None:
    return _NO_ANOMALIES if value == "anomaly_detection" else one_of("realtime", "scheduled")(value)


def _description(value: Any) -> str | None:
    if wrong := text(value):
        return wrong
    found = next((words for character, words in _RAW.items() if character in value), None)
    if found is None:
        return None
    return (
        f"must not contain {found}: templates insert {{alert_description}} as it is, and the JSON "
        "around it would break"
    )


def _destinations(value: Any) -> str | None:
    if wrong := texts(value):
        return wrong
    return _NO_DESTINATION if value == [] else None


def _attributes(value: Any) -> str | None:
    if wrong := text_map(value):
        return wrong
    for key in value:
        if not key or key != key.strip():
            return f"{key!r} must be a name without spaces around it: the server drops it otherwise"
    return None


def _threshold(value: Any) -> str | None:
    if not number(value) and value == 0:
        return (
            "must be at least 1: without a row an alert is not evaluated, so ask for the rows that "
            "are wrong, and for at least one of them"
        )
    return whole(1)(value)


def _cron(value: Any) -> str | None:
    if wrong := trimmed(value):
        return wrong
    fields = value.split()
    if len(fields) not in _CRON_FIELDS:
        return f"has {len(fields)} fields, and the server reads six: {_SIX_FIELDS}"
    if fields[0].startswith("*"):
        return (
            "must not start with *, which the server replaces by the second of each save: write "
            f"0 {' '.join(fields[1:])}"
        )
    odd = next((field for field in fields if not _CRON_FIELD.fullmatch(field)), None)
    return odd and f"{odd!r} is no field of a cron expression: {_SIX_FIELDS}"


def _timezone(value: Any) -> str | None:
    if wrong := trimmed(value):
        return wrong
    return None if _TIMEZONE.fullmatch(value) else "must be a name like UTC or Europe/Berlin"


def _sql(value: Any) -> str | None:
    if wrong := non_empty(value):
        return wrong
    if _SELECT_STAR.search(value):
        return "must not select *: name the columns, or the server refuses it"
    return None


RULES: dict[str, Rule] = {
    "alert_type": _alert_type,
    "context_attributes": _attributes,
    "deduplication": any_map,
    "description": _description,
    "destinations": _destinations,
    "enabled": boolean,
    "folder": trimmed,
    "name": plain_name,
    "organization": trimmed,
    "owner": trimmed,
    "query_condition": any_map,
    "row_template": text,
    "row_template_type": one_of("Json", "String"),
    "stream_name": trimmed,
    "stream_type": one_of("logs", "metrics", "traces"),
    "template": trimmed,
    "trigger_condition": any_map,
    "tz_offset": whole(-14 * 60, 14 * 60),
}
"""Inputs of an alert, and what each must be by itself."""

_TRIGGER: dict[str, Rule] = {
    "align_time": boolean,
    "cron": _cron,
    "frequency": whole(1),
    "operator": one_of(*COMPARISONS),
    "period": whole(1),
    "silence": whole(0),
    "threshold": _threshold,
    "timezone": _timezone,
    "tolerance_in_secs": whole(0),
}
_QUERY: dict[str, Rule] = {
    "aggregation": any_map,
    "conditions": any_map,
    "multi_time_range": any_list,
    "promql": non_empty,
    "promql_condition": any_map,
    "search_event_type": trimmed,
    "sql": _sql,
    "type": one_of(*QUERY_KEYS),
    "vrl_function": non_empty,
}
_NEEDED: dict[str, tuple[str, ...]] = {
    "custom": (),
    "promql": ("promql", "promql_condition"),
    "sql": ("sql",),
}
_FUNCTIONS = ("avg", "count", "max", "median", "min", "p50", "p75", "p90", "p95", "p99", "sum")
_AGGREGATION: dict[str, Rule] = {
    "function": one_of(*_FUNCTIONS),
    "group_by": texts,
    "having": any_map,
}
_COMPARISON: dict[str, Rule] = {
    "column": trimmed,
    "ignore_case": boolean,
    "operator": one_of(*COMPARISONS),
    "value": number,
}
_DEDUPLICATION: dict[str, Rule] = {
    "fingerprint_fields": texts,
    "grouping": any_map,
    "time_window_minutes": whole(1),
}
_GROUPING: dict[str, Rule] = {
    "enabled": boolean,
    "group_wait_seconds": whole(0),
    "max_group_size": whole(1),
    "send_strategy": one_of("all", "first_with_count", "summary"),
}


def alert_problems(inputs: Inputs, required: Collection[str]) -> Iterator[Problem]:
    """Yield all that is wrong with an alert."""
    rules = RULES if "anomaly_config" not in inputs else {**RULES, "anomaly_config": anything}
    for problem in check(inputs, rules, required):
        lonely = problem == Problem("destinations", "is missing")
        yield Problem("destinations", _NO_DESTINATION) if lonely else problem
    if "anomaly_config" in inputs:
        yield Problem("anomaly_config", _NO_ANOMALIES)
    maps = {key: cast("Inputs", inner) for key, inner in inputs.items() if isinstance(inner, dict)}
    realtime = inputs.get("alert_type") == "realtime"
    if "query_condition" in maps:
        yield from _query_problems(maps["query_condition"], realtime=realtime)
    if "trigger_condition" in maps:
        yield from _trigger_problems(maps["trigger_condition"], realtime=realtime)
    if "deduplication" in maps:
        yield from _deduplication_problems(maps["deduplication"])


def _query_problems(query: Inputs, *, realtime: bool) -> Iterator[Problem]:
    path = "query_condition"
    yield from check(query, _QUERY, {"type"}, path)
    kind = str(query.get("type"))
    if kind not in QUERY_KEYS:
        return
    if realtime and kind != "custom":
        yield Problem(f"{path}.type", "must be custom, because a realtime alert looks at one row")
    if realtime and query.get("aggregation"):
        yield Problem(f"{path}.aggregation", "means nothing to a realtime alert: leave it out")
    for key in _NEEDED[kind]:
        if key not in query:
            yield Problem(f"{path}.{key}", f"is missing, as type is {kind}")
    for key in sorted(query.keys() & _QUERY.keys() - {"type", "search_event_type"}):
        if key not in QUERY_KEYS[kind]:
            others = " or ".join(name for name, keys in QUERY_KEYS.items() if key in keys)
            yield Problem(
                f"{path}.{key}", f"is for type {others}, and type is {kind}: leave it out"
            )
    yield from _inner_problems(query, path)


def _inner_problems(query: Inputs, path: str) -> Iterator[Problem]:
    conditions = query.get("conditions")
    # The first form of conditions is what older alerts have: it is kept as it is.
    if isinstance(conditions, dict) and not conditions.keys() & {"and", "not", "or"}:
        yield from group_problems(cast("Inputs", conditions), f"{path}.conditions")
    aggregation = query.get("aggregation")
    if isinstance(aggregation, dict):
        values, at = cast("Inputs", aggregation), f"{path}.aggregation"
        yield from check(values, _AGGREGATION, {"function", "having"}, at)
        yield from _comparison_problems(values.get("having"), f"{at}.having")
    yield from _comparison_problems(query.get("promql_condition"), f"{path}.promql_condition")
    ranges, at = query.get("multi_time_range"), f"{path}.multi_time_range"
    yield from check_each(ranges, {"offSet": _offset}, {"offSet"}, at)


def _offset(value: Any) -> str | None:
    if wrong := text(value):
        return wrong
    return None if _OFFSET.fullmatch(value) else "must be a number and s, m, h, d, w or M, e.g. 1d"


def _comparison_problems(comparison: Any, path: str) -> Iterator[Problem]:
    if isinstance(comparison, dict):
        values = cast("Inputs", comparison)
        yield from check(values, _COMPARISON, {"column", "operator", "value"}, path)


def _trigger_problems(trigger: Inputs, *, realtime: bool) -> Iterator[Problem]:
    path = "trigger_condition"
    yield from check(trigger, _TRIGGER, () if realtime else {"period"}, path)
    if realtime:
        for key in sorted(trigger.keys() & _TRIGGER.keys() - {"silence"}):
            yield Problem(f"{path}.{key}", "means nothing to a realtime alert: leave it out")
    elif "cron" in trigger and "frequency" in trigger:
        yield Problem(f"{path}.frequency", "is minutes, and cron says when already: leave one out")
    elif "timezone" in trigger and "cron" not in trigger:
        yield Problem(f"{path}.timezone", "is for cron only, and there is none: leave it out")


def _deduplication_problems(deduplication: Inputs) -> Iterator[Problem]:
    path = "deduplication"
    yield from check(deduplication, _DEDUPLICATION, (), path)
    if isinstance(deduplication.get("grouping"), dict):
        yield from check(deduplication["grouping"], _GROUPING, (), f"{path}.grouping")
