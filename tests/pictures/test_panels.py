"""What a panel shows, read from its picture."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from llmcost_infra.errors import PanelNotDrawable, PictureError
from llmcost_infra.pictures import PanelData, Row, draw_panel
from llmcost_infra.pictures.letters import fitted
from tests.pictures.gallery import RANGE, hours, panel


def words(body: dict[str, Any], rows: list[Row], **size: float) -> list[str]:
    """The texts in a panel's picture, title first."""
    svg = draw_panel(body, PanelData(rows), time_range=RANGE, **size).svg  # type: ignore[arg-type]
    elements = ET.fromstring(svg).iter()  # noqa: S314 - our own
    return [one.text for one in elements if one.text and one.text.strip()]


def test_a_tile_of_null_has_no_data() -> None:
    """A sum over nothing is not 0."""
    assert words(panel("metric", "Cost", y="cost"), [{"cost": None}]) == ["Cost", "No data"]


def test_a_chart_without_any_value_has_no_data() -> None:
    """As OpenObserve says it when no row can be drawn."""
    assert words(panel("bar", "Cost", x="m", y="cost"), [{"m": "a", "cost": None}])[1:] == [
        "No data"
    ]


def test_a_refusal_is_shown_in_the_place_of_the_chart() -> None:
    """The server's words, where people look for the number."""
    body = panel("metric", "Cost", y="cost")
    svg = draw_panel(body, PanelData(refusal="Table <calls> not found")).svg
    assert "The query was refused" in svg
    assert "Table &lt;calls&gt; not found" in svg


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (panel("sankey"), "'sankey'"),
        (panel("custom_chart"), "'custom_chart'"),
        (panel("<b>"), "'<b>'"),
        (panel("bar", y="cost"), "without x axis"),
        (panel("heatmap", x="a"), "without y and z axis"),
        (panel("metric"), "without y axis"),
        (panel("table"), "without x axis"),
        ({}, "''"),
        (
            {**panel("bar", x="a", y="b"), "queries": panel("bar", x="a", y="b")["queries"] * 2},
            "2 q",
        ),
        ({"type": "bar", "queries": "no list", "config": 3, "layout": []}, "without x and y"),
    ],
)
def test_what_cannot_be_drawn_is_a_typed_error(body: dict[str, Any], said: str) -> None:
    """A caller can show at its place why there is no picture."""
    with pytest.raises(PanelNotDrawable, match=said):
        draw_panel(body, PanelData([{"a": 1}]))


def test_without_vl_convert_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is optional, and so the next step is named."""
    monkeypatch.setitem(__import__("sys").modules, "vl_convert", None)
    with pytest.raises(PictureError, match="vl-convert") as refused:
        draw_panel(panel("bar", x="m", y="cost"), PanelData([{"m": "a", "cost": 1}]))
    assert "llmcost-infra[review]" in refused.value.hint


def test_200_entries_of_a_legend_are_counted() -> None:
    """A legend never covers the chart; what has no room is said as a number."""
    rows: list[Row] = [
        {"ts": hours()[0], "user": f"user {number}", "cost": number} for number in range(80)
    ]
    body = panel("bar", x="ts", y="cost", breakdown="user")
    below = words(body, rows, width=400, height=200)
    assert below[-1].startswith("+")
    shown = sum(word.startswith("user ") for word in below)
    assert below[-1] == f"+{80 - shown} more"
    rows = [{"model": f"model {number}", "cost": 1} for number in range(200)]
    beside = words(panel("pie", x="model", y="cost", legends_position="right"), rows)
    assert beside[-1] == f"+{200 - sum(word.startswith('model ') for word in beside)} more"


def test_legends_can_be_turned_off() -> None:
    """Then nothing names the series."""
    body = panel("line", x="ts", y="a b")
    body["config"]["show_legends"] = False
    assert "a" not in words(body, [{"ts": hours()[0], "a": 1, "b": 2}])


def test_a_budget_that_is_above_the_chart_is_told() -> None:
    """The line is not drawn, as in OpenObserve; that it is further up is said."""
    line = {"name": "Budget", "type": "yAxis", "value": "400"}
    body = panel("bar", x="ts", y="cost", mark_line=[line], unit="currency-dollar")
    assert "Budget: $400.00 ↑" in words(body, [{"ts": hours()[0], "cost": 1}])
    body["config"]["y_axis_max"] = 500
    assert "Budget: $400.00" in words(body, [{"ts": hours()[0], "cost": 1}])


@pytest.mark.parametrize(
    ("kind", "value"), [("average", "3.00"), ("median", "2.00"), ("min", "1.00"), ("max", "6.00")]
)
def test_computed_lines(kind: str, value: str) -> None:
    """They are computed from what the first series shows."""
    rows: list[Row] = [
        {"ts": hour, "cost": cost} for hour, cost in zip(hours(3), (1, 2, 6), strict=True)
    ]
    body = panel("line", x="ts", y="cost", mark_line=[{"name": "L", "type": kind}])
    assert f"L: {value}" in words(body, rows)


def test_a_mark_at_a_time_or_a_category() -> None:
    """A mark on the x axis names itself, and one that is nowhere draws nothing."""
    timed = panel(
        "line",
        x="ts",
        y="cost",
        mark_line=[{"name": "release", "type": "xAxis", "value": hours()[1]}],
    )
    by_model = panel(
        "bar", x="m", y="cost", mark_line=[{"name": "new", "type": "xAxis", "value": "b"}]
    )
    assert "release" in words(timed, [{"ts": hours()[0], "cost": 1}])
    assert "new" in words(by_model, [{"m": "a", "cost": 1}, {"m": "b", "cost": 1}])
    assert "new" not in words(by_model, [{"m": "a", "cost": 1}])


def test_values_are_written_at_their_bars_where_the_panel_wants_them() -> None:
    """In the panel's unit."""
    body = panel("bar", x="m", y="cost", unit="currency-dollar", label_option={"position": "top"})
    assert "$1.50" in words(body, [{"m": "a", "cost": 1.5}])
    body = panel("h-bar", x="m", y="cost", unit="percent", label_option={"position": "inside"})
    assert "7.25%" in words(body, [{"m": "a", "cost": 7.25}])


def test_a_slice_that_cannot_be_drawn_shows_its_value() -> None:
    """A negative or unknown share is no angle, but it is not hidden either."""
    rows: list[Row] = [{"m": "a", "cost": 3}, {"m": "b", "cost": -1}, {"m": "c", "cost": None}]
    shown = words(panel("pie", x="m", y="cost", unit="currency-dollar"), rows)
    assert {"a", "b (-$1.00)", "c (null)"} <= set(shown)


def test_a_table_says_how_many_rows_and_columns_have_no_room() -> None:
    """The foot counts what is not shown."""
    body = panel("table", x="m", y=" ".join(f"c{number}" for number in range(30)))
    rows: list[Row] = [
        {"m": f"m{number}"} | {f"c{one}": one for one in range(30)} for number in range(40)
    ]
    foot = words(body, rows, width=400, height=200)[-1]
    assert foot.startswith("1-4 of 40, ")
    assert foot.endswith("more columns")


def test_a_table_shows_all_columns_of_an_answer_where_it_is_told_to() -> None:
    """Dynamic columns come after the declared ones."""
    body = panel("table", x="m", table_dynamic_columns=True)
    assert words(body, [{"m": "a", "n": 2}])[1:] == ["m", "a", "n", "2", "1-1 of 1"]


def test_a_turned_table_has_a_column_a_row() -> None:
    """The first column becomes the header."""
    body = panel("table", x="m", y="cost", table_transpose=True)
    rows: list[Row] = [{"m": "a", "cost": 1}, {"m": "b", "cost": 2}]
    assert words(body, rows)[1:] == ["m", "cost", "a", "1.00", "b", "2.00", "1-1 of 1"]


@pytest.mark.parametrize(
    "kind", ["bar", "line", "area", "scatter", "h-bar", "table", "gauge", "pie"]
)
@pytest.mark.parametrize("value", [0, 1e-12, -1e21, 1e300, "12", "no number", True])
def test_any_value_can_be_drawn(kind: str, value: Any) -> None:
    """Huge, tiny, negative and wrong values are no error."""
    assert words(panel(kind, "Title", x="m", y="v"), [{"m": "a", "v": value}])[0] == "Title"


@pytest.mark.parametrize(
    "body",
    [
        panel("bar", x="tool", y="runs"),
        panel("h-bar", x="tool", y="runs"),
        panel("heatmap", x="hour", y="tool", z="runs"),
    ],
    ids=lambda body: body["type"],
)
def test_a_long_name_is_cut_alike_on_every_machine(body: dict[str, Any]) -> None:
    """What a rocket takes depends on its fonts, and Vega cuts it in two, which it then refuses."""
    name = "🚀🚀 模型 naïve 🚀 " + "long " * 20
    row = {"hour": "9:00", "tool": name, "runs": 3}
    assert fitted(name, 130, 11) in words(body, [row], width=600, height=300)


@pytest.mark.parametrize("size", [(40, 40), (60, 120), (3000, 50)])
@pytest.mark.parametrize("kind", ["bar", "heatmap", "table", "gauge", "pie", "metric", "markdown"])
def test_any_size_can_be_drawn(kind: str, size: tuple[float, float]) -> None:
    """A panel that is too small for its content is still a panel."""
    body = panel(kind, x="m", y="v", z="v", content="# words\n\n```\ncode\n```")
    picture = draw_panel(body, PanelData([{"m": "a", "v": 1}]), width=size[0], height=size[1])
    assert (picture.width, picture.height) == size
