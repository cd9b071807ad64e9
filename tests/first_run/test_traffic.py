"""The sample traffic: the same moment always holds the same calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.first_run.traffic import HOUR_NS, SampleTrace, traces_between

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def four_hours() -> list[SampleTrace]:
    """Four hours up to noon."""
    return traces_between(NOON - timedelta(hours=4), NOON)


def test_the_same_window_holds_the_same_traces(four_hours: list[SampleTrace]) -> None:
    """Two runs at one moment plan exactly the same spans."""
    assert traces_between(NOON - timedelta(hours=4), NOON) == four_hours


@given(
    minutes=st.integers(1, 239),
    seconds=st.integers(0, 59),
)
def test_windows_add_up(minutes: int, seconds: int) -> None:
    """Cutting a window in two loses only the traces that straddle the cut, and adds none."""
    start, cut = NOON - timedelta(hours=4), NOON - timedelta(minutes=minutes, seconds=seconds)
    whole = {trace.trace_id for trace in traces_between(start, NOON)}
    parts = traces_between(start, cut) + traces_between(cut, NOON)
    assert {trace.trace_id for trace in parts} <= whole
    assert len(parts) == len({trace.trace_id for trace in parts})
    straddling = whole - {trace.trace_id for trace in parts}
    cut_ns = int(cut.timestamp()) * 1_000_000_000
    for trace in traces_between(start, NOON):
        assert (trace.trace_id in straddling) == (trace.start_ns < cut_ns <= trace.end_ns)


def test_ids_are_unique(four_hours: list[SampleTrace]) -> None:
    """No trace and no span shares its id with another."""
    traces = [trace.trace_id for trace in four_hours]
    spans = [call.span_id for trace in four_hours for call in trace.calls]
    spans += [trace.root_span_id for trace in four_hours]
    assert len(set(traces)) == len(traces)
    assert len(set(spans)) == len(spans)
    assert 0 not in {*traces, *spans}


def test_traces_lie_wholly_in_the_window(four_hours: list[SampleTrace]) -> None:
    """No span begins before or ends after the window, so that a panel sees whole traces."""
    end = int(NOON.timestamp()) * 1_000_000_000
    for trace in four_hours:
        assert end - 4 * HOUR_NS <= trace.start_ns < trace.end_ns < end
        assert all(trace.start_ns < call.start_ns < call.end_ns for call in trace.calls)
        assert trace.calls[-1].end_ns < trace.end_ns


def test_the_traffic_has_what_a_dashboard_must_cope_with(four_hours: list[SampleTrace]) -> None:
    """Two providers, several teams and users, tools, cached tokens, 429s and an unknown model."""
    calls = [call for trace in four_hours for call in trace.calls]
    assert {trace.feature.provider for trace in four_hours} == {"openai", "anthropic"}
    assert len({trace.feature.team for trace in four_hours}) >= 3
    assert len({trace.user for trace in four_hours}) >= 4
    assert len({call.tool for call in calls if call.tool}) >= 3
    assert any(call.failed for call in calls)
    assert any(call.cached_tokens for call in calls)
    assert any(call.rate_limited for call in calls)
    assert any(trace.feature.model.startswith("ft:") for trace in four_hours)


def test_cached_tokens_are_part_of_the_input(four_hours: list[SampleTrace]) -> None:
    """The convention counts cached input inside the input."""
    for trace in four_hours:
        for call in trace.calls:
            assert 0 <= call.cached_tokens <= call.input_tokens


def test_a_refused_call_reports_no_usage(four_hours: list[SampleTrace]) -> None:
    """A 429 carries no tokens, as instrumentations record it."""
    refused = [call for trace in four_hours for call in trace.calls if call.rate_limited]
    assert all(call.input_tokens == call.output_tokens == 0 for call in refused)


def test_another_zone_is_the_same_window() -> None:
    """Times are UTC inside, whatever zone the caller's clock has."""
    here = NOON.astimezone(datetime.now().astimezone().tzinfo)
    assert traces_between(here - timedelta(hours=1), here) == traces_between(
        NOON - timedelta(hours=1), NOON
    )
