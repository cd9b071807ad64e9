"""What a caller asked for, how the call went, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


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


def test_a_tier_of_batches_is_a_batch(normalised: Callable[..., dict[str, Any]]) -> None:
    """Anthropic calls the batch API a service tier; it costs half."""
    claude = {"gen_ai_provider_name": "anthropic", "gen_ai_response_model": "claude-sonnet-4-5"}
    full = normalised(**claude, anthropic_response_service_tier="standard")
    half = normalised(**claude, anthropic_response_service_tier="batch")

    assert (full["batch"], half["batch"]) == (False, True)
    assert half["cost_usd"] == pytest.approx(full["cost_usd"] / 2)


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
