"""One span of a request carries its bill; groups, wrappers and tools do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.settings import Repeat
from tests.pipelines.conftest import Graph

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.settings import Settings


@pytest.mark.parametrize(
    ("columns", "call"),
    [
        ({"gen_ai_operation_name": "invoke_agent"}, False),
        ({"gen_ai_operation_name": "invoke_workflow"}, False),
        ({"gen_ai_operation_name": "retrieval"}, False),
        ({"gen_ai_operation_name": "text_completion"}, True),
        ({"gen_ai_operation_name": "generate_content"}, True),
        ({"gen_ai_operation_name": None}, True),
        ({"gen_ai_operation_name": None, "span_kind": "1"}, False),
        ({"gen_ai_operation_name": None, "span_kind": "1", "llm_request_type": "chat"}, True),
        ({"gen_ai_operation_name": None, "llm_request_type": "rerank"}, False),
        ({"gen_ai_usage_cost_usd": "0.1", "span_kind": "1"}, False),
        ({"gen_ai_latency_duration_ms": "9", "span_kind": "1"}, False),
        ({"gen_ai_usage_cost_usd": "0.1", "span_kind": "3"}, True),
    ],
)
def test_what_is_a_call(
    normalised: Callable[..., dict[str, Any]], columns: dict[str, Any], *, call: bool
) -> None:
    """Requests to a model are calls; agents, workflows and wrappers that repeat them are not."""
    made = normalised(**columns)

    assert made["is_call"] is call
    assert (made["cost_usd"] is not None) is call
    assert (made["pricing_status"] is not None) is call


def test_a_stack_may_count_its_wrappers(
    counting_wrappers: Graph, span: Callable[..., dict[str, Any]]
) -> None:
    """Where the wrapper is all there is, an empty `repeats` makes it the call."""
    row = span(
        span_kind="1",
        operation_name="gen_ai.chat",
        gen_ai_system="openai",
        gen_ai_response_model="gpt-4o-2024-08-06",
        gen_ai_usage_input_tokens="2006",
        gen_ai_usage_output_tokens="300",
        gen_ai_usage_cost_usd="0.1",
        gen_ai_latency_ttft_ms="250.5",
        feature="document_summary",
    )

    (call,) = counting_wrappers.route(row)["t_llm_calls"]

    assert (call["llmcost_dialect"], call["llmcost_operation"]) == ("wrapper", "chat")
    assert call["llmcost_cost_usd"] == pytest.approx(0.008015, abs=1e-12)
    assert call["llmcost_ttft_ms"] == 250.5


def test_spans_repeat_others_in_the_services_that_are_named(
    settings: Settings, table: PriceTable, chat: Callable[..., dict[str, Any]]
) -> None:
    """A stack can say in which services an instrumentation's calls are reported by another too."""
    chosen = settings.model_copy(
        update={"repeats": (Repeat(dialect="openinference", services=("bot", "batch")),)}
    )
    graph = Graph(render_pipeline(load_pipeline("llm_cost"), chosen, table))

    def streams(**columns: object) -> set[str]:
        return set(graph.route(chat(**columns)))

    assert streams(openinference_span_kind="LLM", service_name="bot") == {"t_other_traces"}
    assert streams(openinference_span_kind="LLM", service_name="batch") == {"t_other_traces"}
    assert streams(openinference_span_kind="LLM", service_name="shop") == {"t_llm_calls"}
    assert streams(service_name="bot") == {"t_llm_calls"}


@pytest.mark.parametrize(
    "columns",
    [
        {"traceloop_span_kind": "workflow"},
        {"gen_ai_agent_name": "helper"},
        {"http_route": "/v1/messages/count_tokens"},
    ],
)
def test_a_group_of_calls_is_no_call(
    normalised: Callable[..., dict[str, Any]], columns: dict[str, Any]
) -> None:
    """A client span with a model and a usage is no call if it is an agent's or a workflow's."""
    assert normalised(gen_ai_operation_name=None, **columns)["is_call"] is False
    assert normalised(gen_ai_operation_name=None)["is_call"] is True


def test_a_tool_run_has_a_name_and_no_bill(normalised: Callable[..., dict[str, Any]]) -> None:
    """A tool run is kept with its tool, and has neither status nor price."""
    made = normalised(gen_ai_operation_name="execute_tool", gen_ai_tool_name="get_weather")

    assert (made["is_tool"], made["is_call"], made["tool"]) == (True, False, "get_weather")
    assert (made["pricing_status"], made["cost_usd"], made["price_row"]) == (None, None, None)
