"""What is wrong with a pipeline: above all, where it would lose rows without a word."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.base import Inputs, Problem
from llmcost_infra.openobserve.kinds.conditions import group_problems
from llmcost_infra.openobserve.kinds.graph import cycle, predecessors
from llmcost_infra.openobserve.kinds.rules import (
    Rule,
    any_list,
    any_map,
    boolean,
    check,
    entries,
    items,
    mapping,
    nearest,
    number,
    one_of,
    trimmed,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["node_problems"]

_SOURCES = frozenset({"query", "stream"})
_SINKS = frozenset({"remote_stream", "stream"})


def _position(value: Any) -> str | None:
    if any_map(value) or set(value) != {"x", "y"}:
        return "must be a map of x and y"
    return next((wrong for side in value.values() if side and (wrong := number(side))), None)


def _next(value: Any) -> str | None:
    if wrong := any_list(value):
        return wrong
    twice = sorted(name for name, count in Counter(map(str, items(value))).items() if count > 1)
    return f"{', '.join(twice)} is there twice: its rows would be stored twice" if twice else None


_STREAM_TYPE = one_of("logs", "traces", "metrics")
_TYPES = one_of("condition", "function", "query", "remote_stream", "stream")
_EVERY: dict[str, Rule] = {"meta": any_map, "next": _next, "position": _position, "type": _TYPES}
_RULES: dict[str, dict[str, Rule]] = {
    "stream": {"stream_name": trimmed, "stream_type": _STREAM_TYPE},
    "function": {"after_flatten": boolean, "name": trimmed},
    "condition": {"conditions": any_map, "version": whole(1, 2)},
    "query": {
        "delay": number,
        "query_condition": any_map,
        "start_at": number,
        "stream_type": _STREAM_TYPE,
        "trigger_condition": any_map,
        "tz_offset": number,
    },
    "remote_stream": {"destination_name": trimmed},
}
_REQUIRED: dict[str, frozenset[str]] = {
    "stream": frozenset({"stream_name", "stream_type", "type"}),
    "function": frozenset({"name", "type"}),
    "condition": frozenset({"conditions", "type"}),
    "query": frozenset({"query_condition", "stream_type", "trigger_condition", "type"}),
    "remote_stream": frozenset({"destination_name", "type"}),
}


def node_problems(nodes: Any) -> list[Problem]:
    """Return all that is wrong with the nodes of a pipeline."""
    if nodes is None:
        return []
    if wrong := mapping(nodes):
        return [Problem("nodes", wrong)]
    known = entries(nodes)
    found = [problem for name, node in known.items() for problem in _one(name, node)]
    lists = all(isinstance(node.get("next", []), list) for node in known.values())
    if not lists or len(known) < len(nodes):
        return found  # What is not known yet may connect anything.
    return found + list(_graph_problems(known))


def _one(name: str, node: Inputs) -> Iterator[Problem]:
    path, kind = f"nodes.{name}", node.get("type")
    if kind is None and "type" in node:
        return
    if kind not in _RULES:
        yield from check({"type": kind} if kind else {}, {"type": _TYPES}, {"type"}, path)
        return
    yield from check(node, {**_EVERY, **_RULES[kind]}, _REQUIRED[kind], path)
    if kind == "condition" and node.get("version", 2) == 2:  # noqa: PLR2004 - the second form
        yield from group_problems(node.get("conditions"), f"{path}.conditions")
    if kind == "query":
        yield from _query_problems(node, path)


def _query_problems(node: Inputs, path: str) -> Iterator[Problem]:
    trigger, query = node.get("trigger_condition"), node.get("query_condition")
    if isinstance(trigger, dict) and cast("Inputs", trigger).get("period", 0) == 0:
        yield Problem(f"{path}.trigger_condition.period", "must be at least 1 (minutes)")
    sql = cast("Inputs", query).get("sql", "") if isinstance(query, dict) else None
    if isinstance(sql, str) and "_timestamp" not in sql:
        yield Problem(
            f"{path}.query_condition.sql",
            "must select _timestamp, e.g. MAX(_timestamp) AS _timestamp",
        )


def _graph_problems(nodes: Mapping[str, Inputs]) -> Iterator[Problem]:
    graph = {name: [str(one) for one in items(node.get("next"))] for name, node in nodes.items()}
    for name, following in graph.items():
        for follower in following:
            if follower not in graph:
                yield Problem(
                    f"nodes.{name}.next", f"{follower} is no node; {nearest(follower, graph)}"
                )
    if round_trip := cycle(graph):
        yield Problem("nodes", f"rows would go round for ever: {' → '.join(round_trip)}")
        return
    yield from _source_problems(nodes, graph)
    yield from _sink_problems(nodes, graph)
    yield from _flatten_problems(nodes, graph)


def _source_problems(
    nodes: Mapping[str, Inputs], graph: Mapping[str, list[str]]
) -> Iterator[Problem]:
    sources = sorted(name for name, before in predecessors(graph).items() if not before)
    if not sources:
        yield Problem("nodes", "there is no node: start with the stream that rows come from")
    elif len(sources) > 1:
        yield Problem(
            "nodes",
            f"{', '.join(sources)} are no other node's next: a pipeline has one source, so connect "
            "the others",
        )
    elif nodes[sources[0]].get("type") not in {*_SOURCES, None}:
        yield Problem(f"nodes.{sources[0]}", "rows cannot come from it: start with a stream")


def _sink_problems(
    nodes: Mapping[str, Inputs], graph: Mapping[str, list[str]]
) -> Iterator[Problem]:
    before = predecessors(graph)
    for name, node in sorted(nodes.items()):
        kind = node.get("type")
        if not graph[name] and kind not in {*_SINKS, None}:
            yield Problem(
                f"nodes.{name}.next", "rows that get here are lost: lead them to a stream"
            )
        elif not graph[name] and not before[name]:
            yield Problem(f"nodes.{name}.next", "rows go nowhere: name the node that follows")
        elif graph[name] and before[name] and kind in _SINKS:
            yield Problem(f"nodes.{name}.next", "nothing can follow a stream that takes rows")


def _flatten_problems(
    nodes: Mapping[str, Inputs], graph: Mapping[str, list[str]]
) -> Iterator[Problem]:
    before = predecessors(graph)

    def flattened(name: str) -> bool:
        node = nodes[name]
        if node.get("type") == "function" and node.get("after_flatten", True):
            return True
        return any(flattened(one) for one in before[name])

    for name, node in sorted(nodes.items()):
        if node.get("after_flatten") is False and any(flattened(one) for one in before[name]):
            yield Problem(
                f"nodes.{name}.after_flatten",
                "must be true, because a function before it gets flattened rows already",
            )
