"""What is delivered over time: once, to each, whatever things are called, and nothing too much."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmcost_infra.catalog import (
    load_alert,
    load_alerts,
    load_notification,
    render_alert,
    render_alerts,
)
from llmcost_infra.local.alert_texts import Occasion, filled
from llmcost_infra.settings import Settings
from tests.alerts.conftest import DAY, HOUR, MINUTE, NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.alerts.conftest import Stack

NAMES = [
    'a "quoted" name',
    "back\\slash",
    "two\nlines",
    "tab\there",
    "🧾 Überblick",
    "{rows}",
    "'; --",
]
REFUSED = "Error code: 429 - Rate limit reached for gpt-4o"
EVERYTHING = {
    "budget": {
        "monthly_usd": "900",
        "team_daily_usd": {"search": "5", "chat": "5"},
        "feature_daily_usd": {"document_summary": "5"},
    }
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_it_was_sent(stack: Callable[..., Stack], name: str) -> None:
    """From the span through pipeline, SQL and templates: JSON on every route, and the same name."""
    put = stack("rate_limit")
    put.call(failed=REFUSED, feature=name, copies=5)
    put.run()

    assert put.found()[0].startswith(f"{name}: 5 calls refused")
    (slack,) = put.told("slack")
    (element,) = slack["blocks"][2]["elements"][0]["elements"]
    assert element["text"].startswith(f"{name}: 5 calls")
    (card,) = put.told("cards")
    (row,) = card["attachments"][0]["content"]["body"][2]["items"]
    assert row["inlines"][0]["text"].startswith(f"{name}: 5 calls")


@given(
    st.text(min_size=1).filter(lambda name: "\x00" not in name), st.sampled_from(["page", "warn"])
)
@example(NAMES[0], "page")
def test_what_is_sent_is_json_whatever_a_team_is_called(name: str, severity: str) -> None:
    """In the row, and in what a copy of an alert is about."""
    settings = Settings.from_mapping(
        {"environment": "prod", "budget": {"team_daily_usd": {name: "5"}}}
    )
    (alert,) = render_alert(load_alert("daily_budget_team"), settings)
    body = {**alert.inputs, "is_real_time": False}
    row = {"team": name, "spent_usd": "6.00", "llm_calls": 3, "utc_date": "2026-11-24"}
    occasion = Occasion("default", body, [row, row], 0, 1, 1, "http://local/x")
    kind = "pagerduty" if severity == "page" else "webhook"

    told = json.loads(filled(load_notification(kind), occasion))

    key = told["dedup_key"] if severity == "page" else told["incident"]
    found = told["payload"]["custom_details"]["found"] if severity == "page" else told["found"]
    assert key == f"prod/{alert.name}|{name}|2026-11-24"
    assert [one["text"].startswith(f"{name} spent $6.00 ") for one in found] == [True, True]


def test_on_a_fresh_server_nothing_is_told_but_the_heartbeat(stack: Callable[..., Stack]) -> None:
    """Every alert can be asked before the first call; a missing column would silence it."""
    put = stack(**EVERYTHING)
    put.run(NOON)

    settings = Settings.from_mapping({"environment": "prod", **EVERYTHING})
    assert {alert.name for alert in render_alerts(load_alerts(), settings)} <= set(put.alerts)
    assert {put.looked_at(alert) for alert in put.alerts} == {NOON}
    assert [told["alert"] for told in put.told()] == ["heartbeat"]
    for alert in put.alerts:
        shown = put.http.get(f"/api/v2/default/alerts/{put.alerts[alert]}").json()
        answer = put.http.post(
            "/api/default/_search",
            params={"type": shown["stream_type"]},
            json={
                "query": {
                    "sql": shown["query_condition"]["sql"],
                    "start_time": NOON - DAY,
                    "end_time": NOON,
                    "from": 0,
                    "size": 100,
                }
            },
        ).json()
        assert not answer["is_partial"], (alert, answer)


def test_a_step_of_the_month_is_told_once(stack: Callable[..., Stack]) -> None:
    """Each, though two are crossed within an hour and a day of runs follows; also on a late run."""
    put = stack("monthly_budget_50", "monthly_budget_80", "monthly_budget_100", **EVERYTHING)
    put.call(at=NOON - 2 * HOUR, usd=460)
    put.run(NOON - 2 * HOUR)
    put.call(at=NOON - HOUR, usd=300)
    for half_hours in range(-2, 48):
        if half_hours not in range(-1, 6):  # nothing ran for three hours
            put.run(NOON + half_hours * HOUR // 2)

    assert [told["alert"] for told in put.told()] == ["monthly_budget_50", "monthly_budget_80"]


def test_one_teams_silence_mutes_no_other(stack: Callable[..., Stack]) -> None:
    """Search is told about at noon; chat ten minutes later, in the silence of search."""
    put = stack("daily_budget_team_search", "daily_budget_team_chat", **EVERYTHING)
    put.call(usd=6, team="search")
    put.run()
    put.call(at=NOON + 7 * MINUTE, usd=6, team="chat")
    for minutes in range(5, 60, 5):
        put.run(NOON + minutes * MINUTE)

    assert [told["alert"] for told in put.told()] == [
        "daily_budget_team_search",
        "daily_budget_team_chat",
    ]


def test_a_loop_is_told_within_45_minutes(stack: Callable[..., Stack]) -> None:
    """Three times the usual for an hour, looked at every five minutes: one message, in time."""
    put = stack("cost_anomaly")
    put.call(at=NOON - 15 * DAY, usd=0.1, feature="chat")
    for days in (8, 7, 6, 5, 4, 1):
        for quarter in range(12):
            at = NOON - days * DAY + (quarter - 4) * 15 * MINUTE
            put.call(at=at, usd=0.1, copies=20, feature="chat")
    for minutes in range(-60, 60, 5):
        copies = 20 if minutes >= 0 else 7
        put.call(at=NOON + minutes * MINUTE, usd=0.1, copies=copies, feature="chat")
        put.run(NOON + minutes * MINUTE)

    (told,) = put.told()
    assert told["found"][0]["text"].startswith("chat spent ")
    assert put.satisfied_at("cost_anomaly") <= NOON + 45 * MINUTE


def test_a_deploy_opens_no_second_incident(stack: Callable[..., Stack]) -> None:
    """A save looks again at once and ends the silence: the key of the day stays the same."""
    put = stack("daily_budget")
    put.call(usd=501)
    put.run()
    put.save("daily_budget")
    put.run(NOON + MINUTE)
    put.run(NOON + DAY - MINUTE)

    keys = [told["dedup_key"] for told in put.told("pager")]
    assert keys == [
        "prod/daily_budget|llm-platform|2026-11-24",
        "prod/daily_budget|llm-platform|2026-11-24",
        "prod/daily_budget|llm-platform|2026-11-25",
    ]


def test_an_update_of_many_alerts_opens_no_incident(stack: Callable[..., Stack]) -> None:
    """It saves them all, and five are true: each of those looks again, with the key of its day."""
    teams = {f"team_{number}": "5" for number in range(140)}
    put = stack(*(f"daily_budget_team_{team}" for team in teams), budget={"team_daily_usd": teams})
    for team in list(teams)[:5]:
        put.call(usd=6, team=team)
    put.run()
    before = {told["dedup_key"] for told in put.told("pager")}
    for alert in put.alerts:
        put.save(alert)
    put.run(NOON + MINUTE)

    assert len(put.alerts) == 280  # once more for cards
    assert len(before) == 5
    assert len(put.told("pager")) == 10
    assert {told["dedup_key"] for told in put.told("pager")} == before


def test_a_burst_in_a_silence_is_told_after_it(stack: Callable[..., Stack]) -> None:
    """Another feature is refused while the alert is silent: nobody is forgotten."""
    put = stack("rate_limit")
    put.call(failed=REFUSED, feature="chat", copies=5)
    put.run()
    put.call(at=NOON + MINUTE, failed=REFUSED, feature="search", copies=5)
    for minutes in (5, 10, 15, 20):
        put.run(NOON + minutes * MINUTE)

    told = [line.partition(":")[0] for line in put.found()]
    assert told[0] == "chat"
    assert "search" in told[1:]


def test_a_pager_is_told_about_pages_only(stack: Callable[..., Stack]) -> None:
    """Its route takes what its kind takes unless settings say otherwise."""
    put = stack("rate_limit", "heartbeat")
    put.call(failed=REFUSED, copies=5)
    put.run()

    assert put.told("pager") == []
    assert len(put.told("slack")) == 1
    assert len(put.told("hook")) == 2
