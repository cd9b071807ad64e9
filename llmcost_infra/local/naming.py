"""How OpenObserve writes names: of streams, and of the columns that nested values become."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, cast

__all__ = ["FLATTEN_LEVEL", "column_name", "flatten", "stream_name", "to_json_text"]

FLATTEN_LEVEL = 3
"""Nested objects become columns down to this depth, deeper ones JSON text."""

_STREAM = re.compile(r"[^a-zA-Z0-9_:]+")
_COLUMN = re.compile(r"[^a-z0-9_]")


def stream_name(name: str) -> str:
    """Return the name under which a stream is kept."""
    return _STREAM.sub("_", name).lower()


@lru_cache(maxsize=8192)
def column_name(key: str) -> str:
    """Return the column that a key becomes: `gen_ai.request.model` → `gen_ai_request_model`."""
    return _COLUMN.sub("_", key.lower())


def to_json_text(value: Any) -> str:
    """Write a value as the server writes JSON inside text: without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def flatten(value: dict[str, Any], level: int = FLATTEN_LEVEL) -> dict[str, Any]:
    """Return nested values as columns: objects by path, lists as JSON text, nulls left out.

    Args:
        value: any JSON object.
        level: depth down to which objects become columns; 0 is without limit.
    """
    columns: dict[str, Any] = {}
    for key, item in value.items():
        if item is None:
            continue
        if item.__class__ is dict:
            _flatten_into(columns, column_name(key), cast("dict[str, Any]", item), 1, level)
        elif item.__class__ is list:
            columns[column_name(key)] = to_json_text(item)
        else:
            columns[column_name(key)] = item
    return columns


def _flatten_into(
    columns: dict[str, Any], path: str, value: dict[str, Any], depth: int, level: int
) -> None:
    if level and depth >= level:
        columns[path] = to_json_text(value)
        return
    for key, item in value.items():
        inner = f"{path}_{column_name(key)}"
        if isinstance(item, dict):
            _flatten_into(columns, inner, cast("dict[str, Any]", item), depth + 1, level)
        elif isinstance(item, list):
            columns[inner] = to_json_text(item)
        elif item is not None:
            columns[inner] = item
