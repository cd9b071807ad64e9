"""The examples that review changes and find drift do what they say, and may do no more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cli_reference
import pytest
import yaml

from llmcost_infra.review.as_markdown import MARKER

ROOT = Path(__file__).parents[2]
REVIEW = ROOT / "examples/github-actions/review.yml"
DRIFT = ROOT / "examples/github-actions/drift.yml"
GITLAB = ROOT / "examples/gitlab/review.yml"
LOADED: dict[str, Any] = {
    path.parent.name + "/" + path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (REVIEW, DRIFT, GITLAB)
}


def scripts(name: str) -> list[str]:
    """Every script of an example."""
    loaded = LOADED[name]
    if "jobs" not in loaded:
        return ["\n".join(job["script"]) for job in loaded.values()]
    steps = [step for job in loaded["jobs"].values() for step in job["steps"]]
    return [step["run"] for step in steps if "run" in step]


@pytest.mark.parametrize("name", LOADED)
def test_nothing_of_a_stranger_is_put_into_a_script(name: str) -> None:
    """Scripts read variables; text of a pull request is never pasted into them."""
    assert not [one for one in scripts(name) if "${{" in one]


@pytest.mark.parametrize("path", [REVIEW, GITLAB], ids=lambda path: path.parent.name)
def test_the_comment_is_found_by_what_reports_begin_with(path: Path) -> None:
    """One comment is written over; its mark is the report's."""
    assert f'startswith("{MARKER}")' in path.read_text()


@pytest.mark.parametrize("path", [REVIEW, GITLAB], ids=lambda path: path.parent.name)
def test_the_command_is_there_with_its_options(path: Path) -> None:
    """The examples run a command as it is named, with options that it has."""
    told = dict(cli_reference.commands())["llmcost review"]
    (call,) = re.findall(r"llmcost review (--base [^>]*)>", path.read_text())

    assert all(option in told for option in re.findall(r"--\w+", call))


def test_who_runs_a_pull_request_may_not_write() -> None:
    """The job with the pull request's code only reads; the one that comments runs none of it."""
    workflow = LOADED["github-actions/review"]
    jobs = workflow["jobs"]

    assert workflow["permissions"] == {}
    assert jobs["review"]["permissions"] == {"contents": "read"}
    assert jobs["comment"]["permissions"] == {"pull-requests": "write"}
    assert not any("checkout" in step.get("uses", "") for step in jobs["comment"]["steps"])
    # YAML reads `on` as true.
    assert list(workflow[True]) == ["pull_request"]
    assert "secrets." not in "\n".join(scripts("github-actions/review")) + str(jobs)


def test_the_drift_job_changes_nothing() -> None:
    """It previews, and its token writes issues only."""
    workflow = LOADED["github-actions/drift"]

    assert workflow["permissions"] == {"contents": "read", "issues": "write"}
    commands = re.findall(r"pulumi (\w+)([^\n]*)", "\n".join(scripts("github-actions/drift")))
    assert [name for name, _ in commands if name != "up"] == ["refresh"]
    assert all("--preview-only" in rest for name, rest in commands if name == "refresh")
