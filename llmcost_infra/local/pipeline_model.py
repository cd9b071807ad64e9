"""Pipelines as the server's typed model holds them, and which graphs it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.local.condition_model import (
    QUERY_CONDITION,
    TRIGGER_CONDITION,
    VERSIONED_CONDITIONS,
)
from llmcost_infra.local.dashboard_model import STREAM_TYPE
from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.shapes import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    STRING,
    ListOf,
    MapOf,
    Struct,
    Tagged,
    defaulted,
    nullable,
    optional,
    required,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["PIPELINE", "check_graph", "function_names", "source_of"]

_STREAM = Struct(
    "StreamParams",
    {
        "org_id": defaulted(STRING, ""),
        "stream_name": defaulted(STRING, ""),
        "stream_type": defaulted(STREAM_TYPE, "logs"),
    },
)
_QUERY = Struct(
    "DerivedStream",
    {
        "org_id": defaulted(STRING, ""),
        "stream_type": defaulted(STREAM_TYPE, "logs"),
        "query_condition": required(QUERY_CONDITION),
        "trigger_condition": required(TRIGGER_CONDITION),
        "tz_offset": defaulted(INTEGER, 0),
        "delay": optional(INTEGER),
        "start_at": optional(INTEGER),
    },
)
_FUNCTION = Struct(
    "FunctionParams",
    {
        "name": defaulted(STRING, ""),
        "after_flatten": defaulted(BOOLEAN, False),
        "num_args": defaulted(INTEGER, 0),
    },
)
_REMOTE = Struct(
    "RemoteStreamParams", {"org_id": required(STRING), "destination_name": required(STRING)}
)
_NODE = Struct(
    "Node",
    {
        "id": required(STRING),
        "data": required(
            Tagged(
                "node_type",
                {
                    "remote_stream": _REMOTE,
                    "stream": _STREAM,
                    "query": _QUERY,
                    "function": _FUNCTION,
                    "condition": VERSIONED_CONDITIONS,
                },
            )
        ),
        "meta": optional(MapOf(STRING)),
        "position": required(Struct("Position", {"x": required(FLOAT), "y": required(FLOAT)})),
        "io_type": required(STRING),
        "style": optional(Struct("NodeStyle", {"backgroundColor": nullable(STRING)})),
    },
)
_EDGE = Struct(
    "Edge", {"id": required(STRING), "source": required(STRING), "target": required(STRING)}
)
PIPELINE = Struct(
    "Pipeline",
    {
        "pipeline_id": defaulted(STRING, ""),
        "version": defaulted(INTEGER, 0),
        "enabled": defaulted(BOOLEAN, True),
        "org": defaulted(STRING, ""),
        "name": required(STRING),
        "description": defaulted(STRING, ""),
        "source": defaulted(Tagged("source_type", {"realtime": _STREAM, "scheduled": _QUERY}), {}),
        "nodes": required(ListOf(_NODE)),
        "edges": required(ListOf(_EDGE)),
    },
)
"""The body of a pipeline; `source` is {} when it was not sent."""

_UNFLATTENED = (
    "After Flatten must be checked if a previous FunctionNode already checked it "
    "in the same branch."
)


def _invalid(words: str) -> Refusal:
    return Refusal(400, f"Invalid pipeline {words}")


def source_of(nodes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return where the rows come from: what the first node says."""
    data = dict(nodes[0]["data"])
    kind = data.pop("node_type")
    if kind == "stream":
        return {"source_type": "realtime", **data}
    if kind != "query":
        raise _invalid("Source must be either a StreamNode or QueryNode")
    if not data["trigger_condition"]["period"]:
        raise _invalid("DerivedStream source's TriggerCondition period missing or is 0")
    return {"source_type": "scheduled", **data}


def function_names(pipeline: Mapping[str, Any]) -> list[str]:
    """Return the functions that a pipeline names, in the order of its nodes."""
    return [
        node["data"]["name"]
        for node in pipeline["nodes"]
        if node["data"]["node_type"] == "function"
    ]


def check_graph(pipeline: Mapping[str, Any]) -> None:
    """Refuse a graph that the server refuses; unreachable nodes it does not notice."""
    nodes, edges = pipeline["nodes"], pipeline["edges"]
    if not nodes:
        raise _invalid(
            "Empty pipeline. Please add Source/Destination nodes, or any applicable Transform Nodes"
        )
    if not edges:
        raise _invalid("Please connect all Nodes to complete pipeline creation")
    source_of(nodes)
    if any(_is_empty_condition(node["data"]) for node in nodes):
        raise _invalid("ConditionNode must have non-empty conditions")
    needed = len(nodes) - 1
    if len(edges) < needed:
        raise _invalid(
            "Insufficient number of edges to connect all nodes. "
            f"Need at least {needed} for {len(nodes)} nodes, but got {len(edges)}."
        )
    by_id = {node["id"]: node["data"] for node in nodes}
    _Walk(by_id, _successors(by_id, edges)).visit(nodes[0]["id"], flattened=False)


def _is_empty_condition(data: Mapping[str, Any]) -> bool:
    if data["node_type"] != "condition":
        return False
    conditions = data["conditions"]
    inner = conditions.get("conditions", conditions.get("and", conditions.get("or", conditions)))
    return not inner


def _successors(
    by_id: Mapping[str, Any], edges: Sequence[Mapping[str, str]]
) -> dict[str, list[str]]:
    graph: dict[str, list[str]] = {}
    for index, edge in enumerate(edges):
        for end in ("source", "target"):
            if edge[end] not in by_id:
                raise _invalid(f"Edge #{index}'s {end} node not found in nodes list")
        graph.setdefault(edge["source"], []).append(edge["target"])
    return graph


class _Walk:
    """A walk from the source that looks for circles, dead ends, and flattening undone."""

    def __init__(self, by_id: Mapping[str, Any], graph: Mapping[str, list[str]]) -> None:
        self._by_id = by_id
        self._graph = graph
        self._open: set[str] = set()

    def visit(self, node_id: str, *, flattened: bool) -> None:
        """Visit a node and what follows it."""
        if node_id in self._open:
            raise _invalid("Cyclical pipeline detected.")
        followers = self._graph.get(node_id)
        if followers is None:
            if self._by_id[node_id]["node_type"] not in {"stream", "remote_stream"}:
                raise _invalid("All leaf nodes must be StreamNode")
            return
        self._open.add(node_id)
        for follower in followers:
            data = self._by_id[follower]
            if data["node_type"] == "function":
                if flattened and not data["after_flatten"]:
                    raise _invalid(_UNFLATTENED)
                flattened = flattened or data["after_flatten"]
            self.visit(follower, flattened=flattened)
        self._open.remove(node_id)
