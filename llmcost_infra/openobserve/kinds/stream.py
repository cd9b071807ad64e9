"""Streams hold rows; their settings say how long and how they are indexed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.rules import (
    Rule,
    any_map,
    boolean,
    check,
    items,
    nearest,
    one_of,
    text,
    texts,
    trimmed,
    whole,
)
from llmcost_infra.openobserve.kinds.stream_body import LIST_SETTINGS, creation
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["STREAM_TYPES", "StreamKind", "stored_name"]

STREAM_TYPES = ("logs", "traces", "metrics")
"""Types of streams that hold rows which somebody sends."""

_TYPES = frozenset({"boolean", "float64", "int64", "uint64", "utf8"})
_DEFAULTS: Inputs = {"allow_data_loss": False, "on_destroy": "retain"}
_ALLOW = "if that is meant, set allow_data_loss=True for that update"
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


def _type(value: Any) -> str | None:
    if wrong := text(value):
        return wrong
    if value.lower() in _TYPES:
        return None
    return f"{value!r} is no type of a column; {nearest(value.lower(), _TYPES)}"


def _partition(value: Any) -> str | None:
    if value in {"value", "prefix"} or _HASH.fullmatch(str(value)):
        return None
    return "must be value, prefix or hash(number of partitions)"


_RULES: dict[str, Rule] = {
    "allow_data_loss": boolean,
    "bloom_filter_fields": _columns,
    "data_retention": whole(0),
    "defined_schema_fields": _columns,
    "fields": any_map,
    "full_text_search_keys": _columns,
    "index_fields": _columns,
    "max_query_range": whole(0),
    "name": _name,
    "on_destroy": one_of("retain", "delete"),
    "organization": trimmed,
    "partition_keys": any_map,
    "stream_type": one_of(*STREAM_TYPES),
}


class StreamKind(Kind):
    """A stream; a setting that is absent is not managed."""

    token = "openobserve:index:Stream"  # noqa: S105 - a type token
    id_form = "organization/stream_type/name"
    required = frozenset({"name", "stream_type"})
    optional = frozenset(_RULES) - required
    replace_on = frozenset({"name", "organization", "stream_type"})
    computed = frozenset()
    server_changes = (
        "columns that it learned from rows",
        "`distinct_value_fields`, which variables of dashboards add",
        "the mark of a stream that holds LLM spans",
    )
    local_only = frozenset({"allow_data_loss", "on_destroy"})
    unmanaged_if_absent = (optional | {"fields.*"}) - local_only - {"organization"}

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs with ``on_destroy`` retain if it is absent."""
        return {"on_destroy": _DEFAULTS["on_destroy"], **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse, or accept half: it makes the stream even so."""
        return [
            *check(inputs, _RULES, self.required),
            *_column_problems(inputs, "fields", _type),
            *_column_problems(inputs, "partition_keys", _partition),
            *_index_problems(inputs),
        ]

    def body(self, inputs: Inputs, organization: str) -> Inputs:  # noqa: ARG002 - it is in the address
        """Return columns and settings; name and type are in the address."""
        return creation(inputs)

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

    def losses(self, old: Inputs, new: Inputs) -> list[Problem]:
        """Return where rows would be deleted without ``allow_data_loss``."""
        if new.get("allow_data_loss"):
            return []
        found: list[Problem] = []
        if new.get("on_destroy") == "delete":
            message = f"a destroy would delete the stream with all its rows; {_ALLOW}"
            found.append(Problem("on_destroy", message))
        same = bool(old) and all(old.get(key) == new.get(key) for key in self.replace_on)
        lost = _lost(old.get("data_retention") or 0, new.get("data_retention")) if same else ""
        if lost:
            found.append(Problem("data_retention", f"{lost} would be deleted; {_ALLOW}"))
        return found

    def adoptable(self, found: Found, target: Inputs) -> bool:
        """Return whether no column changes its type and no row would be deleted unallowed."""
        there, wanted = self.canonical(found.inputs), self.canonical(target)
        columns = there.get("fields", {})
        same_types = all(
            columns.get(column, kind) == kind for column, kind in wanted.get("fields", {}).items()
        )
        allowed = bool(target.get("allow_data_loss"))
        return same_types and (allowed or _keeps_rows(there, wanted, found.facts.get("age_days")))


def _keeps_rows(there: Inputs, wanted: Inputs, age_days: float | None) -> bool:
    after = wanted.get("data_retention", 0)
    if not _lost(there.get("data_retention", 0), after):
        return True
    return age_days is not None and age_days < after


def _lost(before: int, after: int | None) -> str:
    """Return which rows another retention (days) deletes; none if it is longer, or unknown."""
    # 0 is the server's own retention, by default ten years.
    if not after or 0 < before <= after:
        return ""
    if before:
        return f"about {before - after} days of rows (retention {before} → {after} days)"
    return f"rows older than {after} days (retention was the server's own)"


def _column_problems(inputs: Inputs, key: str, rule: Rule) -> Iterator[Problem]:
    """Yield what is wrong with the columns of a map, and with what the map says about them."""
    columns = inputs.get(key)
    for column, value in (cast("Inputs", columns) if isinstance(columns, dict) else {}).items():
        if column == "_timestamp":
            yield Problem(f"{key}.{column}", "is in every stream: leave it out")
        elif wrong := _name(column) or (None if value is None else rule(value)):
            yield Problem(f"{key}.{column}", wrong)


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
