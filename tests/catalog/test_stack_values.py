"""What a stack chooses arrives in its panels: budgets, links, sources of attribution, columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.openobserve.kinds.dashboard import DashboardKind
from llmcost_infra.profiles import ATTRIBUTED, PROFILES
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.sql import DeclaredStreams, plan

if TYPE_CHECKING:
    from tests.catalog.conftest import Project

DASHBOARDS = ("llm_cost", "llm_cost_details")
TYPES = {"utf8": "Utf8", "int64": "Int64", "float64": "Float64", "boolean": "Boolean"}
# What every stream of traces has from its first span on.
SPAN = {
    "duration": "int64",
    "span_id": "utf8",
    "span_kind": "utf8",
    "span_status": "utf8",
    "trace_id": "utf8",
}


def settings(**values: Any) -> Settings:
    """Return the settings of a stack."""
    return Settings.from_mapping({"environment": "test", **values})


def panels(name: str, **values: Any) -> dict[str, dict[str, Any]]:
    """Return the panels of a dashboard by id."""
    rendered = render_dashboard(load_dashboard(name), settings(**values))
    return {key: panel for tab in rendered["tabs"].values() for key, panel in tab["panels"].items()}


def clicks(panel: dict[str, Any]) -> list[dict[str, Any]]:
    """Return where clicks on a panel lead."""
    found: list[dict[str, Any]] = panel["config"].get("drilldown", [])
    return found


def test_clicks_lead_to_tabs_that_exist() -> None:
    """OpenObserve finds a dashboard by folder and title and a tab by its name: a typo is silent."""
    rendered = [render_dashboard(load_dashboard(name), settings()) for name in DASHBOARDS]
    places = {(one["title"], tab["name"]) for one in rendered for tab in one["tabs"].values()}
    leading = [
        click["data"]
        for one in rendered
        for tab in one["tabs"].values()
        for panel in tab["panels"].values()
        for click in clicks(panel)
        if click["type"] == "byDashboard"
    ]
    assert {"Attribution", "Latency"} <= {data["tab"] for data in leading}
    assert {(data["dashboard"], data["tab"]) for data in leading} <= places


def test_clicks_stay_in_the_folder_of_the_stack() -> None:
    """Two stacks in one organization have a dashboard of the same title each."""
    folders = {
        click["data"]["folder"]
        for panel in panels("llm_cost", folder="Spend (prod)").values()
        for click in clicks(panel)
    }
    assert folders == {"Spend (prod)"}


def test_a_click_on_a_call_opens_its_trace() -> None:
    """Where the stack says which address people use; with it, the page names stream and place."""
    (click,) = clicks(
        panels(
            "llm_cost_details", ui_url="https://o2.example.com", organization="acme", prefix="a_"
        )["expensive_calls"]
    )
    assert click["data"]["url"] == (
        "https://o2.example.com/web/traces/trace-details?stream=a_llm_calls"
        '&trace_id=${row.field["trace_id"]}&from=${start_time}&to=${end_time}&org_identifier=acme'
    )
    assert "page" not in click["data"]


def test_without_an_address_no_click_leads_nowhere() -> None:
    """A link to a page of an unknown host would open nothing."""
    assert "drilldown" not in panels("llm_cost_details")["expensive_calls"]["config"]


def test_the_default_organization_is_named_in_links() -> None:
    """OpenObserve's own name for it."""
    (click,) = clicks(panels("llm_cost_details", ui_url="http://o2.example.com")["expensive_calls"])
    assert click["data"]["url"].endswith("&org_identifier=default")


def test_the_history_is_there_when_somebody_fills_it() -> None:
    """Months come from the rollup stream, which is of another type than spans."""
    assert "months" not in panels("llm_cost_details")
    shown = panels("llm_cost_details", history=True, prefix="a_")
    assert {shown[name]["stream"] for name in ("months", "cost_by_month")} == {"a_llm_rollup"}
    assert shown["months"]["stream_type"] == "logs"
    assert (shown["users"]["stream"], shown["users"]["stream_type"]) == ("a_llm_calls", "traces")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_provider_takes_what_every_stack_renders(profile: str, name: str) -> None:
    """Nothing is wrong with a dashboard of any profile, and nothing unfinished is left in it."""
    chosen: dict[str, Any] = (
        {"history": True} if profile == "pipeline" else {"profile": profile, "stream": "default"}
    )
    inputs = render_dashboard(load_dashboard(name), settings(**chosen))
    assert DashboardKind().problems(inputs) == []
    text = str(inputs)
    assert not any(mark in text for mark in ("\0", "\1", "\2", "\\x0"))


def test_every_panel_reads_every_variable() -> None:
    """Choosing a team changes all that is shown."""
    for name in DASHBOARDS:
        rendered = render_dashboard(load_dashboard(name), settings(history=True))
        for tab in rendered["tabs"].values():
            for key, panel in tab["panels"].items():
                for variable in rendered["variables"]:
                    assert f"${{{variable}}}" in panel["query"], (key, variable)


def test_sources_of_attribution_are_the_stack_s() -> None:
    """The first column with a value wins; choices list the first."""
    chosen = {
        "profile": "llm",
        "stream": "default",
        "attribution": {"team": ["squad", "service_squad"], "feature": ["product"]},
    }
    query = panels("llm_cost_details", **chosen)["cost_by_team"]["query"]
    assert "COALESCE(squad, service_squad)" in query
    assert "COALESCE(feature, service_feature)" not in query
    variables = render_dashboard(load_dashboard("llm_cost"), settings(**chosen))["variables"]
    fields = {name: one["query_data"]["field"] for name, one in variables.items()}
    assert (fields["team"], fields["feature"]) == ("squad", "product")
    assert fields["model"] == "gen_ai_response_model"


def test_our_own_columns_are_attributed_already() -> None:
    """The pipeline has read the sources: panels read what it wrote."""
    query = panels("llm_cost_details", attribution={"team": ["squad"]})["cost_by_team"]["query"]
    assert "squad" not in query
    assert "llmcost_team" in query


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "pipeline"])
def test_a_profile_declares_what_its_panels_name(profile: str) -> None:
    """A panel on a column that no row ever had is an error on the server."""
    chosen = settings(profile=profile, stream="default")
    sources = [column for name in ATTRIBUTED for column in getattr(chosen.attribution, name)]
    columns = {**SPAN, **dict.fromkeys(sources, "utf8"), **PROFILES[profile].declares}
    arrow = {name: TYPES[kind] for name, kind in columns.items()}
    for name in DASHBOARDS:
        for panel in panels(name, profile=profile, stream="default").values():
            statement = re.sub(r"\$\{\w+\}", "'_o2_all_'", panel["query"])
            assert plan(statement, DeclaredStreams({"default": arrow})).fields


def test_what_one_profile_cannot_render_is_said_with_its_name(project: Project) -> None:
    """A macro may work with the columns of one shape of data and not with another's."""
    project.sql(
        "cost",
        "{% set broken = 1 // (0 if 'llm_usage' in calls('cost_usd') else 1) %}\n"
        "SELECT SUM(cost_usd) AS cost\nFROM {{ calls('cost_usd') }}\n",
    )
    project.declare_panels("""
        cost:
          order: 10
          type: metric
          title: Cost
          width: 48
          y_axis: {cost: Cost}
          config: {unit: currency-dollar, decimals: 2}
    """)
    (problem,) = project.problems()
    assert problem.startswith("sql/cost.sql.j2:1: ")
    assert "with profile llm" in problem
