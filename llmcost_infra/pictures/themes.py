"""Colours and type: what every picture of one theme has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FONT", "ON_COLOUR", "SERIES_COLOURS", "THEMES", "Theme", "ThemeName", "colours_of"]

ThemeName = Literal["light", "dark"]

FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"
"""vl-convert ships Liberation Sans; the others have the same widths, for whoever opens an SVG."""

SERIES_COLOURS: Final = (
    "#e0cf3f",
    "#8f72d3",
    "#f0508c",
    "#45b3d6",
    "#a5cc4b",
    "#d05fc4",
    "#35bfae",
    "#f08b45",
    "#5b7fe0",
    "#e2625b",
    "#3fa66a",
    "#b08a5a",
    "#7d92a8",
    "#b48ae8",
    "#dc7f95",
    "#67b39d",
)


ON_COLOUR: Final = "#14171c"
"""What is written on a series' colour, in both themes."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a theme.

    Args:
        page: behind the panels.
        panel: behind a panel's content.
        border: around a panel.
        ink: titles and values.
        soft: labels of axes, and what is said by the way.
        grid: lines of a chart's grid.
        header: behind a table's header.
        alarm: what could not be drawn.
        line: mark lines.
    """

    page: str
    panel: str
    border: str
    ink: str
    soft: str
    grid: str
    header: str
    alarm: str
    line: str


THEMES: Final[Mapping[ThemeName, Theme]] = {
    "light": Theme(
        page="#f7f9fb",
        panel="#ffffff",
        border="#dfe4ea",
        ink="#1b2430",
        soft="#5b6472",
        grid="#e4e9f1",
        header="#d3e0e7",
        alarm="#b3261e",
        line="#39424f",
    ),
    "dark": Theme(
        page="#14171c",
        panel="#1b1f26",
        border="#343b46",
        ink="#e8ebf0",
        soft="#a9b2c0",
        grid="#333a46",
        header="#2b3a44",
        alarm="#ff8a80",
        line="#c9d0da",
    ),
}


def colours_of(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each name: the same for a name in every panel, if it is free there."""
    chosen: dict[str, str] = {}
    for name in sorted(set(names)):
        first = crc32(name.encode("utf-8", "surrogatepass")) % len(SERIES_COLOURS)
        turned = SERIES_COLOURS[first:] + SERIES_COLOURS[:first]
        taken = set(chosen.values())
        chosen[name] = next((colour for colour in turned if colour not in taken), turned[0])
    return chosen
