"""Arguments that several commands read the same way."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["days", "stack_option", "stacks_option"]


def stack_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option ``--stack``; without it, the selected stack is meant.

    Args:
        what: what the command does with the stack, as its help says it.
    """
    said = f"Stack {what}, e.g. prod; without it, the one that Pulumi has selected or the only one."
    return click.option(
        "--stack", metavar="NAME", callback=_stack, shell_complete=_complete_stacks, help=said
    )


def stacks_option(said: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option ``--stack``, which may be repeated, as its argument ``stacks``.

    Args:
        said: its help.
    """
    return click.option(
        "--stack",
        "stacks",
        multiple=True,
        metavar="NAME",
        shell_complete=_complete_stacks,
        help=said,
    )


def _complete_stacks(_context: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    """Offer a shell the stacks of the project, if there is one."""
    # Heavy, and help needs none of it.
    from llmcost_infra.errors import LlmCostError  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.program.project import stack_names  # noqa: PLC0415

    try:
        return [name for name in stack_names(project_folder()) if name.startswith(typed)]
    except LlmCostError:
        return []


def _stack(context: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None or context.resilient_parsing:
        return value
    # Heavy, and help needs none of it.
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.program.project import stack_names  # noqa: PLC0415
    from llmcost_infra.program.selected import selected_stack  # noqa: PLC0415

    folder = project_folder()
    chosen = selected_stack(folder)
    if chosen is None:
        names = ", ".join(stack_names(folder)) or "none has a file yet"
        raise click.UsageError(
            f"Name a stack with --stack ({names}), or select one with `pulumi stack select`."
        )
    click.echo(f"Stack {chosen}.", err=True)
    return chosen


def days(_ctx: click.Context, _param: click.Parameter, value: str) -> timedelta:
    """Read a number of days, such as 30d."""
    found = re.fullmatch(r"([0-9]{1,4})d", value)
    if found is None:
        raise click.BadParameter(f"{value!r} is not a number of days like 30d")
    return timedelta(days=int(found[1]))
