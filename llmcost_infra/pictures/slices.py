"""Pies and rings: shares of a total."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.pictures.themes import ON_COLOUR
from llmcost_infra.pictures.vega import drawn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.pictures.bodies import Panel
    from llmcost_infra.pictures.series import Chart
    from llmcost_infra.pictures.themes import Theme
    from llmcost_infra.pictures.vega import Spec

__all__ = ["draw_slices", "slice_names"]

_HOLE: Final = 0.55
"""Of the radius of a ring."""
_MOST_PARTED: Final = 40
"""Slices beyond which lines between them would hide them."""
_SMALLEST_LABELLED: Final = 0.04
"""Share below which a slice is too thin for its percentage."""


def slice_names(panel: Panel, chart: Chart) -> dict[str, str]:
    """Return what the legend says of each slice: one that cannot be drawn shows its value."""
    values = chart.series[0].values if chart.series else ()
    return {
        place: place if value is not None and value >= 0 else f"{place} ({panel.unit.shown(value)})"
        for place, value in zip(chart.places, values, strict=True)
    }


def draw_slices(  # noqa: PLR0913, PLR0917 - a chart, its place and its colours
    panel: Panel,
    chart: Chart,
    width: float,
    height: float,
    theme: Theme,
    colours: Mapping[str, str],
) -> str:
    """Return the slices of a panel, as SVG elements that fill a box of px."""
    drawable = [
        (place, value)
        for place, value in zip(chart.places, chart.series[0].values, strict=True)
        if value is not None and value > 0
    ]
    total = sum(value for _, value in drawable)
    rows = [
        {
            "s": number,
            # Sums differ in their last digits by machine; a picture shows fewer.
            "v": round(value / total, 10),
            "t": f"{100 * value / total:.2f}%" if value / total >= _SMALLEST_LABELLED else "",
        }
        for number, (_, value) in enumerate(drawable)
    ]
    radius = max(4.0, min(width, height) / 2 - 6)
    hole = radius * _HOLE if panel.kind == "donut" else 0
    shared: Spec = {
        "theta": {"field": "v", "type": "quantitative", "stack": True, "scale": {"type": "linear"}},
        "order": {"field": "s", "type": "quantitative"},
    }
    colour: Spec = {
        "field": "s",
        "type": "nominal",
        "scale": {
            "domain": list(range(len(drawable))),
            "range": [colours[place] for place, _ in drawable],
        },
        "legend": None,
    }
    arc: Spec = {
        "mark": {
            "type": "arc",
            "outerRadius": radius,
            "innerRadius": hole,
            "stroke": theme.panel,
            "strokeWidth": int(1 < len(drawable) <= _MOST_PARTED),
        },
        "encoding": {**shared, "color": colour},
    }
    share: Spec = {
        "mark": {
            "type": "text",
            "radius": (hole + radius) / 2 if hole else radius * 0.62,
            "fill": ON_COLOUR,
            "fontSize": 11,
        },
        "encoding": {**shared, "text": {"field": "t", "type": "nominal"}},
    }
    return drawn({"data": {"values": rows}, "layer": [arc, share]}, width, height, theme)
