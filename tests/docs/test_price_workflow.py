"""The example that keeps prices under review runs commands that are there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import cli_reference
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "examples/github-actions/prices.yml"
STEPS: list[dict[str, Any]] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"][
    "compare"
]["steps"]
SCRIPTS = {step["name"]: step["run"] for step in STEPS if "run" in step}


def test_every_command_of_ours_exists() -> None:
    """The workflow runs commands, targets and tools of this repository as they are named."""
    text = "\n".join(SCRIPTS.values())
    known = {name for name, _help in cli_reference.commands()}

    assert {" ".join(one) for one in re.findall(r"(llmcost) (\w+) ([\w-]+)", text)} <= known
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make (\w+)", text)) == {"lock"} <= targets
    for tool in re.findall(r"python (tools/\w+\.py)", text):
        assert (ROOT / tool).is_file()


def test_it_may_do_no_more_than_open_a_pull_request() -> None:
    """The token's rights are named, and are two."""
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))

    assert workflow["permissions"] == {"contents": "write", "pull-requests": "write"}


def test_what_is_new_is_shown_as_a_diff(tmp_path: Path) -> None:
    """Findings that came and went stand in the pull request's text; those that stayed do not."""
    (tmp_path / "before.txt").write_text("error old\nnote same\n")
    (tmp_path / "after.txt").write_text("error new\nnote same\n")
    (line,) = [one for one in SCRIPTS["Compare with it"].splitlines() if "diff before" in one]

    shown = subprocess.run(
        ["bash"],  # noqa: S607 - bash, wherever it is
        input=line, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert shown.stdout == "- error old\n+ error new\n"
