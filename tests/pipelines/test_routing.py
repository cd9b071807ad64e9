"""Every row arrives somewhere, and no text arrives where it must not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost_infra.columns import STORED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipelines.conftest import Graph

CANARY = "canary-9d41"

# What a client may say about itself in a kept column; everything else is dropped.
DECLARED = frozenset(
    {
        "feature", "service_feature", "team", "service_team", "environment",
        "deployment_environment", "deployment_environment_name", "service_environment",
        "service_deployment_environment", "service_deployment_environment_name",
        "user_id", "enduser_id", "service_user_id", "gen_ai_conversation_id", "session_id",
        "conversation_id", "service_name",
    }
)  # fmt: skip
KEPT_IDS = frozenset(
    {"trace_id", "span_id", "reference_parent_span_id", "span_kind", "span_status"}
)


def named(graph: Graph, node: str) -> str:
    """Return the stream of a node."""
    name: str = graph.rendered.nodes[node]["stream_name"]
    return name


def test_a_call_goes_to_the_llm_stream_with_its_columns_only(
    graph: Graph, chat: Callable[..., dict[str, Any]]
) -> None:
    """A call is stored once, in the LLM stream, with columns of the allow-list and no others."""
    found = graph.route(chat(http_method="POST", llmcost_new="x"))

    assert set(found) == {"t_llm_calls"}
    (row,) = found["t_llm_calls"]
    assert set(row) <= set(STORED)
    assert row["operation_name"] == "chat gpt-4o-2024-08-06"
    assert row["llmcost_state"] == "done"


def test_an_ordinary_span_goes_to_the_other_traces(
    graph: Graph, span: Callable[..., dict[str, Any]]
) -> None:
    """A span that is neither call nor tool run keeps its columns and gets none of ours."""
    row = span(http_method="GET", http_status_code=200, message_id="m-1", input_rate="3")

    assert graph.route(row) == {"t_other_traces": [row]}


def test_a_row_that_the_normaliser_could_not_finish_is_quarantined(
    broken: Graph, chat: Callable[..., dict[str, Any]]
) -> None:
    """A row on which the normaliser failed is kept, as numbers and ids, and is not a call."""
    row = chat(gen_ai_input_messages=CANARY, feature=CANARY, operation_name=CANARY)

    found = broken.route(row)

    assert set(found) == {"t_llm_quarantine"}
    (kept,) = found["t_llm_quarantine"]
    assert kept["llmcost_state"] == "new"
    assert kept["trace_id"] == row["trace_id"]
    assert CANARY not in json.dumps(kept)


@pytest.mark.parametrize("sent", ["done", "new", "", "x"])
def test_a_client_cannot_finish_its_own_row(
    broken: Graph, chat: Callable[..., dict[str, Any]], sent: str
) -> None:
    """What a client sends as the row's state changes nothing about where it goes."""
    found = broken.route(chat(llmcost_state=sent, llmcost_keep=True))

    assert set(found) == {"t_llm_quarantine"}


def test_a_service_name_that_is_a_sentence_is_not_quarantined(
    broken: Graph, chat: Callable[..., dict[str, Any]]
) -> None:
    """The quarantine keeps a service name that looks like one, so that somebody can be asked."""
    (kept,) = broken.route(chat(service_name="billing-api.v2"))["t_llm_quarantine"]
    (other,) = broken.route(chat(service_name="please call me"))["t_llm_quarantine"]

    assert (kept["service_name"], other["service_name"]) == ("billing-api.v2", "unknown")


NAMES = st.sampled_from(
    [
        "gen_ai_input_messages", "gen_ai_output_messages", "gen_ai_prompt", "llm_input",
        "llm_output", "gen_ai_prompt_0_content", "input_value", "output_value", "events", "links",
        "status_message", "operation_name", "service_instance_id", "gen_ai_tool_definitions",
        "gen_ai_system_instructions", "http_url", "db_statement", "llmcost_note",
        "llmcost_cost_usd", "llmcost_feature", "llmcost_user", "llmcost_state", "attr_trace_id",
        "gen_ai_usage_total_tokens", "gen_ai_usage_cost", "openai_api_base",
    ]
) | st.from_regex(r"[a-z_][a-z0-9_]{0,40}", fullmatch=True)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.lists(NAMES, min_size=1, max_size=6), st.booleans())
def test_a_canary_never_reaches_a_kept_stream(
    graph: Graph,
    broken: Graph,
    chat: Callable[..., dict[str, Any]],
    names: list[str],
    failing: bool,
) -> None:
    """A text in any attribute, event, link or status that we do not ask for is stored nowhere."""
    asked = DECLARED | KEPT_IDS | READ
    row = chat(**{name: f"[{CANARY}]" for name in names if name not in asked})

    found = (broken if failing else graph).route(row)

    assert set(found) == {"t_llm_quarantine" if failing else "t_llm_calls"}
    assert CANARY not in json.dumps(found)


# Columns whose text says what the call was: model, provider, tier and the like.
READ = frozenset(
    {
        "gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_system", "llm_provider",
        "llm_system", "gen_ai_request_model", "gen_ai_response_model", "llm_request_model",
        "llm_response_model", "llm_model_name", "gen_ai_tool_name", "tool_name",
        "gen_ai_response_finish_reasons", "gen_ai_response_finish_reason", "llm_finish_reason",
        "gen_ai_completion_0_finish_reason", "openai_response_service_tier",
        "llm_request_model_name", "llm_response_model_name", "embedding_model_name",
        "anthropic_message_stop_reason", "anthropic_response_service_tier",
        "llm_invocation_parameters", "embedding_invocation_parameters",
        "gen_ai_openai_response_service_tier", "gen_ai_response_service_tier",
        "openai_request_service_tier", "gen_ai_openai_request_service_tier",
        "gen_ai_request_service_tier", "_timestamp", "start_time", "end_time", "duration", "flags",
    }
)  # fmt: skip


def test_a_long_text_in_a_kept_column_is_cut(
    graph: Graph, chat: Callable[..., dict[str, Any]]
) -> None:
    """A prompt that somebody put into a feature's name does not move in whole."""
    (row,) = graph.route(chat(feature="word " * 200_000, service_name="x" * 9_000))["t_llm_calls"]

    assert all(len(value) <= 401 for value in row.values() if isinstance(value, str))


@pytest.mark.parametrize(
    "name",
    [
        "gen_ai_input_messages", "gen_ai_output_messages", "gen_ai_prompt_0_content",
        "gen_ai_completion_0_content", "gen_ai_system_instructions", "gen_ai_tool_definitions",
        "gen_ai_tool_call_arguments", "gen_ai_tool_call_result", "gen_ai_content_prompt",
        "llm_input", "llm_output", "llm_input_messages_0_message_content", "llm_prompts_0_user",
        "input", "output", "prompt", "completion", "messages", "input_value", "output_value",
        "attr_input", "ai_prompt_messages", "ai_response_text", "traceloop_entity_input",
        "langfuse_observation_output", "retrieval_documents_0_document_content",
        "pydantic_ai_all_messages", "tool_arguments", "final_result",
    ],
)  # fmt: skip
def test_an_agents_span_leaves_its_texts_behind(
    graph: Graph, span: Callable[..., dict[str, Any]], name: str
) -> None:
    """A span that is no call goes to the other traces without the prompts that it repeats."""
    row = span(gen_ai_operation_name="invoke_agent", gen_ai_agent_name="helper", **{name: CANARY})

    (kept,) = graph.route(row)["t_other_traces"]

    assert CANARY not in json.dumps(kept)
    assert kept["gen_ai_agent_name"] == "helper"


def test_events_of_an_instrumentation_leave_their_texts_behind(
    graph: Graph, span: Callable[..., dict[str, Any]]
) -> None:
    """Events that repeat messages go, an application's own events stay."""
    said = json.dumps([{"name": "gen_ai.user.message", "content": CANARY}])
    own = json.dumps([{"name": "exception", "exception.type": "KeyError"}])

    (cut,) = graph.route(span(events=said))["t_other_traces"]
    (kept,) = graph.route(span(events=own))["t_other_traces"]

    assert (cut["events"], kept["events"]) == ("[]", own)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    st.dictionaries(
        st.sampled_from(sorted((READ | DECLARED | set(STORED)) - {"_timestamp"}))
        | st.sampled_from(
            [
                "gen_ai_usage_input_tokens", "gen_ai_usage_output_tokens",
                "gen_ai_usage_cache_read_input_tokens", "gen_ai_usage_reasoning_output_tokens",
                "gen_ai_response_time_to_first_chunk", "error_type", "status_message",
                "gen_ai_usage_cost_usd", "openinference_span_kind", "llm_request_type",
            ]
        ),
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=30)
        | st.floats(allow_nan=False) | st.lists(st.integers(0, 9), max_size=2)
        | st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2),
        max_size=8,
    )
)  # fmt: skip
def test_no_value_stops_the_functions(
    graph: Graph, chat: Callable[..., dict[str, Any]], columns: dict[str, Any]
) -> None:
    """Whatever a column holds, the normaliser finishes, and the row is in one stream."""
    found = graph.route(chat(**columns))

    assert sum(map(len, found.values())) == 1
    assert "t_llm_quarantine" not in found


def test_no_function_has_a_call_that_may_stop_it(graph: Graph) -> None:
    """The functions hold no call that stops on a bad value, and none that drops a row."""
    for role, function in graph.rendered.functions.items():
        assert re.search(r"\w!\(", function.text) is None, role
        assert "abort" not in function.text, role
        assert ". = null" not in function.text, role
        assert function.text.endswith("\n."), role


def test_functions_are_small_enough(graph: Graph) -> None:
    """Each function is smaller than the 200 kB that a server is known to take."""
    assert max(len(one.text.encode()) for one in graph.rendered.functions.values()) < 200_000
