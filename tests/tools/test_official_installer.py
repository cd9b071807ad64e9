"""The vendor's installer is asked for first, and whatever goes wrong is one line and a code."""

from __future__ import annotations

import io
import urllib.request
from typing import TYPE_CHECKING
from urllib.error import URLError

import official_installer
from pulumi.automation import PulumiCommand

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_probe_reads_one_byte_with_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reaching the installer means an answer within ten seconds, not a download."""
    asked: list[tuple[str, float]] = []
    answer = io.BytesIO(b"#!/bin/sh")

    def urlopen(url: str, timeout: float) -> io.BytesIO:
        asked.append((url, timeout))
        return answer

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)

    assert official_installer.main(["probe"]) == 0
    assert asked == [("https://get.pulumi.com/install.sh", 10)]
    assert answer.closed


def test_a_closed_network_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason becomes part of the set-up's last message, so it is one line."""

    def refused(url: str, timeout: float) -> None:
        raise URLError(f"no way to {url} in {timeout:g}")

    monkeypatch.setattr(urllib.request, "urlopen", refused)

    assert official_installer.main(["probe"]) == 1
    assert capsys.readouterr().out.count("\n") == 1


def test_it_installs_the_version_into_the_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The version is the one that the Python lock names, whatever is the newest."""
    got: list[tuple[str, str]] = []

    def install(*, root: str, version: object) -> None:
        got.append((root, str(version)))

    monkeypatch.setattr(PulumiCommand, "install", install)

    assert official_installer.main(["install", str(tmp_path), "3.259.0"]) == 0
    assert got == [(str(tmp_path), "3.259.0")]


def test_a_version_that_is_none_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong pin is reported like any other failure."""
    assert official_installer.main(["install", "/nowhere", "newest"]) == 1
    assert "newest" in capsys.readouterr().out


def test_other_words_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Called by hand without a command, it says how it is called."""
    assert official_installer.main([]) == 2
    assert capsys.readouterr().out.startswith("usage: ")
