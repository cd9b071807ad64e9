"""How rows become the series of a chart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.pictures import PanelData, Row, TimeRange
from llmcost_infra.pictures.bodies import read_panel
from llmcost_infra.pictures.series import Chart, chart_of, seconds_of
from llmcost_infra.pictures.themes import SERIES_COLOURS, colours_of
from tests.pictures.gallery import hours, panel

START = datetime(2026, 11, 23, 15, tzinfo=UTC)
RANGE = TimeRange(START, datetime(2026, 11, 23, 19, tzinfo=UTC))
HOUR = 3_600


def chart(body: dict[str, Any], rows: list[Row], **data: Any) -> Chart:
    """The chart of a panel in a fixed range."""
    return chart_of(read_panel(body), PanelData(rows, **data), RANGE)


def test_several_values_are_several_series_by_their_labels() -> None:
    """Without a breakdown the legend has the labels of the y axis."""
    found = chart(panel("bar", x="model", y="a b"), [{"model": "m", "a": 1, "b": 2}])
    assert [(one.name, one.values) for one in found.series] == [("a", (1,)), ("b", (2,))]


def test_a_breakdown_names_the_series() -> None:
    """One value: the breakdown's own words; several: with the value's label."""
    rows: list[Row] = [{"ts": "x", "tool": "sql", "a": 1, "b": 2}]
    one = chart(panel("bar", x="ts", y="a", breakdown="tool"), rows)
    two = chart(panel("bar", x="ts", y="a b", breakdown="tool"), rows)
    assert [series.name for series in one.series] == ["sql"]
    assert [series.name for series in two.series] == ["sql (a)", "sql (b)"]


def test_a_column_in_lower_case_is_found() -> None:
    """Servers fold names of columns."""
    found = chart(panel("bar", x="Model", y="Cost"), [{"model": "m", "cost": 1}])
    assert (found.places, found.series[0].values) == (("m",), (1,))


def test_unknown_is_neither_dropped_nor_zero() -> None:
    """A category or value that is null stays, as what it is."""
    rows: list[Row] = [
        {"model": None, "cost": 1},
        {"model": "m", "cost": None},
        {"model": "", "cost": 2},
    ]
    found = chart(panel("bar", x="model", y="cost"), rows)
    assert found.places == ("null", "m", "(empty)")
    assert found.series[0].values == (1, None, 2)


def test_missing_buckets_are_filled_only_when_the_answer_says_how_long_one_is() -> None:
    """OpenObserve fills what ``histogram()`` left out, and nothing else."""
    rows: list[Row] = [{"ts": hours()[0], "cost": 1}, {"ts": hours()[2], "cost": 2}]
    body = panel("line", x="ts", y="cost", no_value_replacement="0")
    assert chart(body, rows, interval=HOUR).series[0].values == (0, 1, 0, 2, 0)
    assert chart(body, rows).series[0].values == (1, 2)


def test_a_bucket_of_which_the_value_is_not_known_is_not_filled() -> None:
    """What is missing may be written as 0; what is unknown may not."""
    rows: list[Row] = [{"ts": hours()[0], "cost": 1}, {"ts": hours()[1], "cost": None}]
    body = panel("line", x="ts", y="cost", no_value_replacement="0")
    assert chart(body, rows, interval=HOUR).series[0].values == (0, 1, None, 0, 0)


def test_the_axis_of_time_is_what_was_asked_for() -> None:
    """The range of the request, although rows cover less."""
    found = chart(panel("bar", x="ts", y="cost"), [{"ts": hours()[0], "cost": 1}])
    assert found.span == (RANGE.start.timestamp(), RANGE.end.timestamp())


def test_categories_that_look_like_time_stay_categories_on_lying_bars() -> None:
    """OpenObserve never draws lying bars over time."""
    rows: list[Row] = [{"ts": hours()[0], "cost": 1}]
    assert not chart(panel("h-bar", x="ts", y="cost"), rows).timed
    assert chart(panel("bar", x="ts", y="cost"), rows).timed


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("2026-11-23T15:00:00", True),
        ("1795446000000000", True),
        (1_795_446_000_000_000, True),
        ("2026-11-23T15:00:00Z", False),
        ("2026-13-23T15:00:00", False),
        ("2026-11-23", False),
        (None, False),
    ],
)
def test_what_is_time(written: Any, known: bool) -> None:
    """A bucket as ``histogram()`` writes it, or microseconds; taken as UTC."""
    assert seconds_of(written) == (START.timestamp() if known else None)


def test_the_largest_series_stay_and_the_rest_is_one() -> None:
    """`top_results` by the sum, `others` when the panel wants them."""
    rows: list[Row] = [
        {"ts": "x", "tool": name, "runs": runs} for name, runs in (("a", 1), ("b", 5), ("c", 3))
    ]
    body = panel("bar", x="ts", y="runs", breakdown="tool", top_results=1)
    assert [one.name for one in chart(body, rows).series] == ["b"]
    body["config"]["top_results_others"] = True
    assert [(one.name, one.values) for one in chart(body, rows).series] == [
        ("b", (5,)),
        ("others", (4,)),
    ]


@given(st.lists(st.text(), max_size=40, unique=True))
def test_series_have_colours_of_their_own(names: list[str]) -> None:
    """No two of a chart share one while there are enough, whatever the order of the rows."""
    colours = colours_of(names)
    assert colours == colours_of(reversed(names))
    assert len(set(colours.values())) == min(len(names), len(SERIES_COLOURS))
