"""The example that releases this package builds what its tag says, and signs what it publishes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cli_reference
import pytest
import yaml

from llmcost_infra import __version__

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "examples/github-actions/release.yml"
JOBS: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
SCRIPTS: dict[str, str] = {
    step["name"]: step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step
}
ACTIONS = [step["uses"].partition("@")[0] for step in JOBS["publish"]["steps"] if "uses" in step]


def run(name: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the runner does."""
    return subprocess.run(  # noqa: S603 - a script of ours
        ["bash", "-e", "-c", SCRIPTS[name]],  # noqa: S607 - bash, wherever it is
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return what the steps read of a checkout whose changelog knows the release."""
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "CHANGELOG.md").write_text(f"## [Unreleased]\n\n## [{__version__}] - 2026-12-01\n")
    return tmp_path


def test_a_tag_is_the_version(checkout: Path) -> None:
    """What is published as 1.2.3 is what pyproject.toml and the package call 1.2.3."""
    assert run("Refuse a tag that is not the version", checkout, TAG=f"v{__version__}").stdout == ""
    other = run("Refuse a tag that is not the version", checkout, TAG="v9.9.9")
    assert other.returncode == 1
    assert f"the tag is v9.9.9, and version is {__version__}" in other.stdout


def test_a_release_is_in_the_changelog(checkout: Path) -> None:
    """Nothing is published that its users cannot read about."""
    (checkout / "CHANGELOG.md").write_text("## [Unreleased]\n")
    told = run("Refuse a tag that is not the version", checkout, TAG=f"v{__version__}")
    assert told.returncode == 1
    assert f"there is no section [{__version__}]" in told.stdout


def test_what_is_installed_is_what_the_lock_names(checkout: Path) -> None:
    """Every package of the lock is pinned, by its version and without hashes."""
    assert run("Pin what an installation holds", checkout).returncode == 0
    pins = (checkout / "constraints.txt").read_text().splitlines()
    locked = re.findall(
        r"^([\w.-]+==[^\s;\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
    assert len(pins) > 50
    assert pins == locked


def test_what_is_published_is_signed_first() -> None:
    """Provenance and list of contents are stated about the very files that are uploaded."""
    assert ACTIONS == [
        "actions/download-artifact",
        "actions/attest-build-provenance",
        "actions/attest-sbom",
        "pypa/gh-action-pypi-publish",
    ]
    signed = [step["with"]["subject-path"] for step in JOBS["publish"]["steps"][1:3]]
    assert signed == ["dist/*", "dist/*"]


def test_no_job_may_do_more_than_it_has_to() -> None:
    """What runs the project's code cannot sign or publish, and what signs runs none of it."""
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    assert JOBS["build"]["permissions"] == {"contents": "read"}
    assert JOBS["publish"]["environment"] == "release"
    assert not any("checkout" in action for action in ACTIONS)


def test_every_command_of_ours_exists() -> None:
    """Commands, targets, tools and extras are named as they are."""
    text = "\n".join(SCRIPTS.values())
    known = {name for name, _help in cli_reference.commands()}
    used = set(re.findall(r"^llmcost (\w+)", text, re.MULTILINE))
    assert used == {"schema", "render"}
    assert {f"llmcost {name}" for name in used} <= known
    for tool in re.findall(r"python (tools/\w+\.py)", text):
        assert (ROOT / tool).is_file()
    extras = re.search(r"\[(local,[\w,]+)\]", text)
    assert extras is not None
    project = (ROOT / "pyproject.toml").read_text()
    for extra in extras[1].split(","):
        assert re.search(rf"^{extra} = \[$", project, re.MULTILINE)
