"""Pipelines to and from the server's form: nodes with followers, and nodes with edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.conditions import canonical_group, sent_group
from llmcost_infra.openobserve.kinds.graph import places
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs

__all__ = ["canonical_node", "fold_pipeline", "unfold_pipeline"]

_CONDITIONS_V2 = 2
_NODE_DEFAULTS: dict[str, Inputs] = {
    "function": {"after_flatten": True},
    "condition": {"version": _CONDITIONS_V2},
    "query": {"tz_offset": 0, "delay": 0},
}
_TRIGGER_DEFAULTS: Inputs = {
    "align_time": True,
    "frequency_type": "minutes",
    "operator": "=",
    "silence": 0,
    "threshold": 0,
}
_SENT_TRIGGER: Inputs = {"frequency_type": "minutes", "operator": "=", "threshold": 0}
_OUTSIDE_DATA = frozenset({"meta", "next", "position", "type"})


def fold_pipeline(inputs: Inputs, organization: str) -> dict[str, Any]:
    """Return the body of a pipeline; id, version and source are the store's business.

    Args:
        inputs: inputs without problems.
        organization: where the pipeline lives; the server takes every stream from there.
    """
    nodes: dict[str, Inputs] = inputs["nodes"]
    graph = {node: sorted(values.get("next") or []) for node, values in nodes.items()}
    place = places(graph)
    reached = {follower for following in graph.values() for follower in following}
    return {
        "org": organization,
        "name": inputs["name"],
        "description": inputs.get("description", ""),
        "enabled": inputs.get("enabled", True),
        # The first node decides what the server takes for the source.
        "nodes": [
            {
                "id": node,
                "io_type": _io_type(node, graph, reached),
                "position": nodes[node].get("position") or _position(place[node]),
                **({"meta": nodes[node]["meta"]} if nodes[node].get("meta") else {}),
                "data": _data(nodes[node], organization),
            }
            for node in place
        ],
        "edges": [
            {"id": f"e{source}-{target}", "source": source, "target": target}
            for source in place
            for target in graph[source]
        ],
    }


def unfold_pipeline(body: Mapping[str, Any], organization: str) -> Inputs:
    """Return the inputs of a pipeline as the server has it, canonical but for the top level."""
    graph: dict[str, list[str]] = {node["id"]: [] for node in body["nodes"]}
    for edge in body["edges"]:
        graph.setdefault(edge["source"], []).append(edge["target"])
    graph = {node: sorted(following) for node, following in graph.items()}
    place = places(graph)
    return {
        "name": body["name"],
        "description": body.get("description", ""),
        "enabled": body.get("enabled", True),
        "nodes": {
            node["id"]: canonical_node(_unfold_node(node, graph, place, organization))
            for node in body["nodes"]
        },
    }


def canonical_node(node: Inputs) -> Inputs:
    """Return a node without defaults; the order of those who follow means nothing."""
    values: Inputs = plain(node)
    if values.get("next"):
        values["next"] = sorted(values["next"], key=str)
    second = values.get("version", _CONDITIONS_V2) == _CONDITIONS_V2
    if second and isinstance(values.get("conditions"), dict):
        values["conditions"] = canonical_group(values["conditions"])
    for key, defaults in (("query_condition", {}), ("trigger_condition", _TRIGGER_DEFAULTS)):
        if isinstance(values.get(key), dict):
            values[key] = without_defaults(values[key], defaults)
    return without_defaults(values, _NODE_DEFAULTS.get(values.get("type", ""), {}))


def _io_type(node: str, graph: Mapping[str, list[str]], reached: set[str]) -> str:
    if node not in reached:
        return "input"
    return "default" if graph[node] else "output"


def _position(place: tuple[int, int]) -> dict[str, int]:
    return {"x": place[0], "y": place[1]}


def _data(node: Inputs, organization: str) -> dict[str, Any]:
    kind = node["type"]
    values = {key: value for key, value in node.items() if key not in _OUTSIDE_DATA}
    data = {"node_type": kind, **_NODE_DEFAULTS.get(kind, {}), **values}
    if kind in {"stream", "query", "remote_stream"}:
        data.setdefault("org_id", organization)
    if kind == "function":
        data["num_args"] = 0
    if kind == "query":
        data["trigger_condition"] = {**_SENT_TRIGGER, **data["trigger_condition"]}
    if data.get("version") == 1:
        del data["version"]
    elif "conditions" in data:
        data["conditions"] = sent_group(data["conditions"])
    return data


def _unfold_node(
    node: Mapping[str, Any],
    graph: Mapping[str, list[str]],
    place: Mapping[str, tuple[int, int]],
    organization: str,
) -> Inputs:
    data: dict[str, Any] = dict(node["data"])
    kind = data.pop("node_type")
    if kind == "condition":
        data.setdefault("version", 1)
    if data.get("org_id") == organization:
        del data["org_id"]
    data.pop("num_args", None)
    values = {"type": kind, "next": graph[node["id"]], "meta": node.get("meta"), **data}
    if plain(node["position"]) != _position(place[node["id"]]):
        values["position"] = node["position"]
    return values
