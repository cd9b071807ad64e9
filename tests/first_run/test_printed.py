"""What a first run shows, by where it is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from llmcost_infra.first_run.alerts import AlertAnswer
from llmcost_infra.first_run.panels import PanelAnswer
from llmcost_infra.first_run.printed import print_alerts, print_panels

WINDOW = (datetime(2026, 11, 28, 8, tzinfo=UTC), datetime(2026, 11, 28, 12, tzinfo=UTC))
PANELS = [
    PanelAnswer("Overview", "Total LLM Cost ($)", 1, "$2.20", "as sent", good=True),
    PanelAnswer("Overview", "Cost by [red]Model", 1_200, "$2.1995", "cost is 2, not 3", good=False),
]
ALERTS = [
    AlertAnswer("daily_budget", "page", ("$2.20 spent, limit $1.50",), WINDOW[1]),
    AlertAnswer("forecast", "warn", (), None),
]
BOXES = "─│┃━"


def shown(width: int, *, terminal: bool = True, term: str = "xterm") -> str:
    """All that is printed, without colours, which a terminal has of its own."""
    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=terminal,
        highlight=False,
        soft_wrap=True,
        color_system=None,
        _environ={"TERM": term},
    )
    print_panels(PANELS, WINDOW, console)
    print_alerts(ALERTS, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_pipe_gets_aligned_text() -> None:
    """No line is drawn, none is broken, and a name is no markup."""
    assert (
        shown(20, terminal=False)
        == """
2026-11-28 08:00 to 2026-11-28 12:00 UTC
Tab       Panel               Rows   Headline  Verdict
Overview  Total LLM Cost ($)  1      $2.20     as sent
Overview  Cost by [red]Model  1,200  $2.1995   cost is 2, not 3
as sent: what was sent comes to the same.

What the alerts tell
Alert         Severity  Text
daily_budget  page      $2.20 spent, limit $1.50
1 other alert finds nothing. The server itself looked last at 12:00:00 UTC.
"""
    )


def test_a_terminal_gets_tables() -> None:
    """They are drawn, and no wider than the terminal."""
    lines = shown(80).splitlines()
    assert any(set(BOXES) & set(line) for line in lines)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(("width", "term"), [(40, "xterm"), (80, "dumb")])
def test_where_a_table_would_be_cut_or_garbled_there_is_none(width: int, term: str) -> None:
    """A narrow terminal and one that can do nothing get text, with every word."""
    text = shown(width, term=term)
    assert not set(BOXES) & set(text)
    for word in ("Total LLM Cost ($)", "Cost by [red]Model", "cost is 2, not 3", "limit $1.50"):
        assert word in text


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        (["as sent"], "as sent: what was sent comes to the same.\n"),
        (["answers"], "answers: it has rows, and no figure to compare them with.\n"),
        (["answers", "as sent"], "the same. answers: it has"),
        (["no data"], "no data\n"),
    ],
)
def test_what_verdicts_mean_is_said_of_those_in_the_table(verdicts: list[str], told: str) -> None:
    """Of the others nothing is said, and nothing where each speaks for itself."""
    console = Console(file=StringIO(), highlight=False, soft_wrap=True)
    panels = [PanelAnswer("Overview", "Calls", 1, "", one, good=True) for one in verdicts]
    print_panels(panels, WINDOW, console)
    assert isinstance(console.file, StringIO)
    shown = console.file.getvalue()
    assert told in shown
    assert ("as sent:" in shown, "answers:" in shown) == (
        "as sent" in verdicts,
        "answers" in verdicts,
    )
