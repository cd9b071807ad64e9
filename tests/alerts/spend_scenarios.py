"""Spend that is too much, or is not: budgets, burn, forecasts, growth, anomalies, new features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.alerts.conftest import DAY, HOUR, MINUTE, NOON
from tests.alerts.scenario import Scenario

if TYPE_CHECKING:
    from tests.alerts.conftest import Stack

__all__ = ["FIRE", "KEEP_QUIET"]

BURN = {"budget": {"daily_usd": "24"}}  # a dollar an hour
LIMITED = {"budget": {"team_daily_usd": {"search": "5", "chat": "5"}}}
NOBODY = {"budget": {"no_team_daily_usd": "5"}}
REGISTERED = {"teams.yaml": "teams:\n  search: {}\n"}
FEATURES = {"budget": {"feature_daily_usd": {"document_summary": "40"}}}
MONTH = {"budget": {"monthly_usd": "900"}}


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
        "cost_anomaly",
        a_loop_of_an_hour,
        (("chat spent $12.00 in the last 60 minutes, 3.0 times its usual $4.00 (calls: 120)"),),
    ),
    Scenario(
        "cost_anomaly",
        a_burst_of_minutes,
        (("chat spent $6.50 in the last 15 minutes, 6.5 times its usual $1.00 (calls: 65)"),),
    ),
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
    Scenario("forecast", a_month_within_its_budget, settings=MONTH),
    Scenario("forecast", a_dear_first_week, settings=MONTH),
    Scenario("forecast", one_dear_day, settings=MONTH),
    Scenario("cost_anomaly", a_job_that_is_late),
    Scenario("cost_anomaly", a_feature_without_a_past),
    Scenario("cost_anomaly", a_loop_of_cents),
    Scenario("slow_growth", a_week_that_costs_a_little_more),
    Scenario("slow_growth", a_second_week),
]
