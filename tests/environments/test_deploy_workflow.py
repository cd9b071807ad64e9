"""The example workflow previews what is asked for, and updates what was merged and approved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "examples/github-actions/deploy.yml"
STACKS = ["dev", "staging", "prod"]


def jobs() -> dict[str, Any]:
    """Return the jobs of the workflow."""
    found: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    return found


def test_it_is_about_the_stacks_that_are_there() -> None:
    """Each has a file, and the environments go from dev to prod one at a time."""
    for job in jobs().values():
        assert job["strategy"]["matrix"]["stack"] == STACKS
    assert all((ROOT / f"Pulumi.{stack}.yaml").is_file() for stack in STACKS)
    assert jobs()["update"]["strategy"]["max-parallel"] == 1


def test_a_pull_request_reaches_no_secret_of_an_update() -> None:
    """A preview runs in an environment of its own, and nothing of it writes."""
    preview, update = jobs()["preview"], jobs()["update"]
    assert preview["if"] == "github.event_name == 'pull_request'"
    assert update["if"] == "github.event_name == 'push'"
    assert preview["environment"] == "${{ matrix.stack }}-preview"
    assert update["environment"] == "${{ matrix.stack }}"
    writing = [step for step in preview["steps"] if "pulumi up" in step.get("run", "")]
    assert [step["if"] for step in writing] == ["github.event_name == 'push'"]
