"""The Pulumi CLI on PATH, run without anybody being asked anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["answer", "cli_on_path", "run", "show"]


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
    environment: Mapping[str, str] = os.environ,
    given: str = "",
    within_s: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Return how a command of the CLI ended, with its words in plain text.

    Args:
        cli: where it is.
        arguments: the command.
        folder: of the project that it is about.
        environment: that it runs in.
        given: on its standard input.
        within_s: seconds that it may take.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it took longer, and was killed.
    """
    return subprocess.run(  # noqa: S603 - the CLI that an update would run
        _command(cli, *arguments, colour="never"),
        cwd=folder,
        env=_quiet(environment),
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=within_s,
    )


def show(cli: str, *arguments: str, folder: Path, environment: Mapping[str, str]) -> int:
    """Run a command of the CLI that says on this terminal how far it is; return its exit code.

    Args:
        cli: where it is.
        arguments: the command.
        folder: of the project that it is about.
        environment: that it runs in.

    Raises:
        OSError: it cannot be started.
    """
    shown = sys.stdout.isatty()
    colour, quiet = ("auto", ()) if shown else ("never", ("--suppress-progress",))
    with subprocess.Popen(  # noqa: S603 - the CLI that an update would run
        _command(cli, *arguments, *quiet, colour=colour),
        cwd=folder,
        env=_quiet(environment),
    ) as running:
        try:
            return running.wait()
        except KeyboardInterrupt:
            # The terminal told it as well. Killed, it would leave its lock, and on the server what
            # its state does not know: it ends what it has begun, or with a second Ctrl-C at once.
            running.wait()
            raise


def _command(cli: str, *arguments: str, colour: str) -> list[str]:
    return [cli, *arguments, "--non-interactive", "--color", colour]


def _quiet(environment: Mapping[str, str]) -> dict[str, str]:
    return {**environment, "PULUMI_SKIP_UPDATE_CHECK": "true"}
