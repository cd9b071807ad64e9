"""A group whose commands are imported when they are called, so that `--help` answers at once."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Lazy", "LazyGroup", "lazy_group"]

_SENTENCE = 200  # characters


@dataclass(frozen=True, slots=True)
class Lazy:
    """Where a command lives, and the line about it that the group's help shows.

    Args:
        target: "module:attribute" of a click command.
        summary: the command's short help; a test holds that the command says the same.
    """

    target: str
    summary: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, attribute = self.target.partition(":")
        return cast("click.Command", getattr(import_module(module), attribute))


class LazyGroup(click.Group):
    """A click group over `Lazy` commands, listed in the order in which they are given."""

    lazy: Mapping[str, Lazy] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands without importing any."""
        return [*self.lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        found = self.lazy.get(cmd_name)
        return found.load() if found else super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed; of one that is not there the nearest is named."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], self.lazy, n=1)
            if not close:
                raise
            said = f"{error.format_message()} Did you mean '{close[0]}'?"
            raise click.UsageError(said, ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their summaries; click's own way would import them all."""
        told = [(name, found.summary) for name, found in self.lazy.items()]
        # Whole sentences, as of the others: click would cut them off.
        told += [
            (name, self.commands[name].get_short_help_str(limit=_SENTENCE))
            for name in super().list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(told)


def lazy_group(
    name: str, commands: Mapping[str, Lazy]
) -> Callable[[Callable[..., None]], LazyGroup]:
    """Decorate a function into a group of lazy commands.

    Args:
        name: what a user types.
        commands: the group's commands, in the order in which help lists them.
    """

    def decorate(function: Callable[..., None]) -> LazyGroup:
        settings = {"help_option_names": ["-h", "--help"]}
        group = click.group(name, cls=LazyGroup, context_settings=settings)(function)
        group.lazy = commands
        return group

    return decorate
