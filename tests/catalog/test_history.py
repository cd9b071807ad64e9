"""Months are sums of whole days as they were last added up."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.columns import ROLLUP
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query
from tests.catalog.conftest import ARROW

STACK = Settings(environment="test", history=True)
PANELS = render_dashboard(load_dashboard("llm_cost_details"), STACK)["tabs"]["history"]["panels"]
SCHEMA = pa.schema(
    [("_timestamp", pa.int64()), *((name, ARROW[kind]) for name, kind in ROLLUP.items())]
)


def micros(month: int, day: int, hour: int = 0) -> int:
    """Return a time of 2026 in µs."""
    return int(datetime(2026, month, day, hour, tzinfo=UTC).timestamp()) * 1_000_000


def total(month: int, day: int, **columns: Any) -> dict[str, Any]:
    """Return the totals of a group of calls on a day, added up on the next."""
    start = micros(month, day)
    return {
        "_timestamp": start,
        "period": "day",
        "period_start": start,
        "environment": "prod",
        "team": "search",
        "feature": "summary",
        "model": "gpt-4o",
        "llm_calls": 10,
        "priced_calls": 8,
        "failed_calls": 1,
        "input_tokens": 1_000,
        "output_tokens": 100,
        "cost_usd": 1.25,
        "input_cost_usd": 0.50,
        "output_cost_usd": 0.75,
        "computed_at": start + 100_000_000_000,
    } | columns


ROWS = [
    total(9, 30),
    # Added up again with a call that came late: 1.25 becomes 1.75.
    total(10, 1),
    total(10, 1, llm_calls=11, cost_usd=1.75, input_cost_usd=1.00, computed_at=micros(10, 9)),
    total(10, 31, team="support", model="o3-mini", cost_usd=0.10),
    # Nobody knows what these cost.
    total(
        10,
        31,
        team=None,
        model="mystery",
        priced_calls=0,
        failed_calls=0,
        cost_usd=None,
        input_cost_usd=None,
        output_cost_usd=None,
    ),
    # An hour is part of a day that is there already.
    total(10, 1, period="hour", cost_usd=99.0),
    total(10, 1, period="hour", cost_usd=0.25, computed_at=micros(10, 9)),
    total(10, 2, period="hour", period_start=micros(10, 2, 7), cost_usd=0.50),
    total(10, 3, period="hour", period_start=micros(10, 3, 7), cost_usd=0.75),
    total(10, 3, period="hour", period_start=micros(10, 3, 8), cost_usd=None),
]


def ask(panel: str, rows: list[dict[str, Any]] = ROWS, **chosen: str) -> list[dict[str, Any]]:
    """Return what a panel shows."""
    statement = re.sub(
        r"\$\{(\w+)\}",
        lambda found: f"'{chosen.get(found[1], '_o2_all_')}'",
        PANELS[panel]["query"],
    )
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    span = TimeRange(micros(1, 1), micros(12, 1))
    answer = query(statement, MemoryStreams({"llm_rollup": table}), span)
    assert not answer.fault
    return answer.rows


def test_a_month_is_the_sum_of_its_days() -> None:
    """Added up twice counts once, hours are no days, and unknown is in no sum."""
    assert ask("cost_by_month") == [
        {"month": "2026-09", "team": "search", "cost": 1.25},
        {"month": "2026-10", "team": "search", "cost": 1.75},
        {"month": "2026-10", "team": "support", "cost": 0.10},
    ]


def test_input_and_output_are_told_apart() -> None:
    """The two add up to the cost of the month."""
    split = ask("cost_split_by_month")
    assert [row["month"] for row in split] == ["2026-09", "2026-10"]
    assert [row["input_cost"] for row in split] == pytest.approx([0.5, 1.5])
    assert [row["output_cost"] for row in split] == pytest.approx([0.75, 1.5])


def test_hours_of_all_days_are_set_beside_each_other() -> None:
    """Of hours, and not of days; an hour whose cost nobody knows is not shown as free."""
    assert ask("cost_by_hour_of_day") == [
        {"hour": "00:00", "cost": 0.25},
        {"hour": "07:00", "cost": 1.25},
    ]


def test_tokens_of_calls_without_a_price_count() -> None:
    """Tokens are known where the price is not."""
    assert ask("tokens_by_month") == [
        {"month": "2026-09", "input_tokens": 1_000, "output_tokens": 100},
        {"month": "2026-10", "input_tokens": 3_000, "output_tokens": 300},
    ]


def test_the_table_says_what_a_month_does_not_know() -> None:
    """Newest month first, then the greatest cost; a model without a price has none, not 0."""
    assert ask("months") == [
        {
            "month": "2026-10",
            "model": "gpt-4o",
            "llm_calls": 11,
            "unpriced_calls": 2,
            "failed_calls": 1,
            "cost": 1.75,
        },
        {
            "month": "2026-10",
            "model": "o3-mini",
            "llm_calls": 10,
            "unpriced_calls": 1,
            "failed_calls": 1,
            "cost": 0.10,
        },
        {
            "month": "2026-10",
            "model": "mystery",
            "llm_calls": 10,
            "unpriced_calls": 10,
            "failed_calls": 0,
        },
        {
            "month": "2026-09",
            "model": "gpt-4o",
            "llm_calls": 10,
            "unpriced_calls": 1,
            "failed_calls": 1,
            "cost": 1.25,
        },
    ]


def test_what_is_chosen_narrows_the_months() -> None:
    """The variables of the dashboard reach the rollup as well; no team can be chosen too."""
    assert [row["team"] for row in ask("cost_by_month", team="support")] == ["support"]
    assert [row["model"] for row in ask("months", team="unknown")] == ["mystery"]
    assert ask("cost_by_month", environment="dev") == []


@pytest.mark.parametrize("panel", PANELS)
def test_without_days_there_are_no_months(panel: str) -> None:
    """Nothing is shown before the first day was added up."""
    assert ask(panel, []) == []


GROUPS = ("gpt-4o", "o3-mini", "mystery")
RUN = st.tuples(
    st.integers(0, 60),
    st.lists(st.integers(0, 10**6), min_size=len(GROUPS), max_size=len(GROUPS)),
    st.integers(0, len(GROUPS)),
)


@settings(max_examples=40)
@given(broken=st.lists(RUN, max_size=6), last=RUN, resent=st.booleans())
def test_a_month_is_what_the_last_whole_run_found(
    broken: list[tuple[int, list[int], int]], last: tuple[int, list[int], int], *, resent: bool
) -> None:
    """Whatever earlier runs found, however far they came, and whether an answer was lost."""
    rows: list[dict[str, Any]] = []
    for number, (day, cents, wrote) in enumerate([*broken, (last[0], last[1], len(GROUPS))]):
        start = micros(9, 1) + day * 86_400_000_000
        run = [
            total(9, 1, period_start=start, model=model, cost_usd=cost / 100, computed_at=number)
            for model, cost in zip(GROUPS, cents, strict=True)
        ][:wrote]
        rows += run * 2 if resent else run
    of_the_day = micros(9, 1) + last[0] * 86_400_000_000
    shown = ask("cost_by_month", [row for row in rows if row["period_start"] == of_the_day])
    assert sum(row["cost"] for row in shown) == pytest.approx(sum(last[1]) / 100)
