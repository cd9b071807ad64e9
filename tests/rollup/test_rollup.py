"""Months add up to what their calls cost, to the cent, however late and however often they came."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.errors import LlmCostError
from llmcost_infra.rollup import closed_days, hours_of, open_days, roll_up
from llmcost_infra.settings import Settings
from llmcost_infra.utc import at_microseconds as moment
from tests.alerts.conftest import HOUR, MINUTE, NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmcost_infra.openobserve import Client
    from tests.alerts.conftest import Stack

NIGHT = NOON + 12 * HOUR
"""2026-11-25T00:00:00Z: the end of a day."""
DAY = date(2026, 11, 24)
SETTINGS = Settings(environment="prod", history=True)


@pytest.fixture
def kept(stack: Callable[..., Stack]) -> Stack:
    """A stack that keeps a history."""
    return stack(history=True)


@pytest.fixture
def client(kept: Stack) -> Iterator[Client]:
    """The way to its server."""
    with kept.client() as client:
        yield client


def add_up(kept: Stack, client: Client, at: int, *days: date) -> list[tuple[int, float | None]]:
    """Add days up at a time; return calls and cost of each."""
    kept.now = at
    totals = list(roll_up(client, SETTINGS, list(days) or [DAY], moment(at)))
    return [(one.llm_calls, one.cost_usd) for one in totals]


def months(client: Client, panel: str = "months") -> list[dict[str, Any]]:
    """Return what a panel of the History tab shows."""
    dashboard = render_dashboard(load_dashboard("llm_cost_details"), SETTINGS)
    shown = dashboard["tabs"]["history"]["panels"][panel]
    statement = shown["query"]
    for name in dashboard["variables"]:
        statement = statement.replace(f"${{{name}}}", "'_o2_all_'")
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)
    return client.search(statement, start, end, stream_type=shown["stream_type"]).hits


def test_a_day_is_added_up_by_who_spends_and_on_what(kept: Stack, client: Client) -> None:
    """Groups of environment, team, feature and model; unknown stays unknown."""
    kept.call(usd=1.25, feature="chat", team="search", copies=2)
    kept.call(usd=0.50, feature="summary")
    kept.call(gen_ai__response__model="nobody-knows", feature="chat", team="search")
    kept.call(failed="rate limit", feature="chat", team="search")
    assert add_up(kept, client, NIGHT + 6 * HOUR) == [(5, 3.0)]
    assert {(row["model"], row["llm_calls"], row.get("cost")) for row in months(client)} == {
        ("gpt-4o", 4, 3.0),
        ("nobody-knows", 1, None),
    }
    (gpt,) = [row for row in months(client) if row["model"] == "gpt-4o"]
    assert (gpt["failed_calls"], gpt["unpriced_calls"]) == (1, 0)
    split = months(client, "cost_split_by_month")
    assert sum(row["input_cost"] + row["output_cost"] for row in split) == pytest.approx(3.0)


def test_the_first_and_the_last_microsecond_of_a_day_belong_to_it(
    kept: Stack, client: Client
) -> None:
    """A call lies in the day in which it began; none is in two, none in no day."""
    for start in (NIGHT - 24 * HOUR, NIGHT - 1, NIGHT):
        # The server takes what began up to five hours ago.
        kept.call(at=start + 900_000, usd=1.0)
    days = (DAY, DAY + timedelta(days=1))
    assert add_up(kept, client, NIGHT + 40 * HOUR, *days) == [(2, 2.0), (1, 1.0)]


def test_added_up_again_a_day_counts_as_last(kept: Stack, client: Client) -> None:
    """A call that came late is in it from then on; nothing is counted twice."""
    kept.call(at=NIGHT - HOUR, usd=1.0)
    assert add_up(kept, client, NIGHT + MINUTE) == [(1, 1.0)]
    kept.call(at=NIGHT + 3 * HOUR, seconds=4 * 3600, usd=0.25)
    assert add_up(kept, client, NIGHT + 6 * HOUR) == [(2, 1.25)]
    add_up(kept, client, NIGHT + 7 * HOUR)
    assert [(row["month"], row["cost"]) for row in months(client)] == [("2026-11", 1.25)]


def test_a_run_that_stopped_half_way_and_its_retry_count_once(kept: Stack, client: Client) -> None:
    """What the first run wrote before it was ended is replaced by the run that takes its place."""
    days = [DAY - timedelta(days=1), DAY]
    kept.call(at=NIGHT - 25 * HOUR, usd=1.0)
    kept.call(at=NIGHT - HOUR, usd=0.5)
    kept.now = NIGHT + 6 * HOUR
    ended = roll_up(client, SETTINGS, days, moment(kept.now))
    assert next(ended).day == days[0]
    assert add_up(kept, client, NIGHT + 7 * HOUR, *days) == [(1, 1.0), (1, 0.5)]
    assert [(row["month"], row["cost"]) for row in months(client)] == [("2026-11", 1.5)]


@pytest.mark.parametrize("apart", [0, 1], ids=["same-microsecond", "a-microsecond-apart"])
def test_two_runs_at_once_count_once(kept: Stack, client: Client, apart: int) -> None:
    """A scheduler that starts a run twice gets the same month, in whatever order both write."""
    days = [DAY - timedelta(days=1), DAY]
    kept.call(at=NIGHT - 25 * HOUR, usd=1.0)
    kept.call(at=NIGHT - HOUR, usd=0.5)
    kept.now = NIGHT + 6 * HOUR
    early, late = (roll_up(client, SETTINGS, days, moment(kept.now + by)) for by in (0, apart))
    found = [next(run).cost_usd for run in (late, early, early, late)]
    assert found == [1.0, 1.0, 0.5, 0.5]
    assert [(row["llm_calls"], row["cost"]) for row in months(client)] == [(2, 1.5)]


def test_a_month_is_the_sum_of_its_spans_to_the_cent(kept: Stack, client: Client) -> None:
    """With calls on both ends of a day, late by three hours, all sent again, and run after run."""
    days = [DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)]
    spent = Decimal(0)
    for end, seconds, usd, copies in (
        (NIGHT - 24 * HOUR, 0, "0.12345", 7),
        (NIGHT - 1, 0, "0.33333", 1),
        (NIGHT, 0, "1.00001", 1),
        (NIGHT + 3 * HOUR, 4 * 3600, "0.77777", 2),
    ):
        kept.send(*kept.call(at=end, seconds=seconds, usd=float(usd), copies=copies))
        add_up(kept, client, end + MINUTE, *days)
        spent += copies * Decimal(usd)
    for _ in range(2):
        add_up(kept, client, NIGHT + 30 * HOUR, *days)
    ((calls, cost),) = [(row["llm_calls"], row["cost"]) for row in months(client)]
    assert (calls, round(Decimal(str(cost)), 2)) == (11, round(spent, 2))


def test_a_span_that_was_sent_twice_is_one_call(kept: Stack, client: Client) -> None:
    """Exporters resend, and the server keeps both."""
    spans = kept.call(at=NIGHT - HOUR, usd=2.0, copies=3)
    kept.send(*spans, *spans[:1])
    assert add_up(kept, client, NIGHT + 6 * HOUR) == [(3, 6.0)]


def test_hours_are_kept_beside_the_day_that_they_add_up_to(kept: Stack, client: Client) -> None:
    """A call lies in the hour in which it began, and the newest run of an hour counts too."""
    for start, usd in ((NIGHT - HOUR - 1, 0.25), (NIGHT - HOUR, 0.5), (NIGHT - 1, 0.125)):
        kept.call(at=start + 900_000, usd=usd)
    add_up(kept, client, NIGHT + MINUTE)
    kept.call(at=NIGHT + 3 * HOUR, seconds=4 * 3600, usd=1.0)
    assert add_up(kept, client, NIGHT + 6 * HOUR) == [(4, 1.875)]
    shown = {row["hour"]: row["cost"] for row in months(client, "cost_by_hour_of_day")}
    assert shown == {"22:00": 0.25, "23:00": 1.625}
    assert [row["cost"] for row in months(client)] == [1.875]


def test_a_day_with_too_many_groups_for_one_answer_is_read_in_parts(
    kept: Stack, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour that is cut in two is one again, and unknown stays unknown."""
    for minute in (5, 25, 45):
        kept.call(at=NOON + minute * MINUTE, usd=0.5, feature="chat")
    kept.call(at=NOON + 50 * MINUTE, gen_ai__response__model="nobody-knows", feature="chat")
    at_once = hours_of(client, SETTINGS, DAY)
    monkeypatch.setattr("llmcost_infra.openobserve.groups.MOST_GROUPS", 2)
    assert hours_of(client, SETTINGS, DAY) == at_once
    assert [(one["llm_calls"], one["cost_usd"]) for one in at_once] == [(3, 1.5), (1, None)]
    kept.call(at=NOON + 5 * MINUTE, usd=0.5, feature="summary")
    with pytest.raises(LlmCostError, match="has 2 groups of calls or more"):
        hours_of(client, SETTINGS, DAY)


def test_five_thousand_groups_are_all_there(kept: Stack, client: Client) -> None:
    """The server cuts an answer without a limit at a thousand rows, without a word."""
    kept.now = NIGHT - HOUR
    for part in range(10):
        spans = [
            span
            for number in range(500)
            for span in _span(kept, feature=f"feature_{part}_{number}")
        ]
        kept.send(*spans)
    [(calls, usd)] = add_up(kept, client, NIGHT + 6 * HOUR)
    assert calls == 5_000
    assert usd == pytest.approx(5.0)
    assert sum(row["llm_calls"] for row in months(client)) == 5_000
    assert sum(row["cost"] for row in months(client)) == pytest.approx(5.0, abs=0.005)


def _span(kept: Stack, **attributes: str) -> list[dict[str, Any]]:
    from tests.local.telemetry import span  # noqa: PLC0415 - of this test only

    given = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.response.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 0,
        "gen_ai.usage.output_tokens": 100,
    }
    return [span("chat", kept.now, given | attributes)]


def test_a_refused_total_is_told(kept: Stack, client: Client) -> None:
    """The server answers 200 and says in the body that it left rows out."""
    kept.call(at=NIGHT - HOUR, usd=1.0)
    # Totals of the future are refused like any other row.
    with pytest.raises(LlmCostError, match="refused 2 totals"):
        list(roll_up(client, SETTINGS, [DAY], moment(NIGHT + 90 * 24 * HOUR)))


def test_a_day_without_calls_adds_up_to_nothing(kept: Stack, client: Client) -> None:
    """Nothing is written, and nothing fails."""
    assert add_up(kept, client, NIGHT + 6 * HOUR) == [(0, None)]
    assert months(client) == []


def test_a_stack_without_a_history_says_how_to_keep_one(client: Client) -> None:
    """There is no stream to write to."""
    with pytest.raises(LlmCostError, match="keeps no history") as error:
        list(roll_up(client, Settings(environment="prod"), [DAY], moment(NIGHT)))
    assert "history: true" in error.value.hint


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-11-25T06:00:00+00:00", "2026-11-24"),
        ("2026-11-25T05:59:59+00:00", "2026-11-23"),
        ("2026-11-25T07:30:00+02:00", "2026-11-23"),
        ("2027-01-01T06:00:00+00:00", "2026-12-31"),
    ],
)
def test_a_day_is_closed_when_no_call_can_come_any_more(now: str, last: str) -> None:
    """Six hours after its end, in UTC."""
    days = closed_days(datetime.fromisoformat(now), 3)
    assert [str(day) for day in days][-1] == last
    assert days == sorted(days)
    assert len(days) == 3


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-11-25T06:00:00+00:00", ["2026-11-25"]),
        ("2026-11-25T05:59:59+00:00", ["2026-11-24", "2026-11-25"]),
        ("2026-11-25T23:59:59+00:00", ["2026-11-25"]),
        ("2027-01-01T01:00:00+02:00", ["2026-12-31"]),
    ],
)
def test_open_days_follow_the_closed_ones_up_to_today(now: str, days: list[str]) -> None:
    """Together they leave no day out and reach back more than 24 hours."""
    moment = datetime.fromisoformat(now)
    assert [str(day) for day in open_days(moment)] == days
    assert closed_days(moment, 1)[0] + timedelta(days=1) == open_days(moment)[0]


def test_a_day_that_is_not_over_is_added_up_as_far_as_it_is(kept: Stack, client: Client) -> None:
    """The next run takes its place, and both say which it was."""
    kept.call(at=NOON, usd=1.0)
    (first,) = roll_up(client, SETTINGS, open_days(moment(NOON)), moment(NOON))
    assert (first.llm_calls, first.closed) == (1, False)
    kept.call(at=NIGHT - HOUR, usd=0.5)
    kept.now = NIGHT + 6 * HOUR
    (second,) = roll_up(client, SETTINGS, closed_days(moment(kept.now), 1), moment(kept.now))
    assert (second.llm_calls, second.closed) == (2, True)
    assert [(row["month"], row["cost"]) for row in months(client)] == [("2026-11", 1.5)]
