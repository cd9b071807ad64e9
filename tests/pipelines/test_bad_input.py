"""Whatever a client sends: the call is kept, says what is wrong, and is never priced by mistake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipelines.conftest import Graph

MEGABYTE = "word " * 200_000
BROKEN = '[{"role": "user", "content": "never clos'


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({"gen_ai_usage_input_tokens": None}, "no_usage"),
        ({"gen_ai_usage_input_tokens": None, "gen_ai_usage_output_tokens": None}, "no_usage"),
        ({"gen_ai_usage_output_tokens": None}, "no_usage"),
        ({"gen_ai_usage_input_tokens": "-100"}, "no_usage"),
        ({"gen_ai_usage_input_tokens": "1000000001"}, "no_usage"),
        ({"gen_ai_usage_input_tokens": "9" * 40}, "no_usage"),
        ({"gen_ai_usage_output_tokens": "ten"}, "no_usage"),
        ({"gen_ai_usage_output_tokens": "10.5"}, "no_usage"),
        ({"gen_ai_usage_output_tokens": "NaN"}, "no_usage"),
        ({"gen_ai_usage_output_tokens": "inf"}, "no_usage"),
        ({"gen_ai_usage_cache_read_input_tokens": "101"}, "no_usage"),
        ({"gen_ai_usage_reasoning_output_tokens": "11"}, "no_usage"),
        ({"gen_ai_response_model": "gpt-of-tomorrow"}, "unpriced_model"),
        ({"gen_ai_response_model": None, "gen_ai_request_model": None}, "unpriced_model"),
        ({"gen_ai_response_model": "gpt-4o-evil"}, "unpriced_model"),
        ({"gen_ai_provider_name": None}, "unpriced_model"),
        ({"gen_ai_provider_name": "nobody"}, "unpriced_model"),
        ({"openai_response_service_tier": "of-tomorrow"}, "missing_rate"),
        # A clock that stands at the beginning of its time: no price held then.
        ({"_timestamp": 0}, "missing_rate"),
        ({"_timestamp": -1}, "missing_rate"),
        ({"_timestamp": 631152000000000}, "missing_rate"),
    ],
)
def test_what_cannot_be_priced_is_kept_and_says_why(
    graph: Graph, chat: Callable[..., dict[str, Any]], columns: dict[str, Any], status: str
) -> None:
    """A call without usage, model or price is a row with a reason and without any cost."""
    [row] = graph.route(chat(**columns))["t_llm_calls"]

    assert (row["llmcost_is_call"], row["llmcost_pricing_status"]) == (True, status)
    costs = [name for name in row if name.endswith("_cost_usd")]
    assert costs == []


@pytest.mark.parametrize(
    "columns",
    [
        {"llm_input": MEGABYTE},
        {"gen_ai_input_messages": BROKEN, "gen_ai_output_messages": "{"},
        {"llm_input": json.dumps([{"content": "a\u0000b\ud83d\ude00"}])},
        {"events": BROKEN, "links": BROKEN, "status_message": MEGABYTE},
        {"operation_name": MEGABYTE, "http_url": MEGABYTE},
        {"openinference_span_kind": "LLM", "llm_invocation_parameters": BROKEN},
        {"openinference_span_kind": "LLM", "llm_invocation_parameters": MEGABYTE},
        {"openinference_span_kind": "LLM", "llm_invocation_parameters": '"text"'},
        {"openinference_span_kind": "LLM", "events": '[{"name":"First Token Stream Event"'},
    ],
    ids=range(9),
)
def test_broken_and_long_texts_change_no_bill(
    graph: Graph, chat: Callable[..., dict[str, Any]], columns: dict[str, Any]
) -> None:
    """Messages that are no JSON, or a megabyte long, cost what their tokens cost, and stay out."""
    [row] = graph.route(chat(**columns))["t_llm_calls"]

    assert row["llmcost_cost_usd"] == pytest.approx(0.00035, abs=1e-12)
    assert all(len(value) <= 401 for value in row.values() if isinstance(value, str))


@pytest.mark.parametrize(
    ("duration", "expected"),
    [(0, 0.0), (5519, 5.519), (-1, None), ("soon", None), (None, None), ("1e3", 1.0)],
)
def test_a_clock_that_ran_backwards_has_no_duration(
    normalised: Callable[..., dict[str, Any]], duration: object, expected: float | None
) -> None:
    """What cannot be a length of time is left out; the bill does not depend on it."""
    made = normalised(duration=duration)

    assert made["duration_ms"] == expected
    assert made["pricing_status"] == "priced"


@pytest.mark.parametrize(
    ("first", "expected"), [(250_000_000, 250.0), (0, None), (-5, None), (10**17, None)]
)
def test_a_first_token_is_after_the_start(
    normalised: Callable[..., dict[str, Any]], first: int, expected: float | None
) -> None:
    """OpenInference tells the first token as an event; one before the start is none."""
    began = 1795467397879571724
    event = {"name": "First Token Stream Event", "_timestamp": began + first}
    events = json.dumps([event], separators=(",", ":"))

    made = normalised(openinference_span_kind="LLM", events=events, start_time=began)

    assert made["ttft_ms"] == expected


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({"gen_ai_request_stream": "true"}, "no_usage"),
        ({"gen_ai_is_streaming": "true"}, "no_usage"),
        ({"gen_ai_request_stream": "true", "llm_finish_reason": "stop"}, "priced"),
        ({"gen_ai_request_stream": "false"}, "priced"),
        ({}, "priced"),
    ],
)
def test_a_stream_that_was_left_is_not_priced_by_its_beginning(
    normalised: Callable[..., dict[str, Any]], columns: dict[str, str], status: str
) -> None:
    """Anthropic tells one token of output when a stream begins: that is no bill."""
    made = normalised(
        gen_ai_provider_name="anthropic",
        gen_ai_response_model="claude-sonnet-4-5-20250929",
        gen_ai_usage_output_tokens="1",
        **columns,
    )

    assert made["pricing_status"] == status
    assert (made["cost_usd"] is None) is (status == "no_usage")
    assert made["input_tokens"] == 100
