"""Panels of single numbers: tiles and dials."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from llmcost_infra.pictures.letters import fitted, width_of
from llmcost_infra.pictures.series import PanelData, named, pick
from llmcost_infra.pictures.svg import element, number, text
from llmcost_infra.pictures.themes import colours_of
from llmcost_infra.pictures.units import numeric

if TYPE_CHECKING:
    from llmcost_infra.pictures.bodies import Panel
    from llmcost_infra.pictures.themes import Theme

__all__ = ["draw_dials", "draw_tile"]

_SMALLEST: Final = 12
_MOST_DIALS: Final = 16
_OPENING: Final = 225.0
"""Degrees at which a dial starts, as OpenObserve's do; it ends as far on the other side."""
_TURN: Final = 270.0
_HALF: Final = 180.0


def draw_tile(panel: Panel, data: PanelData, width: float, height: float, theme: Theme) -> str:
    """Return the first row's value, as large as the box of px allows; empty when there is none."""
    value = numeric(pick(data.rows[0], panel.y[0].alias)) if data.rows else None
    if value is None:
        return ""
    shown = panel.unit.shown(value)
    size = max(_SMALLEST, min(height * 0.62, 0.92 * width / max(0.1, width_of(shown, 1))))
    shown = fitted(shown, width, size)
    return text(
        shown, width / 2, height / 2 + size * 0.34, size=size, fill=theme.ink, anchor="middle"
    )


def draw_dials(panel: Panel, data: PanelData, width: float, height: float, theme: Theme) -> str:
    """Return a dial for each row, as SVG elements that fill a box of px."""
    rows = data.rows[:_MOST_DIALS]
    columns = max(1, min(len(rows), math.ceil(math.sqrt(len(rows) * width / max(1.0, height)))))
    lines = max(1, math.ceil(len(rows) / columns))
    cell = (width / columns, height / lines)
    names = [named(pick(row, panel.x[0].alias)) if panel.x else panel.y[0].label for row in rows]
    colours = colours_of(names)
    return "".join(
        _dial(
            panel,
            (name, numeric(pick(row, panel.y[0].alias)), colours[name]),
            ((place % columns + 0.5) * cell[0], (place // columns + 0.5) * cell[1]),
            cell,
            theme,
        )
        for place, (name, row) in enumerate(zip(names, rows, strict=True))
    )


def _dial(
    panel: Panel,
    shown: tuple[str, float | None, str],
    centre: tuple[float, float],
    cell: tuple[float, float],
    theme: Theme,
) -> str:
    name, value, colour = shown
    radius = max(10.0, min(cell[0], cell[1] * 1.1) / 2 - 12)
    x, y = centre[0], centre[1] + radius * 0.12
    low, high = panel.limits
    share = 0.0 if value is None or high <= low else (value - low) / (high - low)
    share = max(0.0, min(1.0, share))
    thick = radius * 0.18
    middle = radius - thick / 2
    label = panel.unit.shown(value)
    size = max(10.0, min(radius * 0.34, 1.3 * radius / max(0.1, width_of(label, 1))))
    parts = [
        element("path", d=_arc(x, y, middle, 1), fill="none", stroke=theme.grid, stroke_width=thick)
    ]
    if share:
        filled = _arc(x, y, middle, share)
        parts.append(element("path", d=filled, fill="none", stroke=colour, stroke_width=thick))
    value_at = text(
        label, x, y + size * 0.34, size=size, fill=theme.ink, anchor="middle", italic=value is None
    )
    below = y + radius * 0.86
    name_at = text(
        fitted(name, cell[0] - 8, 12), x, below, size=12, fill=theme.soft, anchor="middle"
    )
    return "".join([*parts, value_at, name_at])


def _arc(x: float, y: float, radius: float, share: float) -> str:
    start = _on_circle(x, y, radius, _OPENING)
    end = _on_circle(x, y, radius, _OPENING - _TURN * share)
    large = int(_TURN * share > _HALF)
    return f"M{start}A{number(radius)} {number(radius)} 0 {large} 1 {end}"


def _on_circle(x: float, y: float, radius: float, degrees: float) -> str:
    turned = math.radians(degrees)
    return f"{number(x + radius * math.cos(turned))} {number(y - radius * math.sin(turned))}"
