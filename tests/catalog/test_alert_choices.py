"""A stack changes what it wants of the declared alerts, and nothing that is not declared."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmcost_infra.catalog import load_alerts, render_alerts
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.settings import Settings

SPECS = load_alerts()
ROUTES = {
    "team": {"kind": "slack", "secret": "url"},
    "oncall": {"kind": "pagerduty", "secret": "key"},
}


def settings(**alerts: Any) -> Settings:
    """Return the settings of a stack that changes alerts."""
    return Settings.from_mapping({"environment": "prod", "routes": ROUTES, "alerts": alerts})


def rendered(**alerts: Any) -> dict[str, Any]:
    """Return the alerts of that stack by name."""
    return {one.name: one for one in render_alerts(SPECS, settings(**alerts))}


def problems(**alerts: Any) -> list[str]:
    """Return why a change is refused, with what is suggested."""
    with pytest.raises(InvalidDeclaration) as caught:
        rendered(**alerts)
    return [f"{one.message} ({one.hint})" for one in caught.value.problems]


def test_a_limit_is_changed_in_rule_and_text() -> None:
    """The number that is told is the one that was compared with."""
    one = rendered(rate_limit={"limits": {"at_least": "20"}})["rate_limit"]
    assert ">= 20\n" in one.inputs["query_condition"]["sql"]
    own = rendered(daily_budget={"limits": {"limit_usd": "99.5"}})["daily_budget"]
    assert "limit $99.50" in json.loads(own.inputs["row_template"])["text"]
    assert "spent > 99.5" in own.inputs["query_condition"]["sql"]


def test_times_and_severity_are_changed() -> None:
    """Everywhere that they stand."""
    one = rendered(
        cost_anomaly={"severity": "page", "silence_minutes": 0, "frequency_minutes": 10}
    )["cost_anomaly"]
    trigger = one.inputs["trigger_condition"]
    assert (trigger["silence"], trigger["frequency"], one.severity) == (0, 10, "page")
    assert one.inputs["context_attributes"]["pagerduty_severity"] == "critical"


def test_what_is_left_out_stays_as_declared() -> None:
    """One change of one alert changes no other, and nothing else of that one."""
    before, after = rendered(), rendered(rate_limit={"silence_minutes": 99})
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == ["rate_limit"]
    trigger = before["rate_limit"].inputs["trigger_condition"] | {"silence": 99}
    assert after["rate_limit"].inputs == before["rate_limit"].inputs | {
        "trigger_condition": trigger
    }


def test_an_alert_can_be_left_out() -> None:
    """And one whose limit the stack sets nowhere is there with a limit of its own."""
    found = rendered(slow_duration={"enabled": False}, forecast={"limits": {"limit_usd": "12000"}})
    assert "slow_duration" not in found
    assert "forecast" in found
    assert "forecast" not in rendered()


def test_routes_are_told_whatever_they_take() -> None:
    """A pager takes pages only, unless an alert names it."""
    found = rendered(rate_limit={"routes": ["oncall"]})
    assert found["rate_limit"].routes == ("oncall",)
    assert found["tool_errors"].routes is None


@pytest.mark.parametrize(
    ("alerts", "said"),
    [
        (
            {"dayly_budget": {"enabled": False}},
            "alerts.dayly_budget: there is no such alert (did you mean 'daily_budget'?)",
        ),
        (
            {"rate_limit": {"limits": {"at_last": "7"}}},
            "alerts.rate_limit.limits.at_last: there is no such limit (did you mean 'at_least'?)",
        ),
        (
            {"daily_budget_team": {"limits": {"limit_usd": "7"}}},
            (
                "alerts.daily_budget_team.limits.limit_usd: each copy has its own "
                "(change budget.team_daily_usd)"
            ),
        ),
        (
            {"rate_limit": {"routes": ["on_call"]}},
            ("alerts.rate_limit.routes: there is no route 'on_call' (did you mean 'oncall'?)"),
        ),
        (
            {"rate_limit": {"silence": 5}},
            "alerts.rate_limit.silence: unknown key (did you mean 'silence_minutes'?)",
        ),
    ],
)
def test_changes_of_what_is_not_there_are_refused(alerts: dict[str, Any], said: str) -> None:
    """With the nearest name that is."""
    assert problems(**alerts) == [said]


@pytest.mark.parametrize(
    ("choice", "key"),
    [
        ({"limits": {"at_least": "-1"}}, "limits.at_least"),
        ({"limits": {"at_least": 5}}, "limits.at_least"),
        ({"silence_minutes": -5}, "silence_minutes"),
        ({"frequency_minutes": 0}, "frequency_minutes"),
        ({"severity": "urgent"}, "severity"),
        ({"routes": []}, "routes"),
    ],
)
def test_values_that_make_no_sense_are_refused(choice: dict[str, Any], key: str) -> None:
    """A limit below zero always fires, and an alert without a route tells nobody."""
    (problem,) = problems(rate_limit=choice)
    assert problem.startswith(f"alerts.rate_limit.{key}: ")


def test_all_mistakes_are_told_at_once() -> None:
    """In the order in which they stand."""
    found = problems(a={"enabled": True}, rate_limit={"limits": {"x": "1", "y": "1"}})
    assert [one.partition(":")[0] for one in found] == [
        "alerts.a",
        "alerts.rate_limit.limits.x",
        "alerts.rate_limit.limits.y",
    ]
