"""Pipelines take the rows of one stream, or of a query, through functions and conditions."""

from __future__ import annotations

from typing import Any

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.values import plain

__all__ = ["PipelineKind"]


class PipelineKind(Kind):
    """A pipeline; its nodes are a map, and edges and positions derive from it."""

    token = "openobserve:index:Pipeline"  # noqa: S105 - a type token
    id_form = "organization/pipeline_id"
    required = frozenset({"name", "nodes"})
    optional = frozenset({"description", "enabled", "organization"})
    replace_on = frozenset({"organization"})
    computed = frozenset({"pipeline_id"})

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs, enabled unless they say otherwise."""
        return {"description": "", "enabled": True, **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:  # noqa: ARG002 - rules come next
        """Return what the server would refuse, or accept and lose rows."""
        return []

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs without nulls and defaults."""
        values: dict[str, Any] = plain(inputs)
        return values
