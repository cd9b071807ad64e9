"""What a first run shows: tables that are drawn on a terminal, and plain text in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from llmcost_infra.tables import LEAST_WIDTH, aligned, fitted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console

    from llmcost_infra.first_run.alerts import AlertAnswer
    from llmcost_infra.first_run.panels import PanelAnswer

__all__ = ["print_alerts", "print_panels"]

_NUMBERS: Final = frozenset({"Rows", "Headline"})
"""Columns that are read from the right."""
_MEANINGS: Final = {
    "as sent": "what was sent comes to the same",
    "answers": "it has rows, and no figure to compare them with",
}


def print_panels(
    answers: Sequence[PanelAnswer], window: tuple[datetime, datetime], out: Console
) -> None:
    """Print what each panel answers.

    Args:
        answers: in the order in which people see the panels.
        window: that was asked for, UTC.
        out: where to.
    """
    start, end = window
    rows = [(one.tab, one.panel, f"{one.rows:,}", one.headline, one.verdict) for one in answers]
    wrong = [not one.good for one in answers]
    title = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    _print(title, ("Tab", "Panel", "Rows", "Headline", "Verdict"), rows, wrong, out)
    met = {one.verdict for one in answers}
    if told := [f"{one}: {meaning}." for one, meaning in _MEANINGS.items() if one in met]:
        out.print(" ".join(told))


def print_alerts(alerts: Sequence[AlertAnswer], out: Console) -> None:
    """Print what each alert tells, and how many find nothing; nothing where there are none."""
    if not alerts:
        return
    rows = [(alert.name, alert.severity, line) for alert in alerts for line in alert.lines]
    _print("What the alerts tell", ("Alert", "Severity", "Text"), rows, [False] * len(rows), out)
    looked_at = [alert.looked_at for alert in alerts if alert.looked_at]
    silent = sum(not alert.lines for alert in alerts)
    last = f"looked last at {max(looked_at):%H:%M:%S} UTC" if looked_at else "looks from now on"
    find = "other alert finds" if silent == 1 else "other alerts find"
    out.print(f"{silent} {find} nothing. The server itself {last}.")


def _print(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    wrong: Sequence[bool],
    out: Console,
) -> None:
    # Text, because names are not ours, and could be read as markup.
    lines = None
    if not out.is_terminal or out.is_dumb_terminal:
        lines = aligned(head, rows)
    elif out.width < LEAST_WIDTH:
        lines = fitted(head, rows, out.width)
    if lines is not None:
        out.print(*map(Text, ("", title, *lines)), sep="\n", soft_wrap=True)
        return
    table = Table(title=f"\n{title}", title_style="")
    for heading in head:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left")
    for row, bad in zip(rows, wrong, strict=True):
        table.add_row(*map(Text, row), style="red" if bad else None)
    out.print(table)
