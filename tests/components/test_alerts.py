"""What routes make of the alert pack, and what is refused before anything is planned."""

from __future__ import annotations

import json
import re
from typing import Any

import pulumi
import pytest

from llmcost_infra.openobserve.kinds import KINDS
from tests.components.conftest import clear

SLACK = {"kind": "slack", "secret": "slack_url"}
PAGER = {"kind": "pagerduty", "secret": "paging_key"}
MAIL = {"kind": "email", "recipients": ["FinOps@example.com"]}
HOOK = {"kind": "webhook", "secret": "hook_url", "severities": ["heartbeat"]}
ROUTES = {"team": SLACK, "oncall": PAGER, "mail": MAIL, "beat": HOOK}
SECRETS = {
    "slack_url": "https://hooks.example.com/T0/secret-part",
    "paging_key": "R0UT1NG-secret-part",
    "hook_url": "https://beats.example.com/secret-part",
}
BUDGET = {"monthly_usd": "900", "team_daily_usd": {"search": "5"}}


@pytest.fixture
def alerting(declared: Any) -> Any:
    """Return what declares a stack with routes, whose secrets are there."""

    def declare(**values: Any) -> dict[str, Any]:
        for name, value in SECRETS.items():
            pulumi.runtime.set_config(f"llmcost:{name}", value)
        found: dict[str, Any] = declared(**{"routes": ROUTES, **values})
        return found

    return declare


def alerts(found: dict[str, Any]) -> dict[str, list[str]]:
    """Return the destinations of each alert."""
    return {
        one.inputs["name"]: list(one.inputs["destinations"])
        for one in found.values()
        if one.typ.endswith(":Alert")
    }


def test_without_routes_there_are_no_alerts(declared: Any) -> None:
    """They would tell nobody."""
    found = declared()
    assert alerts(found) == {}
    assert "cost-alerts-folder" not in found


def test_each_alert_goes_where_its_severity_is_taken(alerting: Any) -> None:
    """Pages to the pager too, warnings not, the heartbeat to what waits for it alone."""
    found = alerts(alerting(prefix="t_", budget=BUDGET))
    everybody = ["t_llm_cost_team", "t_llm_cost_oncall", "t_llm_cost_mail"]
    assert found["t_daily_budget"] == everybody
    assert found["t_daily_budget_team_search"] == everybody
    assert found["t_rate_limit"] == ["t_llm_cost_team", "t_llm_cost_mail"]
    assert found["t_heartbeat"] == ["t_llm_cost_beat"]
    assert {"t_monthly_budget_50", "t_monthly_budget_80", "t_monthly_budget_100"} <= set(found)


def test_rows_are_what_their_receiver_takes(alerting: Any) -> None:
    """Slack and Teams take different ones, so that an alert for both is there twice."""
    cards = {"kind": "teams", "secret": "slack_url"}
    both = alerting(routes={"team": SLACK, "cards": cards, "oncall": PAGER})
    told = alerts(both)
    assert told["daily_budget"] == ["llm_cost_team", "llm_cost_oncall"]
    assert told["daily_budget_teams"] == ["llm_cost_cards"]
    row = json.loads(both["cost-alerts-daily_budget_teams"].inputs["row_template"])
    assert row["inlines"][0]["text"].startswith("${spent_usd} spent in the last 24 hours")
    assert json.loads(both["cost-alerts-daily_budget"].inputs["row_template"])["type"] == "text"


def test_cards_alone_need_no_second_alert(alerting: Any) -> None:
    """A pager takes any row."""
    cards = {"kind": "teams", "secret": "slack_url"}
    found = alerting(routes={"cards": cards, "oncall": PAGER})
    assert alerts(found)["daily_budget"] == ["llm_cost_cards", "llm_cost_oncall"]
    assert not [name for name in alerts(found) if name.endswith("_teams")]
    row = json.loads(found["cost-alerts-daily_budget"].inputs["row_template"])
    assert row["type"] == "RichTextBlock"


def test_a_heartbeat_that_nobody_waits_for_is_left_out(alerting: Any) -> None:
    """It would fill a channel every five minutes."""
    assert "heartbeat" not in alerts(alerting(routes={"team": SLACK}))


def test_without_a_pipeline_there_is_no_quarantine_to_watch(alerting: Any) -> None:
    """The other alerts read what somebody else fills."""
    found = alerting(profile="llm", stream="default")
    assert "unfinished_rows" not in alerts(found)
    assert found["cost-alerts-rate_limit"].inputs["stream_name"] == "default"


def test_alerts_have_a_folder_of_their_own(alerting: Any) -> None:
    """Of type alerts, called like that of the dashboards; each says where it was declared."""
    found = alerting(folder="Spend")
    folder = found["cost-alerts-folder"].inputs
    assert (folder["name"], folder["folder_type"]) == ("Spend", "alerts")
    assert found["cost-alerts-daily_budget"].inputs["folder"] == "made"


def test_every_route_has_its_template_and_destination(alerting: Any) -> None:
    """The key of PagerDuty stands in its template, because the server fills in nothing else."""
    found = alerting()
    template = found["cost-alerts-oncall-template"].inputs
    assert clear(template["secrets"]) == {"routing_key": SECRETS["paging_key"]}
    assert '"routing_key": "${secret:routing_key}"' in template["body"]
    assert found["cost-alerts-mail-template"].inputs["type"] == "email"
    assert found["cost-alerts-mail"].inputs["emails"] == ["finops@example.com"]
    urls = {name: clear(found[f"cost-alerts-{name}"].inputs["url"]) for name in ("team", "beat")}
    assert urls == {"team": SECRETS["slack_url"], "beat": SECRETS["hook_url"]}
    assert "pagerduty.com/v2" in clear(found["cost-alerts-oncall"].inputs["url"])


def test_no_secret_is_registered_in_clear(alerting: Any) -> None:
    """The engine keeps in the state what it gets: only what is marked is encrypted."""
    for one in alerting().values():
        for key, value in one.inputs.items():
            if not (isinstance(value, dict) and "value" in value):
                assert "secret-part" not in str(value), (one.name, key)


def test_the_provider_takes_the_whole_pack(alerting: Any) -> None:
    """No kind finds anything wrong with it."""
    for one in alerting(budget=BUDGET).values():
        if one.typ in KINDS:
            kind = KINDS[one.typ]
            given = {name: clear(value) for name, value in one.inputs.items() if value is not None}
            assert kind.problems(kind.defaults(given)) == [], one.name


def test_an_alert_that_would_tell_nobody_is_refused(alerting: Any) -> None:
    """With the severities, the alerts, and what to write."""
    with pytest.raises(pulumi.RunError) as caught:
        alerting(routes={"oncall": PAGER})
    said = str(caught.value)
    assert "none takes the alerts of severity warn (burn_rate_slow, " in said
    assert "name warn in severities of a route" in said


def test_a_window_beyond_the_retention_is_refused(alerting: Any) -> None:
    """All of them with file and line, before anything is planned."""
    with pytest.raises(pulumi.RunError) as caught:
        alerting(retention={"llm_days": 7})
    found = re.findall(r"alerts/(\w+).yaml:\d+: window_minutes: looks back", str(caught.value))
    assert found == [
        *("cost_anomaly", "new_feature", "slow_duration", "slow_first_token", "slow_growth"),
        "telemetry_stopped",
    ]


def test_a_window_beyond_the_range_of_a_query_is_refused(alerting: Any) -> None:
    """The server would refuse the alert in the middle of an update."""
    with pytest.raises(pulumi.RunError) as caught:
        alerting(query_range_hours=360)
    said = str(caught.value)
    assert re.findall(r"alerts/(\w+).yaml:\d+: window_minutes: asks for", said) == ["cost_anomaly"]
    assert "alerts: {cost_anomaly: {enabled: false}}" in said
    assert alerting(query_range_hours=360, alerts={"cost_anomaly": {"enabled": False}})


def test_a_missing_secret_names_the_command_that_sets_it(declared: Any) -> None:
    """Like every other secret of a stack."""
    with pytest.raises(pulumi.RunError, match="pulumi config set --secret llmcost:slack_url"):
        declared(routes={"team": SLACK})
