"""What is marked on a chart: a budget, a mean of what it shows, when an alert fired."""

from __future__ import annotations

from statistics import fmean, median
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.pictures.letters import plain
from llmcost_infra.pictures.series import seconds_of
from llmcost_infra.pictures.units import numeric

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmcost_infra.pictures.bodies import Body, Panel
    from llmcost_infra.pictures.series import Chart
    from llmcost_infra.pictures.themes import Theme
    from llmcost_infra.pictures.vega import Spec

__all__ = ["firing_layers", "mark_line_layers"]

_COMPUTED: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "average": fmean,
    "median": median,
    "min": min,
    "max": max,
}


def mark_line_layers(  # noqa: PLR0913, PLR0917 - what the chart around them is
    panel: Panel, chart: Chart, along: Spec, across: Spec, domain: tuple[float, float], theme: Theme
) -> list[Spec]:
    """Return the layers of a panel's mark lines.

    Args:
        panel: declares them.
        chart: what they are computed from.
        along: channel of the categories or of time, without a field.
        across: channel of the values, without a field.
        domain: least and greatest value that is shown; a line outside of it, which OpenObserve
            does not draw, is told at the edge that it is behind.
        theme: its colours.
    """
    layers: list[Spec] = []
    flat = panel.kind.startswith("h-")
    for line in panel.entries("mark_line"):
        name = plain(line.get("name") or "")
        if line.get("type") == "xAxis":
            place = _place(chart, line.get("value"))
            layers += [] if place is None else _line(along, place, name, theme, upright=not flat)
            continue
        value = _value(line, chart)
        if value is None:
            continue
        label = f"{name}: {panel.unit.shown(value)}" if name else panel.unit.shown(value)
        if domain[0] <= value <= domain[1]:
            layers += _line(across, value, label, theme, upright=flat)
        else:
            edge = domain[1] if value > domain[1] else domain[0]
            arrow = ("→" if value > edge else "←") if flat else ("↑" if value > edge else "↓")
            layers += _word(across, edge, f"{label} {arrow}", theme, upright=flat)
    return layers


def _value(line: Body, chart: Chart) -> float | None:
    computed = _COMPUTED.get(str(line.get("type")))
    if computed is None:
        return numeric(line.get("value"))
    known = [value for value in chart.series[0].values if value is not None] if chart.series else []
    return computed(known) if known else None


def _place(chart: Chart, value: Any) -> float | None:
    if chart.timed:
        seconds = seconds_of(value)
        return seconds if seconds is None or chart.span[0] <= seconds <= chart.span[1] else None
    named = str(value)
    return chart.places.index(named) if named in chart.places else None


def _line(channel: Spec, at: float, label: str, theme: Theme, *, upright: bool) -> list[Spec]:
    rule: Spec = {
        "data": {"values": [{"m": at}]},
        "mark": {"type": "rule", "strokeDash": [5, 4], "stroke": theme.line, "strokeWidth": 1.3},
        "encoding": {"x" if upright else "y": {"field": "m", **channel}},
    }
    return [rule, *_word(channel, at, label, theme, upright=upright)] if label else [rule]


def _word(channel: Spec, at: float, label: str, theme: Theme, *, upright: bool) -> list[Spec]:
    place: Spec = {"dx": 4, "dy": 6, "align": "left"} if upright else {"dx": -4, "dy": -6}
    written: Spec = {"type": "text", "align": "right", "fontSize": 11, **place}
    # Written on a stroke in the colour of the panel: it stays readable in front of bars.
    behind: Spec = {"fill": theme.panel, "stroke": theme.panel, "strokeWidth": 3, "opacity": 0.85}
    encoding: Spec = {
        "x" if upright else "y": {"field": "m", **channel},
        "y" if upright else "x": {"value": 0 if upright else "width"},
        "text": {"field": "t", "type": "nominal"},
    }
    return [
        {
            "data": {"values": [{"m": at, "t": label}]},
            "mark": {**written, **look},
            "encoding": encoding,
        }
        for look in (behind, {"fill": theme.line})
    ]


def firing_layers(chart: Chart, along: Spec, theme: Theme) -> list[Spec]:
    """Return the layers that show when an alert fired, and for how long.

    Args:
        chart: says when.
        along: channel of time, without a field.
        theme: its colours.
    """
    if not chart.firings:
        return []
    data: Spec = {"values": [{"m": start, "n": end} for start, end in chart.firings]}
    start: Spec = {"x": {"field": "m", **along}}
    return [
        {
            "data": data,
            "mark": {"type": "rect", "fill": theme.alarm, "opacity": 0.16},
            "encoding": {**start, "x2": {"field": "n"}},
        },
        {
            "data": data,
            "mark": {"type": "rule", "stroke": theme.alarm, "strokeWidth": 1},
            "encoding": start,
        },
        {
            "data": data,
            "mark": {
                "type": "point",
                "shape": "triangle-down",
                "filled": True,
                "size": 60,
                "fill": theme.alarm,
                "opacity": 1,
            },
            "encoding": {**start, "y": {"value": 4}},
        },
    ]
