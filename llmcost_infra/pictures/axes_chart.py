"""Bars, lines, areas and points over categories or time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.pictures.axes import along, margins_of, values
from llmcost_infra.pictures.bodies import object_of
from llmcost_infra.pictures.mark_lines import firing_layers, mark_line_layers
from llmcost_infra.pictures.marks import BARS, STACKED, extents_of, isolated, mark_of, rows_of
from llmcost_infra.pictures.themes import ON_COLOUR
from llmcost_infra.pictures.units import UNKNOWN
from llmcost_infra.pictures.vega import drawn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.pictures.bodies import Panel
    from llmcost_infra.pictures.marks import Extent
    from llmcost_infra.pictures.series import Chart
    from llmcost_infra.pictures.themes import Theme
    from llmcost_infra.pictures.vega import Spec

__all__ = ["draw_axes"]


def draw_axes(  # noqa: PLR0913, PLR0917 - a chart, its place and its colours
    panel: Panel,
    chart: Chart,
    width: float,
    height: float,
    theme: Theme,
    colours: Mapping[str, str],
) -> str:
    """Return the chart of a panel with axes, as SVG elements that fill a box of px."""
    extents = extents_of(panel, chart)
    of_values = values(panel, extents, height)
    of_places = along(panel, chart, width, height)
    place, value = of_places.channel, of_values.channel
    layers = [
        *firing_layers(chart, place, theme),
        *_layers(panel, chart, extents, place, value, colours),
        *_unknown(panel, chart, place, value, theme),
        *mark_line_layers(panel, chart, place, value, (of_values.least, of_values.most), theme),
    ]
    flat = panel.kind.startswith("h-")
    margins = margins_of(*((of_values, of_places) if flat else (of_places, of_values)))
    return drawn({"layer": layers}, width, height, theme, margins)


def _layers(  # noqa: PLR0913, PLR0917 - what the layers of the series need
    panel: Panel,
    chart: Chart,
    extents: Sequence[Sequence[Extent]],
    of_place: Spec,
    of_value: Spec,
    colours: Mapping[str, str],
) -> list[Spec]:
    flat = panel.kind.startswith("h-")
    place, value = ("y", "x") if flat else ("x", "y")
    rows = rows_of(panel, chart, extents)
    bars = panel.kind in BARS
    grouped = bars and not (panel.kind in STACKED and panel.breakdown) and len(chart.series) > 1
    encoding: Spec = {
        place: {"field": "a", **of_place},
        value: {"field": "v", **of_value},
        "color": {
            "field": "s",
            "type": "nominal",
            "scale": {
                "domain": list(range(len(chart.series))),
                "range": [colours[series.name] for series in chart.series],
            },
            "legend": None,
        },
    }
    if bars or panel.kind.startswith("area"):
        encoding[f"{value}2"] = {"field": "w"}
    if bars and chart.timed:
        encoding[f"{place}2"] = {"field": "b"}
    elif grouped:
        encoding[f"{place}Offset"] = {
            "field": "s",
            "type": "nominal",
            "scale": {"domain": list(range(len(chart.series))), "paddingInner": 0.06},
        }
    if panel.config.get("connect_nulls"):
        rows = [row for row in rows if row["v"] is not None]
    layers: list[Spec] = [{"data": {"values": rows}, "mark": mark_of(panel), "encoding": encoding}]
    if not bars and panel.kind != "scatter" and (alone := isolated(rows)):
        points = {key: one for key, one in encoding.items() if not key.endswith("2")}
        mark = {"type": "point", "filled": True, "size": 22, "opacity": 1}
        layers.append({"data": {"values": alone}, "mark": mark, "encoding": points})
    return layers + _labels(panel, rows, encoding, value)


def _labels(panel: Panel, rows: list[Spec], encoding: Spec, value: str) -> list[Spec]:
    """Return the layer of values that are written at their marks, where the panel wants them."""
    position = object_of(panel.config.get("label_option")).get("position")
    if not position:
        return []
    inside = position == "inside"
    written = [
        {
            **row,
            # A bar over time has two ends; its middle is where people look.
            "a": (row["a"] + row.get("b", row["a"])) / 2,
            "v": (row["v"] + row["w"]) / 2 if inside else row["v"],
            "t": text,
        }
        for row in rows
        if row["v"] is not None
        for text in [panel.unit.shown(row["v"] - row["w"])]
    ]
    beside = {"dx": 4, "align": "left"} if value == "x" else {"dy": -6, "align": "center"}
    look: Spec = {"align": "center", "fill": ON_COLOUR} if inside else beside
    mark: Spec = {"type": "text", "fontSize": 10, **look}
    kept = {key: one for key, one in encoding.items() if not key.endswith("2") and key != "color"}
    text = {"field": "t", "type": "nominal"}
    return [{"data": {"values": written}, "mark": mark, "encoding": {**kept, "text": text}}]


def _unknown(
    panel: Panel, chart: Chart, of_place: Spec, of_value: Spec, theme: Theme
) -> list[Spec]:
    """Return the layer that says of a category that none of its values is known."""
    if chart.timed:
        return []
    rows = [
        {"a": place, "v": 0, "t": UNKNOWN}
        for place in range(len(chart.places))
        if all(series.values[place] is None for series in chart.series)
    ]
    flat = panel.kind.startswith("h-")
    beside: Spec = {"dx": 5, "align": "left"} if flat else {"dy": -7, "align": "center"}
    mark: Spec = {"type": "text", "fill": theme.soft, "fontStyle": "italic", **beside}
    place, value = ("y", "x") if flat else ("x", "y")
    encoding: Spec = {
        place: {"field": "a", **of_place},
        value: {"field": "v", **of_value},
        "text": {"field": "t", "type": "nominal"},
    }
    return [{"data": {"values": rows}, "mark": mark, "encoding": encoding}] if rows else []
