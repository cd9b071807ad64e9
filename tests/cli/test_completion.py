"""A shell completes our commands and options, by the scripts that docs/install.md names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llmcost_infra.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/install.md").read_text()
LLMCOST = Path(sys.executable).parent / "llmcost"


def complete(*words: str) -> list[str]:
    """Return what is offered for the last of the words."""
    told = subprocess.run(  # noqa: S603 - our own command
        [str(LLMCOST)],
        env={
            **os.environ,
            "_LLMCOST_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("llmcost", *words)),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.partition(",")[2] for line in told.stdout.splitlines()]


def test_commands_are_completed() -> None:
    """Those of the group that was typed, and no other ones."""
    assert complete("ad") == ["adopt"]
    assert complete("local", "") == ["serve", "ingest", "reset"]


def test_every_command_is_offered() -> None:
    """The list is that of the help."""
    assert complete("") == list(cli.lazy)


def test_options_and_their_values_are_completed() -> None:
    """A choice offers what can be chosen."""
    assert "--folder" in complete("adopt", "--f")
    assert complete("schema", "s") == ["stack", "settings"]


@pytest.mark.parametrize("command", ["doctor", "check", "review"])
def test_stacks_are_completed(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that have a file in the project."""
    monkeypatch.chdir(ROOT)
    assert complete(command, "--stack", "p") == ["prod"]
    monkeypatch.chdir("/")
    assert not any(complete(command, "--stack", "p"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_page_names_the_script_of_each_shell(shell: str) -> None:
    """The line on the page makes a script that knows our command."""
    line = re.search(rf"_LLMCOST_COMPLETE={shell}_source llmcost", PAGE)
    assert line is not None
    told = subprocess.run(  # noqa: S603 - our own command
        [str(LLMCOST)],
        env={**os.environ, "_LLMCOST_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"_LLMCOST_COMPLETE={shell}_complete" in told.stdout


def test_bash_completes_by_the_script() -> None:
    """What the page tells to put into ~/.bashrc works in a real bash."""
    bash = shutil.which("bash")
    assert bash is not None
    (line,) = re.findall(
        r"^eval \"\$\(_LLMCOST_COMPLETE=bash_source llmcost\)\"$", PAGE, re.MULTILINE
    )
    script = (
        f"{line}\nCOMP_WORDS=(llmcost rec) COMP_CWORD=1\n"
        '_llmcost_completion llmcost rec llmcost\necho "${COMPREPLY[@]}"\n'
    )  # fmt: skip
    told = subprocess.run(  # noqa: S603 - a shell that reads our own script
        [bash, "-c", script],
        env={**os.environ, "PATH": os.pathsep.join((str(LLMCOST.parent), os.environ["PATH"]))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["reconcile"]
