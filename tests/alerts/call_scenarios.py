"""Calls, tools and services that go wrong, or do not: sizes, refusals, usage, latency, silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.alerts.conftest import DAY, MINUTE, NOON
from tests.alerts.scenario import REFUSED, Scenario
from tests.local.telemetry import span

if TYPE_CHECKING:
    from tests.alerts.conftest import Stack

__all__ = ["FIRE", "KEEP_QUIET"]


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


FIRE = [
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
]
KEEP_QUIET = [
    Scenario("runaway_call", a_call_at_the_limit),
    Scenario("rate_limit", refusals_now_and_then),
    Scenario("no_usage", hardly_any_without_usage),
    Scenario("tool_errors", a_tool_that_fails_seldom),
    Scenario("slow_first_token", first_tokens_that_come_late_and_soon_enough),
    Scenario("slow_duration", answers_that_always_take_ten_minutes),
    Scenario("telemetry_stopped", a_service_that_is_slow),
]
