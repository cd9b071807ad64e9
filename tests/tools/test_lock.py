"""The lock is written for every platform, by hash, and says nothing about where it was made."""

from __future__ import annotations

import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lock
import pytest
import watched

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(lock.__file__).parent.parent


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Note the commands that would run, and let each succeed."""
    ran: list[list[str]] = []

    def run(command: Sequence[str], **how: Any) -> watched.Finished:
        assert how["cwd"] == ROOT
        ran.append(list(command))
        return watched.Finished(0, ())

    monkeypatch.setattr(watched, "run", run)
    monkeypatch.setattr(venv, "create", lambda _folder, *, with_pip: with_pip)
    monkeypatch.setattr(sys, "argv", ["lock.py", "--upgrade-package", "httpx"])
    return ran


def test_it_resolves_all_extras_for_every_platform_with_hashes(commands: list[list[str]]) -> None:
    """One lock serves Linux, macOS and every Python from 3.11; further words go to the resolver."""
    assert lock.main() == 0

    _get_uv, resolve, examples, apps = commands
    text = " ".join(resolve)
    for words in (
        "pip compile pyproject.toml --all-extras",
        "--universal --python-version 3.11 --generate-hashes",
        "--constraints tools/constraints.txt --output-file requirements.lock",
        "--no-emit-index-url --no-annotate --no-header",
    ):
        assert words in text
    assert text.endswith("--upgrade-package httpx")
    for command, folder in ((examples, "examples"), (apps, "tests/apps")):
        files = f"{folder}/requirements.txt --output-file {folder}/requirements.lock"
        assert files in " ".join(command)
        assert "--generate-hashes" in command
        assert "--no-emit-index-url" in command


def test_the_resolver_is_thrown_away(commands: list[list[str]]) -> None:
    """The resolver lives in a temporary folder: neither the lock nor .venv has it."""
    lock.main()

    folders = {Path(command[0]).parent.parent for command in commands}
    assert len(folders) == 1
    assert not folders.pop().exists()
    assert "\nuv==" not in (ROOT / "requirements.lock").read_text()


def test_a_resolver_that_fails_is_quoted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Why there is no solution stands in the resolver's own words."""
    monkeypatch.setattr(venv, "create", lambda _folder, *, with_pip: with_pip)
    monkeypatch.setattr(
        watched, "run", lambda *_args, **_how: watched.Finished(1, ("a needs b", "b is gone"))
    )

    assert lock.main() == 1
    assert capsys.readouterr().err == "getting uv failed:\na needs b\nb is gone\n"


def test_the_exact_choices_are_in_the_lock() -> None:
    """Whoever changes a constraint writes the lock anew."""
    text = (ROOT / "requirements.lock").read_text()
    chosen = (ROOT / "tools/constraints.txt").read_text().splitlines()

    for line in chosen:
        assert line.startswith("#") or f"\n{line} " in text
