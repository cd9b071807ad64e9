"""How often the cost anomaly cries wolf and how soon it tells, on ninety days of seeded traffic."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from llmcost_infra.catalog import load_alert, render_alert
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query
from tests.alerts.stored import calls_table
from tests.alerts.traffic import DAY, DAYS, HOUR, Feature, features, fires, spiked, usual

FIRST = 15 * DAY
"""Two weeks are needed to compare with."""
MONDAY = 1_788_739_200
"""2026-09-07T00:00:00Z in seconds, the start of the traffic."""

Known = list[tuple[Feature, Any]]


@pytest.fixture(scope="module")
def traffic() -> Known:
    """Return features with what they usually cost."""
    return [(feature, usual(feature.cost)) for feature in features(seed=1)]


def told(looks: np.ndarray[Any, Any], silence: int) -> int:
    """Return how many messages come of an alert that is true at some looks."""
    count, quiet_until = 0, -1
    for at in np.flatnonzero(looks).tolist():
        if at >= quiet_until:
            count, quiet_until = count + 1, at + silence
    return count


def moments(feature: Feature, random: np.random.Generator, count: int) -> list[int]:
    """Return when spikes start: where a feature is at work, and is so for the next half hour."""
    half = HOUR // 2
    coming = np.convolve(feature.rate, np.ones(half) / half)[half - 1 :][: len(feature.rate)]
    busy = feature.rate.max() / 2
    at_work = np.flatnonzero((feature.rate > busy) & (coming > busy))
    at_work = at_work[(at_work > FIRST) & (at_work < DAYS * DAY - HOUR)]
    return [int(at) for at in random.choice(at_work, count)]


def heard(traffic: Known, times: float, within: int) -> list[bool]:
    """Return of spikes of an hour, thirty a feature, whether each was told soon enough."""
    random, found = np.random.default_rng(2), list[bool]()
    for feature, usually in traffic:
        for number, start in enumerate(moments(feature, random, 30)):
            over = slice(start - HOUR, start + HOUR)
            firing = fires(*spiked(feature, start, times, number), usually[over])
            # What costs less than the floor is nobody's business.
            if feature.cost[start : start + HOUR].sum() * (times - 1) >= 2:
                found.append(bool(firing.any[HOUR : HOUR + within].any()))
    return found


def test_ordinary_days_fire_once_a_month_at_most(traffic: Known) -> None:
    """All twenty features together, jobs that start half an hour late and weekends included."""
    every = [fires(one.cost, one.calls, usually).any[FIRST:] for one, usually in traffic]
    months = (DAYS - 15) / 30

    assert told(np.any(every, axis=0), silence=HOUR) / months <= 1


@pytest.mark.parametrize(("times", "minutes"), [(3, 45), (10, 15)])
def test_a_loop_is_told_in_time(traffic: Known, times: float, minutes: int) -> None:
    """Three times the usual for an hour within 45 minutes, ten times within 15, 95 of 100 times."""
    found = heard(traffic, times, within=minutes // 5)

    assert len(found) > 400
    assert np.mean(found) >= 0.95


def test_a_spike_a_week_ago_hides_no_other(traffic: Known) -> None:
    """The middle of the days is compared with, so that a loop teaches the alert nothing."""
    feature = next(one for one, _ in traffic if one.kind == "flat")
    cost = feature.cost.copy()
    start = 40 * DAY + 3 * HOUR
    for days in (1, 7, 8):
        cost[start - days * DAY : start - days * DAY + HOUR] *= 20

    after = usual(cost)[start : start + HOUR]

    assert np.all(after < 1.5 * usual(feature.cost)[start : start + HOUR])


def _rows(traffic: Known, end: int) -> Any:
    """Return a call for each five minutes of fifteen days that has cost, in its middle."""
    columns: dict[str, list[Any]] = {
        name: []
        for name in ("_timestamp", "end_time", "span_id", "llmcost_feature", "llmcost_cost_usd")
    }
    for number, (feature, _) in enumerate(traffic):
        for at in range(end - FIRST, end):
            if feature.calls[at]:
                ended = (MONDAY + at * 300 + 150) * 1_000_000
                columns["_timestamp"].append(ended)
                columns["end_time"].append(ended * 1000)
                columns["span_id"].append(f"{number}-{at}")
                columns["llmcost_feature"].append(str(number))
                columns["llmcost_cost_usd"].append(float(feature.cost[at]))
    return calls_table(columns)


def _spiking(traffic: Known, end: int) -> Known:
    """Return the traffic with spikes before an instant: five times in an hour, or in its end."""
    changed: Known = []
    for number, (feature, _) in enumerate(traffic):
        cost = feature.cost.copy()
        cost[end - (HOUR if number % 2 else 2) : end] *= 1 if number % 5 else 5
        changed.append((replace(feature, cost=cost), usual(cost)))
    return changed


# A Wednesday at ten, a Saturday at half past two, a Monday at a quarter past two.
@pytest.mark.parametrize("end", [37 * DAY + 10 * HOUR, 40 * DAY + 30, 77 * DAY + 27])
def test_the_statement_says_what_was_measured(traffic: Known, end: int) -> None:
    """On moments with spikes and without, the server's rows are those of the arrays."""
    spikes = _spiking(traffic, end)
    settings = Settings.from_mapping({"environment": "prod"})
    (alert,) = render_alert(load_alert("cost_anomaly"), settings)
    sql = alert.inputs["query_condition"]["sql"].replace("_calls >= 60", "_calls >= 1")
    now = (MONDAY + end * 300) * 1_000_000
    streams = MemoryStreams({"llm_calls": _rows(spikes, end)})

    rows = query(sql, streams, TimeRange(0, now), now=now).rows

    expected: dict[str, tuple[int, float]] = {}
    for number, (feature, usually) in enumerate(spikes):
        firing = fires(feature.cost, feature.calls > 0, usually, fewest=1)
        for minutes, true in ((15, firing.quarter), (60, firing.hour)):
            if true[end - 1]:
                spent = feature.cost[end - minutes // 5 : end].sum()
                expected[str(number)] = (minutes, round(float(spent), 2))
    assert expected
    assert {row["feature"]: row["minutes"] for row in rows} == {
        name: minutes for name, (minutes, _) in expected.items()
    }
    for row in rows:
        assert float(row["spent_usd"]) == pytest.approx(expected[row["feature"]][1], abs=0.011)
