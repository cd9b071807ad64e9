"""Wherever an instrumentation puts a text, no stream of other spans or records has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from recorded_samples import rows_of

from llmcost_infra.local.naming import column_name
from tests.local.telemetry import now, span, spans_body
from tests.pipelines.test_logs import leaving, record  # noqa: F401 - a fixture
from tests.pipelines.text_attributes import OTHERS, TEXTS

if TYPE_CHECKING:
    from tests.pipelines.conftest import Graph

CANARY = "canary-9d41"
# Names that an application may give to something of its own: then the line of its log stays.
ANYBODYS = ("tool", "input.", "output.", "db.", "mcp.result", "mcp.params", "mcp.tool", "mcp.sampl",
            "mcp.completion", "response.")  # fmt: skip


def stored(graph: Graph, attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return what is stored of an agent's span with these attributes."""
    agent = {"gen_ai.operation.name": "invoke_agent"} | attributes
    sent = ExportTraceServiceRequest.FromString(spans_body(span("plan", now(), agent, **more)))
    (row,) = rows_of(sent)
    (kept,) = graph.route(row)["t_other_traces"]
    return kept


@pytest.mark.parametrize("said", [CANARY, [CANARY], {"0": {"said": CANARY}}])
def test_an_agents_span_has_no_text_of_any_instrumentation(graph: Graph, said: object) -> None:
    """Under every name that is known, in other spelling, as a list and as an object."""
    for name in TEXTS:
        for written in (name, name.upper(), name.replace(".", "_")):
            assert CANARY not in json.dumps(stored(graph, {written: said})), written


def test_what_is_no_text_stays_in_an_agents_span(graph: Graph) -> None:
    """Models, counts, ids and names are what a reader looks for there."""
    for name in OTHERS:
        assert stored(graph, {name: "a value"})[column_name(name)] == "a value", name


@pytest.mark.parametrize(
    "event",
    [
        {"name": "gen_ai.user.message", "attributes": {"content": CANARY}},
        {"name": "LLMChatStartEvent", "attributes": {"messages": CANARY}},
        {"name": "RetrievalEndEvent", "attributes": {"nodes": CANARY}},
        {"name": "mlflow.chunk.item.0", "attributes": {"mlflow.chunk.value": CANARY}},
    ],
)
def test_events_of_instrumentations_leave_their_texts_behind(
    graph: Graph, event: dict[str, Any]
) -> None:
    """Of what they wrote into a span's events nothing stays."""
    attributes = [{"key": k, "value": {"stringValue": v}} for k, v in event["attributes"].items()]
    events = [{"name": event["name"], "timeUnixNano": "1", "attributes": attributes}]

    assert stored(graph, {}, events=events)["events"] == "[]"


def test_a_log_record_has_no_text_of_any_instrumentation(leaving: Graph) -> None:  # noqa: F811
    """Nor its line, where only an instrumentation of models uses the attribute's name."""
    for name in TEXTS:
        # Whoever logs events of its own calls the column the same.
        if name == "events":
            continue
        row = record(body="a line", **{column_name(name): CANARY})
        (kept,) = leaving.route(row)["t_other_logs"]

        assert CANARY not in json.dumps(kept), name
        known = "." in name and not name.startswith(ANYBODYS)
        assert not known or kept["body"] != "a line", name
