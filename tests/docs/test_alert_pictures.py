"""The pictures of docs/alerts.md are what a backtest draws of each alert's story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pictures_of_alerts import FOLDER, drawn, rules
from stories_of_alerts import STORIES

from llmcost_infra.declarations import names

if TYPE_CHECKING:
    from llmcost_infra.backtest import Rule

LARGEST = 40_000
RULES: dict[str, Rule] = rules()


def test_every_alert_has_a_story_and_a_picture() -> None:
    """Who adds an alert shows when it fires; no picture of one that is gone lies about."""
    assert set(STORIES) == set(names("alerts"))
    assert {path.stem for path in FOLDER.iterdir()} == set(STORIES)


@pytest.mark.parametrize("name", STORIES)
def test_a_picture_shows_the_alert_firing(name: str) -> None:
    """A changed rule, limit or chart is a changed picture; `make docs` draws the small file."""
    story = STORIES[name]

    report, picture = drawn(RULES[story.alert], story)

    assert report.replay.firings
    assert "No data" not in picture.svg
    assert len(picture.svg.encode()) < LARGEST
    committed = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert picture.svg == committed, "run `make docs`"
