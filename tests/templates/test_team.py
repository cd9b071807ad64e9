"""A team's repository: made from answers, refused for wrong ones, updated without losing edits."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import copier
import pytest
import yaml

from llmcost_infra.program import run_program
from tests.templates.conftest import ANSWERS, CHECKOUT, TEMPLATE

if TYPE_CHECKING:
    from tests.templates.conftest import Generate


def files(folder: Path) -> set[str]:
    """Return the paths of all files in a folder."""
    found = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody, whatever the machine says."""
    who = ("-c", "user.name=ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")
    command = ["git", *who, "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - git


def test_a_repository_is_small(generate: Generate) -> None:
    """Program, a stack for each environment, workflow, owners, and how to send; nothing else."""
    assert files(generate()) == {
        ".copier-answers.yml",
        ".github/workflows/llm-cost.yml",
        ".gitignore",
        "CODEOWNERS",
        "Pulumi.dev.yaml",
        "Pulumi.prod.yaml",
        "Pulumi.yaml",
        "README.md",
        "__main__.py",
        "requirements.txt",
    }


@pytest.mark.parametrize("team", ["search & find", "検索", "a" * 120])
def test_its_program_declares_the_team_s_budget(generate: Generate, team: str) -> None:
    """For every environment, with all kinds of route, whatever the team is called."""
    routes = ["email", "slack", "teams", "pagerduty", "webhook"]
    folder = generate(team=team, routes=routes)
    for stack, limit in (("dev", "400.00"), ("prod", "4000")):
        config = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
        assert config["config"]["llmcost:monthly_usd"] == limit
        program = run_program(folder, stack)
        assert [one.problems for one in program.resources if one.problems] == []
        alerts = [one for one in program.resources if one.type.endswith(":Alert")]
        assert {one.inputs["context_attributes"]["owner"] for one in alerts} == {
            "ann@example.com, bob@example.com"
        }
        statements = [one.inputs["query_condition"]["sql"] for one in alerts]
        assert all(f"llmcost_team = '{team}'" in sql for sql in statements)


def test_its_workflow_asks_each_environment(generate: Generate) -> None:
    """A preview on a pull request, an update on main, one environment after the other."""
    path = generate() / ".github/workflows/llm-cost.yml"
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    assert list(jobs) == ["dev", "prod"]
    assert jobs["prod"]["needs"] == ["dev"]
    commands = [step.get("run", "") for step in jobs["prod"]["steps"]]
    assert any(one.startswith("pulumi preview") for one in commands)
    assert any(one.startswith("pulumi up") for one in commands)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"team": ""}, "a team has a name"),
        ({"team": "a" * 200}, "at most 120 characters, and this one has 200"),
        ({"team": "../../etc"}, "that is a path"),
        ({"team": "/etc"}, "that is a path"),
        ({"team": " search"}, "take the space around it away"),
        ({"team": 'a"; import os'}, "use letters, digits"),
        ({"monthly_usd": "0"}, "a budget is more than 0"),
        ({"monthly_usd": "-5"}, "write an amount"),
        ({"monthly_usd": "much"}, "write an amount"),
        ({"owners": "ann"}, "write e-mail addresses"),
        ({"environments": []}, "choose at least one"),
        ({"routes": ["pagerduty"]}, "choose one that takes warnings too"),
        ({"url": "observe.example.com"}, "like https://observe.example.com"),
        ({"project": "../x"}, "small letters, digits"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_answer_is_refused(
    generate: Generate, tmp_path: Path, answer: dict[str, Any], said: str
) -> None:
    """With what to write instead, and before anything is made."""
    with pytest.raises(ValueError, match="Validation error") as caught:
        generate(**answer)
    assert said in str(caught.value)
    assert files(tmp_path) == set()


def test_an_address_may_be_pasted_as_a_browser_shows_it(generate: Generate) -> None:
    """The slash at its end is taken away wherever it stands in the repository."""
    folder = generate(url="https://observe.example.com/")
    text = (folder / "README.md").read_text() + (folder / "Pulumi.prod.yaml").read_text()
    assert "ui_url: https://observe.example.com\n" in text
    assert "OTLP_ENDPOINT=https://observe.example.com/api/default\n" in text
    assert "observe.example.com/\n" not in text
    assert "observe.example.com//" not in text


def test_what_is_in_a_folder_is_not_written_over(tmp_path: Path) -> None:
    """Copier asks about each file that differs, and stops where there is nobody to ask."""
    own = tmp_path / "__main__.py"
    own.write_text("print('mine')\n")
    data = [f"--data={name}={value}" for name, value in ANSWERS.items() if isinstance(value, str)]
    told = subprocess.run(  # noqa: S603 - the program of this environment
        [Path(sys.executable).parent / "copier", "copy", "--defaults", *data, TEMPLATE, tmp_path],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode != 0
    assert "conflict" in told.stderr
    assert "Interactive session required" in told.stderr
    assert own.read_text() == "print('mine')\n"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Return the template as a repository with a version, as somebody else publishes it."""
    folder = tmp_path / "published"
    shutil.copytree(TEMPLATE, folder / "templates/team")
    shutil.copy(CHECKOUT / "copier.yml", folder)
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    git(folder, "tag", "v1.0.0")
    return folder


def test_an_update_keeps_what_a_team_wrote(published: Path, tmp_path: Path) -> None:
    """Answers of an older template are enough: what is new is asked, and has a default."""
    team = tmp_path / "team"
    copier.run_copy(str(published), team, data=dict(ANSWERS), defaults=True, quiet=True)
    stack, program = team / "Pulumi.prod.yaml", team / "__main__.py"
    stack.write_text(stack.read_text().replace('monthly_usd: "4000"', 'monthly_usd: "5500"'))
    program.write_text(program.read_text() + "\nprint('ours')\n")
    git(tmp_path, "init", "-q", str(team))
    git(team, "add", "-A")
    git(team, "commit", "-qm", "ours")

    questions = published / "templates/team/questions.yml"
    questions.write_text(questions.read_text() + "\ncost_center:\n  type: str\n  default: none\n")
    source = published / "templates/team/template"
    with (source / "README.md.jinja").open("a") as readme:
        readme.write("\nCost center: {{ cost_center }}\n")
    (source / "NEW.md").write_text("new\n")
    git(published, "add", "-A")
    git(published, "commit", "-qm", "second")
    git(published, "tag", "v1.1.0")
    copier.run_update(team, defaults=True, overwrite=True, quiet=True)

    assert 'monthly_usd: "5500"' in stack.read_text()
    assert program.read_text().endswith("print('ours')\n")
    assert "Cost center: none" in (team / "README.md").read_text()
    assert (team / "NEW.md").is_file()
    answers = yaml.safe_load((team / ".copier-answers.yml").read_text())
    assert (answers["_commit"], answers["cost_center"]) == ("v1.1.0", "none")
    assert answers["team"] == "search"
