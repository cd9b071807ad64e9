"""Each alert with telemetry that must fire it and telemetry that must not, from span to text."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.declarations import names
from tests.alerts import call_scenarios, spend_scenarios, upkeep_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.alerts.conftest import Stack
    from tests.alerts.scenario import Scenario

SNAPSHOTS = Path(__file__).parent / "snapshots"
ABOUT = (spend_scenarios, call_scenarios, upkeep_scenarios)
FIRE = [one for about in ABOUT for one in about.FIRE]
KEEP_QUIET = [one for about in ABOUT for one in about.KEEP_QUIET]


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


@pytest.mark.parametrize("scenario", FIRE, ids=str)
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
    name = scenario.alert if scenario is first else str(scenario)
    path = SNAPSHOTS / f"{name}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("scenario", KEEP_QUIET, ids=str)
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
