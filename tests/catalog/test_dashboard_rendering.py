"""A dashboard renders to the same inputs every time, and a stack changes only its stream."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.openobserve.kinds.dashboard import DashboardKind
from llmcost_infra.openobserve.kinds.dashboard_body import fold_dashboard, unfold_dashboard
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from tests.catalog.conftest import Project

SNAPSHOTS = Path(__file__).parent / "snapshots"
LOCAL = Settings(environment="local", prefix="demo_")
WHOLE = Settings(
    environment="local", prefix="demo_", history=True, ui_url="https://observe.example.com"
)


class _Readable(yaml.SafeDumper):
    """Writes SQL as lines."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _text)


def readable(value: Any) -> str:
    """Return inputs as a reviewer reads them."""
    return yaml.dump(value, Dumper=_Readable, sort_keys=False, width=120)


@pytest.mark.parametrize("name", ["llm_cost", "llm_cost_details"])
def test_the_shipped_dashboard_is_what_the_snapshot_shows(name: str) -> None:
    """A change of what production gets is seen in review.

    `UPDATE_SNAPSHOTS=1 make test` writes the new one.
    """
    rendered = readable(render_dashboard(load_dashboard(name), WHOLE))
    path = SNAPSHOTS / f"{name}.yaml"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(rendered, encoding="utf-8")
    assert rendered == path.read_text(encoding="utf-8")


def test_the_first_tab_has_the_tiles_the_brief_names() -> None:
    """Four tiles in the first row, cost over time and by model, then tokens, then the unknown."""
    tab, _ = render_dashboard(load_dashboard("llm_cost"), LOCAL)["tabs"].values()
    assert tab["name"] == "LLM Cost Overview"
    panels = sorted(tab["panels"].values(), key=lambda panel: panel["order"])
    assert [(panel["title"], panel["type"], panel["width"]) for panel in panels] == [
        ("Total LLM Cost ($)", "metric", 48),
        ("Total Input Tokens", "metric", 48),
        ("Total Output Tokens", "metric", 48),
        ("Total LLM Calls", "metric", 48),
        ("LLM Cost Over Time ($)", "bar", 128),
        ("Cost by Model", "pie", 64),
        ("Input vs Output Cost Over Time ($)", "bar", 96),
        ("Token Usage by Model", "bar", 96),
        ("Token Usage Over Time", "line", 192),
        ("Priced calls %", "metric", 48),
        ("What the total does not know, by model", "table", 144),
    ]
    assert [panel["order"] for panel in panels] == list(range(10, 120, 10))


def test_the_second_tab_is_about_tools() -> None:
    """Volume, cost a run, errors, and a table; the cost says how it is defined."""
    _, tab = render_dashboard(load_dashboard("llm_cost"), LOCAL)["tabs"].values()
    assert tab["name"] == "Tool Monitoring"
    assert {name: panel["type"] for name, panel in tab["panels"].items()} == {
        "tool_calls": "stacked",
        "tool_cost": "h-bar",
        "tool_errors": "line",
        "tool_table": "table",
    }
    assert "shared equally over the tool runs" in tab["panels"]["tool_cost"]["description"]


@pytest.mark.parametrize("name", ["llm_cost", "llm_cost_details"])
def test_charts_over_time_end_where_what_is_known_ends(name: str) -> None:
    """No bucket without rows is drawn as 0, and a line's point between two such is seen."""
    inputs = render_dashboard(load_dashboard(name), WHOLE)
    panels = [panel for tab in inputs["tabs"].values() for panel in tab["panels"].values()]
    assert not [panel["title"] for panel in panels if "no_value_replacement" in panel["config"]]
    lines = [panel for panel in panels if panel["type"] == "line"]
    assert lines
    assert all(panel["config"].get("show_symbol") for panel in lines)


@pytest.mark.parametrize(
    ("daily", "line"), [("500", "20.8333"), ("24", "1"), ("0.01", "0.0004"), ("2400000", "100000")]
)
def test_the_budget_is_a_line_of_the_stack(daily: str, line: str) -> None:
    """Bars are an hour wide, so the line is an hour's share; written as the server wants it."""
    settings = Settings.from_mapping({"environment": "t", "budget": {"daily_usd": daily}})
    panels = render_dashboard(load_dashboard("llm_cost"), settings)["tabs"]["overview"]["panels"]
    assert "'1 hour'" in panels["cost_over_time"]["query"]
    assert panels["cost_over_time"]["config"]["mark_line"] == [
        {"name": "Budget an hour", "type": "yAxis", "value": line}
    ]


def test_loading_and_rendering_again_gives_the_same() -> None:
    """Nothing depends on the time, the machine or an order of sets."""
    first = render_dashboard(load_dashboard("llm_cost"), LOCAL)
    assert readable(first) == readable(render_dashboard(load_dashboard("llm_cost"), LOCAL))


def test_the_shipped_dashboard_is_what_the_provider_takes() -> None:
    """The provider finds nothing wrong with it, and reads back what it wrote."""
    kind = DashboardKind()
    inputs = render_dashboard(load_dashboard("llm_cost"), LOCAL)
    assert kind.problems(inputs) == []
    assert unfold_dashboard(fold_dashboard(inputs), inputs) == kind.canonical(inputs)


def test_what_a_caller_does_to_inputs_stays_with_the_caller() -> None:
    """A spec is rendered for many stacks; none sees what another did."""
    spec = load_dashboard("llm_cost")
    before = readable(render_dashboard(spec, LOCAL))
    spoiled = render_dashboard(spec, LOCAL)
    for panel in spoiled["tabs"]["overview"]["panels"].values():
        panel["config"]["unit"] = "spoiled"
        panel["y_axis"][0]["alias"] = "spoiled"
        panel["y_axis"].append({})
        panel.clear()
    assert readable(render_dashboard(spec, LOCAL)) == before


def test_a_stack_changes_only_its_stream() -> None:
    """Two stacks show the same dashboard over their own streams."""
    spec = load_dashboard("llm_cost")
    prod = readable(render_dashboard(spec, Settings(environment="prod")))
    demo = readable(render_dashboard(spec, LOCAL))
    assert demo != prod
    assert demo.replace("demo_llm_calls", "llm_calls") == prod


def test_sql_is_clean(project: Project) -> None:
    """No blank line, no trailing blank, no line end at the end: a diff shows what changed."""
    project.sql("one", "\n\n{# why #}\n\nSELECT  \n\n  1 AS n \t\n\n\nFROM s  \n\n")
    project.declare_panels("one: {order: 1, type: table, title: T, width: 48, x_axis: {n: N}}\n")
    assert project.queries() == {"one": "SELECT\n  1 AS n\nFROM s"}


def test_calls_are_read_once_each(project: Project) -> None:
    """The view reads one row a span, names logical columns, and merges copies by type."""
    project.sql(
        "one",
        "SELECT {{ bucket() }} AS ts, {{ bucket('1 hour') }} AS hour\n"
        "FROM {{ calls('cost_usd', 'is_call') }}\n",
    )
    project.sql("two", "SELECT tool\nFROM {{ tools('tool') }}\n")
    panel = "{{order: {0}, type: table, title: T, width: 48, x_axis: {{{1}: X}}}}\n"
    project.declare_panels("one: " + panel.format(1, "ts") + "two: " + panel.format(2, "tool"))
    assert project.queries(prefix="p_") == {
        "one": (
            "SELECT histogram(started_at) AS ts, histogram(started_at, '1 hour') AS hour\n"
            "FROM (\n"
            "  SELECT\n"
            "    trace_id,\n"
            "    span_id,\n"
            "    MIN(_timestamp) AS started_at,\n"
            "    LAST_VALUE(llmcost_cost_usd ORDER BY llmcost_adjusted_at NULLS FIRST, "
            "llmcost_cost_usd NULLS FIRST) AS cost_usd,\n"
            "    BOOL_OR(llmcost_is_call) AS is_call\n"
            '  FROM "p_llm_calls"\n'
            "  WHERE llmcost_is_call\n"
            "  GROUP BY trace_id, span_id\n"
            ") AS calls"
        ),
        "two": (
            "SELECT tool\n"
            "FROM (\n"
            "  SELECT\n"
            "    trace_id,\n"
            "    span_id,\n"
            "    MIN(_timestamp) AS started_at,\n"
            "    MAX(llmcost_tool) AS tool\n"
            '  FROM "p_llm_calls"\n'
            "  WHERE llmcost_is_tool\n"
            "  GROUP BY trace_id, span_id\n"
            ") AS tools"
        ),
    }


def test_variables_narrow_every_panel(project: Project, stream: Any) -> None:
    """A choice is a variable of the server and a condition of every call that a panel reads."""
    project.sql("one", "SELECT COUNT(*) AS n\nFROM {{ calls() }}\n")
    project.declare_panels(
        "one: {order: 1, type: table, title: T, width: 48, x_axis: {n: N}}\n",
        "variables:\n  team: {order: 10, label: Team, column: team}\n",
    )
    rendered = render_dashboard(load_dashboard("own", project.path), LOCAL)
    assert rendered["variables"] == {
        "team": {
            "order": 10,
            "type": "query_values",
            "label": "Team",
            "multi_select": True,
            "select_all_value_for_multi_select": "all",
            "escape_single_quotes": True,
            "query_data": {
                "stream_type": "traces",
                "stream": "demo_llm_calls",
                "field": "llmcost_team",
                "max_record_size": 100,
            },
        }
    }
    sql = project.queries()["one"]
    call = {"_timestamp": 1_795_521_600_000_000, "is_call": True}
    rows = [
        call | {"trace_id": "1", "span_id": "1", "team": "search"},
        call | {"trace_id": "2", "span_id": "2", "team": "ads"},
        call | {"trace_id": "3", "span_id": "3", "team": None},
    ]

    def chosen(values: str) -> int:
        [answer] = stream(rows).ask(sql.replace("${team}", values))
        return int(answer["n"])

    assert chosen("'search'") == 1
    assert chosen("'search','unknown'") == 2
    assert chosen("'_o2_all_'") == 3


@pytest.mark.parametrize("described", [True, False])
def test_text_panels_and_descriptions(project: Project, *, described: bool) -> None:
    """A panel of text has no query; an empty description is not sent."""
    project.declare(
        f"title: Own\n{'description: About.' if described else ''}\ndefault_time_range: 7d\n"
        "tabs:\n  main:\n    order: 1\n    name: Main\n    panels:\n"
        "      about:\n        {order: 1, type: markdown, title: A, width: 192,"
        " markdown_content: Hello}\n"
    )
    rendered = render_dashboard(load_dashboard("own", project.path), LOCAL)
    assert rendered.pop("description", None) == ("About." if described else None)
    assert rendered == {
        "title": "Own",
        "default_time_range": "7d",
        "tabs": {
            "main": {
                "order": 1,
                "name": "Main",
                "panels": {
                    "about": {
                        "order": 1,
                        "type": "markdown",
                        "title": "A",
                        "width": 192,
                        "height": 9,
                        "markdown_content": "Hello",
                    }
                },
            }
        },
    }


def test_a_project_overrides_one_template(project: Project) -> None:
    """A project's own SQL file of the same name replaces the shipped one, and only that one."""
    project.sql("total_calls", "SELECT 7 AS llm_calls\n")
    own, shipped = project.queries("llm_cost"), _shipped()
    assert own.pop("total_calls") == "SELECT 7 AS llm_calls"
    assert own == {name: sql for name, sql in shipped.items() if name != "total_calls"}


def _shipped() -> dict[str, str]:
    tabs = render_dashboard(load_dashboard("llm_cost"), Settings(environment="t"))["tabs"].values()
    return {name: panel["query"] for tab in tabs for name, panel in tab["panels"].items()}
