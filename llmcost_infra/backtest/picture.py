"""A picture of an alert over time: the value, its limit, and when it would have fired."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.backtest.prefilter import prefilter_of
from llmcost_infra.backtest.rows import SortedStreams
from llmcost_infra.local.schedule import MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmcost_infra.backtest.data import Rows
    from llmcost_infra.backtest.report import Report

__all__ = ["draw", "specification"]

_POINTS: Final = 1_000
"""Most points of a line: more are no wider than a pixel."""
_SCALE: Final = 2
Json = dict[str, Any]


def draw(report: Report, rows: Mapping[str, Rows], out: Path) -> list[Path]:
    """Write a picture as SVG and PNG, and return the files."""
    converter: Any = import_module("vl_convert")
    chart = specification(report, rows)
    svg, png = (out / f"{report.rule.name}.{suffix}" for suffix in ("svg", "png"))
    svg.write_text(converter.vegalite_to_svg(chart), encoding="utf-8")
    png.write_bytes(converter.vegalite_to_png(chart, scale=_SCALE))
    return [svg, png]


def specification(report: Report, rows: Mapping[str, Rows]) -> Json:
    """Return the picture in Vega-Lite; without the value where only the engine can tell it."""
    reach = report.time_range
    layers: list[Json] = []
    streams = SortedStreams({name: one.batch for name, one in rows.items()})
    width = max(5 * MINUTE, (reach.end - reach.start) // _POINTS // MINUTE * MINUTE)
    steps = list(range(reach.start, reach.end, width))
    prefilter = prefilter_of(report.rule, streams)
    found = prefilter.series(steps) if prefilter else None
    if found:
        points = [
            {"at": at // 1000, "value": value, "limit": limit}
            for at, value, limit in zip(steps, *found, strict=True)
        ]
        layers += [_line(points, "value", "#1f6feb"), _line(points, "limit", "#c4320a")]
    fired = [{"at": one.at // 1000} for one in report.replay.firings]
    layers.append(
        {
            "data": {"values": fired},
            "mark": {"type": "rule", "color": "#c4320a", "opacity": 0.5},
            "encoding": {"x": _x(reach.start, reach.end)},
        }
    )
    count = len(fired)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": f"{report.rule.name}: fired {count:,} times"
        if count != 1
        else f"{report.rule.name}: fired once",
        "width": 800,
        "height": 240,
        "layer": layers,
    }


def _line(points: list[Json], name: str, colour: str) -> Json:
    dashes = [6, 4] if name == "limit" else [1, 0]
    return {
        "data": {"values": points},
        "mark": {
            "type": "line",
            "interpolate": "step-after",
            "color": colour,
            "strokeDash": dashes,
        },
        "encoding": {
            "x": {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "title": "UTC"},
            "y": {"field": name, "type": "quantitative", "title": "value and limit (dashed)"},
        },
    }


def _x(start: int, end: int) -> Json:
    scale = {"type": "utc", "domain": [start // 1000, end // 1000]}
    return {"field": "at", "type": "temporal", "scale": scale, "title": "UTC"}
