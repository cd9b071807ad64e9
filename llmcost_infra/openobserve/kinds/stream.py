"""Streams hold rows; their settings say how long and how they are indexed."""

from __future__ import annotations

import re
from typing import Any, cast

from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.rules import (
    Rule,
    check,
    items,
    nearest,
    one_of,
    text,
    texts,
    trimmed,
    whole,
)
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

__all__ = ["LIST_SETTINGS", "SCALAR_SETTINGS", "StreamKind", "stored_name"]

LIST_SETTINGS = frozenset(
    {"bloom_filter_fields", "defined_schema_fields", "full_text_search_keys", "index_fields"}
)
"""Settings that are sets of columns."""
SCALAR_SETTINGS = frozenset({"data_retention", "max_query_range"})
"""Settings that are one number."""

_TYPES = frozenset({"boolean", "float64", "int64", "uint64", "utf8"})
_DEFAULTS: Inputs = {"on_destroy": "retain"}
_HASH = re.compile(r"hash\((\d+)\)")


def stored_name(name: str) -> str:
    """Return the name under which the server stores a stream or a column."""
    return re.sub(r"[^a-zA-Z0-9_:]+", "_", name).lower()


def _name(value: Any) -> str | None:
    if wrong := trimmed(value):
        return wrong
    stored = stored_name(value)
    return None if value == stored else f"the server would store it as {stored!r}: write that"


def _columns(value: Any) -> str | None:
    return texts(value) or next((wrong for name in items(value) if (wrong := _name(name))), None)


def _fields(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "must be a map of column to type"
    for column, kind in cast("dict[str, Any]", value).items():
        if wrong := _name(column):
            return f"{column}: {wrong}"
        if column == "_timestamp":
            return "_timestamp is in every stream: leave it out"
        if kind is not None and (wrong := text(kind) or _unknown_type(kind)):
            return f"{column}: {wrong}"
    return None


def _unknown_type(kind: str) -> str | None:
    if kind.lower() in _TYPES:
        return None
    return f"{kind!r} is no type of a column; {nearest(kind.lower(), _TYPES)}"


def _partition_keys(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "must be a map of column to value, prefix or hash(number of partitions)"
    for column, way in cast("dict[str, Any]", value).items():
        if wrong := _name(column):
            return f"{column}: {wrong}"
        if way is not None and way not in {"value", "prefix"} and not _HASH.fullmatch(str(way)):
            return f"{column}: must be value, prefix or hash(number of partitions)"
    return None


_RULES: dict[str, Rule] = {
    "bloom_filter_fields": _columns,
    "data_retention": whole(0),
    "defined_schema_fields": _columns,
    "fields": _fields,
    "full_text_search_keys": _columns,
    "index_fields": _columns,
    "max_query_range": whole(0),
    "name": _name,
    "on_destroy": one_of("retain", "delete"),
    "organization": trimmed,
    "partition_keys": _partition_keys,
    "stream_type": one_of("logs", "traces", "metrics"),
}


class StreamKind(Kind):
    """A stream; a setting that is absent is not managed."""

    token = "openobserve:index:Stream"  # noqa: S105 - a type token
    id_form = "organization/stream_type/name"
    required = frozenset({"name", "stream_type"})
    optional = frozenset(_RULES) - required
    replace_on = frozenset({"name", "organization", "stream_type"})
    computed = frozenset()
    local_only = frozenset({"on_destroy"})
    unmanaged_if_absent = (optional | {"fields.*"}) - {"on_destroy", "organization"}

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs with ``on_destroy`` retain if it is absent."""
        return {**_DEFAULTS, **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse, or accept half: it makes the stream even so."""
        return [*check(inputs, _RULES, self.required), *_index_problems(inputs)]

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs with sorted lists and lower-case types.

        An empty list stays: it says that nothing is indexed, an absent one says nothing.
        """
        values: Inputs = plain(inputs)
        for key in LIST_SETTINGS & values.keys():
            values[key] = sorted(set(items(values[key])), key=str)
        fields = cast("dict[str, Any]", values.get("fields") or {})
        values["fields"] = {
            # What is not known yet passes through.
            column: kind.lower() if isinstance(kind, str) else kind
            for column, kind in fields.items()
        }
        return without_defaults(values, _DEFAULTS, LIST_SETTINGS)

    def adoptable(self, found: Found, target: Inputs) -> bool:
        """Return whether no column changes its type and no row would be deleted."""
        there, wanted = self.canonical(found.inputs), self.canonical(target)
        columns = there.get("fields", {})
        same_types = all(
            columns.get(column, kind) == kind for column, kind in wanted.get("fields", {}).items()
        )
        return same_types and _keeps_rows(there, wanted, found.facts.get("age_days"))


def _keeps_rows(there: Inputs, wanted: Inputs, age_days: float | None) -> bool:
    before, after = there.get("data_retention", 0), wanted.get("data_retention", 0)
    # 0 is the server's own retention, by default ten years.
    if after == 0 or 0 < before <= after:
        return True
    return age_days is not None and age_days < after


def _index_problems(inputs: Inputs) -> list[Problem]:
    """Return columns with two kinds of index, and full text search in what is no text."""
    searched = {key for key in items(inputs.get("full_text_search_keys")) if isinstance(key, str)}
    indexed = {key for key in items(inputs.get("index_fields")) if isinstance(key, str)}
    found = [
        Problem("index_fields", f"{column} is in full_text_search_keys too: a column has one index")
        for column in sorted(searched & indexed)
    ]
    fields = inputs.get("fields")
    types = cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}
    return found + [
        Problem("full_text_search_keys", f"{column} is {types[column]}: only utf8 can be searched")
        for column in sorted(searched)
        if str(types.get(column) or "utf8").lower() != "utf8"
    ]
