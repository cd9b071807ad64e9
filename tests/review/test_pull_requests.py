"""Recorded pull requests: what a review says of each is a file that a reviewer can read.

UPDATE_SNAPSHOTS=1 writes the files anew.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from llmcost_infra.columns import STORED
from llmcost_infra.pricing import load_table
from llmcost_infra.review.as_html import html
from llmcost_infra.review.as_json import as_json
from llmcost_infra.review.as_markdown import LIMIT, markdown
from llmcost_infra.review.as_text import print_report
from llmcost_infra.review.reviewing import Extras
from llmcost_infra.review.sample import sample_rows
from tests.review.conftest import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.review.report import Report

SNAPSHOTS = Path(__file__).parent / "snapshots"


def panel(project: Repository) -> None:
    """Show cached tokens beside the cost of a model, under another title."""
    sql = "dashboards/sql/cost_by_model.sql.j2"
    project.edit(
        sql, "SUM(cost_usd) AS cost\n", "SUM(cost_usd) AS cost,\n  SUM(cached) AS cached\n"
    )
    project.edit(
        sql, "calls('model', 'cost_usd')", "calls('model', 'cost_usd', 'cache_read_tokens')"
    )
    project.edit(sql, "SUM(cached)", "SUM(cache_read_tokens)")
    project.edit(
        "dashboards/llm_cost.yaml", "title: Cost by Model", "title: Cost and Cache by Model"
    )


def limit(project: Repository) -> None:
    """Lower the daily budget of prod."""
    project.edit("Pulumi.prod.yaml", 'daily_usd: "500"', 'daily_usd: "2"')


def price(project: Repository) -> None:
    """A cheaper input of gpt-4o from December on."""
    row = 'per_mtok: {input: "2.50", cache_read: "1.25", cache_write: "2.50", output: "10.00"}'
    text = (project.folder / "pricing/openai.yaml").read_text()
    start = text.index("- id: openai/gpt-4o\n")
    end = text.index("- id: ", start + 1)
    new = (
        "  - from: 2026-12-01\n"
        "    source: https://developers.openai.com/api/docs/pricing\n"
        "    verified: 2026-11-23\n    review_by: 2027-02-23\n"
        f"    {row.replace('2.50', '2.00', 1)}\n"
    )
    (project.folder / "pricing/openai.yaml").write_text(text[:end] + new + text[end:])


def retention(project: Repository) -> None:
    """Keep calls of prod for two months only."""
    project.edit("Pulumi.prod.yaml", "llm_days: 400", "llm_days: 62")


def layout(project: Repository) -> None:
    """Make a panel narrower, so that others give way."""
    text = (project.folder / "dashboards/llm_cost.yaml").read_text()
    start = text.index("cost_by_model:")
    wide = text.index("width: ", start)
    line = text[wide : text.index("\n", wide)]
    (project.folder / "dashboards/llm_cost.yaml").write_text(
        text[:wide] + "width: 48" + text[wide + len(line) :]
    )


def team_budget(project: Repository) -> None:
    """Give one team less, and one more team a budget."""
    project.edit(
        "Pulumi.prod.yaml",
        '        search: "150"\n',
        '        search: "90"\n        documents: "75"\n',
    )


TEAM = """\
from llmcost_infra.components import TeamBudget

TeamBudget(
    team="search",
    monthly_usd="4000",
    owners=["search-oncall@example.com"],
    features={"query_planner": "ann@example.com"},
)
"""


def team_argument(project: Repository) -> None:
    """Give a team less in its own program, and let somebody else answer for a feature."""
    project.edit("__main__.py", 'monthly_usd="4000"', 'monthly_usd="3000"')
    project.edit("__main__.py", "ann@example.com", "bob@example.com")


RECORDED: dict[str, Callable[[Repository], None]] = {
    one.__name__: one for one in (panel, limit, price, retention, layout, team_budget)
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_pull_request_reads_as_it_should(name: str, pull_request: Repository) -> None:
    """Markdown, HTML and pictures of a recorded change are what somebody once read."""
    RECORDED[name](pull_request)

    data = calls(pull_request.folder.parent) if name in {"limit", "price"} else None
    stacks = ["dev"] if name in {"layout", "price"} else ["dev", "prod"]

    report = pull_request.review(stacks, Extras(data, pictures=name in {"layout", "panel"}))

    as_snapshots(name, report)


def test_an_argument_of_a_component_lists_what_it_moves(pull_request: Repository) -> None:
    """A team's budget is a line of a program: its alerts and panels are told below it."""
    team = Repository(pull_request.folder)
    (team.folder / "__main__.py").write_text(TEAM)
    team.commit()
    team_argument(team)

    report = team.review(["prod"], Extras(pictures=True))

    as_snapshots("team_argument", report)
    moved = {one.key: {c.finding.subject.kind for c in one.moves} for one in report.settings}
    assert moved == {
        "TeamBudget.team-search.monthly_usd": {"alert", "panel"},
        "TeamBudget.team-search.features.query_planner": {"panel"},
    }


def test_a_new_team_is_a_line_for_each_object(pull_request: Repository) -> None:
    """What somebody gets is said, its SQL is folded away, and no statement is lost to a script."""
    (pull_request.folder / "__main__.py").write_text(
        "from llmcost_infra.components import LlmCost, stack_settings\n"
        f'LlmCost("llm-cost", stack_settings())\n{TEAM}'
    )

    report = pull_request.review(["dev", "prod"])

    as_snapshots("new_team", report)
    folded, whole = (text_of(report, sql=sql) for sql in (False, True))
    alerts = [one for one in as_json(report)["changes"] if one["kind"] == "alert"]
    assert all(one["leaves"][0]["after"]["query_condition"]["sql"] for one in alerts)
    assert len(folded.splitlines()) < 40 < len(whole.splitlines())
    assert "SELECT" not in folded
    assert folded.endswith(f"\n{len(alerts)} statements of what is new or gone: add --sql\n")
    assert all("\n".join(f"      {line[1:]}" for line in one["diff"]) in whole for one in alerts)


def text_of(report: Report, *, sql: bool) -> str:
    """A report as it is printed into a pipe."""
    console = Console(file=StringIO(), highlight=False)
    print_report(report, console, sql=sql)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_macro_lists_every_panel_and_alert_that_it_touches(pull_request: Repository) -> None:
    """A changed macro is one change with all its places in each stack, by the code of each end."""
    package = Path(__file__).parents[2] / "llmcost_infra"
    copied = pull_request.folder / "llmcost_infra"
    copy_sources(package, copied)
    pull_request.commit()
    pull_request.edit(
        "llmcost_infra/catalog/sql/macros.sql.j2",
        "  WHERE {{ column(flag) }}{{ whose }}\n",
        "  WHERE {{ column(flag) }} AND llmcost_dialect <> 'wrapper'{{ whose }}\n",
    )

    report = replace(pull_request.review(["dev", "prod"]), files=())

    as_snapshots("macro", report)
    touched = {change.finding.subject.name for change in report.changes}
    assert {"Cost by Model", "daily budget", "Users"} <= touched
    assert {change.finding.aspect for change in report.changes} == {"sql"}
    stacks = {change.finding.subject.name: change.stacks for change in report.changes}
    assert stacks["Cost by Model"] == ("dev", "prod")
    assert stacks["daily budget team search"] == ("prod",)


def calls(folder: Path) -> Path:
    """Write the sample calls as a file of the LLM stream's rows."""
    path = folder / "calls.ndjson"
    none = dict.fromkeys(STORED)
    path.write_text("\n".join(json.dumps(none | row) for row in sample_rows(load_table())))
    return path


def copy_sources(package: Path, to: Path) -> None:
    """Copy a package without what Python made of it."""
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = to / path.relative_to(package)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())


def as_snapshots(name: str, report: Report) -> None:
    """Compare a report with what was recorded; commits have other names each time.

    Pictures are files of their own, in which a reviewer sees what changed.
    """
    assert report.base.startswith("HEAD (")
    report = replace(report, base="main", head="branch")
    written = {f"{name}.md": markdown(report), f"{name}.html": html(replace(report, pictures=()))}
    assert len(written[f"{name}.md"]) <= LIMIT
    for shot in report.pictures:
        light = {side: svg for (side, theme), svg in shot.drawn.items() if theme == "light"}
        written |= {f"{name}/{shot.stem}-{side}.svg": svg for side, svg in light.items()}
    if os.environ.get("UPDATE_SNAPSHOTS"):
        for file, text in written.items():
            (SNAPSHOTS / file).parent.mkdir(exist_ok=True)
            (SNAPSHOTS / file).write_text(text, encoding="utf-8")
    recorded = {*SNAPSHOTS.glob(f"{name}/*"), *SNAPSHOTS.glob(f"{name}.*")}
    assert recorded == {SNAPSHOTS / file for file in written}
    for file, text in written.items():
        assert (SNAPSHOTS / file).read_text(encoding="utf-8") == text
