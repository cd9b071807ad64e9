"""How far back alerts look: by the end of calls, as far as is declared, and with an overlap."""

from __future__ import annotations

import re

import pytest

from llmcost_infra.catalog import load_alert
from llmcost_infra.catalog.alerts import EXPORT_DELAY_MINUTES
from llmcost_infra.declarations import names
from llmcost_infra.settings import Settings

EVENTS = ("rate_limit", "runaway_call", "unfinished_rows", "unpriced_model")
"""What happened once and is told: nothing of it may be missed between two looks."""
MONTHS = {"monthly_budget", "forecast"}
"""These begin with a day of the calendar."""
OLDER = {"telemetry_stopped", "cost_anomaly"}
"""These compare with a time of day, counted in hours or quarters of hours."""
COMPARISONS = {"reconciliation_drift", "reconciliation_missing", "rollup_differs"}
"""These are about comparisons and totals, whose rows carry the time at which they were made."""
AGE = r"\(to_unixtime\(now\(\)\) - CAST\(end_time AS BIGINT\) / 1000000000\)"


def statement(name: str) -> str:
    """Return an alert's SQL."""
    return load_alert(name).statements["pipeline"].text


@pytest.mark.parametrize("name", sorted(set(names("alerts")) - COMPARISONS))
def test_what_counts_is_when_a_call_ended(name: str) -> None:
    """A row arrives after its end: by its start, a long call would never be seen."""
    assert "CAST(end_time AS BIGINT)" in statement(name)


@pytest.mark.parametrize("name", sorted(set(names("alerts")) - MONTHS - OLDER - COMPARISONS))
def test_the_rule_looks_as_far_back_as_is_declared(name: str) -> None:
    """Who reads the declaration, and the check of retention, go by its window."""
    limits = re.findall(AGE + r" < ([0-9 *]+)|\bage < ([0-9 *]+)", statement(name))
    factors = [(one or other).strip().split(" * ") for one, other in limits]
    seconds = [int(numbers[0]) * _product(numbers[1:]) for numbers in factors]

    assert max(seconds) == load_alert(name).declared.window_minutes * 60


def _product(numbers: list[str]) -> int:
    found = 1
    for number in numbers:
        found *= int(number)
    return found


@pytest.mark.parametrize("name", names("alerts"))
def test_the_server_looks_further_back_than_the_rule(name: str) -> None:
    """By the longest call and by what exporters hold back, because it selects by starts."""
    declared = load_alert(name).declared
    for chosen, longest in (({}, 60), ({"max_call_minutes": 240}, 240)):
        settings = Settings.from_mapping({"environment": "prod", **chosen})
        further = declared.period_minutes(settings) - declared.window_minutes
        assert further == longest + EXPORT_DELAY_MINUTES


@pytest.mark.parametrize("name", names("alerts"))
def test_a_look_overlaps_the_one_before(name: str) -> None:
    """What ends while another look runs, and arrives late, is seen by the next one."""
    declared = load_alert(name).declared
    assert declared.window_minutes >= declared.frequency_minutes + EXPORT_DELAY_MINUTES


@pytest.mark.parametrize("name", EVENTS)
def test_a_silence_hides_no_event(name: str) -> None:
    """After it, the rule looks back over all of it."""
    declared = load_alert(name).declared
    assert declared.window_minutes >= declared.silence_minutes + EXPORT_DELAY_MINUTES
