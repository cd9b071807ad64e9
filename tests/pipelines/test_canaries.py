"""A text that nobody asked for reaches no kept stream: spans sent to a server, and read from it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve.kinds.pipeline import PipelineKind
from tests.local.telemetry import HOUR, PROTOBUF, now, span, spans_body

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.pipelines.conftest import Graph

CANARY = "canary9d41"
SAID = f"call {CANARY} at once"
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 10,
}
# Where instrumentations and applications put texts, and places that nobody has thought of.
PLACES = (
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
    "gen_ai.tool.definitions", "gen_ai.tool.call.arguments", "gen_ai.prompt.0.content",
    "gen_ai.completion.0.content", "llm.input_messages.0.message.content", "input.value",
    "output.value", "traceloop.entity.input", "pydantic_ai.all_messages", "final_result",
    "model_request_parameters", "logfire.json_schema", "http.url", "url.full", "db.statement",
    "llmcost_cost_usd", "llmcost_feature", "llmcost_state", f"{CANARY}.of.a.key",
)  # fmt: skip


@pytest.fixture
def server(tmp_path: Path) -> Iterator[httpx.Client]:
    """Return a connection to a fresh server."""
    with (
        LocalServer(tmp_path / "server") as local,
        httpx.Client(
            base_url=local.url,
            auth=("root@example.com", "Complexpass#123"),
            timeout=30,
            verify=False,  # noqa: S501 - plain HTTP, and certificates take their time to load
        ) as client,
    ):
        yield client


def put_in_place(server: httpx.Client, graph: Graph) -> None:
    """Put a pipeline's functions and graph on a server."""
    for function in graph.rendered.functions.values():
        body = {"name": function.name, "function": function.text, "params": "row"}
        answer = server.post("/api/default/functions", json=body)
        assert answer.status_code == 200, answer.text
    inputs = {"name": "p", "nodes": graph.rendered.nodes, "description": "", "enabled": True}
    body = PipelineKind().body(inputs, "default")
    answer = server.post("/api/default/pipelines", json=body)
    assert answer.status_code == 200, answer.text


def stored(
    server: httpx.Client, stream: str, trace: str, kind: str = "traces"
) -> list[dict[str, Any]]:
    """Return what a stream holds of a trace; nothing where there is no stream."""
    query = {
        "sql": f"SELECT * FROM \"{stream}\" WHERE trace_id = '{trace}'",  # noqa: S608 - of a test
        "start_time": now() - 6 * HOUR,
        "end_time": now() + HOUR,
    }
    answer = server.post(
        "/api/default/_search", params={"type": kind}, json={"query": query}
    ).json()
    hits: list[dict[str, Any]] = answer.get("hits", [])
    return hits


def canaries() -> dict[str, Any]:
    """Return a call with a canary in every place that a span has."""
    told = [{"key": "gen_ai.content", "value": {"stringValue": SAID}}]
    event = {"name": SAID, "timeUnixNano": str(time.time_ns()), "attributes": told}
    link = {"traceId": "ab" * 16, "spanId": "cd" * 8, "attributes": told}
    return span(
        SAID,
        now() - 60_000_000,
        CALL | dict.fromkeys(PLACES, SAID),
        status={"code": 2, "message": SAID},
        events=[event, {**event, "name": "exception"}],
        links=[link],
    )


def sent(server: httpx.Client, graph: Graph) -> str:
    """Send the canaries to a pipeline; return the id of their trace."""
    put_in_place(server, graph)
    one = canaries()
    resource = {"service.name": "shop", "note": SAID, f"{CANARY}.key": "x", "process.args": [SAID]}
    answer = server.post(
        "/api/default/v1/traces",
        content=spans_body(one, resource=resource),
        headers={**PROTOBUF, "stream-name": graph.rendered.nodes["ingest"]["stream_name"]},
    )
    assert answer.status_code == 200, answer.text
    trace: str = one["traceId"]
    return trace


def test_a_call_leaves_its_texts_behind(server: httpx.Client, graph: Graph) -> None:
    """Of a call with a canary in every place, numbers and known names are stored."""
    trace = sent(server, graph)

    [row] = stored(server, "t_llm_calls", trace)

    assert (row["llmcost_pricing_status"], row["llmcost_cost_usd"]) == ("priced", 0.00035)
    assert CANARY not in json.dumps(row).lower()
    assert stored(server, "t_llm_quarantine", trace, "logs") == []
    for stream in ("t_other_traces", "t_llm_ingest"):
        assert stored(server, stream, trace) == []


def test_a_call_that_could_not_be_read_leaves_numbers(server: httpx.Client, broken: Graph) -> None:
    """When the normaliser fails, the quarantine has the ids and times of the row, and no text."""
    trace = sent(server, broken)

    [row] = stored(server, "t_llm_quarantine", trace, "logs")

    assert (row["llmcost_state"], row["operation_name"]) == ("new", "unfinished")
    assert CANARY not in json.dumps(row).lower()
    for stream in ("t_llm_calls", "t_other_traces", "t_llm_ingest"):
        assert stored(server, stream, trace) == []
