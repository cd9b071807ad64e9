"""The Pulumi CLI on PATH answers questions, and a broken one is no more than silent."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.pulumi_cli import answer, cli_on_path, run

if TYPE_CHECKING:
    from pathlib import Path

Make = Callable[[str], str]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Put a CLI on PATH that does what a script says."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def make(script: str) -> str:
        (tmp_path / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "pulumi").chmod(0o755)
        found = cli_on_path()
        assert found == str(tmp_path / "pulumi")
        return found

    return make


def test_without_one_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks says what can be done without it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli_on_path() is None


def test_an_answer_is_what_it_prints(cli: Make, tmp_path: Path) -> None:
    """In the project's folder; what it warns of beside it is no answer."""
    folder = tmp_path / "project"
    folder.mkdir()
    script = 'echo "$1 in $PWD"; echo warning >&2'
    assert answer(cli(script), "whoami", folder=folder) == f"whoami in {folder}"


@pytest.mark.parametrize("script", ["echo half; exit 255", "kill -9 $$"])
def test_a_cli_that_fails_gives_no_answer(cli: Make, script: str) -> None:
    """What it printed before is not taken for one."""
    assert answer(cli(script), "whoami") is None


def test_a_file_that_cannot_run_gives_no_answer(cli: Make, tmp_path: Path) -> None:
    """It is there, but of another machine."""
    found = cli("")
    (tmp_path / "pulumi").write_bytes(b"\x7fELF")
    assert answer(found, "whoami") is None
    with pytest.raises(OSError, match="format"):
        run(found, "whoami")


def test_a_cli_that_is_too_slow_gives_no_answer(cli: Make) -> None:
    """Its backend may be far away: it is killed."""
    waits = cli("kill -STOP $$")
    assert answer(waits, "whoami", within_s=0.05) is None
    with pytest.raises(subprocess.TimeoutExpired):
        run(waits, "whoami", within_s=0.05)


def test_nobody_is_asked_anything(cli: Make) -> None:
    """It is told so, looks for no newer one, and reads what it is given and then the end."""
    script = 'echo "$*" $PULUMI_SKIP_UPDATE_CHECK; while read -r line; do echo "$line"; done'
    ended = run(cli(script), "config", given="value\n")
    assert ended.stdout == "config --non-interactive --color never true\nvalue\n"
