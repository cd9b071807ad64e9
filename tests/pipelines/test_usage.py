"""Tokens are read under every name that instrumentations use; what is no count is never priced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


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
