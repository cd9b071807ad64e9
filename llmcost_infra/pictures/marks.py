"""The lines, bars and areas of a series, as rows and layers of Vega-Lite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmcost_infra.pictures.bodies import Panel
    from llmcost_infra.pictures.series import Chart, Series
    from llmcost_infra.pictures.vega import Spec

__all__ = ["BARS", "STACKED", "Extent", "extents_of", "isolated", "mark_of", "rows_of"]

BARS: Final = frozenset({"bar", "stacked", "h-bar", "h-stacked"})
STACKED: Final = frozenset({"stacked", "h-stacked", "area-stacked"})

Extent = tuple[float, float] | None
"""Where a value is drawn from and to; None when it is not known."""

_BAR_SHARE: Final = 0.7
"""Of a bucket's width; the rest is the gap to the next."""
_CURVES: Final = {
    "smooth": "monotone",
    "linear": "linear",
    "step-start": "step-before",
    "step-end": "step-after",
    "step-middle": "step",
}


def extents_of(panel: Panel, chart: Chart) -> list[list[Extent]]:
    """Return from where to where each value of each series is drawn."""
    if panel.kind not in STACKED or not panel.breakdown:
        return [
            [None if value is None else (0.0, value) for value in series.values]
            for series in chart.series
        ]
    above = [0.0] * len(chart.places)
    below = [0.0] * len(chart.places)
    return [list(_stacked_on(series, above, below)) for series in chart.series]


def _stacked_on(series: Series, above: list[float], below: list[float]) -> Iterator[Extent]:
    for place, value in enumerate(series.values):
        if value is None:
            yield None
            continue
        pile = below if value < 0 else above
        yield pile[place], pile[place] + value
        pile[place] += value


def rows_of(panel: Panel, chart: Chart, extents: Sequence[Sequence[Extent]]) -> list[Spec]:
    """Return the rows that Vega-Lite draws: series `s`, place `a` (to `b`), value `v` (from `w`).

    A value that is not known is a row without `v`, at which a line breaks.
    """
    bars = panel.kind in BARS
    return [
        {"s": number, **_place(panel, chart, number, place, bars=bars), **_drawn(extent)}
        for number, series in enumerate(extents)
        for place, extent in enumerate(series)
        if extent is not None or not bars
    ]


def _drawn(extent: Extent) -> Spec:
    if extent is None:
        return {"v": None, "w": None}
    return {"v": _short(extent[1]), "w": _short(extent[0])}


def _short(value: float) -> float:
    """Return what a screen can show of a number: sums differ in their last digits by machine."""
    return float(f"{value:.10g}")


def _place(panel: Panel, chart: Chart, number: int, place: int, *, bars: bool) -> Spec:
    if not chart.timed:
        return {"a": place}
    if not bars:
        return {"a": chart.places[place]}
    beside = 1 if panel.kind in STACKED and panel.breakdown else len(chart.series)
    width = chart.interval * _BAR_SHARE / beside
    left = chart.places[place] - chart.interval * _BAR_SHARE / 2
    start = left + width * (number if beside > 1 else 0)
    return {"a": start, "b": start + width * (0.94 if beside > 1 else 1)}


def isolated(rows: Sequence[Spec]) -> list[Spec]:
    """Return the points of lines that have no neighbour, of which a line would show nothing."""
    alone: list[Spec] = []
    for number, row in enumerate(rows):
        beside = (rows[at] for at in (number - 1, number + 1) if 0 <= at < len(rows))
        if row["v"] is not None and not any(
            one["s"] == row["s"] and one["v"] is not None for one in beside
        ):
            alone.append(row)
    return alone


def mark_of(panel: Panel) -> Spec:
    """Return the mark of a panel type."""
    if panel.kind in BARS:
        return {"type": "bar"}
    if panel.kind == "scatter":
        return {"type": "point", "filled": True, "size": 30, "opacity": 0.9}
    curve = _CURVES.get(str(panel.config.get("line_interpolation")), "monotone")
    line: dict[str, Any] = {
        "interpolate": curve,
        "strokeWidth": max(0.5, panel.number("line_thickness", 1.5)),
    }
    if panel.config.get("show_symbol"):
        line["point"] = {"filled": True, "size": 22}
    if panel.kind.startswith("area"):
        filling = 0.75 if panel.kind in STACKED else 0.25
        return {"type": "area", "line": line, "interpolate": curve, "fillOpacity": filling}
    return {"type": "line", **line}
