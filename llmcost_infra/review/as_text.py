"""A report on a terminal: colours and folded-out diffs there, plain text in a pipe.

Whole statements of what is new or gone are for whoever asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from llmcost_infra.review.outline import headlines, outline
from llmcost_infra.review.plain_words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from llmcost_infra.review.outline import Item
    from llmcost_infra.review.report import Report

__all__ = ["print_report"]

_COLOURS: Final = {"+": "green", "-": "red"}


def print_report(report: Report, console: Console, *, sql: bool = False) -> None:
    """Print a report.

    Args:
        report: what to say.
        console: where; it knows whether that is a terminal.
        sql: whether statements of what is new or gone are printed.
    """
    stacks = ", ".join(report.stacks) or "none"
    _print(console, Text(f"{report.base} → {report.head}, stacks: {stacks}", "dim"))
    for line in headlines(report):
        _print(console, Text(line, "bold"))
    hidden = 0
    for section in outline(report):
        _print(console, Text(f"\n{section.title}", "bold yellow" if section.loud else "bold cyan"))
        for item in section.items:
            _print_item(console, item, sql=sql)
            hidden += sum(below.whole for below in item.texts)
    if hidden and not sql:
        said = f"\n{counted(hidden, 'statement')} of what is new or gone: add --sql"
        _print(console, Text(said, "dim"))


def _print_item(console: Console, item: Item, *, sql: bool) -> None:
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
    for below in item.texts:
        for text in below.lines if sql or not below.whole else ():
            colour = "dim" if below.whole else _COLOURS.get(text[:1], "dim")
            _print(console, Text(f"      {text}", colour))


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
