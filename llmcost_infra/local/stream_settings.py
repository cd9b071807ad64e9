"""Settings of a stream: their defaults, how a request changes them, and what is refused."""

from __future__ import annotations

from typing import Any, cast

from llmcost_infra.local.responses import Refusal

__all__ = ["changed", "created", "defaults", "refuse_conflicts"]

Settings = dict[str, Any]

_SCALARS = (
    "data_retention",
    "flatten_level",
    "max_query_range",
    "store_original_data",
    "approx_partition",
    "index_original_data",
    "index_all_values",
    "enable_distinct_fields",
    "enable_log_patterns_extraction",
    "storage_type",
    "is_llm_stream",
)
_NAME_LISTS = ("full_text_search_keys", "index_fields", "bloom_filter_fields")
_INDEXES = ("index_fields", "bloom_filter_fields", "full_text_search_keys")
_DEFAULT_FULL_TEXT = frozenset(
    {"log", "message", "msg", "content", "data", "body", "json", "error", "errors"}
)
_DEFAULT_INDEX = frozenset({"trace_id", "service_name", "operation_name"})
_COMPLIANCE_DAYS = 30


def defaults(*, distinct_fields: bool = True) -> Settings:
    """Return the settings of a stream that nobody configured.

    Args:
        distinct_fields: off for streams that were created over the API.
    """
    return {
        "partition_keys": {},
        "full_text_search_keys": [],
        "index_fields": [],
        "bloom_filter_fields": [],
        "distinct_value_fields": [],
        "data_retention": 0,
        "max_query_range": 0,
        "store_original_data": False,
        "approx_partition": False,
        "index_updated_at": 0,
        "extended_retention_days": [],
        "index_original_data": False,
        "index_all_values": False,
        "enable_distinct_fields": distinct_fields,
        "enable_log_patterns_extraction": False,
        "is_llm_stream": False,
        "storage_type": "normal",
    }


def created(sent: Settings, columns: dict[str, str], now: int) -> Settings:
    """Return the settings of a new stream.

    Args:
        sent: the whole settings, with plain lists.
        columns: of the stream.
        now: microseconds since 1970.

    Raises:
        Refusal: the server would refuse them; the stream is there nevertheless.
    """
    settings = defaults(distinct_fields=False)
    for key in _SCALARS:
        if sent.get(key) is not None:
            settings[key] = sent[key]
    for key in (*_NAME_LISTS, "extended_retention_days"):
        settings[key] = list(sent.get(key) or [])
    partitions: list[dict[str, Any]] = sent.get("partition_keys") or []
    for entry in partitions:
        _add_partition(settings["partition_keys"], entry)
    _check_full_text(settings["full_text_search_keys"], columns)
    refuse_conflicts(settings)
    if settings["index_fields"]:
        settings["index_updated_at"] = now
    return settings


def changed(settings: Settings, sent: Settings, now: int) -> Settings:
    """Return settings with a request's changes: scalars set, lists added to and removed from.

    Args:
        settings: as they are.
        sent: `{"data_retention": 30, "index_fields": {"add": […], "remove": […]}}`; unknown keys
            change nothing.
        now: microseconds since 1970.

    Raises:
        Refusal: the server would refuse the outcome.
    """
    if _delta(sent, "defined_schema_fields") != ([], []):
        raise Refusal(
            400,
            "user defined schema is not allowed, "
            "you need to set ZO_ALLOW_USER_DEFINED_SCHEMAS=true",
        )
    after = {**settings}
    for key in _SCALARS:
        if sent.get(key) is not None:
            after[key] = sent[key]
    for key in _NAME_LISTS:
        added, removed = _delta(sent, key)
        kept = sorted({*after[key], *added} - set(removed)) if added or removed else after[key]
        if key in _INDEXES[:1] and kept != after[key]:
            after["index_updated_at"] = now
        after[key] = kept
    _change_distinct(after, *_delta(sent, "distinct_value_fields"), now)
    _change_ranges(after, *_delta(sent, "extended_retention_days"))
    _change_partitions(after, *_delta(sent, "partition_keys"))
    if after["index_original_data"] and after["index_all_values"]:
        raise Refusal(400, "index_original_data & index_all_values cannot be true at the same time")
    if after["index_original_data"]:
        after["store_original_data"] = True
    if after["storage_type"] == "compliance" and 0 < after["data_retention"] < _COMPLIANCE_DAYS:
        raise Refusal(
            400, "data_retention must be at least 30 days when storage_type is compliance"
        )
    refuse_conflicts(after)
    return after


def refuse_conflicts(settings: Settings) -> None:
    """Refuse a column that is both full text and secondary index, defaults included."""
    full_text = set(settings["full_text_search_keys"])
    index = set(settings["index_fields"])
    both = (full_text & (index | _DEFAULT_INDEX)) | (index & _DEFAULT_FULL_TEXT)
    if both:
        raise Refusal(
            400,
            f"Field(s) '{', '.join(sorted(both))}' cannot have both Full Text Search and "
            "Secondary Index. Please choose only one index type per field.",
        )


def _check_full_text(keys: list[str], columns: dict[str, str]) -> None:
    for key in keys:
        if key not in columns:
            raise Refusal(400, f"field [{key}] not found in schema")
        if columns[key] != "Utf8":
            raise Refusal(400, f"full text search field [{key}] must be text field")


def _delta(sent: Settings, key: str) -> tuple[list[Any], list[Any]]:
    change = cast("dict[str, list[Any]]", sent.get(key) or {})
    return list(change.get("add") or []), list(change.get("remove") or [])


def _change_distinct(settings: Settings, added: list[str], removed: list[str], now: int) -> None:
    fields = [entry for entry in settings["distinct_value_fields"] if entry["name"] not in removed]
    known = {entry["name"] for entry in fields}
    fields += [{"name": name, "added_ts": now} for name in added if name not in known]
    settings["distinct_value_fields"] = fields


def _change_ranges(settings: Settings, added: list[Any], removed: list[Any]) -> None:
    for entry in added:
        if entry["start"] > entry["end"]:
            raise Refusal(400, "start day should be less than end day")
    kept = [entry for entry in settings["extended_retention_days"] if entry not in removed]
    for entry in added:
        if entry not in kept:
            kept.append(entry)
    settings["extended_retention_days"] = kept


def _change_partitions(settings: Settings, added: list[Any], removed: list[Any]) -> None:
    keys = {level: {**entry} for level, entry in settings["partition_keys"].items()}
    for entry in added:
        _add_partition(keys, entry)
    names = {entry["field"] for entry in removed}
    for entry in keys.values():
        if entry["field"] in names:
            entry["disabled"] = True
    settings["partition_keys"] = keys


def _add_partition(keys: dict[str, Any], entry: dict[str, Any]) -> None:
    known = next((have for have in keys.values() if have["field"] == entry["field"]), None)
    kind = entry.get("types", "value")
    if known is None:
        keys[f"L{len(keys)}"] = {"field": entry["field"], "types": kind, "disabled": False}
    elif known["types"] != kind:
        raise Refusal(400, f"field [{entry['field']}] partition types can't be changed")
    else:
        known["disabled"] = bool(entry.get("disabled", False))
