"""Finds a Chromium, or installs Debian's package of it; prints the program's path on stdout.

In this order: what CHROMIUM names, what is on PATH, `apt-get` where this user is root.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import watched

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NoChromiumError", "chromium", "flags", "found", "main"]

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_LIMIT_S = 900.0


class NoChromiumError(Exception):
    """There is none, and none can be installed; the message says what to do."""


def main() -> int:
    """Print the path; 1 and the reason on stderr when there is no Chromium."""
    try:
        print(chromium())
    except NoChromiumError as error:
        watched.say(str(error))
        return 1
    return 0


def found() -> str | None:
    """Return a Chromium that is on this machine already.

    Raises:
        NoChromiumError: CHROMIUM names something that cannot be run.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        program = shutil.which(named)
        if program is None:
            raise NoChromiumError(
                f"CHROMIUM names {named}, which is no program.\n"
                "  Name a Chromium or Chrome, or leave the variable away."
            )
        return program
    return next((path for name in _PROGRAMS if (path := shutil.which(name))), None)


def chromium() -> str:
    """Return a Chromium, which is installed if that is possible here.

    Raises:
        NoChromiumError: there is none, and none can be installed.
    """
    program = found()
    if program is not None:
        return program
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NoChromiumError(
            "The browser tests need Chromium or Chrome, and none was found.\n"
            "  Install one (Debian, Ubuntu: sudo apt-get install chromium), or name one: "
            "CHROMIUM=/path/to/chrome make test-browser"
        )
    _install()
    program = found()
    if program is None:
        raise NoChromiumError("Debian's package chromium was installed, but brought no program.")
    return program


def _install() -> None:
    watched.say("  installing Debian's package chromium, once on this machine")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = watched.run(
            ["apt-get", "-q", *step], title=f"apt-get {step[0]}", env=env, limit=_LIMIT_S
        )
        if done.code != 0:
            raise NoChromiumError("\n  ".join(("apt-get cannot install chromium:", *done.tail)))


def flags(profile: Path) -> list[str]:
    """Return the flags of a browser that shows nothing, keeps nothing and calls nobody.

    Args:
        profile: a folder of its own, new for each run.
    """
    return [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={profile}",
    ]


if __name__ == "__main__":
    sys.exit(main())
