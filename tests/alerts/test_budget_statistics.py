"""Forecast and burn rate over a year of spend that follows weekdays and office hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from llmcost_infra.catalog import load_alert, render_alert
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query
from tests.alerts.stored import calls_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

START = datetime(2025, 8, 1, tzinfo=UTC)
"""Of what is known; the year begins a month later."""
FIRST, LAST = datetime(2025, 9, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
QUARTERS = 4 * 24
BUDGET = {"daily_usd": "500", "monthly_usd": "12000"}


def months(since: datetime) -> list[datetime]:
    """Return the first days of twelve months."""
    ordinal = since.year * 12 + since.month - 1
    return [datetime((ordinal + n) // 12, (ordinal + n) % 12 + 1, 1, tzinfo=UTC) for n in range(12)]


def place(moment: datetime) -> int:
    """Return the quarter of an hour of a moment."""
    return int((moment - START) / timedelta(minutes=15))


@pytest.fixture(scope="module")
def spend() -> NDArray[Any]:
    """Return what each quarter of an hour costs: a fifth on Saturdays, hardly anything at night."""
    random = np.random.default_rng(5)
    at = np.arange(place(LAST))
    hour, weekday = at / 4 % 24, (at // QUARTERS + START.weekday()) % 7
    shape = np.array([1, 1.05, 1.1, 1.05, 0.9, 0.2, 0.15])[weekday]
    office = 0.1 + np.clip(np.minimum((hour - 6) / 3, (20 - hour) / 3), 0, 1)
    days = random.normal(1, 0.05, len(at) // QUARTERS + 1)[at // QUARTERS]
    return np.asarray(shape * office * days * random.gamma(20, 1 / 20, len(at)))


def in_month(spend: NDArray[Any], month: datetime) -> float:
    """Return what a month costs."""
    following = (month + timedelta(days=32)).replace(day=1)
    return float(spend[place(month) : place(following)].sum())


class Asked:
    """An alert of a stack, asked about a spend: one call stands for some quarters of an hour."""

    def __init__(self, name: str, spend: NDArray[Any], quarters: int = 1) -> None:
        settings = Settings.from_mapping({"environment": "prod", "budget": BUDGET})
        (alert,) = render_alert(load_alert(name), settings)
        self._sql = alert.inputs["query_condition"]["sql"]
        self._period = alert.inputs["trigger_condition"]["period"] * 60_000_000
        self._quarters = quarters
        spend = spend.reshape(-1, quarters).sum(axis=1)
        step = 900 * quarters
        first = int(START.timestamp()) + step // 2
        ends = [(first + step * number) * 1_000_000 for number in range(len(spend))]
        rows = {
            "_timestamp": ends,
            "end_time": [end * 1000 for end in ends],
            "span_id": [str(end) for end in ends],
            "llmcost_cost_usd": spend.tolist(),
        }
        self._table = calls_table(rows)

    def at(self, moment: datetime) -> list[dict[str, Any]]:
        """Return the rows that the alert finds at a moment."""
        now = int(moment.timestamp()) * 1_000_000
        begin, end = place(moment) - self._period // 900_000_000 - self._quarters, place(moment)
        begin, end = begin // self._quarters, end // self._quarters
        streams = MemoryStreams(
            {"llm_calls": self._table.slice(max(begin, 0), end - max(begin, 0))}
        )
        return list(query(self._sql, streams, TimeRange(now - self._period, now), now=now).rows)


def test_a_year_within_its_budget_is_no_news(spend: NDArray[Any]) -> None:
    """The dearest month takes 95 % of the budget: no day of the year fires a forecast."""
    most = max(in_month(spend, month) for month in months(FIRST))
    asked = Asked("forecast", spend * 0.95 * 12_000 / most, quarters=24)

    days = [FIRST + timedelta(days=number, hours=1) for number in range((LAST - FIRST).days)]
    assert [day for day in days if asked.at(day)] == []


@pytest.mark.parametrize("month", months(FIRST), ids=lambda month: f"{month:%Y-%m}")
def test_a_month_above_its_budget_is_told_by_its_fifth_day(
    spend: NDArray[Any], month: datetime
) -> None:
    """With spend at 120 % of the budget; on the first day nothing can have been above it twice."""
    asked = Asked("forecast", spend * 1.2 * 12_000 / in_month(spend, month), quarters=24)

    told = [day for day in range(1, 6) if asked.at(month.replace(day=day, hour=1))]

    assert told
    assert min(told) >= 2


@pytest.mark.parametrize("name", ["burn_rate_fast", "burn_rate_slow"])
def test_busy_hours_are_no_burn(spend: NDArray[Any], name: str) -> None:
    """The dearest day takes 95 % of the budget of a day: not even its dearest hours fire."""
    by_day = spend.reshape(-1, QUARTERS).sum(axis=1)
    scaled = spend * 0.95 * 500 / by_day.max()
    for hours in (1, 6):
        over = np.convolve(scaled, np.ones(4 * hours))[: len(scaled)]
        dearest = [START + timedelta(minutes=15 * (int(at) + 1)) for at in np.argsort(over)[-20:]]
        asked = Asked(name, scaled)

        assert [moment for moment in dearest if asked.at(moment)] == []
        # The same hours at twenty times the price do: the rows were seen.
        assert Asked(name, scaled * 20).at(dearest[-1])
