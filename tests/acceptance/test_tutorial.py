"""The tutorial, typed line by line as it stands."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
# A copy of the program has no Makefile; these are what the two targets run once the environment is
# there, and it is the one in which this test runs.
MADE = {"make up": "llmcost up", "make down": "llmcost down", "source .venv/bin/activate": ":"}

pytestmark = [pytest.mark.cli, pytest.mark.usefixtures("pulumi_on_path")]


def typed() -> list[str]:
    """Return the lines that a reader types, in order."""
    return re.findall(r"^\$ (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture
def clone(project: Path) -> Iterator[Path]:
    """A clone of the program with nothing started yet, and nothing left running."""
    ignored = (PAGE.parents[1] / ".gitignore").read_text(encoding="utf-8")
    (project / ".gitignore").write_text(f"{ignored}.venv\n")
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        ("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "x"),
    ):
        subprocess.run(["git", *command], cwd=project, check=True)  # noqa: S603, S607 - ours
    yield project
    run("llmcost down", project)


def run(command: str, folder: Path) -> str:
    """Return what a command says; a finding is an answer too."""
    ended = subprocess.run(  # noqa: S603 - from our own page
        ["bash", "-c", command],  # noqa: S607 - the shell that is there
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode in {0, 4}, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def test_every_line_does_what_the_page_says(clone: Path) -> None:
    """From nothing to a dashboard, a limit tried on the past, and an alert that is quiet."""
    said: dict[str, list[str]] = {}
    for line in typed():
        said.setdefault(line, []).append(run(MADE.get(line, line), clone))

    first, second = said["make up"]
    assert "demo_daily_budget" in first.partition("What the alerts tell")[2]
    assert "demo_daily_budget" not in second.partition("What the alerts tell")[2]
    updated = re.search(r"~ (\d+) updated", second)
    assert updated
    assert 1 < int(updated[1]) < 8
    assert "alert_destination" in said["ls rendered"][0]
    assert "0 errors" in said["llmcost check --stack local"][0]
    assert "limit 1.50 → 25" in said["llmcost review --base HEAD --stack local"][0]
    replayed = [out[0] for line, out in said.items() if line.startswith("llmcost backtest")]
    # How often depends on the hour: sample calls of the last day are counted from now on.
    assert re.search(r"demo_daily_budget: fired (?:once|\d+ times)", replayed[0])
    assert re.search(r"limit 1\.50 → 25: [1-9]\d* → 0 firings", replayed[1])
    assert not run("git status --porcelain", clone)
    assert not (clone / "rendered").exists()
