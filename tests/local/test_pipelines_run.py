"""Rows on their way through a realtime pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.local.objects import Objects
from llmcost_infra.local.pipelines_run import NotAnObject, Output, Pipelines, RealtimePipeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Row = dict[str, Any]

FUNCTIONS = {
    "mark": '.state = "new"\n.',
    "price": 'if exists(.fail) { .x = to_int!(.fail) }\n.cost = 0.5\n.state = "done"\n.',
    "project": '. = {"_timestamp": ._timestamp, "cost": .cost, "gone": .missing}\n.',
    "nest": '.made = {"deep": {"a": 1}, "list": [1, "b"], "none": null}\n.',
    "nothing": ". = null\n.",
    "broken": ".x = to_int(.y)\n.",
}


def _stream(name: str, kind: str = "traces") -> Row:
    return {"node_type": "stream", "org_id": "elsewhere", "stream_name": name, "stream_type": kind}


def _function(name: str) -> Row:
    return {"node_type": "function", "name": name, "after_flatten": True, "num_args": 0}


def _is(column: str, value: Any) -> Row:
    comparison = {
        "filterType": "condition",
        "column": column,
        "operator": "=",
        "value": value,
        "logicalOperator": "AND",
    }
    group = {"filterType": "group", "logicalOperator": "AND", "conditions": [comparison]}
    return {"node_type": "condition", "version": 2, "conditions": group}


def _pipeline(nodes: dict[str, Row], *edges: str) -> Row:
    """Build a pipeline: nodes by id, edges as `a-b`."""
    pairs = [edge.split("-") for edge in edges]
    return {
        "pipeline_id": "1",
        "enabled": True,
        "nodes": [{"id": name, "data": data} for name, data in nodes.items()],
        "edges": [{"id": f"e{a}-{b}", "source": a, "target": b} for a, b in pairs],
    }


def _run(nodes: dict[str, Row], *edges: str, rows: list[Row]) -> dict[Output, list[Row]]:
    return RealtimePipeline(_pipeline(nodes, *edges), FUNCTIONS.get).run(rows)


def test_rows_reach_only_the_named_streams() -> None:
    """The source keeps nothing of its own."""
    arrived = _run(
        {"in": _stream("source"), "out": _stream("Calls.New")}, "in-out", rows=[{"_timestamp": 1}]
    )

    assert arrived == {Output("traces", "calls_new"): [{"_timestamp": 1}]}


def test_a_source_that_is_also_an_output_keeps_its_rows() -> None:
    """A stream may write back to itself."""
    arrived = _run(
        {"in": _stream("source"), "f": _function("mark"), "out": _stream("source")},
        "in-f",
        "f-out",
        rows=[{"_timestamp": 1}],
    )

    assert arrived == {Output("traces", "source"): [{"_timestamp": 1, "state": "new"}]}


def test_another_type_of_stream_may_be_written() -> None:
    """Spans may become log rows."""
    arrived = _run(
        {"in": _stream("source"), "out": _stream("made", "logs")},
        "in-out",
        rows=[{"_timestamp": 1}],
    )

    assert list(arrived) == [Output("logs", "made")]


def test_a_function_that_stops_lets_the_row_through() -> None:
    """As it was before that function, marks of earlier ones included."""
    arrived = _run(
        {
            "in": _stream("source"),
            "mark": _function("mark"),
            "price": _function("price"),
            "done": _is("state", "done"),
            "new": _is("state", "new"),
            "calls": _stream("calls"),
            "quarantine": _stream("quarantine"),
        },
        *["in-mark", "mark-price", "price-done", "price-new", "done-calls", "new-quarantine"],
        rows=[{"_timestamp": 1}, {"_timestamp": 2, "fail": "x"}],
    )

    assert arrived == {
        Output("traces", "calls"): [{"_timestamp": 1, "state": "done", "cost": 0.5}],
        Output("traces", "quarantine"): [{"_timestamp": 2, "fail": "x", "state": "new"}],
    }


def test_branches_do_not_see_each_other() -> None:
    """What one branch changes stays there."""
    row = {"_timestamp": 1, "text": "secret"}

    arrived = _run(
        {
            "in": _stream("source"),
            "project": _function("project"),
            "calls": _stream("calls"),
            "raw": _stream("raw"),
        },
        *["in-project", "project-calls", "in-raw"],
        rows=[row],
    )

    assert arrived == {
        Output("traces", "calls"): [{"_timestamp": 1}],
        Output("traces", "raw"): [{"_timestamp": 1, "text": "secret"}],
    }


def test_two_branches_may_end_in_one_stream() -> None:
    """A row that goes both ways arrives twice."""
    arrived = _run(
        {"in": _stream("source"), "a": _function("mark"), "out": _stream("out")},
        *["in-a", "a-out", "in-out"],
        rows=[{"_timestamp": 1}],
    )

    assert len(arrived[Output("traces", "out")]) == 2


def test_nested_values_become_columns() -> None:
    """Objects by path, lists as text, nulls not at all."""
    arrived = _run(
        {"in": _stream("source"), "f": _function("nest"), "out": _stream("out")},
        *["in-f", "f-out"],
        rows=[{"_timestamp": 1}],
    )

    assert arrived[Output("traces", "out")] == [
        {"_timestamp": 1, "made_deep_a": 1, "made_list": '[1,"b"]'}
    ]


def test_a_row_that_is_no_object_any_more_stops_everything() -> None:
    """The server refuses the whole request."""
    with pytest.raises(NotAnObject):
        _run(
            {"in": _stream("source"), "f": _function("nothing"), "out": _stream("out")},
            *["in-f", "f-out"],
            rows=[{"_timestamp": 1}],
        )


@pytest.mark.parametrize("name", ["broken", "nosuch"])
def test_a_function_that_cannot_run_changes_nothing(name: str) -> None:
    """Neither one that does not compile nor one that is gone."""
    arrived = _run(
        {"in": _stream("source"), "f": _function(name), "out": _stream("out")},
        *["in-f", "f-out"],
        rows=[{"_timestamp": 1}],
    )

    assert arrived[Output("traces", "out")] == [{"_timestamp": 1}]


def test_nodes_of_other_kinds_pass_rows_on() -> None:
    """What this server does not know does not lose rows on the way."""
    arrived = _run(
        {
            "in": _stream("source"),
            "odd": {"node_type": "llm_evaluation"},
            "out": _stream("out"),
        },
        *["in-odd", "odd-out"],
        rows=[{"_timestamp": 1}],
    )

    assert Output("traces", "out") in arrived


class TestPipelines:
    """Which pipeline takes the rows of a stream."""

    @pytest.fixture
    def objects(self, tmp_path: Path) -> Iterator[Objects]:
        """Keep pipelines and functions."""
        objects = Objects(tmp_path / "objects.sqlite")
        for name, source in FUNCTIONS.items():
            objects.put("default", "functions", name, {"name": name, "function": source})
        yield objects
        objects.close()

    def _put(self, objects: Objects, key: str, function: str, **changes: Any) -> None:
        pipeline = _pipeline(
            {"in": _stream("source"), "f": _function(function), "out": _stream("out")},
            *["in-f", "f-out"],
        )
        objects.put("default", "pipelines", key, pipeline | changes)

    def _made(self, pipelines: Pipelines) -> Row:
        pipeline = pipelines.of("default", "traces", "source")
        assert pipeline
        return pipeline.run([{"_timestamp": 1}])[Output("traces", "out")][0]

    def test_a_stream_without_pipeline_has_none(self, objects: Objects) -> None:
        """Of this organization, type and name."""
        self._put(objects, "1", "mark")
        pipelines = Pipelines(objects)

        assert pipelines.of("default", "traces", "other") is None
        assert pipelines.of("default", "logs", "source") is None
        assert pipelines.of("other", "traces", "source") is None

    def test_a_pipeline_that_is_off_takes_nothing(self, objects: Objects) -> None:
        """Rows stay in the source then."""
        self._put(objects, "1", "mark", enabled=False)

        assert Pipelines(objects).of("default", "traces", "source") is None

    def test_the_last_of_two_wins(self, objects: Objects) -> None:
        """The server does not stop a second one."""
        self._put(objects, "1", "mark")
        self._put(objects, "2", "price")

        assert self._made(Pipelines(objects)) == {"_timestamp": 1, "cost": 0.5, "state": "done"}

    def test_a_changed_function_is_used_at_once(self, objects: Objects) -> None:
        """Compiled again, and only then."""
        self._put(objects, "1", "mark")
        pipelines = Pipelines(objects)
        first = pipelines.of("default", "traces", "source")

        assert pipelines.of("default", "traces", "source") is first

        changed = {"name": "mark", "function": ".state = 2\n."}
        objects.put("default", "functions", "mark", changed)

        assert self._made(pipelines) == {"_timestamp": 1, "state": 2}

    def test_a_scheduled_pipeline_takes_no_rows(self, objects: Objects) -> None:
        """Its source is a query."""
        pipeline = _pipeline({"in": {"node_type": "query"}, "out": _stream("out")}, "in-out")
        objects.put("default", "pipelines", "1", pipeline)

        assert Pipelines(objects).of("default", "traces", "source") is None
