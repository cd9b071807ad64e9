"""The normaliser reads what instrumentations send, and says so when it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.columns import STORED
from llmcost_infra.settings import Repeat
from tests.pipelines.conftest import Graph, hashed

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.settings import Settings


def test_a_finished_row_has_every_column_of_ours(
    graph: Graph, span: Callable[..., dict[str, Any]]
) -> None:
    """Each column of ours is assigned on every row, so that a client's value never stands."""
    own = {name for name in STORED if name.startswith("llmcost_")}
    row = span(**dict.fromkeys(own, "sent by a client"))

    made = graph.function("normalise").run(row)

    assert own <= set(made)
    assert "sent by a client" not in [made[name] for name in own]


def test_types_are_the_declared_ones(graph: Graph, chat: Callable[..., dict[str, Any]]) -> None:
    """Each column holds null or the type that the stream declares."""
    python = {"utf8": str, "int64": int, "uint64": int, "float64": float, "boolean": bool}
    row = chat(
        gen_ai_usage_cache_read_input_tokens="50",
        gen_ai_usage_reasoning_output_tokens=3,
        gen_ai_response_time_to_first_chunk="2",
        feature="f",
        error_type="X",
    )

    (stored,) = graph.route(row)["t_llm_calls"]

    for name, value in stored.items():
        assert type(value) is python[STORED[name]], name


@pytest.mark.parametrize("value", ["x", "7.9", "", "-1", -1, "99999999999", "1e3", " 5", {}, []])
@pytest.mark.parametrize(
    "column",
    [
        "gen_ai_usage_input_tokens",
        "gen_ai_usage_cache_read_input_tokens",
        "gen_ai_usage_cache_creation_input_tokens",
        "gen_ai_usage_reasoning_output_tokens",
        "gen_ai_usage_output_tokens",
    ],
)
def test_an_unreadable_count_is_never_priced(
    normalised: Callable[..., dict[str, Any]], column: str, value: object
) -> None:
    """A count that is no count makes the call unpriced, not cheaper and not dearer."""
    made = normalised(**{column: value})

    assert made["pricing_status"] == "no_usage"
    assert made["cost_usd"] is None


def test_contradicting_counts_are_never_priced(
    normalised: Callable[..., dict[str, Any]],
) -> None:
    """More cached tokens than input, or more reasoning than output, is no usage."""
    for column, value in (
        ("gen_ai_usage_cache_read_input_tokens", "101"),
        ("gen_ai_usage_reasoning_output_tokens", "11"),
    ):
        assert normalised(**{column: value})["pricing_status"] == "no_usage"


def test_zeros_that_a_server_fills_in_are_no_usage(
    normalised: Callable[..., dict[str, Any]],
) -> None:
    """No call has neither input nor output: zeros mean that nobody counted."""
    made = normalised(gen_ai_usage_input_tokens=0, gen_ai_usage_output_tokens=0)

    assert (made["pricing_status"], made["input_tokens"], made["output_tokens"]) == (
        "no_usage",
        None,
        None,
    )


@pytest.mark.parametrize("column", ["user_id", "gen_ai_conversation_id"])
@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("ann@example.com", hashed("ann@example.com")),
        ("  ann@example.com ", hashed("ann@example.com")),
        ("Ann", hashed("Ann")),
        ("üñí", hashed("üñí")),
        (hashed("ann"), hashed("ann")),
        ("a" * 64, "a" * 64),
        ("A" * 32, hashed("A" * 32)),
        ("a" * 31, hashed("a" * 31)),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_ids_of_people_are_hashed_once(
    normalised: Callable[..., dict[str, Any]], column: str, sent: str | None, stored: str | None
) -> None:
    """An id tells callers apart and names nobody; what was hashed before it was sent stays."""
    kept = {"user_id": "user", "gen_ai_conversation_id": "conversation"}[column]
    assert normalised(**{column: sent})[kept] == stored


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, 0.00035),
        ({"gen_ai_usage_cache_read_input_tokens": "40"}, 0.0003),
        ({"gen_ai_usage_cache_read_tokens": "40"}, 0.0003),
        ({"gen_ai_usage_details_cache_read_tokens": "40"}, 0.0003),
        ({"llm_token_count_prompt_details_cache_read": "40"}, 0.0003),
        ({"gen_ai_usage_reasoning_tokens": "9"}, 0.00035),
        ({"openai_response_service_tier": "priority"}, 0.000595),
        ({"gen_ai_openai_response_service_tier": "priority"}, 0.000595),
        ({"openai_request_service_tier": "priority"}, 0.000595),
        (
            {"openai_request_service_tier": "priority", "openai_response_service_tier": "default"},
            0.00035,
        ),
        ({"gen_ai_usage_input_tokens": 100, "gen_ai_usage_output_tokens": 10}, 0.00035),
        ({"gen_ai_provider_name": None, "gen_ai_system": "OpenAI"}, 0.00035),
        ({"gen_ai_response_model": "openai/gpt-4o"}, 0.00035),
        ({"gen_ai_response_model": None}, 0.00035),
    ],
)
def test_usage_is_read_under_every_known_name(
    normalised: Callable[..., dict[str, Any]], columns: dict[str, Any], expected: float
) -> None:
    """Old and new names of tokens, provider and tier lead to the same bill."""
    made = normalised(**columns)

    assert made["pricing_status"] == "priced"
    assert made["cost_usd"] == pytest.approx(expected, abs=1e-12)
    assert made["cost_usd"] == pytest.approx(made["input_cost_usd"] + made["output_cost_usd"])


def test_anthropic_counts_cache_beside_its_input(
    normalised: Callable[..., dict[str, Any]],
) -> None:
    """Input that is smaller than its cached part can only leave the cache out."""
    made = normalised(
        gen_ai_provider_name="anthropic",
        gen_ai_response_model="claude-sonnet-4-5-20250929",
        gen_ai_usage_cache_read_input_tokens="1000",
        gen_ai_usage_cache_creation_input_tokens="200",
    )

    assert made["input_tokens"] == 1300
    assert made["cost_usd"] == pytest.approx(0.0003 + 0.0003 + 0.00075 + 0.00015, abs=1e-12)


OPENINFERENCE = {
    "gen_ai_operation_name": None,
    "gen_ai_provider_name": None,
    "gen_ai_request_model": None,
    "gen_ai_response_model": None,
    "gen_ai_usage_input_tokens": None,
    "gen_ai_usage_output_tokens": None,
    "span_kind": "1",
    "llm_system": "openai",
    "llm_model_name": "gpt-4o-2024-08-06",
    "llm_token_count_prompt": "2006",
    "llm_token_count_completion": "300",
    "llm_token_count_prompt_details_cache_read": "1920",
    "openinference_span_kind": "LLM",
}


def test_openinference_is_read(normalised: Callable[..., dict[str, Any]]) -> None:
    """OpenInference's own names, on an INTERNAL span, are a call."""
    made = normalised(**OPENINFERENCE)

    assert (made["is_call"], made["operation"], made["dialect"]) == (True, "chat", "openinference")
    assert made["cost_usd"] == pytest.approx(0.005615, abs=1e-12)


@pytest.mark.parametrize(
    ("kind", "operation", "call", "tool"),
    [
        ("EMBEDDING", "embeddings", True, False),
        ("TOOL", "execute_tool", False, True),
        ("AGENT", None, False, False),
        ("CHAIN", None, False, False),
    ],
)
def test_kinds_of_openinference(
    normalised: Callable[..., dict[str, Any]],
    kind: str,
    operation: str | None,
    *,
    call: bool,
    tool: bool,
) -> None:
    """Of OpenInference's kinds, models and embeddings are calls, tools are tool runs."""
    made = normalised(**OPENINFERENCE | {"openinference_span_kind": kind})

    assert (made["operation"], made["is_call"], made["is_tool"]) == (operation, call, tool)
    assert made["keep"] == (call or tool)


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


@pytest.mark.parametrize(
    ("columns", "column", "expected"),
    [
        ({"feature": "a", "service_feature": "b"}, "feature", "a"),
        ({"feature": " ", "service_feature": "b"}, "feature", None),
        ({"service_feature": "b"}, "feature", "b"),
        ({"team": "x", "service_team": "y"}, "team", "x"),
        ({"service_team": "y"}, "team", "y"),
        ({}, "team", None),
        (
            {"environment": "a", "service_deployment_environment_name": "b"},
            "environment",
            "a",
        ),
        ({"deployment_environment_name": "b"}, "environment", "b"),
        ({"service_deployment_environment_name": "b"}, "environment", "b"),
        ({"service_deployment_environment": "c"}, "environment", "c"),
        ({}, "environment", "staging"),
        ({"user_id": "u"}, "user", hashed("u")),
        ({"service_user_id": "u"}, "user", hashed("u")),
        ({"gen_ai_conversation_id": "c", "session_id": "s"}, "conversation", hashed("c")),
        ({"session_id": "s"}, "conversation", hashed("s")),
        ({"prompt_name": "a_v2", "gen_ai_prompt_name": "b"}, "prompt_name", "a_v2"),
        ({"gen_ai_prompt_name": "b"}, "prompt_name", "b"),
        ({}, "prompt_name", None),
    ],
)
def test_attribution_has_an_order(
    normalised: Callable[..., dict[str, Any]],
    columns: dict[str, Any],
    column: str,
    expected: str | None,
) -> None:
    """What a span says wins over what its resource says; the stack names the last environment."""
    assert normalised(**columns)[column] == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"error_type": "RateLimitError"}, "rate_limit"),
        ({"error_type": "openai.RateLimitError"}, "rate_limit"),
        ({"error_type": "429"}, "rate_limit"),
        ({"status_message": "Error code: 429 - {'code': 'insufficient_quota'}"}, "quota"),
        ({"status_message": "You exceeded your current quota"}, "quota"),
        ({"error_type": "anthropic.OverloadedError"}, "overloaded"),
        ({"status_message": "Error code: 529 - overloaded_error"}, "overloaded"),
        ({"error_type": "APITimeoutError"}, "timeout"),
        ({"status_message": "Request timed out."}, "timeout"),
        ({"error_type": "AuthenticationError"}, "other"),
        (
            {"events": '[{"name":"exception","exception.type":"openai.RateLimitError"}]'},
            "rate_limit",
        ),
        ({}, "other"),
    ],
)
def test_why_a_call_failed(
    normalised: Callable[..., dict[str, Any]], columns: dict[str, Any], expected: str
) -> None:
    """A failure's class is read from its type, its message or its exception event."""
    failed = {"span_status": "ERROR", "gen_ai_usage_input_tokens": None}
    made = normalised(**failed | {"gen_ai_usage_output_tokens": None} | columns)

    assert made["error_class"] == expected
    assert (made["pricing_status"], made["cost_usd"]) == ("failed_no_charge", None)


def test_a_failed_call_that_was_counted_is_charged(
    normalised: Callable[..., dict[str, Any]],
) -> None:
    """A call that broke off after the provider counted its tokens is on the bill."""
    made = normalised(span_status="ERROR", error_type="APIConnectionError")

    assert (made["pricing_status"], made["cost_usd"]) == ("priced", pytest.approx(0.00035))


@pytest.mark.parametrize(
    ("value", "expected"),
    [('["stop"]', "stop"), ('["length","length"]', "length"), ("stop", "stop"), ("[]", None)],
)
def test_a_finish_reason_is_one_word(
    normalised: Callable[..., dict[str, Any]], value: str, expected: str | None
) -> None:
    """Of several choices the first one's reason is kept."""
    assert (normalised(gen_ai_response_finish_reasons=value)["finish_reason"] or None) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("0.25", 250.0), ("-1", None), ("x", None), ("1e9", None), (None, None)]
)
def test_a_time_to_the_first_token_is_plausible_or_absent(
    normalised: Callable[..., dict[str, Any]], value: str | None, expected: float | None
) -> None:
    """Seconds become milliseconds; what cannot be a waiting time is left out."""
    assert normalised(gen_ai_response_time_to_first_chunk=value)["ttft_ms"] == expected


@pytest.mark.parametrize(
    ("columns", "dialect"),
    [
        ({}, "genai"),
        ({"gen_ai_provider_name": None, "gen_ai_system": "openai"}, "openai_v2"),
        ({"gen_ai_is_streaming": "false"}, "openllmetry"),
        ({"openinference_span_kind": "LLM"}, "openinference"),
        ({"gen_ai_usage_cost_usd": "1", "span_kind": "1"}, "wrapper"),
        ({"gen_ai_provider_name": None}, "other"),
    ],
)
def test_a_row_names_its_dialect(
    normalised: Callable[..., dict[str, Any]], columns: dict[str, Any], dialect: str
) -> None:
    """A row says which instrumentation's words it was read from."""
    row = normalised(**columns)

    assert row["dialect"] == dialect


def test_a_tool_run_has_a_name_and_no_bill(normalised: Callable[..., dict[str, Any]]) -> None:
    """A tool run is kept with its tool, and has neither status nor price."""
    made = normalised(gen_ai_operation_name="execute_tool", gen_ai_tool_name="get_weather")

    assert (made["is_tool"], made["is_call"], made["tool"]) == (True, False, "get_weather")
    assert (made["pricing_status"], made["cost_usd"], made["price_row"]) == (None, None, None)


@pytest.mark.parametrize(
    ("columns", "column", "expected"),
    [
        ({"gen_ai_request_max_tokens": "4096"}, "max_tokens", 4096),
        ({"gen_ai_request_max_tokens": "many"}, "max_tokens", None),
        ({"gen_ai_request_max_tokens": "-1"}, "max_tokens", None),
        ({}, "max_tokens", None),
        ({"gen_ai_request_temperature": "0.2"}, "temperature", 0.2),
        ({"gen_ai_request_temperature": "0"}, "temperature", 0.0),
        ({"gen_ai_request_temperature": "warm"}, "temperature", None),
        ({"gen_ai_request_temperature": "-3"}, "temperature", None),
        ({}, "temperature", None),
        ({"batch": "true"}, "batch", True),
        ({"service_batch": "TRUE"}, "batch", True),
        ({}, "batch", False),
    ],
)
def test_what_was_asked_for(
    normalised: Callable[..., dict[str, Any]],
    columns: dict[str, Any],
    column: str,
    expected: object,
) -> None:
    """Limits and choices of the caller are kept where they are numbers; 0 is a choice too."""
    assert normalised(**columns)[column] == expected


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
    ("columns", "stored", "usd"),
    [
        # 1,000 written: the lifetime unknown, half an hour's and half five minutes', all an hour's.
        ({"cache_write_input_tokens": "1000"}, (1000, None), 0.00375),
        (
            {"cache_write_input_tokens": "1000", "cache_creation_ephemeral_1h_input_tokens": "500"},
            (1000, 500),
            0.004875,
        ),
        (
            {
                "cache_creation_ephemeral_5m_input_tokens": "500",
                "cache_creation_ephemeral_1h_input_tokens": "500",
            },
            (1000, 500),
            0.004875,
        ),
        ({"cache_creation_ephemeral_1h_input_tokens": "1000"}, (1000, 1000), 0.006),
        (
            {
                "cache_creation_input_tokens": "1000",
                "cache_creation_ephemeral_1h_input_tokens": "0",
            },
            (1000, 0),
            0.00375,
        ),
    ],
)
def test_a_written_cache_is_priced_by_its_lifetime(
    normalised: Callable[..., dict[str, Any]],
    columns: dict[str, str],
    stored: tuple[int, int | None],
    usd: float,
) -> None:
    """An hour costs more than five minutes; null says that nobody told, and five are priced."""
    made = normalised(
        gen_ai_provider_name="anthropic",
        gen_ai_response_model="claude-sonnet-4-5-20250929",
        gen_ai_usage_input_tokens="1000",
        gen_ai_usage_output_tokens="0",
        **{f"gen_ai_usage_{name}": value for name, value in columns.items()},
    )

    assert (made["cache_write_tokens"], made["cache_write_1h_tokens"]) == stored
    assert made["cost_usd"] == pytest.approx(usd, abs=1e-12)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gen_ai_usage_cache_creation_ephemeral_1h_input_tokens", "1001"),
        ("gen_ai_usage_cache_creation_ephemeral_1h_input_tokens", "x"),
        ("gen_ai_usage_cache_creation_ephemeral_1h_input_tokens", "-1"),
    ],
)
def test_a_lifetime_that_cannot_be_is_no_usage(
    normalised: Callable[..., dict[str, Any]], column: str, value: str
) -> None:
    """More tokens that live an hour than were written at all are a mistake, not a bill."""
    made = normalised(
        gen_ai_usage_input_tokens="1000",
        gen_ai_usage_cache_write_input_tokens="1000",
        **{column: value},
    )

    assert (made["pricing_status"], made["cost_usd"]) == ("no_usage", None)


@pytest.mark.parametrize("provider", ["anthropic", "aws.bedrock"])
def test_a_total_tells_that_the_cache_is_beside_the_input(
    normalised: Callable[..., dict[str, Any]], provider: str
) -> None:
    """Little cache does not show in the input; a total that adds it does."""
    columns = {
        "gen_ai_provider_name": provider,
        "gen_ai_response_model": "claude-sonnet-4-5-20250929",
        "gen_ai_usage_input_tokens": "1000",
        "gen_ai_usage_cache_read_input_tokens": "400",
    }

    assert normalised(**columns)["input_tokens"] == 1000
    assert normalised(**columns, gen_ai_usage_total_tokens="1010")["input_tokens"] == 1000
    assert normalised(**columns, gen_ai_usage_total_tokens="1410")["input_tokens"] == 1400


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


def test_a_tier_of_batches_is_a_batch(normalised: Callable[..., dict[str, Any]]) -> None:
    """Anthropic calls the batch API a service tier; it costs half."""
    claude = {"gen_ai_provider_name": "anthropic", "gen_ai_response_model": "claude-sonnet-4-5"}
    full = normalised(**claude, anthropic_response_service_tier="standard")
    half = normalised(**claude, anthropic_response_service_tier="batch")

    assert (full["batch"], half["batch"]) == (False, True)
    assert half["cost_usd"] == pytest.approx(full["cost_usd"] / 2)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ('{"max_tokens": 9, "temperature": 0.5}', (9, 0.5)),
        ('{"max_completion_tokens": 9}', (9, None)),
        ('{"max_tokens": "9", "temperature": "hot"}', (None, None)),
        ('{"max_tokens": -9, "temperature": -1.0}', (None, None)),
        ('{"max_tokens": 9', (None, None)),
        ("[9]", (None, None)),
        ("", (None, None)),
        ('{"x": "' + "y" * 30_000 + '"}', (None, None)),
    ],
)
def test_what_was_asked_for_as_json(
    normalised: Callable[..., dict[str, Any]],
    params: str,
    expected: tuple[int | None, float | None],
) -> None:
    """OpenInference's JSON is read where it is an object of what it should hold."""
    made = normalised(openinference_span_kind="LLM", llm_invocation_parameters=params)

    assert (made["max_tokens"], made["temperature"]) == expected
    assert made["pricing_status"] == "priced"
