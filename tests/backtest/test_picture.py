"""A picture of an alert shows what it compared, the limit, and when it fired."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmcost_infra.backtest import backtest
from llmcost_infra.backtest.measure import Measured, measure_of
from llmcost_infra.backtest.picture import draw, picture_of
from llmcost_infra.catalog import load_alert
from llmcost_infra.sql_engine.intervals import TimeRange
from tests.backtest.conftest import DAY, HOUR, NOON, SECOND, call, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.backtest import Rule
    from tests.backtest.conftest import Rules


def _picture(rule: Rule, rows: list[dict[str, Any]]) -> str:
    found = rows_of(rule, rows)
    reach = TimeRange(NOON - DAY, NOON + DAY)
    return picture_of(backtest(rule, found, reach), found).svg


def test_a_budget_has_its_limit_and_its_firings(rules: Rules) -> None:
    """The line is there, also where the value is far away from it."""
    svg = _picture(rules["daily_budget"], [call(NOON, llmcost_cost_usd=501.0)])

    assert "limit: $500.00" in svg
    assert "fired 24 times" in svg


def test_what_only_the_engine_can_tell_is_what_the_declaration_names(rules: Rules) -> None:
    """Every look tells it, also far below the limit; a line breaks where nothing is known."""
    refused: dict[str, Any] = {"llmcost_error_class": "rate_limit"}
    calls = [call(NOON + at * SECOND, number=at, **refused) for at in range(3)]
    svg = _picture(rules["rate_limit"], calls)

    assert "refused within five minutes" in svg
    assert "limit: 5" in svg
    assert "fired" not in svg
    measure = rules["rate_limit"].measure
    assert measure is not None
    assert measure.of([]).value == 0
    slow = rules["slow_duration"].measure
    assert slow is not None
    assert slow.of([]).value is None


def test_a_limit_may_be_a_column(rules: Rules) -> None:
    """Then it is a second line: what a feature usually spends."""
    usual = [call(NOON - day * DAY, number=day, llmcost_cost_usd=1.0) for day in range(16)]
    anomaly = rules["cost_anomaly"].measure
    assert anomaly is not None
    assert anomaly.moves
    svg = _picture(rules["cost_anomaly"], usual)

    assert "spent in the last hour" in svg
    assert ">usual<" in svg
    rows = [{"spent_usd": "2.50", "usual_usd": "1.00"}, {"spent_usd": "7.5", "usual_usd": "9"}]
    assert anomaly.of(rows) == Measured(7.5, 9.0)


def test_a_statement_of_another_text_has_no_measure(rules: Rules) -> None:
    """What a project's own statement finds is not what the shipped declaration draws."""
    spec = load_alert("rate_limit")
    assert measure_of(spec, rules["rate_limit"].sql)
    assert measure_of(spec, rules["rate_limit"].sql + " OFFSET 1") is None


def test_what_nothing_tells_is_shown_by_what_was_spent(rules: Rules) -> None:
    """Of the features that were told, each call once; of all where none was."""
    usual = [call(NOON - day * DAY, number=day, llmcost_cost_usd=1.0) for day in range(16)]
    calls = [call(NOON - HOUR // 4, number=at, llmcost_cost_usd=0.5) for at in range(100, 160)]
    anomaly = replace(rules["cost_anomaly"], measure=None)

    assert "spent an hour: summarize" in _picture(anomaly, [*usual, *calls, *calls[:9]])
    quiet = _picture(anomaly, usual)
    assert "spent an hour<" in quiet
    assert "fired" not in quiet


def test_rows_without_a_cost_leave_the_picture_empty(rules: Rules) -> None:
    """Calls without a price are no line at zero."""
    anomaly = replace(rules["cost_anomaly"], measure=None)
    assert "No data" in _picture(anomaly, [call(NOON)])


def test_it_is_written_as_svg_and_png(rules: Rules, tmp_path: Path) -> None:
    """One for a page, one for a chat."""
    rule = rules["daily_budget"]
    found = rows_of(rule, [call(NOON + HOUR // 2)])
    report = backtest(rule, found, TimeRange(NOON, NOON + HOUR))

    written = draw(report, found, tmp_path)

    assert [path.name for path in written] == ["daily_budget.svg", "daily_budget.png"]
    assert written[1].read_bytes().startswith(b"\x89PNG")
