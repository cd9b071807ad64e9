"""Which stack of a project is meant where nobody names one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from llmcost_infra.program.project import stack_names
from llmcost_infra.pulumi_cli import answer, cli_on_path

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


def _selected(folder: Path) -> str | None:
    cli = cli_on_path()
    # Without an answer nobody is logged in, or nothing is selected: then it is not known here.
    return cli and answer(cli, "stack", "--show-name", folder=folder, within_s=_LIMIT)
