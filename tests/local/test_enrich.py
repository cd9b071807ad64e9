"""What the server adds to spans of language models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.enrich import enrich, is_llm
from llmcost_infra.local.token_count import count_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": "100",
    "gen_ai.usage.output_tokens": "10",
}
RECORDED_ROWS = Path(__file__).parents[1] / "data" / "openobserve-transcripts" / "rows"


def _flat_price(model: str, usage: Mapping[str, int], at: int) -> dict[str, float]:
    """A dollar a token."""
    assert model
    assert at
    return {"total": float(usage["total"])}


def _enriched(**attributes: Any) -> dict[str, Any]:
    sent = {key.replace("__", "."): value for key, value in attributes.items()}
    return enrich(CALL | sent, [], _flat_price, 1)


@pytest.mark.parametrize(
    "key",
    ["gen_ai.operation.name", "gen_ai.request.model", "gen_ai.input.messages", "input", "prompt"],
)
def test_one_attribute_makes_a_span_one_of_a_language_model(key: str) -> None:
    """A bare `input` is enough, so that ordinary spans may be taken for calls."""
    assert is_llm({key: "x"})


def test_provider_and_usage_alone_do_not() -> None:
    """The server looks for other attributes."""
    assert not is_llm({"gen_ai.provider.name": "openai", "gen_ai.usage.input_tokens": "3"})


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.operation.name": "Chat"}, "GENERATION"),
        ({"gen_ai.operation.name": "embeddings"}, "EMBEDDING"),
        ({"gen_ai.operation.name": "invoke_agent"}, "AGENT"),
        ({"gen_ai.operation.name": "execute_tool"}, "TOOL"),
        ({"llm.request.type": "completion"}, "GENERATION"),
        ({"openinference.span.kind": "retriever"}, "RETRIEVER"),
        ({"gen_ai.operation.name": "odd", "gen_ai.tool.name": "search"}, "TOOL"),
        ({"gen_ai.operation.name": "odd", "llm.model_name": "m"}, "GENERATION"),
        ({"input": "x"}, "SPAN"),
    ],
)
def test_every_span_gets_a_kind(attributes: dict[str, str], kind: str) -> None:
    """The operation's name decides, then other conventions, then what else is there."""
    assert enrich(attributes, [], _flat_price, 1)["llm_observation_type"] == kind


def test_a_span_without_content_is_not_priced() -> None:
    """The cost is minus zero, the sum of no costs, whatever was used."""
    row = _enriched()

    assert str(row["llm_usage_cost_total"]) == "-0.0"
    assert row["llm_usage_tokens_total"] == 110


def test_a_span_with_content_is_priced() -> None:
    """Even one that failed."""
    row = _enriched(gen_ai__input__messages="[]", error__type="RateLimitError")

    assert row["llm_usage_cost_total"] == 110.0


def test_the_cost_that_the_client_sends_is_kept() -> None:
    """It is not priced again."""
    row = _enriched(gen_ai__usage__cost="0.5", gen_ai__input__messages="[]")

    assert row["llm_usage_cost_total"] == 0.5


def test_agents_and_tools_are_not_priced() -> None:
    """They repeat what their calls have used."""
    row = _enriched(gen_ai__operation__name="invoke_agent", gen_ai__input__messages="[]")

    assert str(row["llm_usage_cost_total"]) == "-0.0"


def test_content_moves_to_columns_of_its_own() -> None:
    """The sent attributes are gone."""
    row = _enriched(gen_ai__input__messages="[1]", gen_ai__output__messages="[2]")

    assert (row["llm_input"], row["llm_output"]) == ("[1]", "[2]")
    assert not any("messages" in key for key in row)


def test_numbered_content_becomes_a_list() -> None:
    """As older instrumentations send it."""
    attributes = {
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "hi",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.completion.0.content": "hello",
    }

    row = _enriched(**{key.replace(".", "__"): value for key, value in attributes.items()})

    assert row["llm_input"] == [{"role": "user", "content": "hi"}, {"role": "user"}]
    assert row["llm_output"] == [{"content": "hello"}]


def test_content_may_come_as_events() -> None:
    """Messages are input, a choice is output."""
    events = [
        {"name": "gen_ai.user.message", "_timestamp": 1, "content": "hi"},
        {"name": "gen_ai.choice", "_timestamp": 2, "content": "hello"},
    ]

    row = enrich(CALL, events, _flat_price, 1)

    assert row["llm_input"] == [{"role": "user", "content": "hi"}]
    assert row["llm_output"] == {"content": "hello"}


def test_tool_arguments_are_content() -> None:
    """They are repeated under their own names."""
    row = enrich(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.arguments": "{}",
            "gen_ai.tool.call.result": "sunny",
        },
        [],
        _flat_price,
        1,
    )

    assert (row["llm_input"], row["llm_output"]) == ("{}", "sunny")
    assert row["gen_ai_tool_call_result"] == "sunny"


def test_tokens_are_counted_when_the_client_does_not_report_them() -> None:
    """Input and output each."""
    row = enrich(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.input.messages": '[{"role":"user","content":"hi"}]',
        },
        [],
        _flat_price,
        1,
    )

    assert row["llm_usage_tokens_input"] == 12
    assert row["llm_usage_tokens_output"] == 0


@pytest.mark.parametrize("tokens", ["many", None, "1e400"])
def test_a_count_that_is_none_is_none(tokens: Any) -> None:
    """Clients send anything."""
    assert _enriched(gen_ai__usage__input_tokens=tokens)["llm_usage_tokens_input"] == 0


def test_parameters_of_the_request_are_repeated() -> None:
    """All but the model."""
    row = _enriched(gen_ai__request__seed="7")

    assert row["llm_request_parameters_seed"] == "7"
    assert "llm_request_parameters_model" not in row


def test_user_and_session_get_short_names() -> None:
    """From the conventions' names."""
    row = _enriched(user__id="u1", gen_ai__conversation__id="c1")

    assert (row["user_id"], row["session_id"]) == ("u1", "c1")


@given(st.dictionaries(st.sampled_from([*CALL, "input", "output", "user.id"]), st.text()))
def test_no_attribute_breaks_it(attributes: dict[str, str]) -> None:
    """A span is kept, whatever it carries."""
    assert enrich(attributes, [], lambda *_: {}, 1)["llm_usage_tokens_total"] is not None


def _counted() -> list[tuple[str, int]]:
    rows = [
        json.loads(line)["row"]
        for path in sorted(RECORDED_ROWS.glob("*.traces.jsonl"))
        for line in path.read_text().splitlines()
    ]
    pairs = {
        (json.dumps(row[text], ensure_ascii=False), row[tokens])
        for row in rows
        if "gen_ai_usage_input_tokens" not in row
        for text, tokens in (
            ("llm_input", "llm_usage_tokens_input"),
            ("llm_output", "llm_usage_tokens_output"),
        )
        if text in row
    }
    return sorted(pairs)


@pytest.mark.parametrize(("text", "tokens"), _counted())
def test_messages_have_the_recorded_number_of_tokens(text: str, tokens: int) -> None:
    """The estimate is exact on what was seen."""
    assert count_tokens(text) == tokens


@given(st.text(), st.text())
def test_more_text_never_has_fewer_tokens(one: str, other: str) -> None:
    """Counting is monotone across a line break."""
    assert count_tokens(f"{one}\n{other}") >= max(count_tokens(one), count_tokens(other))
