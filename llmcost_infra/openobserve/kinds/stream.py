"""Streams hold rows; their settings say how long and how they are indexed."""

from __future__ import annotations

from typing import Any

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.values import plain

__all__ = ["StreamKind"]


class StreamKind(Kind):
    """A stream; a setting that is absent is not managed."""

    token = "openobserve:index:Stream"  # noqa: S105 - a type token
    id_form = "organization/stream_type/name"
    required = frozenset({"name", "stream_type"})
    optional = frozenset(
        {
            "bloom_filter_fields",
            "data_retention",
            "defined_schema_fields",
            "fields",
            "full_text_search_keys",
            "index_fields",
            "max_query_range",
            "on_destroy",
            "organization",
            "partition_keys",
        }
    )
    replace_on = frozenset({"name", "organization", "stream_type"})
    computed = frozenset()
    local_only = frozenset({"on_destroy"})

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs with ``on_destroy`` retain if it is absent."""
        return {"on_destroy": "retain", **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:  # noqa: ARG002 - rules come next
        """Return what the server would refuse, or accept and break."""
        return []

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs with sorted lists and lower-case types."""
        values: dict[str, Any] = plain(inputs)
        return values
