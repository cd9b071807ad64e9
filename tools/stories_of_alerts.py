"""What happens in the pictures of docs/alerts.md: rows of streams in which each alert fires.

Every story is told around the same days of November 2026, with seeded chance, so that the same code
draws the same bytes on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.pricing import load_table
from llmcost_infra.utc import microseconds, midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["STORIES", "Story"]

Row = dict[str, Any]

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
NOON: Final = microseconds(datetime(2026, 11, 24, 12, tzinfo=UTC))
"""A Tuesday."""
MIDNIGHT: Final = NOON - 12 * HOUR


@dataclass(frozen=True, slots=True)
class Story:
    """Rows in which an alert fires.

    Args:
        alert: its name in the stack.
        shows: what a reader sees, in a sentence.
        rows: of the alert's stream.
        start: of the picture, in µs.
        end: of the picture, in µs.
    """

    alert: str
    shows: str
    rows: Callable[[], Iterator[Row]]
    start: int
    end: int


def _call(end: int, usd: float = 0.0, *, seconds: float = 1, **columns: Any) -> Row:
    """Return the row of a call that ended at a time, in µs; more columns by their stored names."""
    start = end - round(seconds * SECOND)
    identity = f"{end:x}{columns.get('llmcost_feature', '')}{columns.get('service_name', '')}"
    return {
        "_timestamp": start,
        "end_time": end * 1000,
        "trace_id": identity,
        "span_id": f"{usd}{columns.get('llmcost_model', '')}",
        "service_name": "shop",
        "span_status": "OK",
        "llmcost_is_call": True,
        "llmcost_is_tool": False,
        "llmcost_cost_usd": usd,
        "llmcost_pricing_status": "priced",
        "llmcost_feature": "chat",
        "llmcost_team": "search",
        "llmcost_model": "gpt-4o",
        "llmcost_provider": "openai",
        **columns,
    }


def _every(minutes: float, start: int, end: int) -> Iterator[int]:
    """Yield times from a start to before an end."""
    for number in range(math.ceil((end - start) / (minutes * MINUTE))):
        yield start + round(number * minutes * MINUTE)


def _busy(at: int) -> float:
    """Return how much of the busiest hour there is at a time: office hours, and quiet weekends."""
    hour, weekend = at / HOUR % 24, (at // DAY + 3) % 7 >= 5  # noqa: PLR2004 - Saturday
    return (0.15 + 0.85 * math.exp(-(((hour - 13.5) / 4) ** 2))) * (0.3 if weekend else 1)


def _spend(
    start: int, end: int, usd: float, minutes: float = 20, seed: int = 1, **columns: Any
) -> Iterator[Row]:
    """Yield calls of a usual spend: so many USD in its busiest hour."""
    chance = Random(seed)  # noqa: S311 - the shape of a line in a picture
    for at in _every(minutes, start, end):
        cost = usd * minutes / 60 * _busy(at) * (0.85 + 0.3 * chance.random())
        yield _call(at, round(cost, 4), **columns)


def _morning() -> Iterator[Row]:
    """A usual day, and a loop that begins on Tuesday at nine and is stopped at six."""
    yield from _spend(NOON - 2 * DAY, NOON + DAY, 42, 10)
    yield from _spend(NOON - 3 * HOUR, NOON + 6 * HOUR, 45, 10, 2, llmcost_feature="summarize")


def _minutes_of_a_loop() -> Iterator[Row]:
    yield from _spend(NOON - 12 * HOUR, NOON + 6 * HOUR, 18, 2)
    yield from _spend(NOON, NOON + 40 * MINUTE, 220, 1, 2)


def _hours_of_a_batch() -> Iterator[Row]:
    yield from _spend(NOON - 18 * HOUR, NOON + 12 * HOUR, 18, 5)
    yield from _spend(NOON - HOUR, NOON + 4 * HOUR, 85, 5, 2)


def _of_one_feature() -> Iterator[Row]:
    yield from _spend(NOON - 2 * DAY, NOON + DAY, 6, 10, llmcost_feature="summarize")
    yield from _spend(NOON, NOON + 4 * HOUR, 14, 10, 2, llmcost_feature="summarize")


def _of_nobody(usual: float) -> Iterator[Row]:
    yield from _spend(NOON - 2 * DAY, NOON + DAY, 30, 10)
    yield from _spend(NOON - 2 * DAY, NOON + DAY, usual, 10, 2, llmcost_team=None)
    yield from _spend(
        NOON, NOON + 6 * HOUR, 12, 10, 3, llmcost_team="unregistered", llmcost_feature="report"
    )


def _of_one_team() -> Iterator[Row]:
    yield from _spend(NOON - 2 * DAY, NOON + DAY, 10, 10)
    yield from _spend(NOON - 2 * HOUR, NOON + 4 * HOUR, 12, 10, 2)


def _a_month(usd: float, more: float) -> Iterator[Row]:
    """Six weeks, of which the last two cost more."""
    yield from _spend(MIDNIGHT - 42 * DAY, MIDNIGHT + 7 * DAY, usd, 120)
    yield from _spend(MIDNIGHT - 14 * DAY, MIDNIGHT + 7 * DAY, more, 120, 2)


def _a_loop_of_an_hour() -> Iterator[Row]:
    yield from _spend(NOON - 16 * DAY, NOON + 6 * HOUR, 8, 5)
    yield from _spend(NOON, NOON + HOUR, 24, 0.2, 2)


def _a_release() -> Iterator[Row]:
    yield from _spend(NOON - 4 * DAY, NOON + DAY, 20, 20)
    yield from _spend(NOON - 4 * HOUR, NOON + DAY, 12, 10, 2, llmcost_feature="report")
    yield from _spend(NOON, NOON + 3 * HOUR, 30, 10, 3, llmcost_feature="report")


def _without_usage() -> Iterator[Row]:
    for number, at in enumerate(_every(1, NOON - 8 * HOUR, NOON + 6 * HOUR)):
        unsaid = at >= NOON and number % 6 == 0
        yield _call(at, 0.02, llmcost_pricing_status="no_usage" if unsaid else "priced")


def _with_an_old_price() -> Iterator[Row]:
    yield from _spend(_REVIEW - 2 * DAY, _REVIEW + 3 * DAY, 8, 60, llmcost_price_row=_ROW.id)


def _refused() -> Iterator[Row]:
    for number, at in enumerate(_every(5, NOON - 2 * HOUR, NOON + 3 * HOUR)):
        refusals = 2 if number % 7 == 0 else 0
        if NOON - 10 * MINUTE <= at < NOON + 40 * MINUTE:
            refusals = 4 + number % 5
        for one in range(refusals):
            yield _call(at + one * 20 * SECOND, llmcost_error_class="rate_limit")


def _one_large_answer() -> Iterator[Row]:
    chance = Random(5)  # noqa: S311 - the shape of a line in a picture
    for at in _every(4, NOON - 3 * HOUR, NOON + 3 * HOUR):
        tokens = chance.randrange(400, 16_000)
        yield _call(at, tokens / 100_000, llmcost_output_tokens=tokens)
    yield _call(NOON, 1.2, seconds=25 * 60, llmcost_output_tokens=120_000, llmcost_feature="report")


def _slower(column: str, usual: float, then: float) -> Iterator[Row]:
    chance = Random(7)  # noqa: S311 - the shape of a line in a picture
    for at in _every(20, NOON - 8 * DAY, NOON - 12 * HOUR):
        yield _waited(at, column, usual * (0.6 + 0.4 * chance.random()))
    for at in _every(2, NOON - 12 * HOUR, NOON + 8 * HOUR):
        slow = NOON <= at < NOON + 3 * HOUR
        yield _waited(at, column, (then if slow else usual) * (0.6 + 0.4 * chance.random()))


def _waited(at: int, column: str, milliseconds: float) -> Row:
    seconds = milliseconds / 1000 if column == "llmcost_duration_ms" else 1
    return _call(at, 0.01, seconds=seconds, **{column: milliseconds})


def _two_weeks_of_growth() -> Iterator[Row]:
    yield from _spend(MIDNIGHT - 28 * DAY, MIDNIGHT + 4 * DAY, 10, 120)
    yield from _spend(MIDNIGHT - 7 * DAY, MIDNIGHT + 4 * DAY, 9, 120, 2, llmcost_feature="agent")


def _a_quiet_service() -> Iterator[Row]:
    quiet = range(NOON, NOON + 5 * HOUR)
    for at in _every(2, NOON - 8 * DAY, NOON + 10 * HOUR):
        if at not in quiet:
            yield _call(at, 0.01, service_name="bot")
    for at in _every(10, NOON - 2 * DAY, NOON + 10 * HOUR):
        yield _call(at, 0.01)


def _a_tool_that_fails() -> Iterator[Row]:
    chance = Random(9)  # noqa: S311 - the shape of a line in a picture
    for at in _every(1.5, NOON - 8 * HOUR, NOON + 8 * HOUR):
        failed = chance.random() < (0.3 if NOON <= at < NOON + 2 * HOUR else 0.03)
        run: Row = {"llmcost_is_call": False, "llmcost_is_tool": True, "llmcost_tool": "web_search"}
        yield _call(at, span_status="ERROR" if failed else "OK", **run)


def _a_broken_release() -> Iterator[Row]:
    for at in _every(2, NOON, NOON + 90 * MINUTE):
        yield _call(at, llmcost_state="new")
    yield _call(NOON - 20 * HOUR, service_name="early", llmcost_state="new")


def _a_new_model() -> Iterator[Row]:
    yield from _spend(NOON - DAY, NOON + DAY, 20, 20)
    for at in _every(12, NOON, NOON + 7 * HOUR):
        tokens: Row = {"llmcost_input_tokens": 900, "llmcost_output_tokens": 300}
        status: Row = {"llmcost_pricing_status": "unpriced_model", "llmcost_model": "gpt-9"}
        yield _call(at, llmcost_cost_usd=None, **tokens, **status)


def _compared(at: int, ours: float, problem: str = "") -> Row:
    return {
        "_timestamp": at,
        "computed_at": at,
        "day_start": MIDNIGHT - 40 * DAY,
        "provider": "openai",
        "account": "org-acme",
        "scope": "prod",
        "model": "openai/gpt-4o",
        "ours_usd": ours,
        "billed_usd": 200.0,
        "problem": problem,
    }


def _a_month_that_drifts() -> Iterator[Row]:
    """Compared four times a day; two days of calls are missing until somebody sends them again."""
    for at in _every(6 * 60, MIDNIGHT - 3 * DAY + HOUR, MIDNIGHT + 5 * DAY):
        mended = at >= MIDNIGHT + 3 * DAY
        late = at < MIDNIGHT
        yield _compared(
            at, 199.0 if mended else 185.0 if late else 156.0, "" if mended else "drifts"
        )


def _nobody_compares() -> Iterator[Row]:
    for month in range(3):
        yield _compared(NOON - (98 - month * 31) * DAY, 199.0)


def _a_day_that_lost_calls() -> Iterator[Row]:
    day = MIDNIGHT - 2 * DAY
    for at, usd in ((6, 20.0), (20, 20.0), (36, 16.0), (44, 16.0)):
        moment = day + DAY + at * HOUR
        row = {"computed_at": moment, "period": "day", "period_start": day, "feature": "chat"}
        yield {"_timestamp": moment, **row, "llm_calls": 100, "cost_usd": usd}


_ROW: Final = load_table().providers["openai"][0].rows[0]
_REVIEW: Final = microseconds(midnight(_ROW.review_by))

STORIES: Final = {
    "burn_rate_fast": Story(
        "burn_rate_fast",
        "A retry loop of 40 minutes at noon.",
        _minutes_of_a_loop,
        NOON - 6 * HOUR,
        NOON + 6 * HOUR,
    ),
    "burn_rate_slow": Story(
        "burn_rate_slow",
        "A batch of five hours.",
        _hours_of_a_batch,
        NOON - 12 * HOUR,
        NOON + 12 * HOUR,
    ),
    "cost_anomaly": Story(
        "cost_anomaly",
        "A feature in a loop for an hour, after two usual weeks.",
        _a_loop_of_an_hour,
        NOON - HOUR,
        NOON + 3 * HOUR,
    ),
    "daily_budget": Story(
        "daily_budget", "A loop from nine to six.", _morning, NOON - DAY, NOON + DAY
    ),
    "daily_budget_feature": Story(
        "daily_budget_feature_summarize",
        "A feature that spends three times as much for four hours.",
        _of_one_feature,
        NOON - DAY,
        NOON + DAY,
    ),
    "daily_budget_no_team": Story(
        "daily_budget_no_team",
        "A new feature misspells its team for six hours.",
        lambda: _of_nobody(2),
        NOON - DAY,
        NOON + DAY,
    ),
    "daily_budget_team": Story(
        "daily_budget_team_search",
        "A team that spends twice as much for six hours.",
        _of_one_team,
        NOON - DAY,
        NOON + DAY,
    ),
    "forecast": Story(
        "forecast",
        "A month whose second week costs more than the first.",
        lambda: _a_month(43, 46),
        MIDNIGHT - 12 * DAY,
        MIDNIGHT - 7 * DAY,
    ),
    "heartbeat": Story(
        "heartbeat",
        "Any three hours: it is always true.",
        lambda: _spend(NOON - 3 * HOUR, NOON + 2 * HOUR, 20, 2),
        NOON - 2 * HOUR,
        NOON + HOUR,
    ),
    "monthly_budget": Story(
        "monthly_budget_80",
        "Spend since the month began, at 80 % of the budget.",
        lambda: _a_month(56, 26),
        MIDNIGHT - 8 * DAY,
        MIDNIGHT - 3 * DAY,
    ),
    "new_feature": Story(
        "new_feature",
        "A feature that was released at eight and is used by everybody from noon on.",
        _a_release,
        NOON - 12 * HOUR,
        NOON + 12 * HOUR,
    ),
    "no_usage": Story(
        "no_usage",
        "A release at noon streams without asking for usage.",
        _without_usage,
        NOON - 5 * HOUR,
        NOON + 5 * HOUR,
    ),
    "price_table_stale": Story(
        "price_table_stale",
        "The day on which a row was to be compared with its source goes by.",
        _with_an_old_price,
        _REVIEW,
        _REVIEW + 3 * DAY,
    ),
    "rate_limit": Story(
        "rate_limit",
        "A batch that a provider refuses for three quarters of an hour.",
        _refused,
        NOON - 2 * HOUR,
        NOON + 3 * HOUR,
    ),
    "reconciliation_drift": Story(
        "reconciliation_drift",
        "A month of which calls are missing, until they are sent again.",
        _a_month_that_drifts,
        MIDNIGHT - 2 * DAY,
        MIDNIGHT + 5 * DAY,
    ),
    "reconciliation_missing": Story(
        "reconciliation_missing",
        "Nobody compares a month after the third one.",
        _nobody_compares,
        NOON - 60 * DAY,
        NOON + 14 * DAY,
    ),
    "rollup_differs": Story(
        "rollup_differs",
        "A closed day that has fewer calls when it is added up again.",
        _a_day_that_lost_calls,
        MIDNIGHT - DAY + 12 * HOUR,
        MIDNIGHT + 2 * DAY,
    ),
    "runaway_call": Story(
        "runaway_call",
        "One answer of 25 minutes and 120,000 tokens.",
        _one_large_answer,
        NOON - 2 * HOUR,
        NOON + 3 * HOUR,
    ),
    "slow_duration": Story(
        "slow_duration",
        "A provider that answers slowly for three hours.",
        lambda: _slower("llmcost_duration_ms", 6_000, 16_000),
        NOON - 6 * HOUR,
        NOON + 8 * HOUR,
    ),
    "slow_first_token": Story(
        "slow_first_token",
        "A provider that begins late for three hours.",
        lambda: _slower("llmcost_ttft_ms", 700, 2_600),
        NOON - 6 * HOUR,
        NOON + 8 * HOUR,
    ),
    "slow_growth": Story(
        "slow_growth",
        "An agent that was released a week ago.",
        _two_weeks_of_growth,
        MIDNIGHT - 10 * DAY,
        MIDNIGHT + 4 * DAY,
    ),
    "spend_without_team": Story(
        "spend_without_team",
        "A new feature misspells its team for six hours.",
        lambda: _of_nobody(0.4),
        NOON - DAY,
        NOON + DAY,
    ),
    "telemetry_stopped": Story(
        "telemetry_stopped",
        "A service from which nothing comes for five hours.",
        _a_quiet_service,
        NOON - 4 * HOUR,
        NOON + 10 * HOUR,
    ),
    "tool_errors": Story(
        "tool_errors",
        "A search tool of which three runs in ten fail for two hours.",
        _a_tool_that_fails,
        NOON - 6 * HOUR,
        NOON + 6 * HOUR,
    ),
    "unfinished_rows": Story(
        "unfinished_rows",
        "A release of the pipeline with a mistake, taken back after 90 minutes.",
        _a_broken_release,
        NOON - 6 * HOUR,
        NOON + 8 * HOUR,
    ),
    "unpriced_model": Story(
        "unpriced_model",
        "A model that is used from noon to seven, and has no price.",
        _a_new_model,
        NOON - 6 * HOUR,
        NOON + 16 * HOUR,
    ),
}
"""What happens in the picture of each declaration."""
