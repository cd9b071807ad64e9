"""Each alert with telemetry that must fire it and telemetry that must not, from span to text."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.declarations import names
from tests.alerts.conftest import DAY, HOUR, MINUTE, NOON, Stack
from tests.local.telemetry import span

if TYPE_CHECKING:
    from collections.abc import Callable

SNAPSHOTS = Path(__file__).parent / "snapshots"
BURN = {"budget": {"daily_usd": "24"}}  # a dollar an hour
LIMITED = {"budget": {"team_daily_usd": {"search": "5", "chat": "5"}}}
NOBODY = {"budget": {"no_team_daily_usd": "5"}}
REGISTERED = {"teams.yaml": "teams:\n  search: {}\n"}
FEATURES = {"budget": {"feature_daily_usd": {"document_summary": "40"}}}
MONTH = {"budget": {"monthly_usd": "900"}}
CAPTURING = {"content": {"capture": True, "services": ["bot"], "shared_org_ok": True}}
REFUSED = "Error code: 429 - Rate limit reached for gpt-4o"


@dataclass(frozen=True)
class Scenario:
    """What happens before an alert is looked at.

    Args:
        alert: its name in the stack.
        happens: sends telemetry and leaves the clock where the look is.
        found: lines that have to be told; none when it must keep quiet.
        settings: of the stack.
        files: of the stack's project, by path.
    """

    alert: str
    happens: Callable[[Stack], object]
    found: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    files: dict[str, str] = field(default_factory=dict[str, str])

    def put(self, stack: Callable[..., Stack], folder: Path) -> Stack:
        """Put the stack of the scenario on a server, and let happen what does."""
        for path, text in self.files.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
        put = stack(self.alert, **self.settings)
        self.happens(put)
        put.run()
        return put

    def __str__(self) -> str:
        return self.happens.__name__


def spend_over_a_day(stack: Stack) -> None:
    """Three calls within 24 hours, the first of which started before them."""
    stack.call(at=NOON - 24 * HOUR + MINUTE, usd=200, seconds=1800)
    stack.call(at=NOON - 12 * HOUR, usd=200)
    stack.call(at=NOON, usd=100.5)


def spend_up_to_the_limit(stack: Stack) -> None:
    """A call a day ago, and 499.50 since, of which 200 were sent twice."""
    stack.call(at=NOON - 24 * HOUR, usd=300)
    stack.send(*stack.call(at=NOON - 12 * HOUR, usd=200))
    stack.call(at=NOON, usd=299.5)


def one_team_spends(stack: Stack) -> None:
    """One is above its limit, one at it, one has none."""
    stack.call(at=NOON - HOUR, usd=5.01, team="search")
    stack.call(at=NOON - HOUR, usd=5, team="chat")
    stack.call(at=NOON, usd=400, team="batch")


def nobody_spends(stack: Stack) -> None:
    """What has no team and what names one that is not there add up; teams are not in it."""
    stack.call(at=NOON - HOUR, usd=3, feature="batch")
    stack.call(at=NOON - HOUR, usd=2.5, team="serach")
    stack.call(at=NOON, usd=100, team="search")


def everybody_has_a_team(stack: Stack) -> None:
    """But for what is below both limits."""
    stack.call(at=NOON - HOUR, usd=2, feature="batch")
    stack.call(at=NOON, usd=98, team="search")


def one_feature_spends(stack: Stack) -> None:
    """In two calls."""
    stack.call(usd=20, feature="document_summary")
    stack.call(usd=21.2, feature="document_summary")


def another_feature_spends(stack: Stack) -> None:
    """The limited one stays below."""
    stack.call(usd=39.99, feature="document_summary")
    stack.call(usd=100, feature="chat_reply")


def half_a_month_is_spent(stack: Stack) -> None:
    """440 yesterday, 20 now; what the last month cost is over."""
    stack.call(at=NOON - 25 * DAY, usd=400)
    stack.call(at=NOON - DAY, usd=440)
    stack.call(at=NOON, usd=20)


def half_a_month_was_spent_long_ago(stack: Stack) -> None:
    """Seven hours ago, and a little since."""
    stack.call(at=NOON - 7 * HOUR, usd=451)
    stack.call(at=NOON, usd=20)


def spend_seven_hours_worth_now(stack: Stack) -> None:
    """In the last minutes."""
    stack.call(at=NOON - 50 * MINUTE, usd=5)
    stack.call(at=NOON - 5 * MINUTE, usd=2)


def a_burst_that_is_over(stack: Stack) -> None:
    """Twenty minutes ago."""
    stack.call(at=NOON - 20 * MINUTE, usd=7)
    stack.run(NOON)


def spend_for_hours(stack: Stack) -> None:
    """19 in six hours, 4 of them in the last."""
    stack.call(at=NOON - 5 * HOUR, usd=15)
    stack.call(at=NOON - 10 * MINUTE, usd=4)


def an_expensive_morning(stack: Stack) -> None:
    """Over by now."""
    stack.call(at=NOON - 4 * HOUR, usd=19)
    stack.call(at=NOON - 10 * MINUTE, usd=2)


def a_feature_that_was_just_released(stack: Stack) -> None:
    """Yesterday, beside one that has been there for long and spends as much."""
    stack.call(at=NOON - 3 * DAY, usd=0.1, feature="chat_reply")
    stack.call(at=NOON - 26 * HOUR, usd=0.1, feature="report")
    stack.call(at=NOON - 10 * MINUTE, usd=0.7, feature="report", copies=2)
    stack.call(at=NOON, usd=2, feature="chat_reply")


def a_feature_that_is_known(stack: Stack) -> None:
    """For more than two days; and a new one that spends no more than its share."""
    stack.call(at=NOON - 49 * HOUR, usd=0.1, feature="chat_reply")
    stack.call(at=NOON - HOUR, usd=5, feature="report")
    stack.call(at=NOON - MINUTE, usd=1, feature="report")
    stack.call(at=NOON, usd=9, feature="chat_reply")


def a_call_of_25_minutes(stack: Stack) -> None:
    """120,000 tokens; it started long before the look."""
    stack.call(usd=1.2, seconds=25 * 60, feature="report")


def a_call_at_the_limit(stack: Stack) -> None:
    """Exactly as many tokens as a call may have."""
    stack.call(usd=1, feature="report")


def refusals_astride_two_looks(stack: Stack) -> None:
    """Three before noon and three after, within four minutes."""
    for minute in (-2, -1, -0.5):
        stack.call(at=NOON + int(minute * MINUTE), failed=REFUSED, feature="chat")
    stack.run(NOON)
    for minute in (0.5, 1, 2):
        stack.call(at=NOON + int(minute * MINUTE), failed=REFUSED, feature="chat")
    stack.now = NOON + 5 * MINUTE


def refusals_now_and_then(stack: Stack) -> None:
    """Eight, but never five within five minutes; other errors do not count."""
    stack.call(at=NOON - 6 * MINUTE, failed=REFUSED, feature="chat", copies=4)
    stack.call(at=NOON - 6 * MINUTE, failed="timeout", feature="chat", copies=4)
    stack.call(at=NOON - MINUTE + 1_000_000, failed=REFUSED, feature="chat", copies=4)
    stack.now = NOON


def a_model_without_a_price(stack: Stack) -> None:
    """Three calls."""
    new: dict[str, Any] = {"gen_ai__request__model": "gpt-9", "gen_ai__response__model": "gpt-9"}
    stack.call(usd=0.001, copies=3, **new)


def a_model_without_a_price_that_refuses(stack: Stack) -> None:
    """Nothing was used."""
    stack.call(failed=REFUSED, gen_ai__request__model="gpt-9", gen_ai__response__model=None)


def a_stream_without_usage(stack: Stack) -> None:
    """One in twenty calls; failed ones are no calls without usage."""
    unsaid: dict[str, Any] = {
        "gen_ai__usage__input_tokens": None,
        "gen_ai__usage__output_tokens": None,
    }
    stack.call(**unsaid)
    stack.call(copies=19)
    stack.call(failed=REFUSED, copies=50)


def hardly_any_without_usage(stack: Stack) -> None:
    """Two in a hundred here, and one of few there."""
    unsaid: dict[str, Any] = {
        "gen_ai__usage__input_tokens": None,
        "gen_ai__usage__output_tokens": None,
    }
    stack.call(copies=98)
    stack.call(copies=2, **unsaid)
    stack.call(service="small", copies=18)
    stack.call(service="small", **unsaid)


def runs_of_a_tool(stack: Stack, failed: int) -> None:
    """Send twenty runs of a tool, some of which failed."""
    given = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "web_search"}
    for number in range(20):
        more = {"status": {"code": 2, "message": "failed"}} if number < failed else {}
        stack.now = NOON
        stack.send(span("execute_tool", NOON - MINUTE, given, **more))


def a_tool_that_fails(stack: Stack) -> None:
    """Three times in twenty."""
    runs_of_a_tool(stack, 3)


def a_tool_that_fails_seldom(stack: Stack) -> None:
    """Twice in twenty."""
    runs_of_a_tool(stack, 2)


def answers(stack: Stack, before: float, now: float, first: float | None = None) -> None:
    """Send a week of calls that take so many seconds, then an hour of others."""
    for days in (6, 5, 4, 3, 2):
        stack.call(at=NOON - days * DAY, copies=40, seconds=before, **_first(first and before))
    stack.call(at=NOON, copies=20, seconds=now, **_first(first and now))


def _first(seconds: float | None) -> dict[str, Any]:
    return {"gen_ai__response__time_to_first_chunk": seconds} if seconds else {}


def first_tokens_that_come_late(stack: Stack) -> None:
    """Two seconds instead of a half."""
    answers(stack, 0.5, 2.0, first=1)


def first_tokens_that_come_late_and_soon_enough(stack: Stack) -> None:
    """Three times as late as usual, and nobody notices."""
    answers(stack, 0.3, 0.9, first=1)


def answers_that_take_ten_minutes(stack: Stack) -> None:
    """Instead of four."""
    answers(stack, 240, 600)


def answers_that_always_take_ten_minutes(stack: Stack) -> None:
    """A little longer than usual."""
    answers(stack, 600, 700)


def a_service_that_is_quiet(stack: Stack) -> None:
    """A week ago it made twenty calls between eleven and noon."""
    stack.call(at=NOON - 7 * DAY - 30 * MINUTE, copies=20, service="bot")
    stack.call(at=NOON - 90 * MINUTE, service="bot")
    stack.now = NOON


def a_service_that_is_slow(stack: Stack) -> None:
    """It makes a call an hour; another has always been quiet at noon."""
    stack.call(at=NOON - 7 * DAY - 90 * MINUTE, copies=20, service="early")
    stack.call(at=NOON - 7 * DAY - 30 * MINUTE, copies=20, service="bot")
    stack.call(at=NOON - 55 * MINUTE, service="bot")
    stack.now = NOON


def _break(stack: Stack, function: str, before: str) -> None:
    """Put a release of a function in place that stops half-way through."""
    path = f"/api/default/functions/{function}"
    listed = stack.http.get("/api/default/functions").json()["list"]
    (known,) = (one for one in listed if one["name"] == function)
    text = known["function"].replace(f"\n{before}", f'\n.x = to_int!("x")\n{before}', 1)
    assert text != known["function"]
    assert stack.http.put(path, json={**known, "function": text}).status_code == 200


def a_function_that_fails(stack: Stack) -> None:
    """A release of the pipeline with a mistake in it."""
    _break(stack, "llm_normalise", ".llmcost_provider")
    stack.call(usd=1, copies=3, service="bot")


def a_scrubber_that_fails(stack: Stack) -> None:
    """Calls are priced, and nothing of their texts may be kept."""
    _break(stack, "llm_project_content", "prompt = ")
    stack.call(usd=1, copies=2, service="bot", llm__input="I am Ann")


def a_scrubber_that_works(stack: Stack) -> None:
    """Texts are captured and scrubbed."""
    stack.call(usd=1, copies=2, service="bot", llm__input="I am Ann")


def a_month_like(stack: Stack, usd: float, since: int = 40) -> None:
    """Spend as much each weekday, and nothing at weekends, up to yesterday; now is the 24th.

    Four weeks of October and November, of which this month has 21 weekdays.
    """
    for days in range(since, 0, -1):
        if (1 - days) % 7 < 5:  # a Tuesday is 1
            stack.call(at=NOON - days * DAY, usd=usd)
    stack.now = NOON


def a_dear_month(stack: Stack) -> None:
    """21 weekdays of 50; what today costs counts from tomorrow on."""
    a_month_like(stack, 50)
    stack.call(at=NOON, usd=900)


def a_month_within_its_budget(stack: Stack) -> None:
    """21 weekdays of 42, and a dear day today."""
    a_month_like(stack, 42)
    stack.call(at=NOON, usd=900)


def a_dear_first_week(stack: Stack) -> None:
    """Nobody knows a week yet."""
    a_month_like(stack, 300, since=7)


def one_dear_day(stack: Stack) -> None:
    """Yesterday; it alone takes the month above its budget, and a day ago nothing did."""
    a_month_like(stack, 40)
    stack.call(at=NOON - DAY, usd=200)
    stack.now = NOON


def a_week_that_costs_more(stack: Stack) -> None:
    """160 a day instead of 100; chat grew by 4 a day, search by the rest."""
    for days in range(14, 0, -1):
        grown = days <= 7
        stack.call(at=NOON - days * DAY + HOUR, usd=120 if grown else 64, feature="search")
        stack.call(at=NOON - days * DAY + HOUR, usd=40 if grown else 36, feature="chat")
    stack.now = NOON


def a_week_that_costs_a_little_more(stack: Stack) -> None:
    """145 a day instead of 100."""
    for days in range(14, 0, -1):
        stack.call(at=NOON - days * DAY + HOUR, usd=145 if days <= 7 else 100)
    stack.now = NOON


def a_second_week(stack: Stack) -> None:
    """Nothing is there to compare with: the first week has three days."""
    for days in range(10, 0, -1):
        stack.call(at=NOON - days * DAY + HOUR, usd=100)
    stack.now = NOON


def a_fortnight(stack: Stack, **attributes: Any) -> None:
    """Forty calls of ten cents between eleven and noon, on each of the last fourteen days."""
    for days in range(14, 0, -1):
        at = NOON - days * DAY
        stack.call(at=at - 50 * MINUTE, usd=0.1, copies=20, feature="chat", **attributes)
        stack.call(at=at - 10 * MINUTE, usd=0.1, copies=20, feature="chat", **attributes)
    stack.now = NOON


def a_loop_of_an_hour(stack: Stack) -> None:
    """Three times as much as usual, of a feature whose history has a weekend in it."""
    stack.call(at=NOON - 15 * DAY, usd=0.1, feature="chat")
    a_fortnight(stack)
    for minutes in range(55, -5, -5):
        stack.call(at=NOON - minutes * MINUTE, usd=0.1, copies=10, feature="chat")


def a_burst_of_minutes(stack: Stack) -> None:
    """Eight minutes of ten times the usual."""
    stack.call(at=NOON - 15 * DAY, usd=0.1, feature="chat")
    a_fortnight(stack)
    stack.call(at=NOON - 8 * MINUTE, usd=0.1, copies=35, feature="chat")
    stack.call(at=NOON, usd=0.1, copies=30, feature="chat")


def a_job_that_is_late(stack: Stack) -> None:
    """It starts at five to eleven on other days, and at half past eleven today."""
    stack.call(at=NOON - 15 * DAY, usd=0.1, feature="chat")
    for days in range(14, 0, -1):
        stack.call(at=NOON - days * DAY - 65 * MINUTE, usd=0.1, copies=60, feature="chat")
    stack.call(at=NOON - 30 * MINUTE, usd=0.1, copies=60, feature="chat")
    stack.now = NOON


def a_feature_without_a_past(stack: Stack) -> None:
    """It is known for a day: the alert about new features has it."""
    stack.call(at=NOON - DAY, usd=0.1, copies=40, feature="chat")
    stack.call(at=NOON, usd=0.1, copies=400, feature="chat")


def a_loop_of_cents(stack: Stack) -> None:
    """Ten times nothing."""
    stack.call(at=NOON - 15 * DAY, usd=0.001, feature="chat")
    for days in range(14, 0, -1):
        stack.call(at=NOON - days * DAY - 10 * MINUTE, usd=0.001, copies=40, feature="chat")
    stack.call(at=NOON, usd=0.001, copies=400, feature="chat")


PRICES = """\
provider: openai
models:
- id: openai/gpt-4o
  match: '^gpt-4o$'
  rates:
  - from: 2024-10-01
    source: https://example.com/pricing
    verified: 2026-08-24
    review_by: {gpt_4o}
    per_mtok: {{input: "2.50", output: "10.00"}}
    service_tiers: {{flex: {{input: "1.25", output: "5.00"}}}}
- id: openai/gpt-4o-mini
  match: '^gpt-4o-mini$'
  rates:
  - from: 2024-10-01
    source: https://example.com/pricing
    verified: 2026-08-24
    review_by: {gpt_4o_mini}
    per_mtok: {{input: "0.15", output: "0.60"}}
"""
OVERDUE = {"pricing/openai.yaml": PRICES.format(gpt_4o="2026-11-23", gpt_4o_mini="2027-02-23")}
DUE_TODAY = {"pricing/openai.yaml": PRICES.format(gpt_4o="2026-11-24", gpt_4o_mini="2026-11-23")}


def calls_of_gpt_4o(stack: Stack) -> None:
    """One in the standard tier and one in another."""
    stack.call(usd=3)
    stack.call(usd=2, openai__response__service_tier="flex")


BILLED = {
    "billing": [{"provider": "openai", "account": "org-acme"}],
}


def compared(stack: Stack, at: int, ours: float, problem: str = "") -> None:
    """Two days of October were compared with the bill at a time."""
    stack.now = at
    day = NOON - 12 * HOUR - 30 * DAY
    rows = [
        {
            "_timestamp": at,
            "computed_at": at,
            "day_start": day + one * DAY,
            "provider": "openai",
            "account": "org-acme",
            "scope": "prod",
            "model": "openai/gpt-4o",
            "ours_usd": ours / 2,
            "billed_usd": 100.0,
            "problem": problem,
        }
        for one in range(2)
    ]
    answer = stack.http.post("/api/default/llm_billing_daily/_json", json=rows)
    assert answer.json()["status"][0]["failed"] == 0, answer.text


def a_month_that_drifts(stack: Stack) -> None:
    """Compared yesterday evening, and once more since, with the same result."""
    compared(stack, NOON - 18 * HOUR, 150, "drifts")
    compared(stack, NOON - 2 * HOUR, 156, "drifts")
    stack.now = NOON


def a_month_that_was_mended(stack: Stack) -> None:
    """It drifted until it was compared again."""
    compared(stack, NOON - 18 * HOUR, 150, "drifts")
    compared(stack, NOON - 2 * HOUR, 199)
    stack.now = NOON


def a_month_that_nobody_compared(stack: Stack) -> None:
    """The last one was 36 days ago."""
    compared(stack, NOON - 36 * DAY, 199)
    stack.now = NOON


def a_month_that_is_due_soon(stack: Stack) -> None:
    """The last one was 34 days ago."""
    compared(stack, NOON - 34 * DAY, 199)
    stack.now = NOON


HISTORY = {"history": True}


def added_up(stack: Stack, at: int, usd: float, *, copies: int = 1) -> None:
    """The day before yesterday was added up at a time: of two features, one without a price."""
    stack.now = at
    rows = [
        {
            "_timestamp": at,
            "computed_at": at,
            "period": "day",
            "period_start": NOON - 12 * HOUR - 2 * DAY,
            "feature": feature,
            "llm_calls": 100,
            "cost_usd": cost,
        }
        for feature, cost in (("chat", usd), ("agent", None))
    ]
    answer = stack.http.post("/api/default/llm_rollup/_json", json=rows * copies)
    assert answer.json()["status"][0]["failed"] == 0, answer.text


def a_day_that_lost_calls(stack: Stack) -> None:
    """Added up when it was open, when it was closed, and this morning, the last one sent twice."""
    added_up(stack, NOON - 36 * HOUR, 12)
    added_up(stack, NOON - 30 * HOUR, 20)
    added_up(stack, NOON - 2 * HOUR, 19.97, copies=2)
    stack.now = NOON


def a_day_that_stays(stack: Stack) -> None:
    """Added up when it was open, when it was closed, and again with a thousandth more."""
    added_up(stack, NOON - 36 * HOUR, 12)
    added_up(stack, NOON - 30 * HOUR, 20)
    added_up(stack, NOON - 2 * HOUR, 20.02)
    stack.now = NOON


def all_is_well(stack: Stack) -> None:
    """Calls, and nothing else."""
    stack.call(usd=0.01, copies=30)


FIRE = [
    Scenario(
        "daily_budget",
        spend_over_a_day,
        ("$500.50 spent in the last 24 hours, limit $500.00 (calls: 3)",),
    ),
    Scenario(
        "daily_budget_no_team",
        nobody_spends,
        ("calls of no team spent $5.50 in the last 24 hours, limit $5.00 (calls: 2)",),
        NOBODY,
        REGISTERED,
    ),
    Scenario(
        "spend_without_team",
        nobody_spends,
        (
            (
                "$5.50 of the $105.50 of the last 24 hours have no team: 5.2 %, limit 2 %; "
                "most of it is batch"
            ),
        ),
        files=REGISTERED,
    ),
    Scenario(
        "daily_budget_team_search",
        one_team_spends,
        ("search spent $5.01 in the last 24 hours, limit $5.00 (calls: 1)",),
        LIMITED,
    ),
    Scenario(
        "daily_budget_feature_document_summary",
        one_feature_spends,
        ("document_summary spent $41.20 in the last 24 hours, limit $40.00 (calls: 2)",),
        FEATURES,
    ),
    Scenario(
        "monthly_budget_50",
        half_a_month_is_spent,
        ("$460.00 spent since the month began (UTC), past 50 % of $900.00",),
        MONTH,
    ),
    Scenario(
        "burn_rate_fast",
        spend_seven_hours_worth_now,
        (
            (
                "$7.00 in the last hour and $2.00 in the last 15 minutes; an hour of the daily "
                "budget is $1.00, and this is 7.0 times that"
            ),
        ),
        BURN,
    ),
    Scenario(
        "burn_rate_slow",
        spend_for_hours,
        (
            (
                "$19.00 in the last six hours and $4.00 in the last one; an hour of the daily "
                "budget is $1.00, and this is 3.2 times that"
            ),
        ),
        BURN,
    ),
    Scenario(
        "new_feature",
        a_feature_that_was_just_released,
        (
            (
                "report, first seen 26 hours ago, spent $1.40 in the last hour; an hour of the "
                "whole daily budget is $1.00"
            ),
        ),
        BURN,
    ),
    Scenario(
        "runaway_call",
        a_call_of_25_minutes,
        (
            (
                "report: one call of gpt-4o made 120000 output tokens for $1.20 (limits 100000 and "
                "$10.00), trace TRACE"
            ),
        ),
    ),
    Scenario(
        "rate_limit",
        refusals_astride_two_looks,
        (
            (
                "chat: 6 calls refused by a rate limit within 5 minutes, gpt-4o among the models; "
                "retries inside an SDK are not among them"
            ),
        ),
    ),
    Scenario(
        "unpriced_model",
        a_model_without_a_price,
        ("gpt-9 of openai: 3 calls and 300 tokens without a price in six hours",),
    ),
    Scenario(
        "no_usage",
        a_stream_without_usage,
        ("shop: 5.0 % of 20 calls in the last hour reported no tokens, limit 2 %",),
    ),
    Scenario(
        "tool_errors",
        a_tool_that_fails,
        ("web_search: 15.0 % of 20 runs in the last hour failed, limit 10 %",),
    ),
    Scenario(
        "slow_first_token",
        first_tokens_that_come_late,
        (
            (
                "gpt-4o: 95 % of 20 calls in the last hour had a time to the first token of up to "
                "2000 ms, 4.0 times the 500 ms of the seven days before"
            ),
        ),
    ),
    Scenario(
        "slow_duration",
        answers_that_take_ten_minutes,
        (
            (
                "gpt-4o: 95 % of 20 calls in the last hour had a time for a whole answer of up to "
                "600000 ms, 2.5 times the 240000 ms of the seven days before"
            ),
        ),
    ),
    Scenario(
        "telemetry_stopped",
        a_service_that_is_quiet,
        ("bot: no LLM call for an hour; a week ago there were 20 in the same hour",),
    ),
    Scenario(
        "unfinished_rows",
        a_function_that_fails,
        ("bot: 3 spans of the last three hours are in quarantine, without tokens and cost",),
    ),
    Scenario(
        "unfinished_rows",
        a_scrubber_that_fails,
        (
            (
                "bot: 2 spans of the last three hours are in quarantine, priced, but their texts "
                "could not be scrubbed and are kept nowhere"
            ),
        ),
        CAPTURING,
    ),
    Scenario(
        "forecast",
        a_dear_month,
        (
            (
                "this month (UTC) comes to $1050.00, 117 % of $900.00: $800.00 until last "
                "midnight, and the days to come like the same weekdays of the last 28 days "
                "(a day ago this said $1050.00)"
            ),
        ),
        MONTH,
    ),
    Scenario(
        "slow_growth",
        a_week_that_costs_more,
        (
            (
                "$1120.00 in the last seven days, 1.6 times the $700.00 of the seven before; "
                "search grew most, by $392.00"
            ),
        ),
    ),
    Scenario(
        "price_table_stale",
        calls_of_gpt_4o,
        (
            (
                "openai/gpt-4o@2024-10-01 was to be compared with its source by 2026-11-23; $4.00 "
                "of the last day rest on it (calls: 2)"
            ),
        ),
        files=OVERDUE,
    ),
    Scenario(
        "cost_anomaly",
        a_loop_of_an_hour,
        (("chat spent $12.00 in the last 60 minutes, 3.0 times its usual $4.00 (calls: 120)"),),
    ),
    Scenario(
        "cost_anomaly",
        a_burst_of_minutes,
        (("chat spent $6.50 in the last 15 minutes, 6.5 times its usual $1.00 (calls: 65)"),),
    ),
    Scenario(
        "reconciliation_drift",
        a_month_that_drifts,
        ("openai 2026-10, prod, openai/gpt-4o: ours $156.00, billed $200.00, drifts",),
        BILLED,
    ),
    Scenario(
        "reconciliation_missing",
        a_month_that_nobody_compared,
        ("openai: the last comparison was on 2026-10-19, more than 35 days ago",),
        BILLED,
    ),
    Scenario(
        "rollup_differs",
        a_day_that_lost_calls,
        ("2026-11-22: $20.00 (200 calls) when it was closed, $19.97 (200 calls) now",),
        HISTORY,
    ),
    Scenario("heartbeat", all_is_well, ("alerting works; 30 LLM calls in the last hour",)),
]
KEEP_QUIET = [
    Scenario("daily_budget", spend_up_to_the_limit),
    Scenario("daily_budget_no_team", everybody_has_a_team, settings=NOBODY, files=REGISTERED),
    Scenario("spend_without_team", everybody_has_a_team, files=REGISTERED),
    Scenario("daily_budget_team_chat", one_team_spends, settings=LIMITED),
    Scenario("daily_budget_feature_document_summary", another_feature_spends, settings=FEATURES),
    Scenario("monthly_budget_50", half_a_month_was_spent_long_ago, settings=MONTH),
    Scenario("monthly_budget_80", half_a_month_is_spent, settings=MONTH),
    Scenario("burn_rate_fast", a_burst_that_is_over, settings=BURN),
    Scenario("burn_rate_slow", an_expensive_morning, settings=BURN),
    Scenario("new_feature", a_feature_that_is_known, settings=BURN),
    Scenario("runaway_call", a_call_at_the_limit),
    Scenario("rate_limit", refusals_now_and_then),
    Scenario("unpriced_model", a_model_without_a_price_that_refuses),
    Scenario("no_usage", hardly_any_without_usage),
    Scenario("tool_errors", a_tool_that_fails_seldom),
    Scenario("slow_first_token", first_tokens_that_come_late_and_soon_enough),
    Scenario("slow_duration", answers_that_always_take_ten_minutes),
    Scenario("telemetry_stopped", a_service_that_is_slow),
    Scenario("unfinished_rows", all_is_well),
    Scenario("unfinished_rows", a_scrubber_that_works, settings=CAPTURING),
    Scenario("forecast", a_month_within_its_budget, settings=MONTH),
    Scenario("forecast", a_dear_first_week, settings=MONTH),
    Scenario("forecast", one_dear_day, settings=MONTH),
    Scenario("cost_anomaly", a_job_that_is_late),
    Scenario("cost_anomaly", a_feature_without_a_past),
    Scenario("cost_anomaly", a_loop_of_cents),
    Scenario("slow_growth", a_week_that_costs_a_little_more),
    Scenario("slow_growth", a_second_week),
    Scenario("price_table_stale", calls_of_gpt_4o, files=DUE_TODAY),
    Scenario("reconciliation_drift", a_month_that_was_mended, settings=BILLED),
    Scenario("reconciliation_drift", all_is_well, settings=BILLED),
    Scenario("reconciliation_missing", a_month_that_is_due_soon, settings=BILLED),
    Scenario("reconciliation_missing", all_is_well, settings=BILLED),
    Scenario("rollup_differs", a_day_that_stays, settings=HISTORY),
    Scenario("rollup_differs", all_is_well, settings=HISTORY),
]


def named(scenario: Scenario) -> str:
    """Return how a scenario is called in a report."""
    return f"{scenario.alert}-{scenario}"


def declared(scenarios: list[Scenario]) -> set[str]:
    """Return the declarations that scenarios are about."""
    every = sorted(names("alerts"), key=len, reverse=True)
    return {next(one for one in every if each.alert.startswith(one)) for each in scenarios}


def readable(told: dict[str, Any]) -> dict[str, Any]:
    """Return a notification without what differs from run to run."""
    text = json.dumps(told, ensure_ascii=False)
    for word in text.replace("\\n", " ").replace('"', " ").split():
        if "/web/short/" in word:
            text = text.replace(word.strip("<").partition("|")[0], "LINK")
        elif len(word) == 32 and all(sign in "0123456789abcdef" for sign in word):
            text = text.replace(word, "TRACE")
    shown: dict[str, Any] = json.loads(text)
    return shown


@pytest.mark.parametrize("scenario", FIRE, ids=named)
def test_an_alert_fires_and_says_why(
    stack: Callable[..., Stack], scenario: Scenario, tmp_path: Path
) -> None:
    """On every route that takes it, in words that the snapshot shows.

    `UPDATE_SNAPSHOTS=1 make test` writes the new ones.
    """
    put = scenario.put(stack, tmp_path)

    told = {
        route: [readable(one) for one in put.told(route)]
        for route in ("hook", "slack", "cards", "pager")
    }
    rows = [row["text"] for one in told["hook"] for row in one["found"]]
    assert rows == [f"{line}\n" for line in scenario.found]
    text = json.dumps({k: v[0] for k, v in told.items() if v}, indent=2, ensure_ascii=False) + "\n"
    first = next(one for one in FIRE if one.alert == scenario.alert)
    name = scenario.alert if scenario is first else named(scenario)
    path = SNAPSHOTS / f"{name}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("scenario", KEEP_QUIET, ids=named)
def test_an_alert_keeps_quiet(
    stack: Callable[..., Stack], scenario: Scenario, tmp_path: Path
) -> None:
    """Nothing is told, though the alert was looked at."""
    put = scenario.put(stack, tmp_path)

    assert put.looked_at(scenario.alert) == put.now
    assert put.told() == []


def test_no_alert_is_without_scenarios() -> None:
    """One that must fire it and one that must not; a heartbeat is always true."""
    assert declared(FIRE) == set(names("alerts"))
    assert declared(KEEP_QUIET) == set(names("alerts")) - {"heartbeat"}
