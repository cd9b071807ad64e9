"""The tab Reconciliation shows each day as it was last compared, and unknown drift as unknown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.columns import BILLING
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query
from tests.catalog.conftest import ARROW

ACCOUNT = {"provider": "openai", "account": "org-acme"}
STACK = Settings.from_mapping({"environment": "test", "billing": [ACCOUNT]})
TABS = render_dashboard(load_dashboard("llm_cost_details"), STACK)["tabs"]
SCHEMA = pa.schema(
    [("_timestamp", pa.int64()), *((name, ARROW[kind]) for name, kind in BILLING.items())]
)


def micros(month: int, day: int) -> int:
    """Return a time of 2026 in µs."""
    return int(datetime(2026, month, day, tzinfo=UTC).timestamp()) * 1_000_000


def row(day: int, computed: int, **columns: Any) -> dict[str, Any]:
    """Return a row about a day of October, compared on a day of November."""
    return {
        "_timestamp": micros(11, computed),
        "computed_at": micros(11, computed),
        "day_start": micros(10, day),
        **ACCOUNT,
        "scope": "prod",
        "model": "openai/gpt-4o",
        "ours_usd": 9.0,
        "billed_usd": 10.0,
        "unexplained_usd": -0.5,
        "problem": "",
    } | columns


ROWS = [
    row(1, 3, ours_usd=1.0, problem="drifts"),
    row(1, 3, model="openai/o3", ours_usd=5.0),
    # Compared again: 1.00 becomes 9.00, and o3 was no model of that day after all.
    row(1, 4),
    row(2, 3, model="openai/o3", ours_usd=0.0, billed_usd=0.0, unexplained_usd=0.0),
    row(2, 3, scope="prod/search", problem="drifts", billed_usd=20.0),
    {
        key: value
        for key, value in row(2, 3, model="(other than tokens)").items()
        if "usd" not in key
    }
    | {"billed_other_usd": 4.2},
]


def ask(panel: str) -> list[dict[str, Any]]:
    """Return what a panel shows."""
    statement = re.sub(r"\$\{\w+\}", "'_o2_all_'", TABS["reconciliation"]["panels"][panel]["query"])
    table = pa.Table.from_pylist(ROWS, schema=SCHEMA)
    span = TimeRange(micros(1, 1), micros(12, 1))
    answer = query(statement, MemoryStreams({"llm_billing_daily": table}), span)
    assert not answer.fault
    return answer.rows


def test_a_day_counts_as_it_was_last_compared() -> None:
    """What a later comparison does not have any more is gone."""
    assert ask("billed_by_day") == [
        {"utc_day": "2026-10-01", "ours": 9.0, "billed": 10.0},
        {"utc_day": "2026-10-02", "ours": 9.0, "billed": 20.0},
    ]


def test_drift_is_a_share_of_the_bill_or_unknown() -> None:
    """The greatest bill first; nothing billed leaves no share."""
    shown = ask("drift_by_month")
    assert [(one["scope"], one["model"], one["drifting"]) for one in shown] == [
        ("prod/search", "openai/gpt-4o", 1),
        ("prod", "openai/gpt-4o", 0),
        ("prod", "openai/o3", 0),
    ]
    assert [one.get("drift_pct") for one in shown] == [pytest.approx(-55), pytest.approx(-10), None]


def test_what_is_no_tokens_has_a_table_of_its_own() -> None:
    """By month and scope."""
    assert ask("other_by_month") == [
        {"month": "2026-10", "provider": "openai", "scope": "prod", "billed_other": 4.2}
    ]


def test_without_accounts_there_is_no_such_tab() -> None:
    """The stream that it reads is not there either."""
    plain = render_dashboard(load_dashboard("llm_cost_details"), Settings(environment="test"))
    assert "reconciliation" not in plain["tabs"]
    panel = TABS["reconciliation"]["panels"]["billed_by_day"]
    assert (panel["stream"], panel["stream_type"]) == ("llm_billing_daily", "logs")
