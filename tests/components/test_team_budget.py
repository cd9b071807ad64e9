"""One line for a team: which alerts, dashboards and routes it makes, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from llmcost_infra.components import TeamBudget
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.settings import Settings
from tests.components.conftest import clear

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.resources.conftest import Registered

MAIL = {"kind": "email", "recipients": ["search@example.com"]}
PAGER = {"kind": "pagerduty", "secret": "paging_key"}
BEAT = {"kind": "webhook", "secret": "hook_url", "severities": ["heartbeat"]}
ROUTES = {"mail": MAIL, "oncall": PAGER, "beat": BEAT}
Made = dict[str, Any]
SECRETS = {"llmcost:paging_key": "k" * 32, "llmcost:hook_url": "https://beats.example.com/x"}


@pytest.fixture
def budget(registered: Registered, tmp_path: Path) -> Callable[..., Made]:
    """Return what declares a team's budget and gives what it registered, by name."""
    pulumi.runtime.set_all_config(SECRETS)

    def declare(stack: dict[str, Any] | None = None, **asked: Any) -> Made:
        settings = Settings.from_mapping({"environment": "test", "routes": ROUTES} | (stack or {}))
        given = {"team": "search", "monthly_usd": "4000", "owners": ["ann@example.com"]} | asked

        async def program() -> None:
            TeamBudget(settings=settings, project=tmp_path, **given)

        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # Pulumi left it without types
        return {one.name: one for one in registered.resources}

    return declare


def of_kind(made: Made, kind: str) -> dict[str, dict[str, Any]]:
    """Return the inputs of the resources of a kind, by the name of the object."""
    found = (dict(one.inputs) for one in made.values() if one.typ.endswith(f":{kind}"))
    return {one.get("name") or one["title"]: one for one in found}


def test_the_component_tells_its_arguments(budget: Callable[..., Made]) -> None:
    """Previews and reviews name what somebody changed; what was left out is no argument."""
    made = budget(features={"chat": "bob@example.com"})

    (component,) = (one for one in made.values() if one.typ == "llmcost:index:TeamBudget")
    assert dict(component.inputs) == {
        "team": "search",
        "monthly_usd": "4000",
        "owners": ["ann@example.com"],
        "features": {"chat": "bob@example.com"},
    }


def test_one_line_makes_every_alert_of_a_budget(budget: Callable[..., Made]) -> None:
    """Budgets of day and month, burn, forecast and anomaly; nothing that is the platform's."""
    assert set(of_kind(budget(), "Alert")) == {
        "search_burn_rate_fast",
        "search_burn_rate_slow",
        "search_cost_anomaly",
        "search_daily_budget",
        "search_forecast",
        "search_monthly_budget_100",
        "search_monthly_budget_50",
        "search_monthly_budget_80",
    }


def test_every_statement_reads_the_calls_of_the_team_alone(budget: Callable[..., Made]) -> None:
    """Wherever the LLM stream is read, in alerts and on every tab."""
    made = budget({"history": True, "features": {"rank": "ann"}})
    texts = [one["query_condition"]["sql"] for one in of_kind(made, "Alert").values()]
    for dashboard in of_kind(made, "Dashboard").values():
        panels = (panel for tab in dashboard["tabs"].values() for panel in tab["panels"].values())
        texts += [panel["query"] for panel in panels if panel.get("query")]
    assert len(texts) > 40
    for text in texts:
        read = text.count('FROM "llm_') - text.count("SELECT DISTINCT trace_id AS called_in")
        assert read == text.count("llmcost_team = 'search'") + text.count(" AND team = 'search'")
        assert "${team}" not in text


def test_the_dashboards_are_those_of_the_stack(budget: Callable[..., Made]) -> None:
    """The same tabs in a folder of the team's; there is no team to choose."""
    made = budget()
    dashboards = of_kind(made, "Dashboard")
    assert set(dashboards) == {"LLM Cost", "LLM Cost Details"}
    assert set(dashboards["LLM Cost"]["tabs"]) == {"overview", "tools"}
    assert set(dashboards["LLM Cost"]["variables"]) == {"environment", "feature", "model"}
    assert set(of_kind(made, "Folder")) == {"LLM Cost · search"}


def test_nothing_of_the_platform_is_declared_again(budget: Callable[..., Made]) -> None:
    """A stream has one pipeline, and one stack that owns it."""
    kinds = {one.typ.rpartition(":")[2] for one in budget().values()}
    assert kinds.isdisjoint({"Stream", "Pipeline", "Function"})


def test_a_day_is_a_working_day_s_share_unless_it_is_given(budget: Callable[..., Made]) -> None:
    """A twentieth of the month, rounded up to a cent; a day's own limit wins."""

    def limit(**asked: str) -> str:
        sql: str = of_kind(budget(**asked), "Alert")["search_daily_budget"]["query_condition"][
            "sql"
        ]
        return sql.rpartition("> ")[2].strip()

    assert limit(monthly_usd="100.01") == "5.01"
    assert limit(daily_usd="7.5") == "7.5"


def test_alerts_name_team_and_owners(budget: Callable[..., Made]) -> None:
    """Who reads one at night knows whose it is without opening anything."""
    alert = of_kind(budget(owners=["ann@example.com", "@acme/search"]), "Alert")["search_forecast"]
    context = alert["context_attributes"]
    assert context["owner"] == "ann@example.com, @acme/search"
    assert context["title"] == "search: Forecast"


def test_it_tells_every_route_but_the_heartbeat_s(budget: Callable[..., Made]) -> None:
    """Each severity where it is taken; what waits for heartbeats gets no budget."""
    made = budget({"prefix": "t_"})
    alerts = of_kind(made, "Alert")
    mail, pager = "t_search_llm_cost_mail", "t_search_llm_cost_oncall"
    assert list(alerts["t_search_daily_budget"]["destinations"]) == [mail, pager]
    assert list(alerts["t_search_forecast"]["destinations"]) == [mail]
    assert set(of_kind(made, "AlertDestination")) == {mail, pager}


def test_routes_can_be_chosen(budget: Callable[..., Made]) -> None:
    """By the names that the stack gave them, whatever the stack chose for single alerts."""
    alerts = {"forecast": {"routes": ["oncall"]}}
    made = budget({"alerts": alerts}, routes=["mail"])
    assert set(of_kind(made, "AlertDestination")) == {"search_llm_cost_mail"}
    assert "search_forecast" in of_kind(made, "Alert")


def test_features_have_owners_and_limits(budget: Callable[..., Made]) -> None:
    """A tab with their unit costs, and an alert for each that has a limit of its own."""
    made = budget(features={"it's": "ann"}, feature_daily_usd={"rank": "3"})
    tab = of_kind(made, "Dashboard")["LLM Cost Details"]["tabs"]["unit_economics"]
    assert "CASE feature WHEN 'it''s' THEN 'ann' END" in tab["panels"]["unit_economics"]["query"]
    assert "search_daily_budget_feature_rank" in of_kind(made, "Alert")


def test_teams_meet_nowhere(budget: Callable[..., Made]) -> None:
    """Names that look alike once signs are removed stay different objects."""
    teams = ("ann & bob", "ann + bob", "équipe recherche", "検索", "a" * 120, "a" * 119)
    for team in teams:
        made = budget(team=team)
    names = set(of_kind(made, "Alert"))
    assert len(names) == 8 * len(teams)
    assert len(of_kind(made, "AlertDestination")) == 2 * len(teams)
    assert all(len(name) < 100 for name in names)


def test_the_provider_takes_all_of_it(budget: Callable[..., Made]) -> None:
    """No kind finds anything wrong with it, whatever the team is called."""
    for one in budget(team="équipe recherche/été").values():
        if one.typ in KINDS:
            kind = KINDS[one.typ]
            given = {name: clear(value) for name, value in one.inputs.items() if value is not None}
            assert kind.problems(kind.defaults(given)) == [], one.name


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"team": " search"}, "team.name: ' search' has space around it"),
        ({"team": "../../etc\\passwd"}, "team.name: is not valid here"),
        ({"team": "a" * 200}, "team.name: string should have at most 120 characters"),
        ({"team": ""}, "team.name: is empty"),
        ({"monthly_usd": "0"}, "monthly_usd: input should be greater than 0"),
        ({"monthly_usd": 4000.5}, "monthly_usd: write an amount in quotes"),
        ({"daily_usd": "-1"}, "daily_usd: write an amount in quotes"),
        ({"owners": []}, "team.owners: "),
        ({"routes": ["mails"]}, "there is no route 'mails'\n  did you mean 'mail'?"),
        ({"routes": []}, "the budget of search would tell nobody"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_told_before_anything_is_made(
    budget: Callable[..., Made], registered: Registered, asked: dict[str, Any], said: str
) -> None:
    """In the words of the line that a person wrote."""
    with pytest.raises(pulumi.RunError) as caught:
        budget(**asked)
    assert said in str(caught.value)
    assert registered.resources == []


def test_owners_are_names_and_no_single_letters(budget: Callable[..., Made]) -> None:
    """A text where a list belongs would be taken apart."""
    with pytest.raises(pulumi.RunError, match=r"team\.owners: input should be a valid tuple"):
        budget(owners="ann@example.com")
