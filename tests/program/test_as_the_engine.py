"""What is read of a program is what the real engine plans to make."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmcost_infra.program import run_program

CHECKOUT = Path(__file__).parents[2]
SECRETS = {"hash_key": "salt", "slack_url": "https://hooks.slack.com/services/T0/B0/x"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine's JSON has for a text that only the update knows."""


def preview(folder: Path, stack: str) -> dict[str, dict[str, Any]]:
    """Return the inputs of every resource of a preview by the CLI, by URN."""
    pulumi(folder, "stack", "init", stack)
    for name, value in SECRETS.items():
        pulumi(folder, "config", "set", "--stack", stack, "--secret", f"llmcost:{name}", value)
    steps = json.loads(pulumi(folder, "preview", "--stack", stack, "--json"))["steps"]
    return {step["urn"]: step["newState"].get("inputs", {}) for step in steps}


def pulumi(folder: Path, *arguments: str) -> str:
    """Run the CLI and return what it prints."""
    return subprocess.run(  # noqa: S603 - arguments are ours
        ["pulumi", "--non-interactive", *arguments],  # noqa: S607 - put on PATH by a fixture
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.cli
@pytest.mark.usefixtures("pulumi_on_path")
def test_urns_and_inputs_are_the_engine_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every resource has its URN and its checked inputs; what is unknown there has a name."""
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
        shutil.copy(CHECKOUT / name, tmp_path)
    (tmp_path / ".venv").symlink_to(CHECKOUT / ".venv")
    (tmp_path / "state").mkdir()
    monkeypatch.setenv("PULUMI_BACKEND_URL", (tmp_path / "state").as_uri())
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "test")
    monkeypatch.setenv("PULUMI_PYTHON_CMD", sys.executable)
    monkeypatch.setenv("PULUMI_SKIP_UPDATE_CHECK", "true")
    monkeypatch.setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")

    planned = preview(tmp_path, "dev")
    read = {one.urn: dict(one.inputs) for one in run_program(tmp_path, "dev").resources}

    (stack,) = planned.keys() - read.keys()
    assert stack.endswith("::pulumi:pulumi:Stack::llmcost-dev")
    assert read.keys() == planned.keys() - {stack}
    named = {
        value
        for urn, inputs in read.items()
        for key, value in inputs.items()
        if planned[urn][key] == UNKNOWN
    }
    folders = ("llm-cost-alerts-folder", "llm-cost-dashboard-folder")
    assert named == {f"${{{folder}.folder_id}}" for folder in folders}
    known = {
        urn: {key: value for key, value in inputs.items() if planned[urn][key] != UNKNOWN}
        for urn, inputs in read.items()
    }
    assert known == {
        urn: {key: value for key, value in planned[urn].items() if value != UNKNOWN} for urn in read
    }
