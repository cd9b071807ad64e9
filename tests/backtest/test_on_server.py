"""Rows that stay on their server: the same decisions, from sums by minute and single looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost_infra.backtest.live import kept_days
from llmcost_infra.backtest.on_server import backtest_on_server, extent_of
from llmcost_infra.backtest.replay import replay
from llmcost_infra.backtest.server_sums import sums_of
from llmcost_infra.errors import LlmCostError
from llmcost_infra.sql_engine.intervals import TimeRange
from tests.backtest.conftest import DAY, HOUR, MINUTE, NOON, SECOND, call, streams_of
from tests.backtest.test_laws import histories
from tests.review.stored_calls import StoredCalls

if TYPE_CHECKING:
    from llmcost_infra.backtest import Rule
    from llmcost_infra.openobserve import Client
    from tests.backtest.conftest import Rules

NOW = datetime.fromtimestamp(NOON // SECOND + 7200, UTC)
BY_SUMS = (
    *("burn_rate_fast", "burn_rate_slow", "daily_budget", "daily_budget_no_team"),
    *("daily_budget_team_search", "monthly_budget_50", "no_usage", "runaway_call"),
)
ALONE = ("forecast", "rate_limit", "telemetry_stopped")


def client_of(rows: list[dict[str, Any]], days: int = 0) -> Client:
    """Return a server that holds rows, as a client of it."""
    return cast("Client", StoredCalls(rows, days))


def asked(client: Client) -> list[str]:
    """Return what a server was asked."""
    return cast("StoredCalls", client).asked


@pytest.mark.parametrize("name", [*BY_SUMS, *ALONE])
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=histories(), silence=st.sampled_from([0, 7, 15]))
def test_a_server_decides_as_the_engine_does_step_by_step(
    rules: Rules, name: str, rows: list[dict[str, Any]], silence: int
) -> None:
    """Whatever the rows, the firings are those of the naive replay over them."""
    reach = TimeRange(NOON - HOUR // 2, NOON + HOUR // 2)
    rule = rules[name]
    trigger = {**rule.body["trigger_condition"], "silence": silence}
    rule = replace(rule, body={**rule.body, "trigger_condition": trigger})
    rows.append(call(NOON, llmcost_is_call=False))  # so that there is a row in the range
    naive = replay(rule, streams_of(rule, rows), reach)
    client = client_of(rows)

    found = backtest_on_server(rule, client, reach, NOW).replay

    assert (found.firings, found.stretches) == (naive.firings, naive.stretches)


@pytest.mark.parametrize("name", BY_SUMS)
def test_a_month_far_below_a_limit_takes_a_few_questions(rules: Rules, name: str) -> None:
    """Sums of minutes travel, and no look is asked about."""
    client = client_of([call(NOON - DAY, llmcost_cost_usd=0.5, llmcost_output_tokens=10)])

    report = backtest_on_server(rules[name], client, TimeRange(NOON - 2 * DAY, NOON), NOW)

    assert report.replay.evaluated == 0
    assert report.replay.steps > 90
    assert len(asked(client)) < 20
    assert "1 rows were looked at on the server" in report.notes


def test_calls_of_a_minute_are_one_row(rules: Rules) -> None:
    """What travels grows with minutes and groups, not with calls."""
    rows = [call(NOON + at * SECOND // 10, number=at, llmcost_cost_usd=1.0) for at in range(1, 590)]
    client = client_of(rows)
    reach = TimeRange(NOON - DAY, NOON + HOUR)

    known = sums_of(rules["daily_budget"], client, reach)

    assert known is not None
    (sql,) = set(asked(client))
    found = client.search(sql, *(datetime.fromtimestamp(at / 1e6, UTC) for at in (0, NOON + DAY)))
    assert len(found.hits) <= 4
    assert sum(hit["n"] for hit in found.hits) == len(rows)
    # 589 dollars are more than the limit from the first look after all of them on.
    steps = [NOON, NOON + MINUTE, NOON + 5 * MINUTE]
    assert known.possible(steps) == [False, True, True]
    assert known.possible([NOON + SECOND]) == [True]


def test_a_statement_that_looks_at_seconds_is_left_to_the_server(rules: Rules) -> None:
    """An age above a number of minutes ends a second later, which minutes do not tell."""
    rule = rules["daily_budget"]
    sql = rule.sql.replace("< 1440 * 60", "<= 1440 * 60")
    assert sql != rule.sql
    body = {**rule.body, "query_condition": {**rule.body["query_condition"], "sql": sql}}

    assert (
        sums_of(replace(rule, body=body), client_of([call(NOON)]), TimeRange(0, 2 * NOON)) is None
    )


def test_copies_at_two_times_leave_every_look_to_the_server(rules: Rules) -> None:
    """They count in some windows and not in others."""
    copy = {**call(NOON, seconds=1), "_timestamp": NOON - 2 * HOUR}
    reach = TimeRange(NOON - DAY, NOON + DAY)

    assert sums_of(rules["daily_budget"], client_of([call(NOON), copy]), reach) is None


def test_what_a_stream_holds_is_told_before_it_is_fetched(rules: Rules) -> None:
    """How many rows, and from when to when; past the retention is refused."""
    client = client_of([call(NOON), call(NOON - HOUR, number=1)], days=9)
    reach = TimeRange(NOON - DAY, NOON + DAY)

    extent = extent_of(client, "llm_calls", "traces", reach)

    assert (extent.rows, extent.span) == (2, (NOON - HOUR - SECOND, NOON - SECOND))
    assert extent_of(client_of([]), "llm_calls", "traces", reach).span is None
    assert kept_days(client, "llm_calls", "traces") == 9
    rule: Rule = rules["daily_budget"]
    with pytest.raises(LlmCostError, match="keeps rows for 9 days"):
        backtest_on_server(rule, client, TimeRange(NOON - 20 * DAY, NOON), NOW)
