"""`llmcost check` prints what it finds for people, scripts and GitHub, and ends with 4."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.check import Finding, gathering
from llmcost_infra.check.running import Report
from llmcost_infra.cli import check as check_command

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Type

PROGRAM = """
import sys
from llmcost_infra.resources import Dashboard, Stream

Stream("s", name="calls", stream_type="traces", fields={"cost": "utf8"})
panel = {
    "order": 1, "type": "metric", "title": "T", "width": 96, "height": 9, "stream": "calls",
    "stream_type": "traces", "query": 'SELECT MAX(costs) AS n FROM "calls"',
    "y_axis": [{"alias": "n"}], "config": {"unit": "numbers"},
}
Dashboard("d", title="D", tabs={"t": {"order": 1, "name": "T", "panels": {"p": panel}}})
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a stack `dev` and one mistake, and go into it."""
    folder = tmp_path / "project"
    (folder / "docs").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(PROGRAM)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)
    # Which prices somebody has to look at again follows from the day.
    monkeypatch.setattr(gathering, "due_rows", lambda *_: [])
    return folder


@pytest.mark.usefixtures("project")
def test_it_prints_file_line_rule_and_what_to_do(llmcost: Type) -> None:
    """A person reads where, which rule, what is wrong and the next step; errors end with 4."""
    ended = llmcost("check")
    assert (ended.code, ended.err) == (4, "")
    assert ended.out.splitlines() == [
        "__main__.py:11: error sql-plan: there is no column 'costs'",
        "  did you mean 'cost'?",
        "1 error, 0 warnings in dev.",
    ]


def test_what_is_said_of_many_places_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Every panel of a team reads the stream that the platform declares; no finding is lost."""
    same = [Finding(f"{n}.sql", 1, "sql-unknown-stream", "warning", "reads x") for n in range(40)]
    few = [Finding("few.sql", n, "sql-plan", "error", "no column", "mend it") for n in (1, 2, 3)]

    check_command._print(Report(("dev",), (*same, *few)))

    assert capsys.readouterr().out.splitlines() == [
        "0.sql:1: warning sql-unknown-stream: reads x",
        "  and the same at 39 other places, which --json lists",
        *(
            line
            for n in (1, 2, 3)
            for line in (f"few.sql:{n}: error sql-plan: no column", "  mend it")
        ),
        "3 errors, 40 warnings in dev.",
    ]


@pytest.mark.usefixtures("project")
def test_it_prints_json_and_annotations(llmcost: Type) -> None:
    """The same as JSON with stable keys, and as commands of a workflow."""
    told = json.loads(llmcost("check", "--stack", "dev", "--json").out)
    assert (told["version"], told["stacks"], told["errors"], told["warnings"]) == (
        1,
        ["dev"],
        1,
        0,
    )
    assert told["findings"][0]["rule"] == "sql-plan"
    github = llmcost("check", "--format", "github").out
    assert github == (
        "::error file=__main__.py,line=11,title=sql-plan::"
        "there is no column 'costs'%0Adid you mean 'cost'?\n"
    )


@pytest.mark.usefixtures("project")
def test_paths_narrow_it(llmcost: Type) -> None:
    """What other files declare is not told; a path that is not there is refused."""
    ended = llmcost("check", "docs")
    assert (ended.code, ended.out) == (0, "0 errors, 0 warnings in dev.\n")
    missing = llmcost("check", "doc")
    assert missing.code == 2
    assert "doc: there is no such file" in missing.err
    assert "did you mean 'docs'?" in missing.err


def test_a_stack_that_is_not_there_or_not_yaml_is_a_finding(llmcost: Type, project: Path) -> None:
    """The other stacks are looked at all the same."""
    (project / "Pulumi.prod.yaml").write_text("config: [\n")
    told = json.loads(llmcost("check", "--all-stacks", "--json").out)
    assert [(one["rule"], one["stacks"]) for one in told["findings"]] == [
        ("declaration", ["prod"]),
        ("sql-plan", ["dev"]),
    ]
    unknown = llmcost("check", "--stack", "deb")
    assert unknown.code == 4
    assert "did you mean 'dev'?" in unknown.out


@pytest.mark.usefixtures("project")
def test_one_stack_and_all_exclude_each_other(llmcost: Type) -> None:
    """Which of the two is meant is not guessed."""
    assert llmcost("check", "--stack", "dev", "--all-stacks").code == 2
