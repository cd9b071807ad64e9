"""The tab Cross-check adds up what applications counted, whatever processes did in the meantime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.columns import COUNTED, COUNTED_STREAM
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query
from tests.catalog.conftest import ARROW, HOUR, NOON

STACK = Settings.from_mapping({"environment": "test", "cost_metric": True})
TABS = render_dashboard(load_dashboard("llm_cost_details"), STACK)["tabs"]
SCHEMA = pa.schema(
    [("_timestamp", pa.int64()), *((name, ARROW[kind]) for name, kind in COUNTED.items())]
)
if TYPE_CHECKING:
    from tests.catalog.conftest import Stream

MINUTE = 60_000_000
RANGE = TimeRange(NOON, NOON + 4 * HOUR)


def series(name: str, start: int, *totals: float, first: int = 1, **more: Any) -> list[Any]:
    """Return what a process exported.

    Args:
        name: of the series.
        start: of the process, minutes after noon.
        totals: USD, one a minute.
        first: minutes from its start to the first of them.
        more: other columns.
    """
    return [
        {
            "_timestamp": NOON + (start + minute) * MINUTE,
            "__hash__": name,
            "start_time": str((NOON + start * MINUTE) * 1_000),
            "value": usd,
            "aggregation_temporality": "AGGREGATION_TEMPORALITY_CUMULATIVE",
            "service_name": "shop",
            **more,
        }
        for minute, usd in enumerate(totals, start=first)
    ]


def shown(panel: str, *rows: list[Any]) -> list[dict[str, Any]]:
    """Return what a panel shows of the four hours after noon."""
    table = pa.Table.from_pylist([row for one in rows for row in one], schema=SCHEMA)
    statement = TABS["cross_check"]["panels"][panel]["query"]
    answer = query(statement, MemoryStreams({COUNTED_STREAM: table}), RANGE)
    assert not answer.fault
    return answer.rows


OLD = series("old", -60, 40.0, 41.0, 41.5, 44.0, first=61)
"""Has run for an hour: had spent 40 by the first export in the range, and spends 4 more."""


@pytest.mark.parametrize(
    ("rows", "usd"),
    [
        pytest.param([OLD], 4.0, id="runs across the beginning"),
        pytest.param([series("new", 30, 2.0, 2.5)], 2.5, id="starts in the range, alone"),
        pytest.param([OLD, series("new", 30, 2.0, 2.5)], 6.5, id="two processes"),
        pytest.param([OLD, series("new", 30, 7.0)], 11.0, id="one export is all of a short one"),
        pytest.param(
            [OLD, series("old", 5, 0.5, 3.0)], 7.0, id="a restart begins a series of its own"
        ),
        pytest.param(
            [OLD, series("old", -60, 1.0, 2.0, first=65)], 6.0, id="a total that falls began at 0"
        ),
        pytest.param([OLD, OLD], 4.0, id="an export that was sent twice"),
        pytest.param(
            [series("late", 0, 6.0, 8.0, first=180), OLD],
            12.0,
            id="a label comes up late",
        ),
        pytest.param(
            [series("d", -60, 3.0, 4.0, first=61, aggregation_temporality="…_DELTA")],
            7.0,
            id="a process that exports what is new",
        ),
    ],
)
def test_a_total_counts_for_what_it_rose_by(rows: list[list[Any]], usd: float) -> None:
    """The truth is computed by hand, for each thing that processes do."""
    assert shown("counted_cost", *rows) == [{"counted_cost": usd}]


@pytest.mark.parametrize(
    ("environment", "usd"), [("test", 6.0), (None, 6.0), ("unknown", 6.0), ("prod", 4.0)]
)
def test_an_environment_counts_its_own(environment: str | None, usd: float) -> None:
    """All of an organization share the stream; what does not say its own counts everywhere."""
    new = series("new", 30, 2.0, deployment_environment_name=environment)
    assert shown("counted_cost", OLD, new) == [{"counted_cost": usd}]


@pytest.mark.parametrize(("environment", "usd"), [("test", 3.0), (None, 3.0), ("prod", 1.0)])
def test_calls_of_the_same_environment_stand_beside_it(
    stream: type[Stream], environment: str | None, usd: float
) -> None:
    """So that both sides are about the same applications, whatever else the stream holds."""
    calls = [
        {"span_id": "a", "cost_usd": 1.0, "environment": "test"},
        {"span_id": "b", "cost_usd": 2.0, "environment": environment},
    ]
    every = {"_timestamp": NOON, "trace_id": "t", "is_call": True}
    stored = stream({**every, **call} for call in calls)
    panels = TABS["cross_check"]["panels"]
    assert stored.ask(panels["stored_cost"]["query"]) == [{"stored_cost": usd}]
    assert sum(row["cost"] for row in stored.ask(panels["stored_over_time"]["query"])) == usd


def test_each_interval_has_what_was_exported_in_it() -> None:
    """The bars add up to the number above them."""
    rows = shown("counted_over_time", OLD, series("new", 100, 2.0, 2.5, first=10))
    assert {row["ts"][11:16]: row["cost"] for row in rows if row["cost"]} == {
        "12:02": 1.0,
        "12:03": 0.5,
        "12:04": 2.5,
        "13:50": 2.0,
        "13:51": 0.5,
    }


def test_nothing_that_is_chosen_narrows_either_side() -> None:
    """Both sides are about the same calls: the metric has few labels."""
    panels = TABS["cross_check"]["panels"].values()
    assert not [one["title"] for one in panels if "${" in one["query"]]
    read = {(one["stream"], one["stream_type"]) for one in panels}
    assert read == {(COUNTED_STREAM, "metrics"), (STACK.streams.calls, "traces")}


def test_a_stack_says_that_its_applications_count() -> None:
    """Where none has, there is no stream to read; and no team's part of it is told apart."""
    plain = render_dashboard(load_dashboard("llm_cost_details"), Settings(environment="test"))
    assert "cross_check" not in plain["tabs"]
    team = {"name": "search", "owners": ["search@example.com"]}
    with pytest.raises(InvalidDeclaration, match="everybody's"):
        Settings.from_mapping({"environment": "test", "cost_metric": True, "team": team})
