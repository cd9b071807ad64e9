"""Rows in columns: how a table is written where nothing is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["LEAST_WIDTH", "aligned", "fitted"]

LEAST_WIDTH: Final = 72
"""Characters of a terminal's line below which columns would break words."""


def aligned(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a line for the headings and each row, every column as wide as its widest cell."""
    lines = [head, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()


def fitted(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the same for a terminal: cells that are too long go on below in their columns.

    Args:
        head: headings.
        rows: cells.
        width: characters of a line; where they are few, cells follow each other without columns.
    """
    lines = [*aligned(head, rows)]
    if max(map(len, lines)) <= width:
        yield from lines
    elif width < LEAST_WIDTH:
        yield from (" · ".join(filter(None, row)) for row in rows)
    else:
        yield from _folded(head, rows, width)


def _folded(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    from rich.console import Console  # noqa: PLC0415 - heavy, and most tables fit
    from rich.table import Table  # noqa: PLC0415 - the same
    from rich.text import Text  # noqa: PLC0415 - the same

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in head:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(width=width, color_system=None, highlight=False)
    with console.capture() as written:
        console.print(table)
    yield from (line.rstrip() for line in written.get().splitlines())
