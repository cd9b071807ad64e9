"""Writes the pictures of docs/alerts.md: each alert over a story in which it fires.

They are what `llmcost backtest --out` draws. Rows and times are fixed, so that the same code draws
the same bytes on every machine.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stories_of_alerts import STORIES

from llmcost_infra.backtest import backtest, needed_columns
from llmcost_infra.backtest.data import complete, rows_from_hits
from llmcost_infra.backtest.picture import picture_of
from llmcost_infra.backtest.rows import column_types
from llmcost_infra.backtest.rules import rule_of
from llmcost_infra.catalog import load_alerts, render_alerts
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.intervals import TimeRange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stories_of_alerts import Story

    from llmcost_infra.backtest import Report, Rule
    from llmcost_infra.pictures import Picture

__all__ = ["FOLDER", "drawn", "main", "pictures", "rules"]

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "images" / "alerts"

_SETTINGS: Final = Settings.from_mapping(
    {
        "environment": "prod",
        "history": True,
        "billing": [{"provider": "openai", "account": "org-acme"}],
        "budget": {
            "daily_usd": "500",
            "monthly_usd": "12000",
            "team_daily_usd": {"search": "120"},
            "no_team_daily_usd": "40",
            "feature_daily_usd": {"summarize": "80"},
        },
    }
)


def main() -> int:
    """Write the pictures, and remove those of alerts that are gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = dict(pictures())
    for name, svg in made.items():
        (FOLDER / name).write_text(svg, encoding="utf-8")
    for path in FOLDER.iterdir():
        if path.name not in made:
            path.unlink()
    return 0


def pictures() -> Iterator[tuple[str, str]]:
    """Yield the name of each file and the SVG that belongs in it."""
    known = rules()
    for name, story in STORIES.items():
        yield f"{name}.svg", drawn(known[story.alert], story)[1].svg


def drawn(rule: Rule, story: Story) -> tuple[Report, Picture]:
    """Return what an alert does in a story, and its picture."""
    columns = needed_columns([rule.sql])
    table = rows_from_hits(list(story.rows()), columns)
    rows = {rule.stream: complete(table, column_types(columns), f"the story of {rule.name}")}
    report = backtest(rule, rows, TimeRange(story.start, story.end))
    return report, picture_of(report, rows)


def rules() -> dict[str, Rule]:
    """Return the shipped alerts of a stack by name."""
    rendered = render_alerts(load_alerts(), _SETTINGS)
    found = (rule_of({**one.inputs, "destinations": ["route"]}, one.file, ROOT) for one in rendered)
    return {rule.name: rule for rule in found if rule}


if __name__ == "__main__":
    sys.exit(main())
