"""The example that compares each month runs a command that is there; the key goes to it alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cli_reference
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "examples/github-actions/reconcile.yml"
FILE: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = FILE["jobs"]["reconcile"]["steps"]
SCRIPTS = {step["name"]: step["run"] for step in STEPS if "run" in step}


def test_it_runs_on_the_third_of_the_month() -> None:
    """YAML reads `on` as true."""
    assert FILE[True]["schedule"] == [{"cron": "0 6 3 * *"}]


def test_the_command_and_its_options_exist() -> None:
    """As the reference of commands names them."""
    help_ = dict(cli_reference.commands())["llmcost reconcile"]
    command = SCRIPTS["Compare"]
    assert "llmcost reconcile" in command
    for option in ("--stack", "--month", "--out"):
        assert option in command
        assert option in help_


def test_the_key_is_given_to_one_step_only() -> None:
    """Neither the job nor the steps that keep reports have it, and no script prints it."""
    assert "env" not in FILE
    assert "env" not in FILE["jobs"]["reconcile"]
    holding = [step.get("name") for step in STEPS if "ADMIN_KEY" in str(step)]
    assert holding == ["Compare"]
    assert not [one for one in SCRIPTS.values() if "ADMIN_KEY" in one]
