"""A new stream in the server's form: columns, and settings as whole lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs

__all__ = ["LIST_SETTINGS", "SCALAR_SETTINGS", "creation", "sent_columns", "sent_partitions"]

LIST_SETTINGS = frozenset(
    {"bloom_filter_fields", "defined_schema_fields", "full_text_search_keys", "index_fields"}
)
"""Settings that are sets of columns."""
SCALAR_SETTINGS = frozenset({"data_retention", "max_query_range"})
"""Settings that are one number."""


def creation(inputs: Inputs) -> dict[str, Any]:
    """Return the body that makes a stream: settings are whole lists here."""
    settings = {
        key: value
        for key, value in inputs.items()
        if key in LIST_SETTINGS | SCALAR_SETTINGS and value is not None
    }
    if inputs.get("partition_keys"):
        settings["partition_keys"] = sent_partitions(inputs["partition_keys"])
    return {"fields": sent_columns(inputs.get("fields") or {}), "settings": settings}


def sent_columns(fields: Mapping[str, str]) -> list[dict[str, str]]:
    """Return columns in the server's form."""
    return [{"name": name, "type": kind} for name, kind in sorted(fields.items())]


def sent_partitions(keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return partition keys in the server's form."""
    return [
        {"field": column, "types": _server_way(way), "disabled": False}
        for column, way in sorted(keys.items())
    ]


def _server_way(way: str) -> Any:
    return {"hash": int(way[5:-1])} if way.startswith("hash(") else way
