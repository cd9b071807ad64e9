"""Pipelines take the rows of one stream, or of a query, through functions and conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.pipeline_body import canonical_node, fold_pipeline
from llmcost_infra.openobserve.kinds.pipeline_problems import node_problems
from llmcost_infra.openobserve.kinds.rules import (
    anything,
    boolean,
    check,
    entries,
    text,
    trimmed,
)
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.rules import Rule

__all__ = ["PipelineKind"]

_DEFAULTS: Inputs = {"description": "", "enabled": True}


def _name(value: Any) -> str | None:
    if wrong := trimmed(value):
        return wrong
    if value == value.lower():
        return None
    return f"the server would store it as {value.lower()!r}: write that"


_RULES: dict[str, Rule] = {
    "description": text,
    "enabled": boolean,
    "name": _name,
    "nodes": anything,  # told in full by node_problems
    "organization": trimmed,
}


class PipelineKind(Kind):
    """A pipeline; its nodes are a map, and edges and positions derive from it."""

    token = "openobserve:index:Pipeline"  # noqa: S105 - a type token
    id_form = "organization/pipeline_id"
    required = frozenset({"name", "nodes"})
    optional = frozenset({"description", "enabled", "organization"})
    replace_on = frozenset({"organization"})
    computed = frozenset({"pipeline_id"})
    atomic = True
    server_changes = (
        "version, source and ids of edges",
        "positions that follow from the graph",
        "defaults of functions, conditions and queries that it fills in",
    )

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs, enabled unless they say otherwise."""
        return {**_DEFAULTS, **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse, and where rows would be lost."""
        return [*check(inputs, _RULES, self.required), *node_problems(inputs.get("nodes"))]

    def body(self, inputs: Inputs, organization: str) -> Inputs:
        """Return the pipeline in the server's form, before it has an id and a version."""
        return fold_pipeline(inputs, organization)

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs without nulls and defaults, and with sorted followers."""
        values: Inputs = plain(inputs)
        known = entries(values.get("nodes"))
        values["nodes"] = {name: canonical_node(node) for name, node in known.items()}
        return without_defaults(values, _DEFAULTS, frozenset({"nodes"}))
