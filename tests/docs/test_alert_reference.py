"""The page about alerts is what the declarations say themselves."""

from __future__ import annotations

import re

import alert_reference
import pytest
import yaml

from llmcost_infra.catalog import AlertSpec, load_alerts, render_alerts
from llmcost_infra.settings import Settings

PAGE = alert_reference.PAGE.read_text(encoding="utf-8")
SPECS = load_alerts()


def test_the_page_is_current() -> None:
    """A changed rule is in docs/alerts.md before it is merged; `make docs` puts it there."""
    assert alert_reference.reference() == PAGE


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_alert_is_explained(spec: AlertSpec) -> None:
    """With its rule, limits, owner, severity and what to do, under the link of the table."""
    section = PAGE.partition(f"\n## {spec.declared.title}\n")[2].partition("\n## ")[0]
    for words in (spec.declared.runbook, spec.declared.reason, spec.declared.owner):
        assert words in section
    assert f"(../alerts/sql/{spec.name}.sql.j2)" in section
    for name in spec.declared.limits:
        assert name in section
    anchor = spec.declared.title.lower().replace(" ", "-")
    assert f"[{spec.declared.title}](#{anchor})" in PAGE


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "not at all"),
        (5, "5 minutes"),
        (60, "1 hour"),
        (375, "375 minutes"),
        (1440, "1 day"),
        (2880, "2 days"),
    ],
)
def test_lengths_read_as_people_say_them(minutes: int, words: str) -> None:
    """Nobody thinks in 10,140 minutes where there is a word."""
    assert alert_reference._length(minutes) == words


def test_the_example_is_accepted() -> None:
    """Who copies the settings gets three routes, and changes alerts that there are."""
    routes, alerts = (
        yaml.safe_load(text)["llmcost:settings"]
        for text in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    )
    settings = Settings.from_mapping(routes | alerts)
    rendered = {one.name for one in render_alerts(SPECS, settings)}
    assert rendered & set(alerts["alerts"]) == {"rate_limit", "cost_anomaly"}
    assert [route.takes[0] for route in settings.routes.values()] == ["page", "page", "heartbeat"]
