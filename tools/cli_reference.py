"""Writes docs/cli.md from the commands' own --help, so that the two cannot disagree."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PAGE", "commands", "main", "reference"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"

_INTRODUCTION = """\
# The `llmcost` command

`make docs` writes this page from the commands' own `--help`.
"""


def main() -> int:
    """Write the page."""
    PAGE.write_text(reference(), encoding="utf-8")
    return 0


def reference() -> str:
    """Return the page: every command, each under its full name."""
    sections = (f"\n## `{name}`\n\n```text\n{text}\n```\n" for name, text in commands())
    return _INTRODUCTION + "".join(sections)


def commands() -> Iterator[tuple[str, str]]:
    """Yield every command's full name and its help, groups before what they hold."""
    yield from _below(cli, "llmcost", None)


def _below(
    command: click.Command, name: str, parent: click.Context | None
) -> Iterator[tuple[str, str]]:
    # A fixed width: the page must not depend on the terminal in which it was written.
    context = command.make_context(name, [], parent, resilient_parsing=True, terminal_width=78)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from _below(found, below, context)


if __name__ == "__main__":
    sys.exit(main())
