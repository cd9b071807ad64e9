"""A Chromium is found or installed in a fixed order, and where it cannot be, that is said."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import chromium
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.conftest import Programs


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch, bin_folder: Path) -> None:
    """Only what a test puts on PATH is there."""
    monkeypatch.setenv("PATH", str(bin_folder))
    monkeypatch.delenv("CHROMIUM", raising=False)


def become(monkeypatch: pytest.MonkeyPatch, user: int) -> None:
    """Run as this user id."""
    monkeypatch.setattr(os, "geteuid", lambda: user)


def test_what_the_variable_names_comes_first(
    program: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A browser of one's own goes before what is on PATH."""
    program("chromium")
    own = program("my-browser", folder=tmp_path / "elsewhere")
    monkeypatch.setenv("CHROMIUM", str(own))
    assert chromium.chromium() == str(own)


def test_a_variable_that_names_nothing_is_told(
    program: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typing error does not silently take another browser."""
    program("chromium")
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    with pytest.raises(chromium.NoChromiumError, match="/no/such/browser"):
        chromium.chromium()


def test_a_browser_on_the_path_is_taken(
    program: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it is called; its path is all that stands on stdout."""
    path = program("google-chrome")
    assert chromium.main() == 0
    assert capsys.readouterr().out == f"{path}\n"


def test_root_gets_the_package(
    program: Programs, monkeypatch: pytest.MonkeyPatch, bin_folder: Path, tmp_path: Path
) -> None:
    """`apt-get` updates its lists and installs; then the program is there."""
    become(monkeypatch, 0)
    log = tmp_path / "log"
    browser = bin_folder / "chromium"
    program(
        "apt-get",
        f'echo "$@" >> {log}',
        f'[ "$2" = install ] && echo "#!/bin/sh" > {browser} && /bin/chmod 755 {browser}',
        "exit 0",
    )
    assert chromium.chromium() == str(browser)
    steps = ["-q update", "-q install -y --no-install-recommends chromium"]
    assert log.read_text().splitlines() == steps


def test_a_failed_installation_shows_what_apt_said(
    program: Programs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last lines of its output are the reason."""
    become(monkeypatch, 0)
    program("apt-get", "echo 'E: no such host'", "exit 100")
    assert chromium.main() == 1
    assert "E: no such host" in capsys.readouterr().err


def test_a_package_without_a_program_is_told(
    program: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some systems have a package of that name that is only a pointer."""
    become(monkeypatch, 0)
    program("apt-get")
    with pytest.raises(chromium.NoChromiumError, match="brought no program"):
        chromium.chromium()


@pytest.mark.parametrize("user", [0, 1000])
def test_without_a_way_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    """Neither root without apt-get nor another user is left with a riddle."""
    become(monkeypatch, user)
    with pytest.raises(chromium.NoChromiumError, match="apt-get install chromium"):
        chromium.chromium()


def test_the_browser_calls_nobody(tmp_path: Path) -> None:
    """Its own traffic is off, and its profile is the test's."""
    flags = chromium.flags(tmp_path)
    assert "--disable-background-networking" in flags
    assert f"--user-data-dir={tmp_path}" in flags
