"""A picture of an alert shows what it compared, the limit, and when it fired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.backtest import backtest
from llmcost_infra.backtest.picture import draw, picture_of
from llmcost_infra.sql_engine.intervals import TimeRange
from tests.backtest.conftest import DAY, HOUR, NOON, call, rows_of

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

    assert "limit: 500.00" in svg
    assert "fired 24 times" in svg


def test_what_only_the_engine_can_tell_is_shown_by_what_was_spent(rules: Rules) -> None:
    """Of the features that were told, each call once; of all where none was."""
    usual = [call(NOON - day * DAY, number=day, llmcost_cost_usd=1.0) for day in range(16)]
    calls = [call(NOON - HOUR // 4, number=at, llmcost_cost_usd=0.5) for at in range(100, 160)]
    anomaly = rules["cost_anomaly"]

    assert "spent an hour: summarize" in _picture(anomaly, [*usual, *calls, *calls[:9]])
    quiet = _picture(anomaly, usual)
    assert "spent an hour<" in quiet
    assert "fired" not in quiet


def test_rows_without_a_cost_leave_the_picture_empty(rules: Rules) -> None:
    """Calls without a price are no line at zero."""
    assert "No data" in _picture(rules["cost_anomaly"], [call(NOON)])


def test_it_is_written_as_svg_and_png(rules: Rules, tmp_path: Path) -> None:
    """One for a page, one for a chat."""
    rule = rules["daily_budget"]
    found = rows_of(rule, [call(NOON + HOUR // 2)])
    report = backtest(rule, found, TimeRange(NOON, NOON + HOUR))

    written = draw(report, found, tmp_path)

    assert [path.name for path in written] == ["daily_budget.svg", "daily_budget.png"]
    assert written[1].read_bytes().startswith(b"\x89PNG")
