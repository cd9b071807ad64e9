"""A whole tab, and a value beside its limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from llmcost_infra.errors import PictureError
from llmcost_infra.pictures import PanelData, TimeRange, Unit, draw_tab, draw_time_series
from tests.pictures.gallery import panel

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def dashboard(*panels: dict[str, Any]) -> dict[str, Any]:
    """A dashboard of one tab."""
    tabs = [{"tabId": "overview", "name": "Overview", "panels": list(panels)}]
    return {"version": 8, "title": "LLM <Cost>", "tabs": tabs}


def placed(name: str, kind: str, column: int, row: int, **parts: Any) -> dict[str, Any]:
    """A panel in the grid."""
    return {
        **panel(kind, name, **parts),
        "id": name,
        "layout": {"x": column, "y": row, "w": 96, "h": 10, "i": 1},
    }


def test_panels_stand_where_the_grid_has_them() -> None:
    """192 columns are the width, a row is 17 px."""
    board = dashboard(placed("a", "metric", 0, 0, y="v"), placed("b", "metric", 96, 10, y="v"))
    data = {"a": PanelData([{"v": 1}]), "b": PanelData([{"v": 2}])}
    picture = draw_tab(board, "overview", data, width=966)
    assert (picture.width, picture.height) == (966, 346)
    assert "translate(6 6)" in picture.svg
    assert "translate(486 176)" in picture.svg
    assert 'aria-label="LLM &lt;Cost&gt;: Overview"' in picture.svg


def test_a_panel_that_cannot_be_drawn_says_so_and_the_others_are_there() -> None:
    """One custom chart does not cost the picture of the tab."""
    board = dashboard(placed("odd", "custom_chart", 0, 0), placed("b", "metric", 96, 0, y="v"))
    svg = draw_tab(board, "overview", {"b": PanelData([{"v": 2}])}).svg
    assert "Not drawn" in svg
    assert "custom_chart" in svg
    assert ">2.00<" in svg


def test_a_panel_without_rows_has_no_data() -> None:
    """A panel that nobody asked for is not left blank."""
    assert "No data" in draw_tab(dashboard(placed("a", "metric", 0, 0, y="v")), "overview", {}).svg


def test_an_empty_tab_is_a_picture_too() -> None:
    """A tab that a branch adds may have no panel yet."""
    assert draw_tab(dashboard(), "overview", {}).height > 0


def test_a_tab_that_is_not_there_is_named_with_those_that_are() -> None:
    """The next step is in the error."""
    with pytest.raises(PictureError, match="'tools'") as refused:
        draw_tab(dashboard(), "tools", {})
    assert "overview" in refused.value.hint


def series(*values: float | Decimal | None) -> list[tuple[datetime, float | Decimal | None]]:
    """A value an hour."""
    return [(NOON + timedelta(hours=hour), value) for hour, value in enumerate(values)]


def test_the_limit_is_always_in_the_picture() -> None:
    """Who looks at a backtest wants to see how far away the limit is."""
    far = draw_time_series(
        "Daily budget",
        series(Decimal("1.5"), 2, None, 3),
        limit=Decimal(500),
        unit=Unit("currency-dollar"),
    )
    assert "limit: $500.00<" in far.svg
    assert "fired" not in far.svg


def test_a_limit_that_moves_is_a_line_of_its_own() -> None:
    """What is usual differs from hour to hour."""
    svg = draw_time_series("Cost", series(1, 9), limits=[2, None], limit_name="usual").svg
    assert ">usual</text>" in svg
    assert "limit:" not in svg


def test_firings_are_marked_and_counted() -> None:
    """A firing has a mark where it began, and the legend says how many there were."""
    fired = [
        TimeRange(NOON, NOON + timedelta(hours=1)),
        TimeRange(NOON + timedelta(hours=2), NOON + timedelta(hours=2)),
    ]
    svg = draw_time_series("Budget", series(1, 9, 1, 9), limit=5, firings=fired).svg
    assert "fired 2 times" in svg
    assert "fired once" in draw_time_series("Budget", series(1, 9), firings=fired[:1]).svg


def test_a_value_that_was_never_measured_has_no_data() -> None:
    """An alert that has nothing to look at is not a flat line."""
    assert "No data" in draw_time_series("Budget", [], limit=5).svg
