"""When an alert would have fired: schedule, silence, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.backtest import Comparison, backtest, range_before
from llmcost_infra.backtest.replay import first_step
from llmcost_infra.errors import EngineError, LlmCostError
from llmcost_infra.sql_engine.intervals import TimeRange
from tests.backtest.conftest import DAY, HOUR, MINUTE, NOON, call, rows_of

if TYPE_CHECKING:
    from llmcost_infra.backtest import Report, Rule
    from tests.backtest.conftest import Rules

SPENT = [call(NOON + 7 * MINUTE, llmcost_cost_usd=501.0)]


def _with(rule: Rule, **trigger: Any) -> Rule:
    changed = {**rule.body["trigger_condition"], **trigger}
    return replace(rule, body={**rule.body, "trigger_condition": changed})


def _replayed(rule: Rule, rows: list[dict[str, Any]], hours: int = 48) -> Report:
    return backtest(rule, rows_of(rule, rows), TimeRange(NOON, NOON + hours * HOUR))


def test_it_fires_at_the_first_look_and_again_after_each_silence(rules: Rules) -> None:
    """Silence mutes the looks within it; the next one is on its schedule."""
    fired = [one.at - NOON for one in _replayed(rules["daily_budget"], SPENT).replay.firings]

    assert fired[:2] == [10 * MINUTE, 70 * MINUTE]
    assert len(fired) == 24


def test_without_silence_every_look_tells(rules: Rules) -> None:
    """An alert that is true for two hours and looks every five minutes tells 24 times."""
    report = _replayed(_with(rules["daily_budget"], silence=0), SPENT, hours=2)

    assert len(report.replay.firings) == 22
    assert report.replay.stretches == ((NOON + 10 * MINUTE, NOON + 2 * HOUR),)


def test_a_silence_between_two_looks_ends_at_its_own_time(rules: Rules) -> None:
    """The look after a silence of seven minutes is seven minutes later, the next on schedule."""
    report = _replayed(_with(rules["daily_budget"], silence=7), SPENT, hours=1)

    fired = [(one.at - NOON) // MINUTE for one in report.replay.firings]
    assert fired == [10, 17, 24, 31, 38, 45, 52, 59]


def test_a_cron_expression_means_its_own_clock(rules: Rules) -> None:
    """Nine o'clock in New York is 14:00 UTC in November."""
    rule = _with(
        rules["daily_budget"],
        frequency_type="cron",
        cron="0 0 9 * * *",
        timezone="America/New_York",
    )

    assert [one.at for one in _replayed(rule, SPENT).replay.firings] == [NOON + 2 * HOUR]


@pytest.mark.parametrize(("align", "first"), [(True, 5 * MINUTE), (False, 2 * MINUTE)])
def test_looks_begin_at_full_minutes_only_where_they_are_aligned(
    rules: Rules, align: bool, first: int
) -> None:
    """An aligned alert waits for the next multiple of its frequency."""
    rule = _with(rules["daily_budget"], align_time=align)

    assert first_step(rule, NOON + 2 * MINUTE) == NOON + first


def test_an_alert_that_waits_for_no_rows_is_looked_at_every_time(rules: Rules) -> None:
    """Nothing is sent about no rows, as on the server, but the stretch is told."""
    rule = _with(rules["daily_budget"], operator="<", threshold=1, silence=0)

    report = _replayed(rule, SPENT, hours=1)

    assert report.replay.firings == ()
    assert report.replay.stretches == ((NOON, NOON + 10 * MINUTE),)
    assert report.replay.evaluated == report.replay.steps == 12


def test_a_report_says_when_for_whom_and_with_which_words(rules: Rules) -> None:
    """What a person reads has the values and the text of the notification."""
    rows = [call(NOON, seconds=0, llmcost_cost_usd=151.0, llmcost_team="search")]

    told = "\n".join(_replayed(rules["daily_budget_team_search"], rows).lines())

    assert "fired 24 times in 2 days (expected in 30 days: at most 1)" in told
    assert "first 2026-11-24 12:05 UTC" in told
    assert "team: search (24)" in told
    assert "search spent $151.00 in the last 24 hours, limit $150.00 (calls: 1)" in told


@pytest.mark.parametrize(("usd", "too_often"), [(501.0, True), (500.0, False)])
def test_more_firings_than_declared_are_too_many(rules: Rules, usd: float, too_often: bool) -> None:
    """Just the limit is not above it; a range under 30 days may have as many firings as 30."""
    report = _replayed(rules["daily_budget"], [call(NOON, seconds=0, llmcost_cost_usd=usd)])

    assert report.too_often is too_often
    assert report.as_json()["too_often"] is too_often


def test_a_lower_limit_is_told_with_its_new_firings(rules: Rules) -> None:
    """The line names the change, the firings of both, the first, and whose it was."""
    after = rules["daily_budget_team_search"]
    query = {**after.body["query_condition"], "sql": after.sql.replace("150", "160")}
    before = replace(after, body={**after.body, "query_condition": query})
    rows = [call(NOON, seconds=0, llmcost_cost_usd=151.0)]

    line = Comparison(_replayed(before, rows), _replayed(after, rows)).line()

    assert line == "limit 160 → 150: 0 → 24 firings, first 2026-11-24 12:05 UTC, search"


def test_a_new_alert_has_nothing_before_it(rules: Rules) -> None:
    """An alert that was not there is new."""
    line = Comparison(None, _replayed(rules["daily_budget"], [call(NOON, seconds=0)])).line()

    assert line == "new: 0 firings"


def test_a_changed_schedule_is_named(rules: Rules) -> None:
    """Silence decides how often something is told."""
    after = rules["daily_budget"]
    before = _with(after, silence=0)
    rows = [call(NOON, seconds=0, llmcost_cost_usd=501.0)]

    line = Comparison(_replayed(before, rows, 1), _replayed(after, rows, 1)).line()

    assert line.startswith("silence 0 → 60: 11 → 1 firing, first")


def test_a_range_without_rows_is_refused_with_what_there_is(rules: Rules) -> None:
    """No firing in a range without rows would mean nothing."""
    rule = rules["daily_budget"]

    with pytest.raises(LlmCostError, match="they are from 2026-11-24 11:59 UTC"):
        backtest(rule, rows_of(rule, [call(NOON)]), TimeRange(NOON + DAY, NOON + 2 * DAY))


def test_a_range_that_rows_cover_in_part_is_told(rules: Rules) -> None:
    """Rows that begin too late or end too early make firings fewer."""
    notes = _replayed(rules["daily_budget"], [call(NOON + HOUR)]).notes

    assert any("rows begin 2026-11-24 12:59 UTC" in note for note in notes)
    assert any("rows end 2026-11-24 12:59 UTC, before the range does" in note for note in notes)


def test_rows_of_another_stream_are_no_rows(rules: Rules) -> None:
    """The error says which stream, and how its rows are given."""
    with pytest.raises(LlmCostError, match="llm_quarantine") as refused:
        backtest(
            rules["unfinished_rows"],
            rows_of(rules["daily_budget"], SPENT),
            TimeRange(NOON, NOON + HOUR),
        )

    assert refused.value.hint == "Name a file of them: --data llm_quarantine=FILE"


def test_a_statement_that_the_server_refuses_is_an_error(rules: Rules) -> None:
    """The server would keep silent about it for ever."""
    rule = rules["daily_budget"]
    query = {**rule.body["query_condition"], "sql": 'SELECT nothing(1) AS n FROM "llm_calls"'}

    with pytest.raises(EngineError, match=r"daily_budget: .*nothing"):
        _replayed(replace(rule, body={**rule.body, "query_condition": query}), SPENT)


def test_days_are_counted_back_from_a_full_minute() -> None:
    """The last row is inside."""
    assert range_before(NOON + 1, 1) == TimeRange(NOON + MINUTE - DAY, NOON + MINUTE)
