"""Every recorded sample of every instrumentation: its true number of calls, tokens and USD."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.pipelines.conftest import hashed

if TYPE_CHECKING:
    from tests.pipelines.conftest import Graph, Sample

MINI = ("priced", 1200, 85, "0.000231")
CACHED = ("priced", 2006, 300, "0.005615")
UNCACHED = ("priced", 2006, 300, "0.008015")
FLEX = ("priced", 412, 640, "0.0032692")
EMBEDDED = ("priced", 16, None, "0.00000032")
RESPONSE = ("priced", 328, 52, "0.00118")
REFUSED = ("failed_no_charge", None, None, None)
UNCOUNTED = ("no_usage", None, None, None)
UNKNOWN = ("unpriced_model", 100, 20, None)

# What each sample sends: (calls, what each of them is, tool runs). openai-v2 reports no cached
# tokens and does not see the Responses API, so its cached calls can only be priced in full.
TRUTH: dict[str, tuple[int, Any, int]] = {
    "chat_429": (6, REFUSED, 0),
    "chat_429_sdk_retries": (1, REFUSED, 0),
    "chat_500": (1, REFUSED, 0),
    "chat_async": (3, MINI, 0),
    "chat_attributed": (1, CACHED, 0),
    "chat_basic": (1, MINI, 0),
    "chat_cached": (1, CACHED, 0),
    "chat_n2_len": (1, MINI, 0),
    "chat_quota": (1, REFUSED, 0),
    "chat_reasoning_flex": (1, FLEX, 0),
    "chat_stream": (1, UNCOUNTED, 0),
    "chat_stream_abandoned": (1, UNCOUNTED, 0),
    "chat_stream_usage": (1, CACHED, 0),
    "chat_timeout": (1, REFUSED, 0),
    "chat_tools": (2, CACHED, 1),
    "chat_unknown_model": (1, UNKNOWN, 0),
    "embeddings": (1, EMBEDDED, 0),
    "responses_api": (1, RESPONSE, 0),
}
BLIND = frozenset({"v2", "v2exp"})
"""Instrumentations that do not report cached tokens."""

CASES = [
    (dialect, name)
    for dialect in ("genai", "genai_content", "openllmetry", "v2", "v2exp")
    for name in TRUTH
    if not (dialect in BLIND and name == "responses_api")
]


def stored(graph: Graph, sample: Sample) -> list[dict[str, Any]]:
    """Return the rows that a sample leaves in the LLM stream."""
    calls = graph.rendered.nodes["calls"]["stream_name"]
    return [row for one in sample.rows for row in graph.route(one).get(calls, [])]


def facts(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return status, tokens and cost of a row of the LLM stream."""
    return (
        row.get("llmcost_pricing_status"),
        row.get("llmcost_input_tokens"),
        row.get("llmcost_output_tokens"),
        row.get("llmcost_cost_usd"),
    )


@pytest.mark.parametrize(("dialect", "name"), CASES)
def test_a_sample_is_its_true_calls_tokens_and_cost(
    graph: Graph, samples: dict[tuple[str, str], Sample], dialect: str, name: str
) -> None:
    """A sample becomes as many rows as there were calls and tool runs, each with its true bill."""
    count, truth, tools = TRUTH[name]
    if dialect in BLIND and truth == CACHED:
        truth = UNCACHED

    rows = stored(graph, samples[dialect, name])

    calls = [facts(row) for row in rows if row["llmcost_is_call"]]
    usd = None if truth[3] is None else pytest.approx(float(Decimal(truth[3])), abs=1e-12)
    assert calls == [(*truth[:3], usd)] * count
    assert sum(row["llmcost_is_tool"] for row in rows) == tools
    assert len(rows) == count + tools


@pytest.mark.parametrize(
    ("name", "usd"), [("wrapper_round1", "0.0115152"), ("wrapper_round3", "0.008015")]
)
def test_a_wrapper_round_an_instrumented_call_counts_once(
    graph: Graph, samples: dict[tuple[str, str], Sample], name: str, usd: str
) -> None:
    """Of a hand-written wrapper and the instrumented call inside it, one is billed."""
    sample = samples["blog", name]

    rows = stored(graph, sample)

    assert len(rows) == len(sample.rows) / 2
    assert {row["llmcost_dialect"] for row in rows} == {"openai_v2"}
    assert sum(row["llmcost_cost_usd"] for row in rows) == pytest.approx(float(usd), abs=1e-12)


def test_every_recorded_row_arrives_in_exactly_one_stream(
    graph: Graph, samples: dict[tuple[str, str], Sample]
) -> None:
    """No recorded row is lost, doubled, or left unfinished."""
    names = {graph.rendered.nodes[node]["stream_name"] for node in ("calls", "other")}
    for sample in samples.values():
        for row in sample.rows:
            found = graph.route(row)
            assert len(found) == 1, sample
            assert set(found) <= names, sample
            assert sum(map(len, found.values())) == 1, sample


def test_every_recorded_sample_has_a_truth(samples: dict[tuple[str, str], Sample]) -> None:
    """A recorded sample that nobody checks would prove nothing."""
    wrapped = {("blog", "wrapper_round1"), ("blog", "wrapper_round3")}

    assert set(samples) == {*CASES, *wrapped}


def test_the_servers_estimates_are_not_believed(
    graph: Graph, samples: dict[tuple[str, str], Sample]
) -> None:
    """Tokens that the server counted for itself where the client had none price nothing."""
    sample = samples["openllmetry", "chat_stream"]
    assert sample.rows[0]["llm_usage_tokens_input"] > 0

    (row,) = stored(graph, sample)

    assert facts(row) == UNCOUNTED


@pytest.mark.parametrize(
    ("name", "error_class"),
    [
        ("chat_429", "rate_limit"),
        ("chat_quota", "quota"),
        ("chat_timeout", "timeout"),
        ("chat_500", "other"),
        ("chat_basic", None),
    ],
)
@pytest.mark.parametrize("dialect", ["genai", "openllmetry", "v2", "v2exp"])
def test_a_failed_sample_has_its_class(
    graph: Graph,
    samples: dict[tuple[str, str], Sample],
    dialect: str,
    name: str,
    error_class: str | None,
) -> None:
    """Why a call failed is one of five words, in whichever spelling it was sent."""
    rows = stored(graph, samples[dialect, name])

    assert {row.get("llmcost_error_class") for row in rows} == {error_class}


def test_attribution_of_a_sample(graph: Graph, samples: dict[tuple[str, str], Sample]) -> None:
    """Feature and user come from the span, team and environment from its resource."""
    (row,) = stored(graph, samples["genai", "chat_attributed"])

    assert row["llmcost_feature"] == "document_summary"
    assert row["llmcost_user"] == hashed("u_5f2a")
    assert row["llmcost_team"] == "support-platform"
    assert row["llmcost_environment"] == "dev"


def test_times_of_a_streamed_sample(graph: Graph, samples: dict[tuple[str, str], Sample]) -> None:
    """The time to the first token and the duration are in milliseconds."""
    (row,) = stored(graph, samples["genai", "chat_stream"])

    assert row["llmcost_ttft_ms"] == pytest.approx(159.988295)
    assert row["llmcost_duration_ms"] == pytest.approx(355.859)
