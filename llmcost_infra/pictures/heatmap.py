"""Heatmaps: a colour for each pair of categories."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.pictures.letters import fitted, width_of
from llmcost_infra.pictures.series import PanelData, named, pick, seconds_of
from llmcost_infra.pictures.svg import moved, rect, text
from llmcost_infra.pictures.themes import ON_COLOUR
from llmcost_infra.pictures.units import numeric
from llmcost_infra.pictures.vega import Margins, drawn, looked_up

if TYPE_CHECKING:
    from llmcost_infra.pictures.bodies import Panel
    from llmcost_infra.pictures.themes import Theme
    from llmcost_infra.pictures.vega import Spec

__all__ = ["draw_heatmap"]

_COLOURS: Final = ("#e3f0f8", "#a9d3e8", "#5fa8d3", "#2f78b7", "#1d4e89")
_SCALE_HEIGHT: Final = 26
_LABEL_WIDTH: Final = 66
_LONGEST: Final = 130


def draw_heatmap(panel: Panel, data: PanelData, width: float, height: float, theme: Theme) -> str:
    """Return a heatmap and the scale of its colours, as SVG elements that fill a box of px."""
    across = list(dict.fromkeys(_place(pick(row, panel.x[0].alias)) for row in data.rows))
    down = list(dict.fromkeys(named(pick(row, panel.y[0].alias)) for row in data.rows))
    cells = {
        (_place(pick(row, panel.x[0].alias)), named(pick(row, panel.y[0].alias))): numeric(
            pick(row, panel.z[0].alias)
        )
        for row in data.rows
    }
    known = [value for value in cells.values() if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    longest = max((width_of(panel.unit.shown(value), 10) for value in known), default=0)
    written = longest + 6 < (width - 100) / max(1, len(across))
    rows: list[Spec] = [
        {
            "x": across.index(x),
            "y": down.index(y),
            "v": low if value is None else value,
            "known": value is not None,
            # OpenObserve writes nothing as a dash, and so does this; unknown has its own word.
            "t": ("-" if value == 0 else panel.unit.shown(value)) if written else "",
            "light": _light(value, low, high),
        }
        for (x, y), value in cells.items()
    ]
    spec = _spec(panel, rows, across, down, (low, high), width, theme)
    widest = min(_LONGEST, max(width_of(name, 11) for name in down))
    margins = Margins(left=widest + 27, right=6, top=4, bottom=40)
    chart = drawn(spec, width, height - _SCALE_HEIGHT, theme, margins)
    return chart + moved([_scale(panel, low, high, width, theme)], 0, height - _SCALE_HEIGHT + 8)


def _place(value: Any) -> str:
    seconds = seconds_of(value)
    if seconds is None:
        return named(value)
    return f"{datetime.fromtimestamp(seconds, UTC):%m-%d %H:%M}"


def _light(value: float | None, low: float, high: float) -> bool:
    return value is None or high <= low or (value - low) / (high - low) < 0.5  # noqa: PLR2004


def _spec(  # noqa: PLR0913, PLR0917 - what the chart is made of
    panel: Panel,
    rows: list[Spec],
    across: list[str],
    down: list[str],
    extent: tuple[float, float],
    width: float,
    theme: Theme,
) -> Spec:
    every = max(1, math.ceil(len(across) * _LABEL_WIDTH / max(1.0, width - 100)))
    place = {
        "x": _axis("x", across, panel.x[0].label, every, _LABEL_WIDTH * 2),
        "y": _axis("y", down, panel.y[0].label, 1, _LONGEST),
    }
    low, high = extent
    colour: Spec = {
        "condition": {"test": "!datum.known", "value": theme.grid},
        "field": "v",
        "type": "quantitative",
        "scale": {
            "domain": [low, high if high > low else low + 1],
            "range": list(_COLOURS),
            "zero": False,
        },
        "legend": None,
    }
    on_cell: Spec = {
        "condition": [
            {"test": "!datum.known", "value": theme.soft},
            {"test": "datum.light", "value": ON_COLOUR},
        ],
        "value": "#ffffff",
    }
    text: Spec = {"field": "t", "type": "nominal"}
    layers: list[Spec] = [
        {
            "mark": {"type": "rect", "stroke": theme.panel},
            "encoding": {**place, "color": colour},
        },
        {
            "mark": {"type": "text", "fontSize": 10},
            "encoding": {**place, "text": text, "color": on_cell},
        },
    ]
    return {"data": {"values": rows}, "layer": layers}


def _axis(field: str, names: list[str], title: str, every: int, limit: float) -> Spec:
    return {
        "field": field,
        "type": "ordinal",
        "scale": {"domain": list(range(len(names)))},
        "axis": {
            "values": list(range(0, len(names), every)),
            "labelExpr": looked_up([fitted(name, limit, 11) for name in names], "datum.value"),
            "labelAngle": 0,
            "labelOverlap": False,
        },
        "title": title or None,
    }


def _scale(panel: Panel, low: float, high: float, width: float, theme: Theme) -> str:
    block = 22
    left = (width - block * len(_COLOURS)) / 2
    blocks = [
        rect(left + number * block, 0, block, 10, fill=colour)
        for number, colour in enumerate(_COLOURS)
    ]
    right = left + block * len(_COLOURS)
    return "".join(
        [
            *blocks,
            text(panel.unit.shown(low), left - 6, 9, size=11, fill=theme.soft, anchor="end"),
            text(panel.unit.shown(high), right + 6, 9, size=11, fill=theme.soft),
        ]
    )
