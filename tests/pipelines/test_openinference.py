"""OpenInference has names and kinds of its own, and tells what was asked for as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


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
