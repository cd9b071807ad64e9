"""A report on a terminal: colours and folded-out diffs there, plain text in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from llmcost_infra.review.outline import headlines, outline

if TYPE_CHECKING:
    from rich.console import Console

    from llmcost_infra.review.outline import Item
    from llmcost_infra.review.report import Report

__all__ = ["print_report"]

_COLOURS: Final = {"+": "green", "-": "red"}


def print_report(report: Report, console: Console) -> None:
    """Print a report.

    Args:
        report: what to say.
        console: where; it knows whether that is a terminal.
    """
    stacks = ", ".join(report.stacks) or "none"
    _print(console, Text(f"{report.base} → {report.head}, stacks: {stacks}", "dim"))
    for line in headlines(report):
        _print(console, Text(line, "bold"))
    for section in outline(report):
        _print(console, Text(f"\n{section.title}", "bold yellow" if section.loud else "bold cyan"))
        for item in section.items:
            _print_item(console, item)


def _print_item(console: Console, item: Item) -> None:
    line = Text("  ")
    line.append_text(_parts(item.parts))
    line.append(f": {'; '.join(item.said)}{item.address}")
    if item.only:
        line.append(f" ({item.only})", "magenta")
    _print(console, line)
    for parts, only in item.also:
        place = Text("    · ")
        place.append_text(_parts(parts))
        if only:
            place.append(f" ({only})", "magenta")
        _print(console, place)
    for _, diff in item.diffs:
        for text in diff:
            _print(console, Text(f"      {text}", _COLOURS.get(text[:1], "dim")))


def _parts(parts: tuple[tuple[str, str], ...]) -> Text:
    said = Text()
    for number, (kind, name) in enumerate(parts):
        said.append(" · " if number else "")
        said.append(f"{kind} " if kind else "")
        said.append(name, "bold")
    return said


def _print(console: Console, text: Text) -> None:
    # Long lines are for the terminal to break: a pipe gets them whole.
    console.print(text, soft_wrap=True)
