"""Without --stack, a command is about the stack that Pulumi has selected, or the only one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Type

STACK = "config:\n  llmcost:settings: {environment: test}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without a stack, and a shell without Pulumi's CLI."""
    (tmp_path / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    return tmp_path


def having(project: Path, *stacks: str) -> None:
    """Give a project files of stacks."""
    for name in stacks:
        (project / f"Pulumi.{name}.yaml").write_text(STACK)


def selecting(project: Path, name: str, code: int = 0) -> None:
    """Put a Pulumi on PATH that has a stack selected, or says that it has none."""
    (project / "bin").mkdir()
    script = project / "bin/pulumi"
    script.write_text(f'#!/bin/sh\n[ "$1 $2" = "stack --show-name" ] && echo {name}; exit {code}\n')
    script.chmod(0o755)


def test_the_only_stack_is_meant(project: Path, llmcost: Type) -> None:
    """It is said which, beside what a script reads."""
    having(project, "dev")
    ended = llmcost("render", "--out", "out", "--json")
    assert (ended.code, ended.err.splitlines()[0]) == (0, "Stack dev.")
    assert "Stack" not in ended.out


def test_of_several_the_selected_one_is_meant(project: Path, llmcost: Type) -> None:
    """As every command of Pulumi does."""
    having(project, "dev", "prod")
    selecting(project, "acme/mine/prod")
    assert llmcost("render", "--out", "out").err.startswith("Stack prod.")


def test_pulumis_variable_selects(
    project: Path, llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PULUMI_STACK is before what was selected."""
    having(project, "dev", "prod")
    selecting(project, "prod")
    monkeypatch.setenv("PULUMI_STACK", "dev")
    assert llmcost("render", "--out", "out").err.startswith("Stack dev.")


@pytest.mark.parametrize("code", [None, 255], ids=["no pulumi", "nothing selected"])
def test_of_several_without_a_selection_none_is_guessed(
    project: Path, llmcost: Type, code: int | None
) -> None:
    """Wrong usage: the stacks are named, and how to choose one."""
    having(project, "dev", "prod")
    if code is not None:
        selecting(project, "", code)
    ended = llmcost("render", "--out", "out")
    assert ended.code == 2
    assert "Name a stack with --stack (dev, prod), or select one with" in ended.err
    assert not (project / "out").exists()


def test_a_project_without_stacks_says_so(project: Path, llmcost: Type) -> None:
    """There is nothing to choose from."""
    assert project.is_dir()
    ended = llmcost("render", "--out", "out")
    assert (ended.code, "none has a file yet" in ended.err) == (2, True)


def test_a_named_stack_asks_nobody(project: Path, llmcost: Type) -> None:
    """What is typed is meant, selected or not."""
    having(project, "dev", "prod")
    selecting(project, "prod")
    assert llmcost("render", "--stack", "dev", "--out", "out").err == ""


def test_every_command_about_one_stack_has_the_same_option(llmcost: Type) -> None:
    """None of them demands it, and each says what happens without it."""
    for name in ("backtest", "doctor", "forget", "reconcile", "render", "reprice", "rollup"):
        said = " ".join(llmcost(name, "--help").out.split())
        assert "without it, the one that Pulumi has selected or the only one." in said
        assert "[required] --stack" not in said
