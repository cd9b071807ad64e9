"""Each example application is in the LLM stream call by call, with its owner and its true cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.doctor.metric_sum import (
    compare_sums,
    metric_statement,
    metric_sums,
    span_statement,
)
from llmcost_infra.pseudonyms import pseudonym
from tests.apps import conftest
from tests.apps.conftest import SETTINGS
from tests.pipelines.conftest import HASH_KEY

if TYPE_CHECKING:
    from tests.apps.conftest import OpenObserve, Row, Run

GPT_4O = ("gpt-4o-2024-08-06", 2006, 300, 0.005615)
CLAUDE = ("claude-sonnet-4-5-20250929", 2006, 300, 0.005334)
EMBEDDING = ("text-embedding-3-small", 16, None, 0.00000032)


def facts(row: Row) -> tuple[Any, ...]:
    """Return model, tokens and cost of a row."""
    usd = row.get("llmcost_cost_usd")
    return (
        row["llmcost_model"],
        row.get("llmcost_input_tokens"),
        row.get("llmcost_output_tokens"),
        None if usd is None else pytest.approx(usd, abs=1e-12),
    )


def test_an_application_without_code_is_seen(run: Run, openobserve: OpenObserve) -> None:
    """Calls of two providers, a stream that nobody asked for usage, and two refusals."""
    printed = run(
        "python-app", "opentelemetry-instrument", "python", "bot.py",
        service="bot-without-code", team="support",
    )  # fmt: skip
    assert printed.splitlines()[3] == "A short answer."

    are_the_bots(openobserve.calls("bot-without-code"))


def are_the_bots(rows: list[Row]) -> None:
    """Hold rows to what bot.py does."""
    assert [facts(row) for row in rows] == [
        GPT_4O, CLAUDE, EMBEDDING, GPT_4O,
        ("gpt-4.1", None, None, None), ("claude-opus-4-1", None, None, None),
    ]  # fmt: skip
    assert {row["llmcost_team"] for row in rows} == {"support"}
    assert {row["llmcost_environment"] for row in rows} == {"dev"}
    assert [row.get("llmcost_error_class") for row in rows[4:]] == ["rate_limit", "overloaded"]
    assert [row["llmcost_pricing_status"] for row in rows[4:]] == ["failed_no_charge"] * 2
    assert 0 < rows[3]["llmcost_ttft_ms"] < rows[3]["llmcost_duration_ms"]


def test_an_application_with_the_helper_says_whose_its_calls_are(
    run: Run, openobserve: OpenObserve
) -> None:
    """Features and prompts, also from threads of a pool; the user hashed as the pipeline does."""
    run("python-app", "python", "bot_with_helper.py")

    rows = openobserve.calls("support-bot")

    by_feature = {row.get("llmcost_feature"): row for row in rows}
    assert by_feature.keys() == {"summarize", "classify", "search", "suggest", None}
    assert facts(by_feature["summarize"]) == GPT_4O
    assert facts(by_feature["classify"]) == CLAUDE
    assert facts(by_feature["search"]) == EMBEDDING
    assert facts(by_feature["suggest"]) == GPT_4O
    assert by_feature["suggest"]["llmcost_prompt_name"] == "suggest-v2"
    assert by_feature[None]["llmcost_error_class"] == "rate_limit"
    assert {row["llmcost_user"] for row in rows} == {pseudonym("ann@example.com", HASH_KEY)}
    assert {row["llmcost_conversation"] for row in rows} == {pseudonym("ticket-4711", HASH_KEY)}
    assert {row["llmcost_dialect"] for row in rows} == {"genai"}


def test_streams_are_seen_however_they_end(run: Run, openobserve: OpenObserve) -> None:
    """Whole ones cost what they cost; of one that is left the cost is unknown, and never 0."""
    printed = run("streaming", "python", "stories.py").splitlines()
    assert printed[:2] == ["A short answer.", "A "]

    rows = openobserve.calls("story-teller")

    by_feature: dict[str, list[Row]] = {}
    for row in rows:
        by_feature.setdefault(row["llmcost_feature"], []).append(row)
    assert facts(by_feature["story"][0]) == GPT_4O
    assert [facts(row) for row in by_feature["chorus"]] == [GPT_4O] * 2
    assert facts(by_feature["poem"][0]) == CLAUDE
    (left,) = by_feature["preview"]
    assert left["llmcost_pricing_status"] == "no_usage"
    assert "llmcost_cost_usd" not in left
    assert all(row["llmcost_ttft_ms"] > 0 for row in rows)
    assert len(rows) == 5


def test_tools_are_rows_beside_the_calls_that_wanted_them(
    run: Run, openobserve: OpenObserve
) -> None:
    """Each run has its name, its length and its error; the trace joins it to its calls."""
    run("agent-tools", "python", "agent.py")

    rows = openobserve.calls("travel-agent")

    calls = [row for row in rows if row["llmcost_is_call"]]
    tools = [row for row in rows if row["llmcost_is_tool"]]
    assert [facts(row) for row in calls] == [GPT_4O] * 2
    assert [row["llmcost_tool"] for row in tools] == ["get_weather", "book_flight"]
    assert [row.get("llmcost_error_class") for row in tools] == [None, "other"]
    assert {row["llmcost_feature"] for row in rows} == {"plan-a-trip"}
    assert all(row["llmcost_duration_ms"] >= 0 for row in tools)
    assert {row["trace_id"] for row in (*calls, tools[0])} == {calls[0]["trace_id"]}


def test_what_applications_counted_is_what_is_stored(run: Run, openobserve: OpenObserve) -> None:
    """The histogram's sums agree with those of the spans, though each is sent by its own way."""
    begin = datetime.now(UTC) - timedelta(hours=1)
    run("agent-tools", "python", "agent.py")
    here = SETTINGS.environment
    counted = metric_sums(openobserve.search(metric_statement(begin, here), "metrics"), begin)
    calls = openobserve.search(span_statement(SETTINGS.streams.calls, here))

    found = {one.service: one for one in compare_sums(counted, calls)}

    assert found["travel-agent"].metric_usd >= Decimal("0.0112")
    assert all(one.agrees for one in found.values()), found


def test_a_wrong_token_is_said_and_stops_nothing(
    run: Run, openobserve: OpenObserve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The application answers as ever; its log has the server's refusal, and no secret."""
    monkeypatch.setattr(conftest, "PASSWORD", "not-the-token")
    printed = run("agent-tools", "python", "agent.py", service="locked-out", said="401")
    assert printed.strip()
    assert openobserve.calls("locked-out") == []


PARSES_ITSELF = """
import anthropic
import openai
from llmcost_infra.telemetry import attribute, configure, track

configure(service="parses-itself")
ours, theirs = track(openai.OpenAI(max_retries=0)), track(anthropic.Anthropic(max_retries=0))
asked = [{"role": "user", "content": "Tell me about fjords."}]
four = {"model": "gpt-4o", "messages": asked}
claude = {"model": "claude-sonnet-4-5", "max_tokens": 200, "messages": asked}
chat = ours.chat.completions
with attribute(feature="raw stream"):
    print(len(list(chat.with_raw_response.create(stream=True, **four).parse())))
with attribute(feature="body"), chat.with_streaming_response.create(**four) as response:
    response.parse()
with (
    attribute(feature="lines"),
    chat.with_streaming_response.create(stream=True, **four) as response,
):
    print(len([line for line in response.iter_lines() if line]))
with attribute(feature="helper"), chat.stream(**four) as stream:
    stream.until_done()
with attribute(feature="raw message"):
    theirs.messages.with_raw_response.create(**claude).parse()
with attribute(feature="parsed message"):
    theirs.messages.parse(**claude)
with attribute(feature="response"):
    print(len(list(ours.responses.create(model="gpt-4o-mini", input="x", stream=True))))
"""


def test_what_an_application_parses_itself_is_told_of(run: Run, openobserve: OpenObserve) -> None:
    """It gets what the server would send without us; of lines that it reads nothing is known.

    The clients are the real ones, in all the ways in which they hand out an answer.
    """
    printed = run("streaming", "python", "-c", PARSES_ITSELF)
    assert printed.split() == ["4", "5", "5"]
    rows = openobserve.calls("parses-itself")
    assert {row["llmcost_feature"]: row.get("llmcost_cost_usd") for row in rows} == {
        "raw stream": pytest.approx(0.005615),
        "body": pytest.approx(0.005615),
        "lines": None,
        "helper": pytest.approx(0.005615),
        "raw message": pytest.approx(0.005334),
        "parsed message": pytest.approx(0.005334),
        "response": pytest.approx(0.000231),
    }
    assert len([row for row in rows if row["llmcost_is_call"]]) == len(rows) == 7
