"""A value over time beside its limit, with the times at which an alert fired."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra.pictures import legend
from llmcost_infra.pictures.axes_chart import draw_axes
from llmcost_infra.pictures.bodies import read_panel
from llmcost_infra.pictures.panels import framed
from llmcost_infra.pictures.picture import Picture
from llmcost_infra.pictures.prose import draw_message
from llmcost_infra.pictures.series import Chart, Series, TimeRange
from llmcost_infra.pictures.svg import document, moved
from llmcost_infra.pictures.themes import THEMES, Theme, ThemeName, colours_of
from llmcost_infra.pictures.units import Unit, numeric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.pictures.bodies import Panel

__all__ = ["draw_time_series"]

_TITLE: Final = 30
_PAD: Final = 10

Point = tuple[datetime, float | Decimal | None]


def draw_time_series(  # noqa: PLR0913 - a series, what it is held against, and its look
    title: str,
    points: Sequence[Point],
    *,
    limit: float | Decimal | None = None,
    limit_name: str = "limit",
    limits: Sequence[float | Decimal | None] = (),
    firings: Sequence[TimeRange] = (),
    name: str = "value",
    unit: Unit | None = None,
    time_range: TimeRange | None = None,
    theme: ThemeName = "light",
    width: float = 900,
    height: float = 280,
) -> Picture:
    """Return a chart of a value over time, its limit, and when an alert fired.

    Args:
        title: in the title bar.
        points: aware times and values, in order of time; a value that is not known is None, and
            the line has a gap there.
        limit: a line across; it is always in the picture.
        limit_name: what the line is called.
        limits: instead of one limit, that of each point, where it moves.
        firings: from when to when the alert fired; start and end are equal for a moment.
        name: what the value is called.
        unit: how values are written.
        time_range: what is shown; what points and firings cover, if absent.
        theme: light or dark.
        width: px.
        height: px.

    Raises:
        PictureError: vl-convert is not installed.
    """
    colours = THEMES[theme]
    panel = _panel(name, limit, limit_name, unit or Unit())
    lines = [Series(name, tuple(numeric(value) for _, value in points))]
    if limits:
        lines.append(Series(limit_name, tuple(numeric(value) for value in limits)))
    chart = _chart(lines, points, firings, time_range)
    size = (width - 2 * _PAD, height - _TITLE - _PAD)
    inside = (
        _drawn(panel, chart, size, colours)
        if points
        else draw_message("No data", "", *size, colours.soft, colours)
    )
    framed_chart = framed(title, inside, width, height, colours)
    return Picture(document([framed_chart], width, height, title), width, height)


def _panel(name: str, limit: float | Decimal | None, limit_name: str, unit: Unit) -> Panel:
    line = {"type": "yAxis", "name": limit_name, "value": limit}
    marked = {} if limit is None else {"mark_line": [line], "y_axis_max": limit}
    config = {
        "unit": unit.name,
        "unit_custom": unit.suffix,
        "decimals": unit.decimals,
        "line_interpolation": "linear",
        **marked,
    }
    fields = {"x": [{"alias": "time", "label": ""}], "y": [{"alias": "value", "label": name}]}
    return read_panel({"type": "line", "config": config, "queries": [{"fields": fields}]})


def _chart(
    lines: Sequence[Series],
    points: Sequence[Point],
    firings: Sequence[TimeRange],
    time_range: TimeRange | None,
) -> Chart:
    places = tuple(moment.timestamp() for moment, _ in points)
    fired = tuple((one.start.timestamp(), one.end.timestamp()) for one in firings)
    shown = [*places, *(moment for span in fired for moment in span)]
    if time_range is not None:
        shown += [time_range.start.timestamp(), time_range.end.timestamp()]
    span = (min(shown, default=0.0), max(shown, default=0.0))
    return Chart(places, timed=True, series=tuple(lines), span=span, firings=fired)


def _drawn(panel: Panel, chart: Chart, size: tuple[float, float], theme: Theme) -> str:
    width, height = size[0], size[1] - legend.ROW_HEIGHT - 4
    value, *limits = chart.series
    colours = {
        **dict.fromkeys([one.name for one in limits], theme.line),
        **colours_of([value.name]),
    }
    count = len(chart.firings)
    entries = [legend.Entry(one.name, colours[one.name], line=True) for one in chart.series]
    if count:
        times = "once" if count == 1 else f"{count} times"
        entries.append(legend.Entry(f"fired {times}", theme.alarm))
    below = moved([legend.below(entries, width, theme)], 0, height + 4)
    return draw_axes(panel, chart, width, height, theme, colours) + below
