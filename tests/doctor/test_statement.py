"""The statement about double counting is one that a server answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.doctor import find_double_counting, statement
from llmcost_infra.pricing import load_table
from llmcost_infra.settings import Settings
from tests.local.telemetry import HOUR, PROTOBUF, now, span, spans_body
from tests.pipelines.conftest import Graph
from tests.pipelines.test_canaries import CALL, put_in_place

if TYPE_CHECKING:
    import httpx


def test_a_server_answers_what_the_function_reads(server: httpx.Client) -> None:
    """A wrapper round an instrumented call is found in what a server stored of the two."""
    settings = Settings(environment="staging", prefix="t_", repeats=())
    graph = Graph(render_pipeline(load_pipeline("llm_cost"), settings, load_table()))
    inner = span("chat gpt-4o", now() - HOUR, CALL)
    outer = span("ask", now() - HOUR, CALL | {"gen_ai.usage.cost_usd": "0.1"}, kind=1)
    inner |= {"traceId": outer["traceId"], "parentSpanId": outer["spanId"]}
    headers = {**PROTOBUF, "stream-name": settings.streams.source}
    query = {"sql": statement(settings.streams.calls), "start_time": now() - 6 * HOUR}

    put_in_place(server, graph)
    sent = server.post("/api/default/v1/traces", content=spans_body(outer, inner), headers=headers)
    query |= {"end_time": now() + HOUR}
    answer = server.post("/api/default/_search", params={"type": "traces"}, json={"query": query})

    assert (sent.status_code, answer.status_code) == (200, 200), answer.text
    [found] = find_double_counting(answer.json()["hits"])
    assert (found.service, found.repeated, found.kept, found.pairs) == (
        "shop",
        "wrapper",
        "genai",
        1,
    )
    assert found.setting == "- {dialect: wrapper, services: [shop]}"
