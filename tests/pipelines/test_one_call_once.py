"""However calls are mixed, sent again or late, each is counted once and their sum is the truth."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded_samples import dialects, expected

if TYPE_CHECKING:
    from recorded_samples import Sample

    from tests.pipelines.conftest import Graph

Row = dict[str, Any]
DIALECTS = {dialect.folder: dialect for dialect in dialects() if not dialect.alone}
HOURS_3 = 3 * 3_600_000_000


def bill(graph: Graph, rows: list[Row]) -> tuple[int, Decimal]:
    """Return calls and USD of what is stored, a span counting once, as the panels count."""
    stored = [row for one in rows for row in graph.route(one).get("t_llm_calls", [])]
    once = {
        (row["trace_id"], row["span_id"]): row.get("llmcost_cost_usd")
        for row in stored
        if row["llmcost_is_call"]
    }
    return len(once), sum((Decimal(usd) for usd in once.values() if usd is not None), Decimal(0))


def distinct(sample: Sample, number: int) -> list[Row]:
    """Return a sample's rows as of another run: ids differ from those of each other run."""
    return [row | {"trace_id": f"{number:x}-{row['trace_id']}"} for row in sample.rows]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_mix_costs_the_sum_of_its_samples(
    graph: Graph, samples: dict[tuple[str, str], Sample], data: st.DataObject
) -> None:
    """Random samples of all dialects, in any order, with copies of spans, cost their sum."""
    keys = [key for key in sorted(samples) if key[0] in DIALECTS]
    chosen = data.draw(st.lists(st.sampled_from(keys), min_size=1, max_size=6))
    rows = [row for at, key in enumerate(chosen) for row in distinct(samples[key], at)]
    again = data.draw(st.lists(st.sampled_from(rows), max_size=8))
    mixed = data.draw(st.permutations(rows + again))

    calls, usd = bill(graph, mixed)

    known = [expected(DIALECTS[folder], name) for folder, name in chosen]
    assert calls == sum(one.calls for one in known)
    true = sum((one.calls * one.usd for one in known if one.usd is not None), Decimal(0))
    assert float(usd) == pytest.approx(float(true), abs=1e-9)


def test_late_spans_cost_the_same(graph: Graph, samples: dict[tuple[str, str], Sample]) -> None:
    """Spans that come three hours late, all at one time, are the same calls at the same price."""
    keys = [key for key in sorted(samples) if key[0] in DIALECTS]
    rows = [row for at, key in enumerate(keys) for row in distinct(samples[key], at)]
    at = rows[0]["_timestamp"] - HOURS_3

    same_time = [row | {"_timestamp": at} for row in rows]

    assert bill(graph, same_time) == bill(graph, rows)
    assert bill(graph, rows)[0] == sum(expected(DIALECTS[one], name).calls for one, name in keys)
