"""Each panel type takes the axes that make it draw, and a unit that does not hide the number."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from llmcost_infra.catalog.panel_config import CURRENCIES, Config
from llmcost_infra.catalog.panels import AnyPanel, Markdown, Panel, QueryPanel
from llmcost_infra.catalog.stack_values import fill_in
from llmcost_infra.openobserve.kinds.dashboard import DashboardKind
from llmcost_infra.openobserve.kinds.panel_rules import AXIS_COUNTS
from llmcost_infra.settings import Settings

PANEL: TypeAdapter[Any] = TypeAdapter(AnyPanel)
AXES = ("x_axis", "y_axis", "z_axis", "breakdown")

# OpenObserve's own validator applies these to built queries; to SQL it applies none at all.
TAKES = {
    "metric": {"y_axis": (1, 1)},
    "gauge": {"x_axis": (0, 1), "y_axis": (1, 1)},
    "bar": {"x_axis": (1, 1), "y_axis": (1, 9), "breakdown": (0, 1)},
    "h-bar": {"x_axis": (1, 1), "y_axis": (1, 9), "breakdown": (0, 1)},
    "line": {"x_axis": (1, 1), "y_axis": (1, 9), "breakdown": (0, 1)},
    "area": {"x_axis": (1, 1), "y_axis": (1, 9), "breakdown": (0, 1)},
    "stacked": {"x_axis": (1, 1), "y_axis": (1, 9), "breakdown": (1, 1)},
    "area-stacked": {"x_axis": (1, 1), "y_axis": (1, 1), "breakdown": (1, 1)},
    "pie": {"x_axis": (1, 1), "y_axis": (1, 1)},
    "donut": {"x_axis": (1, 1), "y_axis": (1, 1)},
    "heatmap": {"x_axis": (1, 9), "y_axis": (1, 9), "z_axis": (1, 9)},
    "table": {"x_axis": (0, 9), "y_axis": (0, 9), "breakdown": (0, 1)},
}


def axis(count: int, name: str = "c") -> dict[str, str]:
    """Return an axis of so many columns."""
    return {f"{name}{index}": f"Column {index}" for index in range(count)}


def panel(kind: str, **keys: Any) -> Any:
    """Return a panel as a file would declare it, with as few columns as its type takes."""
    least = {name: axis(count) for name, (count, _) in TAKES.get(kind, {}).items() if count}
    whole = {"order": 1, "type": kind, "title": "T", "width": 96} | least | keys
    return PANEL.validate_json(json.dumps(whole))


def broken(kind: str, **keys: Any) -> list[str]:
    """Return what is wrong with a panel."""
    return [
        f"{'.'.join(map(str, rule.at))}: {rule.message}"
        for rule in panel(kind, **{"config": {"unit": "numbers"}} | keys).broken_rules()
    ]


@given(
    st.sampled_from(sorted(TAKES)),
    st.fixed_dictionaries({name: st.integers(0, 3) for name in AXES}),
)
def test_a_panel_takes_the_axes_of_its_type(kind: str, counts: dict[str, int]) -> None:
    """Too few or too many columns on an axis are named; the right number is not."""
    keys = {name: axis(count, name[0]) for name, count in counts.items()}
    allowed = {name: TAKES[kind].get(name, (0, 0)) for name in AXES}
    wrong = {name for name, (least, most) in allowed.items() if not least <= counts[name] <= most}
    if kind == "table" and not counts["x_axis"] and not counts["y_axis"]:
        wrong.add("x_axis")
    assert {message.partition(":")[0] for message in broken(kind, **keys)} == wrong


def test_a_wrong_axis_says_how_many_it_takes() -> None:
    """The reader learns the rule of the type."""
    assert broken("metric", x_axis=axis(1)) == ["x_axis: metric takes none, found 1"]
    assert broken("pie", y_axis=axis(2)) == ["y_axis: pie takes exactly one, found 2"]
    assert broken("bar", y_axis={}) == ["y_axis: bar takes 1 or more, found 0"]
    assert broken("line", breakdown=axis(2)) == ["breakdown: line takes 0 to 1, found 2"]
    assert broken("table") == ["x_axis: table takes at least one column"]


@given(
    st.sampled_from(sorted(set(TAKES) - {"table"})),
    st.sampled_from(sorted(CURRENCIES)),
    st.none() | st.integers(0, 6),
)
def test_a_currency_has_decimals_enough(kind: str, unit: str, decimals: int | None) -> None:
    """Totals need cents; what is cut into buckets or calls needs four decimals, or shows $0.00."""
    config = {"unit": unit} | ({} if decimals is None else {"decimals": decimals})
    least = 2 if kind in {"metric", "gauge"} else 4
    hidden = decimals is None or decimals < least
    assert bool(broken(kind, config=config)) is hidden


def test_hidden_money_is_named_with_the_way_out() -> None:
    """The error says what people would see and what to write."""
    [rule] = panel("bar", config={"unit": "currency-dollar", "decimals": 2}).broken_rules()
    assert rule.at == ("config", "decimals")
    assert "with 2 decimals shows small amounts of a bar as 0" in rule.message
    assert rule.hint == "write decimals: 4 or more"


def test_every_number_has_a_unit() -> None:
    """Without a unit 600 calls read 600.00; a table names units by column instead."""
    assert broken("metric", config={}) == ["config: a number needs its unit"]
    assert broken("table", config={}, x_axis=axis(1)) == []


def test_a_custom_unit_has_a_text() -> None:
    """The unit `custom` and its text come together or not at all."""
    both = "config.unit: unit: custom and unit_custom go together"
    assert broken("metric", config={"unit": "custom"}) == [both]
    assert broken("metric", config={"unit": "numbers", "unit_custom": "req"}) == [both]
    assert broken("metric", config={"unit": "custom", "unit_custom": "req"}) == []


def test_a_table_overrides_only_what_it_shows() -> None:
    """An override of a column that is not there would do nothing, without a word."""
    override = {
        "field": {"value": "p95"},
        "config": [{"type": "unit", "value": {"unit": "milliseconds"}}],
    }
    config = {"override_config": [override]}
    assert broken("table", x_axis={"tool": "Tool"}, y_axis={"p95": "p95"}, config=config) == []
    assert broken("table", x_axis={"tool": "Tool"}, config=config) == [
        "config.override_config.0.field.value: the table shows no column 'p95'"
    ]


def test_a_table_does_not_hide_money_either() -> None:
    """A column's own unit counts decimals of the whole panel."""
    override = {
        "field": {"value": "cost"},
        "config": [{"type": "unit", "value": {"unit": "currency-dollar"}}],
    }
    table = {"x_axis": {"cost": "Cost"}}
    assert broken("table", **table, config={"override_config": [override]}) == [
        (
            "config.override_config.0: currency-dollar with 2 decimals "
            "shows small amounts of a table as 0"
        )
    ]
    assert not broken("table", **table, config={"override_config": [override], "decimals": 4})


DETAILS = {"folder": "LLM Cost", "dashboard": "Details", "tab": "Latency"}


@pytest.mark.parametrize(
    ("config", "fits"),
    [
        ({"mark_line": [{"name": "goal", "type": "yAxis", "value": "5"}]}, True),
        ({"mark_line": [{"name": "goal", "type": "xAxis"}]}, False),
        ({"mark_line": [{"name": "mean", "type": "average"}]}, True),
        ({"mark_line": [{"name": "mean", "type": "average", "value": "5"}]}, False),
        ({"drilldown": [{"name": "Go", "type": "byDashboard", "data": DETAILS}]}, True),
        ({"drilldown": [{"name": "Go", "type": "byDashboard", "data": {"folder": "x"}}]}, False),
        ({"drilldown": [{"name": "Go", "type": "byUrl", "data": {"url": "https://x"}}]}, True),
        ({"drilldown": [{"name": "Go", "type": "byUrl", "data": DETAILS}]}, False),
    ],
    ids=str,
)
def test_lines_and_drill_downs_are_whole(config: dict[str, Any], *, fits: bool) -> None:
    """A line without its value, or a click that leads nowhere, is refused."""
    if fits:
        assert panel("bar", config=config)
    else:
        with pytest.raises(ValidationError):
            panel("bar", config=config)


@pytest.mark.parametrize(
    "keys",
    [
        {"width": 193},
        {"width": 11},
        {"height": 3},
        {"title": ""},
        {"y_axis": {"Cost": "Cost"}},
        {"y_axis": {"cost": ""}},
        {"config": {"unit": "dollars"}},
        {"config": {"decimals": -1}},
        {"config": {"mark_line": [{"name": "budget", "type": "yAxis", "value": 5}]}},
        {"config": {"legends_position": "left"}},
        {"order": "1"},
        {"markdown_content": "text"},
    ],
    ids=str,
)
def test_what_the_server_would_refuse_or_drop_is_refused(keys: dict[str, Any]) -> None:
    """Wrong types, unknown keys and impossible sizes never leave the file."""
    with pytest.raises(ValidationError):
        panel("metric", **keys)


def test_a_panel_becomes_inputs_in_the_servers_words() -> None:
    """Only what was chosen is sent; legends are always said, because the server asks for them."""
    built = panel(
        "line",
        description="Why.",
        x_axis={"ts": "Time"},
        y_axis={"p50": "Median", "p95": "95 %"},
        breakdown={"model": "Model"},
        config={
            "unit": "milliseconds",
            "mark_line": [{"name": "goal", "type": "yAxis", "value": "900"}],
        },
    )
    assert built.as_inputs() == {
        "order": 1,
        "type": "line",
        "title": "T",
        "description": "Why.",
        "width": 96,
        "height": 18,
        "x_axis": [{"alias": "ts", "label": "Time"}],
        "y_axis": [{"alias": "p50", "label": "Median"}, {"alias": "p95", "label": "95 %"}],
        "breakdown": [{"alias": "model", "label": "Model"}],
        "config": {
            "show_legends": True,
            "unit": "milliseconds",
            "mark_line": [{"name": "goal", "type": "yAxis", "value": "900"}],
        },
    }


def test_a_legend_can_be_chosen() -> None:
    """A tile has no legend and a chart has one, unless the file says otherwise."""
    assert panel("metric").as_inputs()["config"]["show_legends"] is False
    assert panel("pie").as_inputs()["config"]["show_legends"] is True
    assert panel("pie", config={"show_legends": False}).as_inputs()["config"] == {
        "show_legends": False
    }


def test_markdown_is_a_panel_of_text() -> None:
    """Text has neither SQL nor axes, and cannot be wrong about numbers."""
    text = panel("markdown", markdown_content="# Costs\n\nAsk *finance*.\n")
    assert isinstance(text, Markdown)
    assert list(text.broken_rules()) == []
    assert text.as_inputs() == {
        "order": 1,
        "type": "markdown",
        "title": "T",
        "width": 96,
        "height": 9,
        "markdown_content": "# Costs\n\nAsk *finance*.",
    }


def test_every_panel_type_of_the_union_has_rules() -> None:
    """A type that is added is added to these tests as well."""

    def below(kind: type[Panel]) -> set[type[Panel]]:
        return {kind}.union(*(below(sub) for sub in kind.__subclasses__()))

    declared = below(QueryPanel) - {QueryPanel}
    types = {str(kind.model_fields["type"].annotation) for kind in declared}
    assert types == {f"typing.Literal['{name}']" for name in TAKES}


def test_catalog_and_provider_agree_on_axes() -> None:
    """What a file may declare and what the provider lets through are one rule, known twice."""

    def bounded(rules: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        return {name: (least, min(most, 9)) for name, (least, most) in rules.items() if most}

    both = set(TAKES) & set(AXIS_COUNTS)
    assert {kind: TAKES[kind] for kind in both} == {
        kind: bounded(AXIS_COUNTS[kind]) for kind in both
    }
    assert set(TAKES) - both == {"table"}


EVERY_KEY = {
    "unit": "custom",
    "unit_custom": "calls",
    "decimals": 1,
    "show_legends": True,
    "legends_position": "right",
    "axis_width": 80,
    "axis_label_rotate": 30,
    "axis_label_truncate_width": 100,
    "y_axis_min": 0,
    "y_axis_max": 100.5,
    "no_value_replacement": "0",
    "top_results": 10,
    "top_results_others": True,
    "line_thickness": 1.5,
    "line_interpolation": "step-end",
    "show_symbol": True,
    "connect_nulls": False,
    "show_gridlines": True,
    "label_option": {"position": "top", "rotate": 0},
    "mark_line": [{"name": "budget", "type": "yAxis", "value": "500"}],
    "override_config": [
        {
            "field": {"matchBy": "name", "value": "x_axis0"},
            "config": [{"type": "unit", "value": {"unit": "seconds", "customUnit": ""}}],
        }
    ],
    "drilldown": [
        {
            "name": "Details",
            "type": "byDashboard",
            "targetBlank": True,
            "findBy": "name",
            "data": {
                "folder": "LLM Cost",
                "dashboard": "LLM Cost Details",
                "tab": "Attribution",
                "url": "",
                "passAllVariables": True,
                "variables": [{"name": "model", "value": "${model}"}],
            },
        }
    ],
    "wrap_table_cells": True,
    "table_transpose": False,
    "table_dynamic_columns": False,
    "table_pagination": True,
    "panel_time_enabled": True,
    "panel_time_range": {"type": "relative", "relativeTimePeriod": "30d"},
}


def test_every_setting_reaches_the_provider_as_it_was_written() -> None:
    """A key that may be declared is one that the server has, unchanged on its way."""
    assert set(EVERY_KEY) == set(Config.model_fields)
    inputs = panel("table", x_axis=axis(1, "x_axis"), config=EVERY_KEY).as_inputs()
    fill_in(inputs["config"], Settings(environment="test"))
    assert inputs["config"] == EVERY_KEY
    asked = {"query": "SELECT 1 AS x_axis0", "stream": "s", "stream_type": "traces"}
    tab = {"order": 1, "name": "T", "panels": {"one": inputs | asked}}
    assert DashboardKind().problems({"title": "T", "tabs": {"t": tab}}) == []
