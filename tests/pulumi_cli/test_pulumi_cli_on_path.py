"""The Pulumi CLI on PATH answers questions, and a broken one is no more than silent."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.pulumi_cli import answer, cli_on_path, run, show

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


def test_it_runs_in_the_environment_that_is_named(cli: Make) -> None:
    """A first run keeps its state in a folder of its own."""
    ended = run(cli('echo "$PULUMI_HOME"'), "whoami", environment={"PULUMI_HOME": "here"})
    assert ended.stdout == "here\n"


def test_what_is_shown_is_not_kept(
    cli: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """An update says itself how far it is, without colours and dots where this is no terminal."""
    found = cli('echo "$*"; echo warning >&2; exit 3')
    assert show(found, "up", folder=tmp_path, environment={}) == 3
    assert capfd.readouterr() == (
        "up --suppress-progress --non-interactive --color never\n",
        "warning\n",
    )


def test_ctrl_c_lets_it_end_what_it_has_begun(
    cli: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed, it would leave its lock, and on the server what its state does not know."""
    wait, go_on = subprocess.Popen[bytes].wait, tmp_path / "go-on"

    def interrupted(*_: object) -> int:
        monkeypatch.setattr(subprocess.Popen, "wait", wait)
        go_on.touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    found = cli(f'until [ -e "{go_on}" ]; do :; done; echo ended')
    with pytest.raises(KeyboardInterrupt):
        show(found, "up", folder=tmp_path, environment={})
    assert capfd.readouterr().out == "ended\n"
