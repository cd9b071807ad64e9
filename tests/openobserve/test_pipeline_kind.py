"""Pipelines as nodes with followers: both forms, their laws, and graphs that lose rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.openobserve.kinds.graph import cycle, depths, places
from llmcost_infra.openobserve.kinds.pipeline import PipelineKind
from llmcost_infra.openobserve.kinds.pipeline_body import fold_pipeline, unfold_pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.openobserve.kinds.base import Inputs

KIND = PipelineKind()
GROUP: Inputs = {
    "filterType": "group",
    "logicalOperator": "AND",
    "conditions": [
        {"filterType": "condition", "column": "llmcost_keep", "operator": "=", "value": True}
    ],
}
STREAM: Inputs = {"type": "stream", "stream_name": "out", "stream_type": "traces"}


def told(inputs: Inputs) -> dict[str, str]:
    """Return the problems by path."""
    return {problem.path: problem.message for problem in KIND.problems(inputs)}


def round_trip(inputs: Inputs) -> Inputs:
    """Return the inputs after a way to the server's form and back."""
    unfolded = unfold_pipeline(fold_pipeline(inputs, "default"), "default")
    return KIND.canonical({"organization": "default", **unfolded})


def rules() -> Inputs:
    """Return the routing of the design: two functions, then three conditions."""
    condition: Inputs = {"type": "condition", "conditions": GROUP}
    return {
        "organization": "default",
        "name": "llm",
        "nodes": {
            "in": {**STREAM, "stream_name": "in", "next": ["mark"]},
            "mark": {"type": "function", "name": "mark", "next": ["norm"]},
            "norm": {"type": "function", "name": "norm", "next": ["done", "other"]},
            "done": {**condition, "next": ["project"]},
            "project": {"type": "function", "name": "project", "next": ["calls"]},
            "calls": STREAM,
            "other": {**condition, "next": ["rest"]},
            "rest": {**STREAM, "stream_name": "rest"},
        },
    }


@st.composite
def pipelines(draw: st.DrawFn) -> Inputs:
    """Draw pipelines without problems: a tree of functions and conditions that ends in streams."""
    nodes: dict[str, Inputs] = {"n0": {**STREAM, "stream_name": "in", "next": ["n1"]}}
    waiting = ["n1"]
    while waiting:
        name = waiting.pop()
        branches = draw(st.integers(0, 2)) if len(nodes) < 8 else 0
        following = [f"n{len(nodes) + len(waiting) + 1 + i}x{name}" for i in range(branches)]
        inner: Inputs = draw(
            st.sampled_from(
                [
                    {"type": "function", "name": "f"},
                    {"type": "function", "name": "g", "after_flatten": True},
                    {"type": "condition", "conditions": GROUP},
                ]
            )
        )
        end = draw(st.sampled_from([STREAM, {"type": "remote_stream", "destination_name": "d"}]))
        nodes[name] = {**inner, "next": following} if following else dict(end)
        if draw(st.booleans()):
            nodes[name]["position"] = {"x": draw(st.integers(0, 999)), "y": 1}
        waiting += following
    description = draw(st.sampled_from(["", "d"]))
    return {
        "organization": "default",
        "name": "llm",
        "description": description,
        "enabled": draw(st.booleans()),
        "nodes": nodes,
    }


@given(pipelines())
def test_there_and_back_is_the_same(inputs: Inputs) -> None:
    """Unfolding what was folded gives the canonical inputs."""
    assert KIND.problems(inputs) == []
    assert round_trip(inputs) == KIND.canonical(inputs)


@given(pipelines())
def test_canonical_twice_is_canonical_once(inputs: Inputs) -> None:
    """The normal form of a normal form is itself, defaults filled in or not."""
    once = KIND.canonical(inputs)
    assert KIND.canonical(once) == once
    assert KIND.canonical(KIND.defaults(inputs)) == once


@given(pipelines())
def test_every_node_has_its_own_place_below_those_before_it(inputs: Inputs) -> None:
    """Derived positions never coincide, and rows flow downwards from the first node."""
    body = fold_pipeline(inputs, "default")
    graph = {name: node.get("next", []) for name, node in inputs["nodes"].items()}
    place = places(graph)
    assert len(set(place.values())) == len(place)
    assert all(place[edge["source"]][1] < place[edge["target"]][1] for edge in body["edges"])
    assert body["nodes"][0]["id"] == "n0"
    assert [node["io_type"] for node in body["nodes"]].count("input") == 1


def test_the_form_of_the_server() -> None:
    """Edges, places and io types derive; the source comes first and organizations are filled in."""
    body = fold_pipeline(rules(), "default")
    assert [node["id"] for node in body["nodes"]] == [
        *["in", "mark", "norm", "done", "other", "project", "rest", "calls"]
    ]
    assert body["nodes"][0] == {
        "id": "in",
        "io_type": "input",
        "position": {"x": 100, "y": 100},
        "data": {
            "node_type": "stream",
            "org_id": "default",
            "stream_name": "in",
            "stream_type": "traces",
        },
    }
    assert body["nodes"][1]["data"] == {
        "node_type": "function",
        "name": "mark",
        "after_flatten": True,
        "num_args": 0,
    }
    assert body["nodes"][3]["data"]["version"] == 2
    assert body["nodes"][3]["data"]["conditions"]["conditions"][0]["logicalOperator"] == "AND"
    assert body["edges"][0] == {"id": "ein-mark", "source": "in", "target": "mark"}
    assert len(body["edges"]) == 7
    assert "source" not in body


def test_recorded_pipelines_come_back_as_they_were(
    recorded: Callable[[str], list[dict[str, Any]]],
) -> None:
    """Every pipeline that a real server stored survives the way to inputs and back."""
    for file in ("08-functions-pipelines", "17-content-split", "21-routing", "22-quarantine"):
        for exchange in recorded(file):
            body = exchange.get("request", {}).get("json")
            if not isinstance(body, dict) or "nodes" not in body:
                continue
            inputs = KIND.canonical({"organization": "default", **unfold_pipeline(body, "default")})
            again = fold_pipeline(inputs, "default")
            assert KIND.canonical(unfold_pipeline(again, "default")) == KIND.canonical(
                unfold_pipeline(body, "default")
            )
            by_id = {node["id"]: node for node in again["nodes"]}
            for node in body["nodes"]:
                sent = by_id[node["id"]]
                assert {**sent, "data": {**sent["data"], **node["data"]}} == node
            edges = {(edge["source"], edge["target"]) for edge in body["edges"]}
            assert {(edge["source"], edge["target"]) for edge in again["edges"]} == edges
            # One was led into another organization, which the server ignores.
            assert set(told({**inputs, "name": "lower"})) <= {"nodes.5.org_id"}


def test_a_node_that_was_dragged_shows() -> None:
    """A place that is not the derived one is a difference, in whatever number form."""
    body = fold_pipeline(rules(), "default")
    body["nodes"][1]["position"] = {"x": 100.0, "y": 220.0}
    body["nodes"][2]["position"] = {"x": 7.0, "y": 220.0}
    nodes = unfold_pipeline(body, "default")["nodes"]
    assert "position" not in nodes["mark"]
    assert nodes["norm"]["position"] == {"x": 7, "y": 220}


def test_what_somebody_added_in_the_ui_stays_and_shows() -> None:
    """Notes, foreign organizations and unknown keys of a node are reported, not dropped."""
    body = fold_pipeline(rules(), "default")
    body["nodes"][1]["meta"] = {"note": "x"}
    body["nodes"][2]["data"]["brand_new"] = 1
    body["nodes"][0]["data"]["org_id"] = "other"
    nodes = unfold_pipeline(body, "default")["nodes"]
    assert nodes["mark"]["meta"] == {"note": "x"}
    assert nodes["norm"]["brand_new"] == 1
    assert nodes["in"]["org_id"] == "other"
    assert fold_pipeline({"name": "x", "nodes": {"mark": nodes["mark"]}}, "o")["nodes"][0][
        "meta"
    ] == {"note": "x"}


def test_conditions_of_the_first_kind_survive() -> None:
    """An old condition node is kept as it is, without a version."""
    body = fold_pipeline(rules(), "default")
    old = {"node_type": "condition", "conditions": {"and": [{"column": "a"}]}}
    next(node for node in body["nodes"] if node["id"] == "done")["data"] = old
    inputs = unfold_pipeline(body, "default")
    assert inputs["nodes"]["done"]["version"] == 1
    again = fold_pipeline({"name": "x", **inputs}, "default")
    assert next(node for node in again["nodes"] if node["id"] == "done")["data"] == old
    assert told({**inputs, "name": "x"}) == {}


def test_what_the_server_adds_to_conditions_is_no_difference() -> None:
    """Defaults that the server writes out are dropped, nested ones too; values stay."""
    echo: Inputs = {
        "filterType": "group",
        "logicalOperator": "AND",
        "conditions": [
            {**GROUP["conditions"][0], "logicalOperator": "AND", "ignore_case": False},
            {**GROUP, "logicalOperator": "AND"},
            {
                "filterType": "condition",
                "column": "c",
                "operator": "=",
                "value": "",
                "ignore_case": None,
            },
        ],
    }
    inputs = rules()
    inputs["nodes"]["done"]["conditions"] = echo
    kept = KIND.canonical(inputs)["nodes"]["done"]["conditions"]["conditions"]
    assert kept[0] == GROUP["conditions"][0]
    assert "logicalOperator" not in kept[1]
    assert kept[2] == {"filterType": "condition", "column": "c", "operator": "=", "value": ""}
    assert round_trip(inputs) == KIND.canonical(inputs)


def scheduled() -> Inputs:
    """Return a pipeline that runs a query."""
    return {
        "organization": "default",
        "name": "rollup",
        "nodes": {
            "q": {
                "type": "query",
                "stream_type": "traces",
                "query_condition": {
                    "type": "sql",
                    "sql": "SELECT MAX(_timestamp) AS _timestamp FROM s",
                },
                "trigger_condition": {"period": 60, "frequency": 60},
                "next": ["out"],
            },
            "out": {"type": "stream", "stream_name": "hourly", "stream_type": "logs"},
        },
    }


def test_a_query_is_a_source_too() -> None:
    """A scheduled pipeline makes the way there and back; the server's defaults are none."""
    inputs = scheduled()
    assert told(inputs) == {}
    body = fold_pipeline(inputs, "default")
    data = body["nodes"][0]["data"]
    assert (data["org_id"], data["tz_offset"], data["delay"]) == ("default", 0, 0)
    data["trigger_condition"] |= {"threshold": 0, "operator": "=", "timezone": None, "cron": ""}
    data["query_condition"] |= {"promql": None, "vrl_function": None}
    again = KIND.canonical({"organization": "default", **unfold_pipeline(body, "default")})
    assert again == KIND.canonical(inputs)


def without(inputs: Inputs, node: str) -> Inputs:
    """Return the inputs without a node."""
    nodes = {name: value for name, value in inputs["nodes"].items() if name != node}
    return {**inputs, "nodes": nodes}


def changed(node: str, **change: Any) -> Inputs:
    """Return the routing with one node changed; None takes a key away."""
    inputs = rules()
    values = {**inputs["nodes"].get(node, {}), **change}
    inputs["nodes"][node] = {key: value for key, value in values.items() if value is not None}
    return inputs


@pytest.mark.parametrize(
    ("inputs", "path", "words"),
    [
        ({**rules(), "name": "LLM"}, "name", "store it as 'llm'"),
        ({**rules(), "name": " "}, "name", "must not be empty"),
        ({**rules(), "enabled": "yes"}, "enabled", "true or false"),
        ({**rules(), "nodes": []}, "nodes", "must be a map"),
        ({**rules(), "nodes": {}}, "nodes", "start with the stream"),
        (without(rules(), "calls"), "nodes.project.next", "calls is no node; valid are"),
        (changed("calls", type="function", name="f", stream_name=None, stream_type=None),
         "nodes.calls.next", "rows that get here are lost"),
        (changed("rest", next=["norm"]), "nodes", "go round for ever"),
        (changed("calls", next=["calls"]), "nodes", "calls → calls"),
        (changed("second", **STREAM), "nodes", "in, second are no other node's next"),
        (changed("second", **STREAM), "nodes.second.next", "rows go nowhere"),
        (changed("calls", next=["rest"]), "nodes.calls.next", "nothing can follow a stream"),
        (changed("norm", next=["done", "done"]), "nodes.norm.next", "stored twice"),
        (changed("norm", next="done"), "nodes.norm.next", "must be a list"),
        (changed("mark", name=None), "nodes.mark.name", "is missing"),
        (changed("mark", nam="x"), "nodes.mark.nam", "did you mean name?"),
        (changed("mark", type=None), "nodes.mark.type", "is missing"),
        (changed("mark", type="funktion"), "nodes.mark.type", "did you mean function?"),
        (changed("in", type="function", name="f", stream_name=None, stream_type=None),
         "nodes.in", "rows cannot come from it"),
        (changed("in", stream_type="trace"), "nodes.in.stream_type", "did you mean traces?"),
        (changed("norm", after_flatten=False), "nodes.norm.after_flatten", "must be true"),
        (changed("mark", position={"x": 1}), "nodes.mark.position", "map of x and y"),
        (changed("mark", position={"x": 1, "y": "2"}), "nodes.mark.position", "a number"),
        (changed("done", conditions={"version": 2}), "nodes.done.conditions", "must be a group"),
        (changed("done", conditions=[]), "nodes.done.conditions", "must be a map"),
        (changed("done", conditions={**GROUP, "conditions": []}),
         "nodes.done.conditions.conditions", "must not be empty"),
        (changed("done", conditions={**GROUP, "logicalOperator": "XOR"}),
         "nodes.done.conditions.logicalOperator", "AND or OR"),
        (changed("done", conditions={**GROUP, "conditions": [{"column": "a"}]}),
         "nodes.done.conditions.conditions[0].filterType", "condition or group"),
        (changed("done", conditions={**GROUP, "conditions": [GROUP, "x"]}),
         "nodes.done.conditions.conditions[1].filterType", "condition or group"),
        (changed("done", conditions={**GROUP, "conditions": [
            {"filterType": "condition", "column": "a", "operator": "==", "value": 1}]}),
         "nodes.done.conditions.conditions[0].operator", "'==' is not known"),
        (changed("done", conditions={**GROUP, "conditions": [
            {"filterType": "condition", "column": "a", "operator": "="}]}),
         "nodes.done.conditions.conditions[0].value", "is missing"),
        (changed("done", conditions={**GROUP, "conditions": [
            {"filterType": "group", "conditions": []}]}),
         "nodes.done.conditions.conditions[0].conditions", "must not be empty"),
    ],
)  # fmt: skip
def test_problems_of_pipelines(inputs: Inputs, path: str, words: str) -> None:
    """What the server refuses, and what it takes and then loses rows, is told with its place."""
    assert words in told(inputs)[path]


@pytest.mark.parametrize(
    ("key", "value", "path", "words"),
    [
        ("trigger_condition", {"period": 0}, "nodes.q.trigger_condition.period", "at least 1"),
        ("trigger_condition", {}, "nodes.q.trigger_condition.period", "at least 1"),
        ("query_condition", {"sql": "SELECT 1"}, "nodes.q.query_condition.sql", "_timestamp"),
        ("query_condition", {"type": "sql"}, "nodes.q.query_condition.sql", "_timestamp"),
        ("query_condition", "SELECT", "nodes.q.query_condition", "must be a map"),
    ],
)
def test_problems_of_queries(key: str, value: object, path: str, words: str) -> None:
    """A query without a period or without a time column is refused by the server."""
    inputs = scheduled()
    inputs["nodes"]["q"][key] = value
    assert words in told(inputs)[path]


@pytest.mark.parametrize(
    "inputs",
    [
        {**rules(), "nodes": {**rules()["nodes"], "mark": None}},
        {**rules(), "nodes": {**rules()["nodes"], "mark": {"type": None, "next": ["norm"]}}},
        {**rules(), "nodes": {**rules()["nodes"], "rest": {**STREAM, "next": None}}},
        {**rules(), "nodes": {**rules()["nodes"], "done": {
            "type": "condition", "conditions": None, "next": ["project"]}}},
    ],
)  # fmt: skip
def test_unknown_nodes_are_given_the_benefit_of_the_doubt(inputs: Inputs) -> None:
    """A node that is not known yet may connect anything."""
    assert told(inputs) == {}


def test_unknown_parts_of_a_query_are_no_problem() -> None:
    """A query that another resource makes is not known in a preview."""
    inputs = scheduled()
    inputs["nodes"]["q"]["query_condition"] = {"type": "sql", "sql": None}
    inputs["nodes"]["q"]["trigger_condition"] = None
    assert told(inputs) == {}


def test_the_first_function_may_see_raw_rows() -> None:
    """Only a function after a flattened one has to be flattened."""
    assert told(changed("mark", after_flatten=False)) == {}


def test_a_circle_is_found_wherever_it_is() -> None:
    """The circle is told from its start to its start, whatever leads to it."""
    assert cycle({"a": ["b"], "b": ["c"], "c": ["b"], "d": ["x"]}) in (
        ["b", "c", "b"],
        ["c", "b", "c"],
    )
    assert cycle({"a": ["b"], "b": []}) == []


def test_depth_is_the_longest_way() -> None:
    """A node stands below all that lead to it; a circle has no depth and is drawn all the same."""
    assert depths({"a": ["b", "c"], "b": ["c"], "c": []}) == {"a": 0, "b": 1, "c": 2}
    assert depths({"a": ["a"], "b": []}) == {"b": 0}
    assert set(places({"a": ["a"], "b": []})) == {"a", "b"}
