"""Dashboards in both forms: laws of the way there and back, and what the UI does to them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.openobserve.kinds.dashboard import DashboardKind
from llmcost_infra.openobserve.kinds.dashboard_body import (
    boxes,
    fold_dashboard,
    unfold_dashboard,
)
from llmcost_infra.openobserve.kinds.layout import floating, overlapping
from llmcost_infra.openobserve.kinds.values import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.openobserve.kinds.base import Inputs

KIND = DashboardKind()
UNTOUCHED = " // To know more about ECharts\n// 'data' is an array.\noption = {  \n \n};\n  "
PLACES = st.fixed_dictionaries(
    {"width": st.sampled_from([48, 64, 96, 128, 192]), "height": st.sampled_from([9, 18])}
)
AXIS = st.sampled_from(
    [
        {"alias": "n"},
        {"alias": "n", "label": "Calls"},
        {"alias": "n", "label": ""},
        {"alias": "n", "label": "n", "type": "custom"},
        {"alias": "n", "column": "n", "functionName": "count", "args": [{"type": "field"}]},
    ]
)
CONFIG = st.fixed_dictionaries(
    {},
    optional={
        "unit": st.just("currency-dollar"),
        "decimals": st.sampled_from([0, 2, 4.0]),
        "show_legends": st.booleans(),
        "mark_line": st.just([{"name": "", "type": "yAxis", "value": "5"}]),
        "trellis": st.sampled_from([{"layout": None, "num_of_columns": 1}, {"layout": "auto"}]),
        "no_value_replacement": st.sampled_from(["", "0"]),
    },
)
QUERY = st.fixed_dictionaries(
    {
        "query": st.just('SELECT COUNT(*) AS n FROM "llm"'),
        "stream": st.just("llm"),
        "stream_type": st.sampled_from(["traces", "logs"]),
    },
    optional={
        "y_axis": st.lists(AXIS, max_size=2),
        "x_axis": st.lists(AXIS, max_size=1),
        "z_axis": st.just([]),
        "breakdown": st.lists(AXIS, max_size=1),
        "custom_query": st.booleans(),
        "vrl_function_query": st.sampled_from(["", "."]),
        "query_config": st.sampled_from([{}, {"min": 0, "max": 500.0}, {"promql_legend": ""}]),
        "filter": st.sampled_from(
            [
                {"filterType": "group", "logicalOperator": "AND", "conditions": []},
                {"filterType": "group", "logicalOperator": "OR", "conditions": [{"a": None}]},
            ]
        ),
        "joins": st.sampled_from([[], [{"stream": "x"}]]),
        "tab_name": st.just("First"),
        "fields": st.sampled_from([{}, {"latitude": {"alias": "lat", "label": "lat"}}]),
    },
)
CHART = st.builds(
    lambda query, common, more: {**query, **common, **more},
    QUERY,
    st.fixed_dictionaries(
        {"type": st.sampled_from(["metric", "bar", "table"]), "title": st.just("T")}
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "config": CONFIG,
            "description": st.sampled_from(["", "d"]),
            "extra_queries": st.lists(QUERY, max_size=2),
            "query_type": st.sampled_from(["sql", "promql"]),
        },
    ),
)
CONTENT = st.fixed_dictionaries(
    {"type": st.just("markdown"), "title": st.just("M"), "markdown_content": st.just("# Hi")},
    optional={"custom_query": st.just(False), "query": st.just("")},
)
CUSTOM_CHART = st.builds(
    lambda query: {
        **query,
        "type": "custom_chart",
        "title": "C",
        "custom_chart_content": UNTOUCHED,
    },
    QUERY,
)
PANEL = st.builds(
    lambda panel, place, at: {**panel, **place, **at},
    CHART | CONTENT | CUSTOM_CHART,
    PLACES | st.just({}),
    st.just({}) | st.fixed_dictionaries({"x": st.integers(0, 100), "y": st.integers(0, 60)}),
)
VARIABLE = st.fixed_dictionaries(
    {"type": st.sampled_from(["query_values", "textbox"])},
    optional={
        "label": st.sampled_from(["", "Team", "a"]),
        "multi_select": st.booleans(),
        "escape_single_quotes": st.booleans(),
        "hide_on_dashboard": st.booleans(),
        "select_all_value_for_multi_select": st.sampled_from(["first", "all"]),
        "custom_multi_select_value": st.sampled_from([[], ["x"]]),
        "value": st.sampled_from(["", "v"]),
        "options": st.sampled_from([[], [{"label": "a", "value": "b"}]]),
        "scope": st.sampled_from(["global", "tabs"]),
        "tabs": st.sampled_from([[], ["t"]]),
        "query_data": st.sampled_from(
            [{"stream": "s", "max_record_size": 100.0}, {"stream": "s", "filter": []}]
        ),
    },
)


def numbered_map(values: st.SearchStrategy[Inputs], most: int) -> st.SearchStrategy[Inputs]:
    """Draw a map of things with order numbers of their own."""
    orders = st.lists(st.integers(-20, 300) | st.just(12.5), max_size=most, unique=True)
    return orders.flatmap(
        lambda numbers: st.tuples(*(values for _ in numbers)).map(
            lambda drawn: {
                f"{'abcdefghij'[index]}": {"order": number, **value}
                for index, (number, value) in enumerate(zip(numbers, drawn, strict=True))
            }
        )
    )


TAB = numbered_map(PANEL, 6).map(lambda panels: {"name": "Tab", "panels": panels})
DASHBOARD = st.fixed_dictionaries(
    {"title": st.just("Cost"), "tabs": numbered_map(TAB, 2)},
    optional={
        "description": st.sampled_from(["", "d"]),
        "default_time_range": st.sampled_from(["24h", "1795464000000000..1795467600000000"]),
        "show_dynamic_filters": st.booleans(),
        "variables": numbered_map(VARIABLE, 3),
        "folder": st.just("default"),
    },
)


def grid(body: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """Return where each panel is, whatever its number."""
    return {
        (tab["tabId"], panel["id"]): {
            key: place for key, place in panel["layout"].items() if key != "i"
        }
        for tab in body["tabs"]
        for panel in tab["panels"]
    }


def noisy(value: Any) -> Any:
    """Return a body as the server echoes it: optional keys as null, integers as floats."""
    if isinstance(value, dict):
        echo = {key: noisy(inner) for key, inner in value.items()}
        if "alias" in echo:
            echo |= {"color": None, "treatAsNonTimestamp": False, "showFieldAsJson": False}
        if "show_legends" in echo:
            echo |= {"legends_position": None, "base_map": None, "map_view": None}
        return echo
    if isinstance(value, list):
        return [noisy(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def echoed(inputs: Inputs) -> dict[str, Any]:
    """Return what the server answers for a dashboard, after its panels were saved in the UI."""
    body = noisy(fold_dashboard(inputs))
    for tab in body["tabs"]:
        for panel in tab["panels"]:
            kept = panel.get("customChartContent", UNTOUCHED)
            panel |= {"htmlContent": "", "customChartContent": kept}
            panel.setdefault("markdownContent", "")
    stamps = {"dashboardId": "1", "owner": "o", "created": "2026-11-23T20:50:36Z", "role": ""}
    return {**body, **stamps, "updatedAt": 0}


@given(DASHBOARD)
def test_there_and_back_is_the_same(inputs: Inputs) -> None:
    """Unfolding what was folded gives the canonical inputs, places of their own included."""
    canonical = KIND.canonical(inputs)
    assert unfold_dashboard(fold_dashboard(inputs), inputs) == canonical
    assert unfold_dashboard(fold_dashboard(canonical), canonical) == canonical


@given(DASHBOARD)
def test_the_servers_noise_is_no_difference(inputs: Inputs) -> None:
    """Nulls, floats, stamps and what the UI's editor adds are not drift."""
    assert unfold_dashboard(echoed(inputs), inputs) == KIND.canonical(inputs)


@given(DASHBOARD)
def test_canonical_twice_is_canonical_once(inputs: Inputs) -> None:
    """The normal form of a normal form is itself, defaults filled in or not."""
    once = KIND.canonical(inputs)
    assert KIND.canonical(once) == once
    assert KIND.canonical(KIND.defaults(inputs)) == once
    assert KIND.canonical(inputs) == KIND.canonical(copy.deepcopy(inputs))


@given(DASHBOARD)
def test_an_import_describes_the_same_dashboard(inputs: Inputs) -> None:
    """Without a known state, new order numbers lead to the same body."""
    body = fold_dashboard(inputs)
    imported = unfold_dashboard(body, None)
    again = fold_dashboard(imported)
    assert unfold_dashboard(again, imported) == imported
    assert grid(again) == grid(body)


@given(DASHBOARD)
def test_a_derived_layout_is_left_alone_by_the_ui(inputs: Inputs) -> None:
    """Without places of their own, panels neither overlap nor float."""
    for tab in inputs["tabs"].values():
        flowing = {
            name: {key: value for key, value in panel.items() if key not in {"x", "y"}}
            for name, panel in tab["panels"].items()
        }
        assert overlapping(boxes(flowing)) == []
        assert floating(boxes(flowing)) == []


@given(DASHBOARD, st.data())
def test_panels_are_numbered_from_one(inputs: Inputs, data: st.DataObject) -> None:
    """The UI takes no 0 for a panel's number, and no number twice."""
    tabs = fold_dashboard(inputs)["tabs"]
    if tabs:
        tab = data.draw(st.sampled_from(tabs))
        numbers = [panel["layout"]["i"] for panel in tab["panels"]]
        assert numbers == list(range(1, len(numbers) + 1))


def test_the_recorded_dashboard_comes_back_key_by_key(two_tabs: dict[str, Any]) -> None:
    """The body that a real server accepted is exactly what its inputs fold to."""
    inputs = unfold_dashboard(two_tabs, None)
    assert KIND.problems({"organization": "default", **inputs}) == []
    assert plain(fold_dashboard(inputs)) == plain(
        {key: value for key, value in two_tabs.items() if key != "dashboardId"}
    )
    assert all("x" not in panel for panel in inputs["tabs"]["overview"]["panels"].values())
    assert inputs["tabs"]["overview"]["panels"]["llm-cost"] == {
        "order": 10,
        "type": "metric",
        "title": "Total LLM Cost ($)",
        "width": 48,
        "height": 9,
        "query": two_tabs["tabs"][0]["panels"][0]["queries"][0]["query"],
        "stream": "proto",
        "stream_type": "traces",
        "y_axis": [{"alias": "total_cost"}],
        "config": {"show_legends": False, "unit": "currency-dollar", "decimals": 2},
    }


def test_saving_unchanged_in_the_ui_is_no_difference(
    saved_in_the_ui: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """Three panels opened in the editor and saved: nothing to report."""
    before, after = saved_in_the_ui
    assert before != after
    known = unfold_dashboard(before, None)
    assert unfold_dashboard(after, known) == known


def test_recorded_echoes_are_what_was_sent(
    recorded: Callable[[str], list[dict[str, Any]]],
) -> None:
    """For every dashboard that a real server took, its echo means what was sent."""
    seen = 0
    for exchange in recorded("05-dashboards"):
        sent, answer = exchange["request"].get("json"), exchange["response"]["body"]
        if exchange["response"]["status"] == 200 and isinstance(sent, dict) and "tabs" in sent:
            seen += 1
            known = unfold_dashboard(sent, None)
            if exchange["what"] != "update with unknown keys":
                assert unfold_dashboard(answer["v8"], known) == known
    assert seen >= 4


def changed(body: dict[str, Any], **moves: tuple[int, int]) -> dict[str, Any]:
    """Return the body with panels at other places."""
    moved = copy.deepcopy(body)
    for tab in moved["tabs"]:
        for panel in tab["panels"]:
            if panel["id"] in moves:
                panel["layout"]["x"], panel["layout"]["y"] = moves[panel["id"]]
    return moved


def differences(left: Any, right: Any, path: str = "") -> list[str]:
    """Return the paths at which two values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        return [
            found
            for key in sorted(left.keys() | right.keys())
            for found in differences(left.get(key), right.get(key), f"{path}.{key}".strip("."))
        ]
    return [] if left == right else [path]


@pytest.fixture
def four(panel: Callable[..., Inputs], dashboard: Callable[..., Inputs]) -> Inputs:
    """Return a dashboard of four panels, two in a row."""
    panels = {name: panel(10 * (index + 1)) for index, name in enumerate("abcd")}
    return KIND.canonical(dashboard(panels))


def test_inserting_a_first_panel_touches_nothing_else(
    four: Inputs, panel: Callable[..., Inputs]
) -> None:
    """A panel with order 5 comes first, and the others flow on behind it."""
    target = copy.deepcopy(four)
    target["tabs"]["overview"]["panels"]["new"] = panel(5)
    now = unfold_dashboard(fold_dashboard(target), four)
    assert differences(four["tabs"], now["tabs"]) == ["overview.panels.new"]
    order = [one["id"] for one in fold_dashboard(target)["tabs"][0]["panels"]]
    assert order == ["new", "a", "b", "c", "d"]


def test_swapping_two_panels_changes_two_orders(four: Inputs) -> None:
    """Where two panels change places, only their numbers differ."""
    target = copy.deepcopy(four)
    panels = target["tabs"]["overview"]["panels"]
    panels["a"]["order"], panels["b"]["order"] = 20, 10
    assert differences(four["tabs"], KIND.canonical(target)["tabs"]) == [
        "overview.panels.a.order",
        "overview.panels.b.order",
    ]


def test_a_panel_dragged_to_the_front_is_the_only_one_reported(four: Inputs) -> None:
    """The list keeps its order when somebody drags on the grid; the places tell what moved."""
    body = changed(fold_dashboard(four), d=(0, 0), a=(96, 0), b=(0, 18), c=(96, 18))
    now = unfold_dashboard(body, four)
    assert differences(four["tabs"], now["tabs"]) == ["overview.panels.d.order"]
    assert now["tabs"]["overview"]["panels"]["d"]["order"] < 10


def test_a_place_that_no_order_explains_is_reported_as_a_place(four: Inputs) -> None:
    """A panel that was dragged away on its own gets x and y, the others stay."""
    body = changed(fold_dashboard(four), d=(96, 40))
    now = unfold_dashboard(body, four)
    assert differences(four["tabs"], now["tabs"]) == [
        "overview.panels.d.x",
        "overview.panels.d.y",
    ]
    assert fold_dashboard(now)["tabs"] == body["tabs"]


def test_a_place_of_its_own_that_changed_is_reported(four: Inputs) -> None:
    """A panel that was placed by hand and dragged further keeps its order."""
    four["tabs"]["overview"]["panels"]["d"] |= {"x": 96, "y": 40}
    body = changed(fold_dashboard(four), d=(0, 40))
    now = unfold_dashboard(body, four)
    assert differences(four["tabs"], now["tabs"]) == ["overview.panels.d.x"]


def test_a_place_that_the_flow_gives_anyway_is_left_out(four: Inputs) -> None:
    """Saying what is so without saying it makes no difference."""
    placed = copy.deepcopy(four)
    placed["tabs"]["overview"]["panels"]["b"] |= {"x": 96, "y": 0}
    assert KIND.canonical(placed) == four


def test_what_somebody_added_in_the_ui_shows(four: Inputs) -> None:
    """A panel, a tab, a variable and keys that are new to us are reported, not dropped."""
    body = fold_dashboard(four)
    panel = body["tabs"][0]["panels"][0]
    panel["brandNew"] = {"a": 1}
    panel["queries"][0]["vrlFunctionQuery"] = ". = []"
    panel["queries"][0]["newInQuery"] = 1
    panel["config"]["wrap_table_cells"] = True
    body["tabs"].append({"tabId": "more", "name": "More", "panels": [], "color": "red"})
    body["variables"]["list"].append({"type": "textbox", "name": "who", "newKey": 1})
    body["newAtTop"] = "x"
    now = unfold_dashboard(body, four)
    found = now["tabs"]["overview"]["panels"]["a"]
    assert found["brandNew"] == {"a": 1}
    assert (found["vrl_function_query"], found["newInQuery"]) == (". = []", 1)
    assert found["config"]["wrap_table_cells"] is True
    assert now["tabs"]["more"] == {"order": 20, "name": "More", "color": "red", "panels": {}}
    assert now["variables"] == {"who": {"order": 10, "type": "textbox", "newKey": 1}}
    assert now["newAtTop"] == "x"


@pytest.mark.parametrize("missing", ["layout", "queries", "config"])
def test_bodies_of_other_tools_may_lack_parts(four: Inputs, missing: str) -> None:
    """The server takes panels without a layout, and lists without queries."""
    body = fold_dashboard(four)
    del body["tabs"][0]["panels"][0][missing]
    assert set(unfold_dashboard(body, four)["tabs"]["overview"]["panels"]) == set("abcd")


def test_a_bare_body_is_a_dashboard_without_tabs() -> None:
    """Every key of a dashboard has a default on the server."""
    assert unfold_dashboard({"title": "T"}, None) == {"title": "T", "tabs": {}}


@pytest.mark.parametrize(
    ("range_", "sent"),
    [
        ("24h", {"type": "relative", "relativeTimePeriod": "24h"}),
        ("1..2", {"type": "absolute", "startTime": 1, "endTime": 2}),
    ],
)
def test_time_ranges(four: Inputs, range_: str, sent: dict[str, Any]) -> None:
    """A range is a period that ends now, or two fixed times."""
    body = fold_dashboard({**four, "default_time_range": range_})
    assert body["defaultDatetimeDuration"] == sent
    assert unfold_dashboard(body, four)["default_time_range"] == range_


def test_a_panel_of_text_asks_nothing(dashboard: Callable[..., Inputs]) -> None:
    """The editor wants a query even here; it is blank, and no input."""
    note = {"order": 10, "type": "markdown", "title": "Note", "markdown_content": "# Hi"}
    inputs = KIND.canonical(dashboard({"note": note}))
    (panel,) = fold_dashboard(inputs)["tabs"][0]["panels"]
    (query,) = panel["queries"]
    assert (query["query"], query["customQuery"]) == ("", False)
    assert query["fields"]["stream_type"] == "logs"
    assert inputs["tabs"]["overview"]["panels"]["note"] == note


def test_an_edited_chart_program_stays(dashboard: Callable[..., Inputs]) -> None:
    """Only the editor's untouched text is dropped, and not where it is the chart."""
    for kind, content, kept in (
        ("bar", UNTOUCHED, False),
        ("bar", "option = {a: 1};", True),
        ("custom_chart", UNTOUCHED, True),
    ):
        panel = {"order": 10, "type": kind, "title": "C", "custom_chart_content": content}
        panels = KIND.canonical(dashboard({"c": panel}))["tabs"]["overview"]["panels"]
        assert ("custom_chart_content" in panels["c"]) is kept
