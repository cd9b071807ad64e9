"""The alerts of a team's budget, from span to text: its own calls and nobody else's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.alerts.conftest import HOUR, NOON, Stack

if TYPE_CHECKING:
    from collections.abc import Callable

SEARCH = {
    "team": {"name": "search", "owners": ["ann@example.com"]},
    "budget": {"daily_usd": "10", "monthly_usd": "200"},
}
ALERTS = ("search_daily_budget", "search_burn_rate_fast", "search_monthly_budget_50")


def told(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return what was told on the team's webhook, by alert."""
    sent = (one for one in stack.server.outbox.sent if one.destination == "search_llm_cost_hook")
    return {body["alert"]: body for body in (json.loads(one.body) for one in sent)}


def test_what_others_spend_is_no_matter_of_the_team(stack: Callable[..., Stack]) -> None:
    """Not another team's, not nobody's, not a team's whose name only looks alike."""
    put = stack(*ALERTS, **SEARCH)
    for team in ("chat", None, "Search", "search 2"):
        put.call(at=NOON, usd=500, team=team)
    put.call(at=NOON, usd=1, team="search")
    put.run()
    assert told(put) == {}


def test_what_the_team_spends_is(stack: Callable[..., Stack]) -> None:
    """By its own limits, with its owners, while the stack as a whole is far from any."""
    put = stack(*ALERTS, **SEARCH)
    put.call(at=NOON - HOUR - HOUR, usd=8, team="search")
    put.call(at=NOON, usd=4, team="search")
    put.call(at=NOON, usd=4, team="chat")
    put.run()
    found = told(put)
    assert set(found) == {"search_daily_budget", "search_burn_rate_fast"}
    body = found["search_daily_budget"]
    assert body["found"][0]["text"].startswith("$12.00 spent in the last 24 hours, limit $10.00")
    assert (body["owner"], body["title"]) == ("ann@example.com", "search: Daily budget")
