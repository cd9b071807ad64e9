"""What commands print: plain tables for people, JSON for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.status import Status

__all__ = ["json_option", "print_json", "print_table", "progress"]


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option ``--json``, as its argument ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def print_json(told: object) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(told, indent=2))


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in aligned columns below their headings."""
    lines = [head, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def progress(what: str) -> Status:
    """Return what shows on a terminal that something goes on, and leaves nothing behind.

    Args:
        what: goes on; ``update`` of the result tells something else.
    """
    from rich.console import Console  # noqa: PLC0415 - heavy, and help needs none of it

    return Console(stderr=True).status(what)
