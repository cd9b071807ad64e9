"""The Pulumi CLI on PATH, run without anybody being asked anything."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["answer", "cli_on_path", "run"]


def cli_on_path() -> str | None:
    """Return where the CLI is; None where PATH has none."""
    return shutil.which("pulumi")


def answer(
    cli: str, *arguments: str, folder: Path | None = None, within_s: float | None = None
) -> str | None:
    """Return what the CLI says to a question; None where it fails or says nothing in time.

    Args:
        cli: where it is.
        arguments: the question.
        folder: of the project that it is about.
        within_s: seconds that the answer may take.
    """
    try:
        ended = run(cli, *arguments, folder=folder, within_s=within_s)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.stdout.strip() if ended.returncode == 0 else None


def run(
    cli: str,
    *arguments: str,
    folder: Path | None = None,
    given: str = "",
    within_s: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Return how a command of the CLI ended, with its words in plain text.

    Args:
        cli: where it is.
        arguments: the command.
        folder: of the project that it is about.
        given: on its standard input.
        within_s: seconds that it may take.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it took longer, and was killed.
    """
    return subprocess.run(  # noqa: S603 - the CLI that an update would run
        [cli, *arguments, "--non-interactive", "--color", "never"],
        cwd=folder,
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=within_s,
    )
