"""`pulumi new`: a project from the template, in a folder where nothing is yet."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from llmcost_infra.program import run_program
from tests.templates.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.cli, pytest.mark.usefixtures("pulumi_on_path")]

TEMPLATE = CHECKOUT / "templates" / "team-pulumi"
ANSWERS = {
    "llmcost:team": "équipe recherche",
    "llmcost:monthly_usd": "4000",
    "llmcost:owner": "ann@example.com",
    "llmcost:features": "rank, summarize",
    "llmcost:prefix": "dev_",
    "llmcost:alerts_url": {"secure": "v1:x"},
    "openobserve:url": "https://observe.example.com",
    "openobserve:organization": "acme",
    "openobserve:user": "llmcost@example.com",
    "openobserve:password": {"secure": "v1:y"},
}


def new(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `pulumi new` with our template."""
    options = ["--generate-only", "--yes", "--offline", "--name", "llmcost-search"]
    return subprocess.run(  # noqa: S603 - the CLI
        ["pulumi", "new", str(TEMPLATE), *options, "--description", "d", "--dir", str(folder)],  # noqa: S607 - on PATH
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_project_declares_the_budget(tmp_path: Path) -> None:
    """It is small, and its program needs the answers to the template's questions alone."""
    folder = tmp_path / "new"
    done = new(folder)
    assert done.returncode == 0, done.stderr
    assert len(list(folder.iterdir())) < 15
    questions = yaml.safe_load((TEMPLATE / "Pulumi.yaml").read_text())["template"]["config"]
    assert questions.keys() == ANSWERS.keys()
    secret = {key for key, value in questions.items() if value.get("secret")}
    assert secret == {key for key, value in ANSWERS.items() if isinstance(value, dict)}

    (folder / "Pulumi.dev.yaml").write_text(json.dumps({"config": ANSWERS}), encoding="utf-8")
    program = run_program(folder, "dev")
    assert [one.problems for one in program.resources if one.problems] == []
    alerts = [one for one in program.resources if one.type.endswith(":Alert")]
    assert {one.inputs["stream_name"] for one in alerts} == {"dev_llm_calls"}
    assert {one.inputs["context_attributes"]["owner"] for one in alerts} == {"ann@example.com"}


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    """Pulumi refuses it and names the option that would not."""
    (tmp_path / "__main__.py").write_text("print('mine')\n")
    done = new(tmp_path)
    assert done.returncode != 0
    assert "not empty" in done.stderr
    assert (tmp_path / "__main__.py").read_text() == "print('mine')\n"
