"""Alerts as the server's typed model holds them, and what of them it refuses to save."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.comparisons import COMPARISONS
from llmcost_infra.local.condition_model import QUERY_CONDITION, TRIGGER_CONDITION
from llmcost_infra.local.cron import Cron
from llmcost_infra.local.dashboard_model import STREAM_TYPE
from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.shapes import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    Choice,
    ListOf,
    MapOf,
    Struct,
    defaulted,
    nullable,
    optional,
    required,
)
from llmcost_infra.sql_engine.refusals import SqlRefusal
from llmcost_infra.sql_engine.sql import MemoryStreams, plan

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALERT", "OUTER_KEYS", "check_query", "normalised"]

OUTER_KEYS = ("folder_id", "anomaly_config")
"""Keys whose refusals name a place; those of the alert itself name the end of the body."""

_ANOMALY = Struct(
    "AnomalyConfig",
    {
        "query_mode": required(STRING),
        "filters": optional(ANY),
        "custom_sql": optional(STRING),
        "detection_function": required(STRING),
        "histogram_interval": required(STRING),
        "schedule_interval": required(STRING),
        "detection_window_seconds": required(INTEGER),
    },
)
_DEDUPLICATION = Struct(
    "DeduplicationConfig",
    {
        "enabled": defaulted(BOOLEAN, False),
        "fingerprint_fields": defaulted(ListOf(STRING), []),
        "time_window_minutes": optional(INTEGER),
        "grouping": optional(ANY),
    },
)
_NO_TRIGGER = {
    "period": 0,
    "operator": "=",
    "threshold": 0,
    "frequency": 0,
    "cron": "",
    "frequency_type": "minutes",
    "silence": 0,
    "tolerance_in_secs": None,
    "align_time": False,
}
_NO_QUERY = {
    "type": "custom",
    "conditions": None,
    "sql": None,
    "promql": None,
    "promql_condition": None,
    "aggregation": None,
    "vrl_function": None,
    "search_event_type": None,
    "multi_time_range": None,
}
ALERT = Struct(
    "Alert",
    {
        "id": optional(STRING),
        "name": defaulted(STRING, ""),
        "stream_type": defaulted(STREAM_TYPE, "logs"),
        "stream_name": defaulted(STRING, ""),
        "is_real_time": defaulted(BOOLEAN, False),
        "query_condition": defaulted(QUERY_CONDITION, _NO_QUERY),
        "trigger_condition": defaulted(TRIGGER_CONDITION, _NO_TRIGGER),
        "destinations": defaulted(ListOf(STRING), []),
        "template": optional(STRING),
        "context_attributes": optional(MapOf(STRING)),
        "row_template": defaulted(STRING, ""),
        "row_template_type": defaulted(Choice(("String", "Json")), "String"),
        "description": nullable(STRING),
        "enabled": defaulted(BOOLEAN, False),
        "tz_offset": defaulted(INTEGER, 0),
        "owner": nullable(STRING),
        "creates_incident": defaulted(BOOLEAN, False),
        "deduplication": optional(_DEDUPLICATION),
        "anomaly_config": optional(_ANOMALY),
    },
)
"""The body of an alert."""

_SELECT_STAR = re.compile(r"select +\*", re.IGNORECASE)


def normalised(body: dict[str, Any], second: int) -> dict[str, Any]:
    """Return a body as the server keeps it; refuses an unreadable schedule or function.

    Args:
        body: as read by `ALERT`.
        second: of the current minute, which replaces a leading `*` of a cron expression.
    """
    alert = {key: value for key, value in body.items() if key not in {"id", "anomaly_config"}}
    alert["trigger_condition"] = _trigger(body["trigger_condition"], second)
    alert["query_condition"] = _query(body["query_condition"])
    alert["row_template"] = body["row_template"].strip()
    if "context_attributes" in alert:
        alert["context_attributes"] = {
            key.strip(): text for key, text in body["context_attributes"].items() if key.strip()
        }
    if not alert.get("template"):
        alert.pop("template", None)
    if not alert.get("deduplication", {}).get("enabled"):
        alert.pop("deduplication", None)
    return alert


def _trigger(trigger: dict[str, Any], second: int) -> dict[str, Any]:
    if trigger["operator"] not in COMPARISONS:
        raise Refusal(500, f"Invalid operator: {trigger['operator']}")
    changed: dict[str, Any] = {"frequency": trigger["frequency"] or 1}
    if trigger["frequency_type"] == "minutes":
        changed["cron"] = ""
    else:
        changed["cron"] = _cron(trigger["cron"], second)
    return trigger | changed


def _cron(expression: str, second: int) -> str:
    first, _, rest = expression.strip().partition(" ")
    written = f"{second} {rest}" if first == "*" else expression
    try:
        Cron(written)
    except ValueError as error:
        raise Refusal(400, str(error)) from None
    return written


def _query(query: dict[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {key: query[key] or None for key in ("sql", "promql")}
    changed["vrl_function"] = _closed(query["vrl_function"])
    return query | changed


def _closed(encoded: str | None) -> str | None:
    """End an alert's function with the rows themselves."""
    if not encoded:
        return None
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        source = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refusal(400, f"Error decoding VRL query function: {error}") from None
    if source.strip() in {"", "."}:
        return None
    if source.strip().endswith("."):
        return encoded
    return base64.urlsafe_b64encode(f"{source}\n.".encode()).decode().rstrip("=")


def check_query(alert: Mapping[str, Any]) -> None:
    """Refuse a query that the server refuses to save; a missing column is not among them."""
    query = alert["query_condition"]
    if alert["is_real_time"]:
        if query["type"] != "custom":
            raise Refusal(400, "Realtime alert should use Custom query type")
    elif query["type"] == "sql":
        _check_sql(query["sql"])
    elif query["type"] == "promql" and not (query["promql"] and query["promql_condition"]):
        raise Refusal(400, "Alert with PromQL mode should have a query")


def _check_sql(sql: str | None) -> None:
    if not sql:
        raise Refusal(400, "Alert with SQL mode should have a query")
    if _SELECT_STAR.search(sql):
        raise Refusal(400, "Alert with SQL can not contain SELECT * in the SQL query")
    words = _syntax_words(sql)
    if words:
        raise Refusal(
            500, f'Error resolving stream names in SQL query: SQL error: ParserError("{words}")'
        )


def _syntax_words(sql: str) -> str:
    """Return what the parser says about a statement that it cannot read, else nothing."""
    try:
        plan(sql, MemoryStreams({}))
    except SqlRefusal as refusal:
        _, found, words = refusal.server_message.partition("sql parser error: ")
        return words if found else ""
    return ""
