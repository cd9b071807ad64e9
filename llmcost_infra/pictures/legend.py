"""Legends: one row below a chart or a column beside it; what does not fit is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.pictures.letters import fitted, width_of
from llmcost_infra.pictures.svg import element, rect, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.pictures.themes import Theme

__all__ = ["ROW_HEIGHT", "Entry", "below", "beside", "width_beside"]

ROW_HEIGHT: Final = 20
_SIZE: Final = 12
_SWATCH: Final = 20
_GAP: Final = 6
_BETWEEN: Final = 14
_LONGEST: Final = 160


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a legend.

    Args:
        name: of the series.
        colour: it is drawn in.
        line: whether it is drawn as a line.
    """

    name: str
    colour: str
    line: bool = False


def below(entries: Sequence[Entry], width: float, theme: Theme) -> str:
    """Return a legend of one row that is `width` px wide."""
    parts: list[str] = []
    at = 0.0
    for number, entry in enumerate(entries):
        name = fitted(entry.name, _LONGEST, _SIZE)
        left = len(entries) - number - 1
        more = f"+{left} more"
        needed = _SWATCH + _GAP + width_of(name, _SIZE)
        room = width - at - (width_of(more, _SIZE) + _BETWEEN if left else 0)
        if parts and needed > room:
            parts.append(
                text(f"+{left + 1} more", at, 14, size=_SIZE, fill=theme.soft, italic=True)
            )
            break
        parts += _entry(Entry(name, entry.colour, entry.line), at, 0, theme)
        at += needed + _BETWEEN
    return "".join(parts)


def width_beside(entries: Sequence[Entry], most: float) -> float:
    """Return how wide a column of entries is, at most `most` px."""
    widest = max((width_of(entry.name, _SIZE) for entry in entries), default=0.0)
    return min(most, _SWATCH + _GAP + widest + 4)


def beside(entries: Sequence[Entry], width: float, height: float, theme: Theme) -> str:
    """Return a legend of one column, in the middle of a height of px."""
    fits = max(1, int(height // ROW_HEIGHT))
    shown = entries if len(entries) <= fits else entries[: max(1, fits - 1)]
    rows = len(shown) + (len(shown) < len(entries))
    top = max(0.0, (height - rows * ROW_HEIGHT) / 2)
    parts: list[str] = []
    for number, entry in enumerate(shown):
        name = fitted(entry.name, width - _SWATCH - _GAP, _SIZE)
        row = Entry(name, entry.colour, entry.line)
        parts += _entry(row, 0, top + number * ROW_HEIGHT, theme)
    if len(shown) < len(entries):
        more = f"+{len(entries) - len(shown)} more"
        y = top + len(shown) * ROW_HEIGHT + 14
        parts.append(text(more, _SWATCH + _GAP, y, size=_SIZE, fill=theme.soft, italic=True))
    return "".join(parts)


def _entry(entry: Entry, x: float, y: float, theme: Theme) -> list[str]:
    if entry.line:
        middle = y + ROW_HEIGHT / 2
        swatch = element(
            "path",
            d=f"M{x:g} {middle:g}h{_SWATCH}",
            stroke=entry.colour,
            stroke_width=2,
        ) + element(
            "circle",
            cx=x + _SWATCH / 2,
            cy=middle,
            r=4,
            fill=theme.panel,
            stroke=entry.colour,
            stroke_width=2,
        )
    else:
        swatch = rect(x, y + 4, _SWATCH, 12, rx=3, fill=entry.colour)
    label = text(entry.name, x + _SWATCH + _GAP, y + 14, size=_SIZE, fill=theme.ink)
    return [swatch, label]
