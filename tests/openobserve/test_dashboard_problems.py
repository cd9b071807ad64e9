"""What is wrong with a dashboard is told with its path and with what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.openobserve.kinds.dashboard import DashboardKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.openobserve.kinds.base import Inputs

KIND = DashboardKind()
AT = "tabs.overview.panels.calls"
QUERY_VALUES = {
    "order": 10,
    "type": "query_values",
    "query_data": {"stream": "llm", "stream_type": "traces", "field": "feature"},
}
N = {"alias": "n"}


def told(inputs: Inputs) -> dict[str, str]:
    """Return the problems by path."""
    return {problem.path: problem.message for problem in KIND.problems(inputs)}


def test_a_whole_dashboard_has_no_problem(
    dashboard: Callable[..., Inputs], panel: Callable[..., Inputs]
) -> None:
    """Every kind of panel and variable, written as it should be."""
    charts: dict[str, Inputs] = {
        "metric": {"y_axis": [N], "width": 48, "height": 9},
        "bar": {"x_axis": [N], "y_axis": [N, N], "breakdown": [N]},
        "stacked": {"x_axis": [N], "y_axis": [N], "breakdown": [N]},
        "heatmap": {"x_axis": [N], "y_axis": [N], "z_axis": [N]},
        "pie": {"x_axis": [N], "y_axis": [N]},
        "gauge": {"y_axis": [N], "query_config": {"min": 0, "max": 5}},
        "table": {"x_axis": [N], "y_axis": []},
        "sankey": {"y_axis": [], "fields": {"source": N, "target": N, "value": N}},
        "custom_chart": {"y_axis": [], "custom_chart_content": "option = {}"},
    }
    panels = {
        kind: panel(10 * index, type=kind, **more)
        for index, (kind, more) in enumerate(charts.items())
    }
    panels["note"] = {"order": 500, "type": "markdown", "title": "N", "markdown_content": "x"}
    panels["page"] = {"order": 510, "type": "html", "title": "N", "html_content": "x"}
    panels["metric"]["query"] += " WHERE f IN (${feature}) AND d > ${__range_s} AND x = {{ who }}"
    panels["metric"]["extra_queries"] = [{"query": "S", "stream": "s", "stream_type": "logs"}]
    panels["bar"]["config"] = {
        "mark_line": [{"name": "b", "type": "yAxis", "value": "5"}],
        "drilldown": [{"name": "d", "type": "byUrl", "data": {"variables": []}}],
        "line_interpolation": "smooth",
    }
    panels["pie"] |= {"query_type": "sql", "filter": {}, "joins": []}
    variables = {
        "feature": QUERY_VALUES,
        "who": {"order": 20, "type": "textbox"},
        "c": {"order": 30, "type": "constant", "value": "v"},
        "d": {"order": 40, "type": "custom", "options": [{"label": "a", "value": "b"}]},
        "e": {
            **QUERY_VALUES,
            "order": 50,
            "scope": "panels",
            "tabs": ["overview"],
            "panels": ["bar"],
        },
    }
    inputs = dashboard(
        panels, variables=variables, default_time_range="24h", show_dynamic_filters=True
    )
    assert told(inputs) == {}
    assert told({**inputs, "default_time_range": "1795464000000000..1795467600000000"}) == {}


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"title": " "}, "title", "must not be empty"),
        ({"titel": "x"}, "titel", "did you mean title?"),
        ({"tabs": {}}, "tabs", "cannot be opened"),
        ({"tabs": {"a": 1}}, "tabs", "a must be a map"),
        ({"tabs": {"a": {"name": "A", "panels": {}}}}, "tabs.a.order", "is missing"),
        ({"default_time_range": "1 day"}, "default_time_range", "like 24h"),
        ({"default_time_range": 24}, "default_time_range", "must be text"),
        ({"show_dynamic_filters": "no"}, "show_dynamic_filters", "true or false"),
        ({"folder": ""}, "folder", "must not be empty"),
    ],
)
def test_problems_of_dashboards(
    dashboard: Callable[..., Inputs], change: Inputs, path: str, words: str
) -> None:
    """What the server refuses, or answers with a 500."""
    assert words in told(dashboard(**change))[path]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"type": "metrik"}, "type", "did you mean metric?"),
        ({"order": None}, "order", "is missing"),
        ({"confg": {}}, "confg", "did you mean config?"),
        ({"title": ""}, "title", "must not be empty"),
        ({"query": " "}, "query", "must not be empty"),
        ({"query": None}, "query", "is missing"),
        ({"stream_type": "trace"}, "stream_type", "did you mean traces?"),
        ({"stream": None}, "stream", "is missing"),
        ({"query": 'SELECT COUNT(*) AS "_timestamp" FROM x'}, "query", "write AS ts"),
        ({"query": "SELECT 1 WHERE f = ${featur}"}, "query", "featur is no variable"),
        ({"width": 193}, "width", "at most 192"),
        ({"width": 0}, "width", "at least 1"),
        ({"height": 9.5}, "height", "whole number"),
        ({"type": "bar", "x_axis": [N], "width": 11}, "width", "at least 12: the UI enlarges"),
        ({"type": "bar", "x_axis": [N], "height": 7}, "height", "at least 8: the UI enlarges"),
        ({"x": 10}, "y", "both x and y"),
        ({"y": 10}, "x", "both x and y"),
        ({"x": 150, "y": 0, "width": 96}, "x", "150 + 96 columns"),
        ({"x_axis": [N]}, "x_axis", "a metric takes no entry, not 1"),
        ({"y_axis": [N, N]}, "y_axis", "a metric takes exactly 1, not 2"),
        ({"type": "line", "y_axis": [], "x_axis": [N]}, "y_axis", "takes 1 or more, not 0"),
        ({"type": "bar", "x_axis": [N], "breakdown": [N, N]}, "breakdown", "one or none, not 2"),
        ({"type": "stacked", "x_axis": [N]}, "breakdown", "takes exactly 1, not 0"),
        ({"type": "table", "y_axis": []}, "y_axis", "at least one column"),
        ({"y_axis": [{"label": "n"}]}, "y_axis[0].alias", "is missing"),
        ({"y_axis": [N, {"alias": ""}]}, "y_axis[1].alias", "must not be empty"),
        ({"y_axis": [{"alias": "_timestamp"}]}, "y_axis[0].alias", "write AS ts"),
        ({"y_axis": [{"alias": "n", "lable": "N"}]}, "y_axis[0].lable", "did you mean label?"),
        ({"y_axis": "n"}, "y_axis", "must be a list, not text"),
        ({"y_axis": ["n"]}, "y_axis[0]", "must be a map, not text"),
        ({"config": {"unti": "x"}}, "config.unti", "did you mean unit?"),
        ({"config": {"decimals": "2"}}, "config.decimals", "must be a number"),
        ({"config": {"step_value": 0}}, "config.step_value", "must be text"),
        ({"config": {"line_interpolation": "wavy"}}, "config.line_interpolation", "not known"),
        ({"config": []}, "config", "must be a map"),
        ({"config": {"mark_line": [{"type": "yAxis", "value": 5}]}},
         "config.mark_line[0].value", "write it in quotes"),
        ({"config": {"mark_line": [{"type": "yaxis"}]}}, "config.mark_line[0].type", "yAxis?"),
        ({"config": {"mark_line": [{}]}}, "config.mark_line[0].type", "is missing"),
        ({"config": {"mark_line": [{"type": "max", "color": "red"}]}},
         "config.mark_line[0].color", "unknown key"),
        ({"config": {"mark_line": ["x"]}}, "config.mark_line[0]", "must be a map"),
        ({"config": {"mark_line": "x"}}, "config.mark_line", "must be a list"),
        ({"config": {"drilldown": [{"data": {}}]}},
         "config.drilldown[0].data.variables", "empty list"),
        ({"config": {"drilldown": [{"data": {}}]}}, "config.drilldown[0].name", "is missing"),
        ({"config": {"drilldown": ["x"]}}, "config.drilldown[0]", "must be a map"),
        ({"query_config": {"minimum": 1}}, "query_config.minimum", "did you mean min?"),
        ({"query_config": {"min": "1"}}, "query_config.min", "must be a number"),
        ({"query_config": 1}, "query_config", "must be a map"),
        ({"fields": {"sorce": N}}, "fields.sorce", "did you mean source?"),
        ({"x": 150, "y": 0}, "x", "150 + 96 columns"),
        ({"type": "markdown", "markdown_content": "x", "config": {"a": 1}}, "config.a", "unknown"),
        ({"query_type": "SQL"}, "query_type", "not known"),
        ({"filter": []}, "filter", "must be a map"),
        ({"extra_queries": [{"query": "x"}]}, "extra_queries[0].stream", "is missing"),
        ({"extra_queries": ["x"]}, "extra_queries[0]", "must be a map"),
        ({"extra_queries": "x"}, "extra_queries", "must be a list"),
        ({"type": "markdown"}, "markdown_content", "is missing"),
    ],
)  # fmt: skip
def test_problems_of_panels(
    dashboard: Callable[..., Inputs],
    panel: Callable[..., Inputs],
    change: dict[str, Any],
    path: str,
    words: str,
) -> None:
    """What the server drops or refuses without a path, and what leaves a panel empty."""
    values = {**panel(10), **change}
    kept = {key: value for key, value in values.items() if not (key in change and value is None)}
    assert words in told(dashboard({"calls": kept}))[f"{AT}.{path}"]


@pytest.mark.parametrize(
    ("name", "variable", "path", "words"),
    [
        ("a b", {"order": 10, "type": "textbox"}, "variables.a b", "letters, digits"),
        ("v", {"type": "textbox"}, "variables.v.order", "is missing"),
        ("v", {"order": 1, "type": "text"}, "variables.v.type", "did you mean textbox?"),
        ("v", {**QUERY_VALUES, "multiSelect": True}, "variables.v.multiSelect", "multi_select?"),
        ("v", {"order": 1, "type": "query_values"}, "variables.v.query_data.field", "is missing"),
        ("v", {**QUERY_VALUES, "query_data": {"strem": "x"}}, "variables.v.query_data.strem",
         "did you mean stream?"),
        ("v", {**QUERY_VALUES, "query_data": "x"}, "variables.v.query_data", "must be a map"),
        ("v", {"order": 1, "type": "constant"}, "variables.v.value", "a constant has one"),
        ("v", {"order": 1, "type": "constant", "value": ""}, "variables.v.value", "has one"),
        ("v", {"order": 1, "type": "custom"}, "variables.v.options", "is missing: a list"),
        ("v", {"order": 1, "type": "custom", "options": [{"label": "a"}]},
         "variables.v.options[0].value", "is missing"),
        ("v", {"order": 1, "type": "custom", "options": "a"}, "variables.v.options", "a list"),
        ("v", {**QUERY_VALUES, "scope": "tabs"}, "variables.v.tabs", "as scope is tabs"),
        ("v", {**QUERY_VALUES, "scope": "panels", "tabs": ["overview"]}, "variables.v.panels",
         "is missing"),
        ("v", {**QUERY_VALUES, "scope": "tabs", "tabs": ["overvew"]}, "variables.v.tabs",
         "did you mean overview?"),
        ("v", {**QUERY_VALUES, "value": []}, "variables.v.value", "must be text"),
    ],
)  # fmt: skip
def test_problems_of_variables(
    dashboard: Callable[..., Inputs], name: str, variable: Inputs, path: str, words: str
) -> None:
    """What the settings page of the UI would not let through."""
    assert words in told(dashboard(variables={name: variable}))[path]


def test_an_order_number_belongs_to_one(
    dashboard: Callable[..., Inputs], panel: Callable[..., Inputs]
) -> None:
    """Which of two panels, tabs or variables comes first must not be chance."""
    inputs = dashboard({"a": panel(10), "b": panel(10.0)}, variables={
        "v": {"order": 1, "type": "textbox"}, "w": {"order": 1, "type": "textbox"}
    })  # fmt: skip
    inputs["tabs"]["more"] = {"order": 10, "name": "More", "panels": {}}
    found = told(inputs)
    assert found["tabs.overview.panels.b.order"] == "10 is that of a too: choose another"
    assert found["tabs.overview.order"] == "10 is that of more too: choose another"
    assert found["variables.w.order"] == "1 is that of v too: choose another"


def test_a_panel_id_belongs_to_one_tab(
    dashboard: Callable[..., Inputs], panel: Callable[..., Inputs]
) -> None:
    """The UI would rename one of two, and save that when somebody only looks."""
    inputs = dashboard()
    inputs["tabs"]["more"] = {"order": 20, "name": "More", "panels": {"calls": panel(10)}}
    assert "a panel in tab more too" in told(inputs)[AT]


def test_places_of_their_own_must_fit(
    dashboard: Callable[..., Inputs], panel: Callable[..., Inputs]
) -> None:
    """A panel on another one, or in the air, would be moved by the UI, which saves it."""
    on_another = dashboard({"a": panel(10), "b": panel(20, x=50, y=0)})
    assert "overlaps a" in told(on_another)["tabs.overview.panels.b.x"]
    first = dashboard({"a": panel(10, x=50, y=0), "b": panel(20)})
    assert "overlaps b" in told(first)["tabs.overview.panels.a.x"]
    in_the_air = dashboard({"a": panel(10), "b": panel(20, x=0, y=30)})
    assert "would move it up" in told(in_the_air)["tabs.overview.panels.b.y"]
    below = dashboard({"a": panel(10), "b": panel(20, x=0, y=18)})
    assert told(below) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"type": None},
        {"query": None, "stream": None, "y_axis": None},
        {"width": None, "x": None, "y": None, "order": None},
        {"config": {"drilldown": [{"name": "d", "type": None, "data": None}], "decimals": None}},
        {"y_axis": [{"alias": None}]},
        {"extra_queries": [None]},
    ],
)
def test_unknown_parts_of_a_panel_are_no_problem(
    dashboard: Callable[..., Inputs], panel: Callable[..., Inputs], change: Inputs
) -> None:
    """What another resource makes is not known in a preview."""
    assert told(dashboard({"calls": {**panel(10), **change}})) == {}


@pytest.mark.parametrize(
    "variable",
    [
        {**QUERY_VALUES, "query_data": None},
        {"order": None, "type": None},
        {"order": 1, "type": "constant", "value": None},
        {"order": 1, "type": "custom", "options": None},
        {**QUERY_VALUES, "scope": "tabs", "tabs": None},
    ],
)
def test_unknown_parts_of_a_variable_are_no_problem(
    dashboard: Callable[..., Inputs], variable: Inputs
) -> None:
    """What another resource makes is not known in a preview."""
    assert told(dashboard(variables={"v": variable})) == {}


def test_unknown_tabs_are_no_problem(dashboard: Callable[..., Inputs]) -> None:
    """A tab or a panel that is not known yet is left alone."""
    inputs = dashboard({"calls": None})
    inputs["tabs"]["more"] = None
    assert told(inputs) == {}
