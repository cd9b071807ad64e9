"""How OpenObserve writes names: of streams, and of the columns that nested values become."""

from __future__ import annotations

import json
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

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


def to_json_text(value: Any, *, sort_keys: bool = False) -> str:
    """Write a value as the server writes JSON inside text: without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)


def flatten(
    value: dict[str, Any], level: int = FLATTEN_LEVEL, *, sort_keys: bool = False
) -> dict[str, Any]:
    """Return nested values as columns: objects by path, lists as JSON text, nulls left out.

    Args:
        value: any JSON object.
        level: depth down to which objects become columns; 0 is without limit.
        sort_keys: order the keys of objects in JSON text.
    """
    to_text = partial(to_json_text, sort_keys=sort_keys)
    columns: dict[str, Any] = {}
    for key, item in value.items():
        if item is None:
            continue
        if item.__class__ is dict:
            _flatten_into(
                columns, column_name(key), cast("dict[str, Any]", item), (1, level, to_text)
            )
        elif item.__class__ is list:
            columns[column_name(key)] = to_text(item)
        else:
            columns[column_name(key)] = item
    return columns


def _flatten_into(
    columns: dict[str, Any],
    path: str,
    value: dict[str, Any],
    form: tuple[int, int, Callable[[Any], str]],
) -> None:
    """Add the columns of an object; `form` is its depth, the deepest one, and the text writer."""
    depth, level, to_text = form
    if level and depth >= level:
        columns[path] = to_text(value)
        return
    for key, item in value.items():
        inner = f"{path}_{column_name(key)}"
        if isinstance(item, dict):
            form = (depth + 1, level, to_text)
            _flatten_into(columns, inner, cast("dict[str, Any]", item), form)
        elif isinstance(item, list):
            columns[inner] = to_text(item)
        elif item is not None:
            columns[inner] = item
