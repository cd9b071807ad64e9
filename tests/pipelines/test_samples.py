"""Every recorded sample of every instrumentation: its true number of calls, tokens and USD."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from recorded_samples import SAMPLES, dialects, expected, truth

from llmcost_infra.pricing import Call, Price, price_of
from tests.pipelines.conftest import hashed

if TYPE_CHECKING:
    from recorded_samples import Sample

    from llmcost_infra.pricing import PriceTable
    from tests.pipelines.conftest import Graph

DIALECTS = {dialect.folder: dialect for dialect in dialects()}
FOLDERS = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir() and path.name != "blog")
CASES = [
    (folder, name)
    for folder in FOLDERS
    for name in sorted(
        {path.name.partition(".")[0] for path in (SAMPLES / folder).glob("*.traces*")}
    )
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


@pytest.mark.parametrize(("folder", "name"), CASES)
def test_a_sample_is_its_true_calls_tokens_and_cost(
    graph: Graph,
    counting_wrappers: Graph,
    samples: dict[tuple[str, str], Sample],
    folder: str,
    name: str,
) -> None:
    """A sample becomes as many rows as there were calls and tool runs, each with its true bill."""
    dialect = DIALECTS[folder]
    known = expected(dialect, name)

    rows = stored(counting_wrappers if dialect.alone else graph, samples[folder, name])

    calls = [facts(row) for row in rows if row["llmcost_is_call"]]
    usd = None if known.usd is None else pytest.approx(float(known.usd), abs=1e-12)
    assert calls == [(known.status, known.input, known.output, usd)] * known.calls
    assert sum(row["llmcost_is_tool"] for row in rows) == known.tools
    assert len(rows) == known.calls + known.tools


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_differs_from_the_truth_says_why(folder: str) -> None:
    """No sample may miss the bill in silence, and none is excused that would not need it."""
    true, dialect = truth(), DIALECTS[folder]
    recorded_names = {name for one, name in CASES if one == folder}

    for name in recorded_names:
        known = expected(dialect, name)
        assert (replace(known, why="") != true[name]) is bool(known.why), name


def test_the_truth_is_what_the_price_table_says(table: PriceTable) -> None:
    """Each bill follows from the tokens and the prices, computed exactly and by other code."""
    for name, told in yaml.safe_load((SAMPLES / "truth.yaml").read_text())["scenarios"].items():
        call = Call(
            provider="anthropic" if name.startswith("messages") else "openai",
            model=told["model"],
            at=datetime(2026, 11, 23, tzinfo=UTC),
            input_tokens=told.get("input"),
            output_tokens=told.get("output"),
            cache_read_tokens=told.get("cache_read", 0),
            cache_write_tokens=told.get("cache_write", 0) - told.get("cache_write_1h", 0),
            cache_write_1h_tokens=told.get("cache_write_1h", 0),
            reasoning_tokens=told.get("reasoning", 0),
            service_tier=told.get("tier", ""),
        )
        price = price_of(call, table)
        usd = price.cost_usd if isinstance(price, Price) else None
        assert usd == (Decimal(told["usd"]) if "usd" in told else None), name


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
    assert set(FOLDERS) == set(DIALECTS)


def test_the_servers_estimates_are_not_believed(
    graph: Graph, samples: dict[tuple[str, str], Sample]
) -> None:
    """Tokens that the server counted for itself where the client had none price nothing."""
    sample = samples["openllmetry", "chat_stream"]
    assert sample.rows[0]["llm_usage_tokens_input"] > 0

    (row,) = stored(graph, sample)

    assert facts(row) == ("no_usage", None, None, None)


ERRORS = {
    "chat_429": "rate_limit",
    "chat_429_sdk_retries": "rate_limit",
    "chat_quota": "quota",
    "chat_timeout": "timeout",
    "chat_500": "other",
    "chat_basic": None,
    "messages_429": "rate_limit",
    "messages_529": "overloaded",
    "messages_basic": None,
}


@pytest.mark.parametrize(("folder", "name"), [case for case in CASES if case[1] in ERRORS])
def test_a_failed_sample_has_its_class(
    counting_wrappers: Graph, samples: dict[tuple[str, str], Sample], folder: str, name: str
) -> None:
    """Why a call failed is one of five words, in whichever spelling it was sent."""
    rows = stored(counting_wrappers, samples[folder, name])

    assert {row.get("llmcost_error_class") for row in rows} == {ERRORS[name]}


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
