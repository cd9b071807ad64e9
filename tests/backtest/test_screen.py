"""A screen names every look at which its alert could find something, and few others."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.backtest import backtest
from llmcost_infra.backtest.replay import replay
from llmcost_infra.backtest.screen import known_beforehand
from llmcost_infra.errors import EngineError
from llmcost_infra.sql_engine.intervals import TimeRange
from tests.backtest.conftest import DAY, HOUR, MINUTE, NOON, SECOND, call, rows_of, streams_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.backtest import Rule
    from tests.backtest.conftest import Rules

Row = dict[str, Any]


@pytest.fixture(scope="module")
def anomaly(rules: Rules) -> Rule:
    """The cost anomaly, content with three calls, so that a test's hours can be small."""
    rule = rules["cost_anomaly"]
    sql = _for_few(rule.sql)
    body = {**rule.body, "query_condition": {**rule.body["query_condition"], "sql": sql}}
    return replace(rule, body=body, screen=_for_few(rule.screen))


def _for_few(statement: str) -> str:
    changed = statement.replace("_calls >= 60", "_calls >= 3")
    assert changed != statement
    return changed


def _hour(end: int, usd: float, *, number: int, **columns: Any) -> Iterator[Row]:
    """Yield three calls in the half hour before a time that cost so much together."""
    for at in range(3):
        yield call(
            end - at * 10 * MINUTE, number=3 * number + at, llmcost_cost_usd=usd / 3, **columns
        )


def _fortnight(chance: Random, noon: int) -> list[Row]:
    """Return two weeks of hours around noon, dear ones and cheap ones, and now one that is near.

    Some calls end on the second at which they leave a quarter of an hour, or one beside it.
    """
    rows: list[Row] = []
    for feature in ("summarize", None, "agent"):
        dear = chance.choice([0.25, 0.4, 0.6])
        for day in range(1, chance.choice([4, 15, 15, 16])):
            usd = 3.0 if chance.random() < dear else 0.5
            end = noon - day * DAY - chance.choice([0, 0, 0, 15]) * MINUTE
            rows += _hour(end, usd, number=len(rows), llmcost_feature=feature)
        usd = chance.choice([1.6, 2.3, 3.2, 5.5])
        spread, late = chance.choice(
            [
                (0, 0),
                (0, 15 * MINUTE - SECOND),
                (10 * MINUTE, 0),
                (10 * MINUTE, 40 * MINUTE - SECOND),
            ]
        )
        rows += [
            call(
                noon - late - at * spread,
                number=len(rows) + at,
                llmcost_cost_usd=usd / 3,
                llmcost_feature=feature,
            )
            for at in range(3)
        ]
    return rows + chance.sample(rows, 3)


@pytest.mark.parametrize("weekend", [False, True])
@pytest.mark.parametrize("seconds", [0, 61])
def test_the_anomaly_decides_as_step_by_step(anomaly: Rule, seconds: int, weekend: bool) -> None:
    """Whatever two weeks were like, and whatever the clock shows, the screen misses nothing."""
    chance = Random(seconds + weekend)  # noqa: S311 - no secret
    fired = quiet = 0
    for _ in range(25):
        # Days with a Monday or a Saturday before them are told from others, too.
        day = chance.choice([-3, -2] if weekend else [-1, 0, 1])
        noon = NOON + day * DAY
        trigger = {
            **anomaly.body["trigger_condition"],
            "silence": chance.choice([0, 7]),
            "align_time": False,
        }
        rule = replace(anomaly, body={**anomaly.body, "trigger_condition": trigger})
        reach = TimeRange(noon + seconds * SECOND, noon + seconds * SECOND + 20 * MINUTE)
        streams = streams_of(rule, _fortnight(chance, noon))

        quick = replay(rule, streams, reach, known=known_beforehand(rule, streams))

        naive = replay(rule, streams, reach)
        assert (quick.firings, quick.stretches) == (naive.firings, naive.stretches)
        assert quick.steps == naive.steps
        fired += len(naive.firings)
        quiet += naive.steps - len(naive.firings)
    assert min(fired, quiet) > 2  # both ways were tried


def test_a_month_needs_the_engine_around_the_dear_hour_only(anomaly: Rule) -> None:
    """Of 8,640 looks those at which the hour is dear are evaluated, and the firing is found."""
    rows = [row for day in range(40) for row in _hour(NOON - day * DAY, 2, number=day)]
    rows += _hour(NOON - 5 * DAY, 9, number=100)

    report = backtest(anomaly, rows_of(anomaly, rows), TimeRange(NOON - 29 * DAY, NOON + DAY))

    assert report.replay.firings[0].at == NOON - 5 * DAY - 10 * MINUTE
    assert report.replay.steps > 8000
    assert report.replay.evaluated < 50


def test_one_span_at_two_times_leaves_every_step_to_the_engine(anomaly: Rule) -> None:
    """Copies of a call in different windows count in some of them: no screen can tell."""
    first = call(NOON)
    streams = streams_of(anomaly, [first, {**first, "_timestamp": NOON - 2 * HOUR}])

    assert known_beforehand(anomaly, streams) is None


def test_a_screen_that_fails_is_told(anomaly: Rule) -> None:
    """The author of a screen sees what is wrong with it, and no wrong answer."""
    rule = replace(anomaly, screen="SELECT 1 / (at_s - at_s) AS at_s FROM looks")

    with pytest.raises(EngineError, match=r"screen of cost_anomaly failed: .*[Dd]ivide by zero"):
        backtest(rule, rows_of(rule, [call(NOON)]), TimeRange(NOON - HOUR, NOON + HOUR))
