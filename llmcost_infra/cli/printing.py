"""What commands print: plain tables for people, JSON for scripts."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import contextmanager
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from llmcost_infra.tables import aligned, fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from rich.status import Status

__all__ = ["json_option", "print_json", "print_table", "progress"]


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option ``--json``, as its argument ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def print_json(told: object) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(told, indent=2))


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in aligned columns below their headings, on a terminal no wider than it is."""
    table = [*rows]
    shown = sys.stdout.isatty()
    lines = fitted(head, table, get_terminal_size().columns) if shown else aligned(head, table)
    for line in lines:
        click.echo(line)


@contextmanager
def progress(what: str) -> Generator[Status]:
    """Show on a terminal that something goes on, and leave nothing behind.

    Args:
        what: goes on; ``update`` of the result tells something else.
    """
    from rich.console import Console  # noqa: PLC0415 - heavy, and help needs none of it

    status = Console(stderr=True).status(what)
    try:
        with _undisturbed():
            status.start()
        yield status
    finally:
        with _undisturbed():
            status.stop()


@contextmanager
def _undisturbed() -> Generator[None]:
    """Let Ctrl-C wait: what is half drawn could not be taken away."""
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        for number in came[:1]:
            signal.raise_signal(number)
