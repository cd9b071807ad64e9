"""What is known beforehand changes no decision: quick and step by step, the same firings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost_infra.backtest.prefilter import prefilter_of
from llmcost_infra.backtest.replay import replay
from llmcost_infra.backtest.screen import known_beforehand
from llmcost_infra.sql_engine.intervals import TimeRange
from tests.backtest.conftest import DAY, HOUR, MINUTE, NOON, ROOT, SECOND, call, streams_of

if TYPE_CHECKING:
    from llmcost_infra.backtest import Rule
    from tests.backtest.conftest import Rules

Row = dict[str, Any]
# But for the one that reads totals of days, which the example stack prod does not keep.
SHIPPED = sorted({path.stem for path in (ROOT / "alerts").glob("*.yaml")} - {"rollup_differs"})
# How long before now rules look: around these ages decisions change.
AGES = (0, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY)


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Rows whose sums meet limits, or miss them by the last bit; some were sent twice."""
    rows: list[Row] = []
    for number in range(draw(st.integers(1, 12))):
        age = draw(st.sampled_from(AGES)) - draw(st.integers(-30, 60)) * 2 * MINUTE
        same = draw(st.sampled_from([1, 1, 7, 24]))
        usd = draw(st.sampled_from([None, 0.1, 0.3, 62.5, 125.0, 250.0, 500.0, 6000.0]))
        columns = {
            "llmcost_cost_usd": usd,
            "llmcost_feature": draw(st.sampled_from(["summarize", "agent", None])),
            "llmcost_team": draw(st.sampled_from(["search", "support", None])),
            "llmcost_model": draw(st.sampled_from(["gpt-4o", None])),
            "llmcost_output_tokens": draw(st.sampled_from([None, 10, 100_000, 100_001])),
            "llmcost_error_class": draw(st.sampled_from([None, "rate_limit"])),
            "llmcost_pricing_status": draw(
                st.sampled_from([None, "priced", "no_usage", "unpriced_model", "failed_no_charge"])
            ),
            "llmcost_duration_ms": draw(st.sampled_from([None, 900.0, 60_000.0])),
            "llmcost_is_tool": draw(st.booleans()),
            "span_status": draw(st.sampled_from(["OK", "ERROR"])),
        }
        seconds = draw(st.sampled_from([0, 1, 3000]))
        end = NOON - age + draw(st.sampled_from([-SECOND, -1, 0, 1]))
        made = [
            call(end, seconds=seconds, number=100 * number + at, **columns) for at in range(same)
        ]
        rows += made + (made[:1] if draw(st.booleans()) else [])
    return rows


def _shortened(rule: Rule, silence: int) -> Rule:
    trigger = {**rule.body["trigger_condition"], "silence": silence}
    return replace(rule, body={**rule.body, "trigger_condition": trigger})


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=histories(), silence=st.sampled_from([0, 7, 15]))
def test_every_shipped_alert_decides_as_step_by_step(
    rules: Rules, name: str, rows: list[Row], silence: int
) -> None:
    """Whatever the rows, the quick replay has the firings of the naive one, rows included."""
    reach = TimeRange(NOON - HOUR // 2, NOON + HOUR // 2)
    rule = next(one for one in rules.values() if one.source == f"alerts/{name}.yaml")
    shortened = _shortened(rule, silence)
    streams = streams_of(shortened, rows)
    known = known_beforehand(shortened, streams)

    quick = replay(shortened, streams, reach, known=known)
    naive = replay(shortened, streams, reach)

    assert (quick.firings, quick.stretches) == (naive.firings, naive.stretches)
    assert quick.steps == naive.steps == naive.evaluated


def test_one_span_at_two_times_leaves_every_step_to_the_engine(rules: Rules) -> None:
    """Copies of a call in different windows count in some of them: nothing is known beforehand."""
    copy = {**call(NOON, seconds=1), "_timestamp": NOON - 2 * HOUR}

    streams = streams_of(rules["daily_budget"], [call(NOON), copy])

    assert prefilter_of(rules["daily_budget"], streams) is None


@pytest.mark.parametrize("name", ["burn_rate_fast", "daily_budget", "monthly_budget_50"])
def test_a_sum_far_below_its_limit_needs_no_engine(rules: Rules, name: str) -> None:
    """Budgets are known beforehand at every step, so that a month of them takes no time."""
    streams = streams_of(rules[name], [call(NOON, llmcost_cost_usd=1.0)])
    prefilter = prefilter_of(rules[name], streams)

    done = replay(rules[name], streams, TimeRange(NOON, NOON + 30 * DAY), known=prefilter)

    assert done.evaluated == 0
    assert done.steps > 1000
