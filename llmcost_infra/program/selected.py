"""Which stack of a project is meant where nobody names one."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from llmcost_infra.program.project import stack_names

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["selected_stack"]

_LIMIT: Final = 20
"""Seconds for a backend that is far away to answer; it is asked for a name only."""


def selected_stack(folder: Path) -> str | None:
    """Return the stack that Pulumi has selected, else the only one that has a file.

    Args:
        folder: of ``Pulumi.yaml``.

    Returns:
        Its name; None where several could be meant.
    """
    names = stack_names(folder)
    selected = os.environ.get("PULUMI_STACK") or _selected(folder)
    if selected:
        return selected.rpartition("/")[2]
    return names[0] if len(names) == 1 else None


def _selected(folder: Path) -> str:
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - the CLI on PATH
            [pulumi, "stack", "--show-name", "--non-interactive"],
            cwd=folder,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    # Nobody is logged in, or nothing is selected: then it is not known here.
    return done.stdout.strip() if done.returncode == 0 else ""
