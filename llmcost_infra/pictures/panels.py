"""A panel as OpenObserve shows it: its frame, and what its type draws inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import PanelNotDrawable
from llmcost_infra.pictures import legend
from llmcost_infra.pictures.axes_chart import draw_axes
from llmcost_infra.pictures.bodies import read_panel
from llmcost_infra.pictures.heatmap import draw_heatmap
from llmcost_infra.pictures.letters import fitted, plain
from llmcost_infra.pictures.marks import BARS
from llmcost_infra.pictures.numbers import draw_dials, draw_tile
from llmcost_infra.pictures.picture import Picture
from llmcost_infra.pictures.prose import draw_markdown, draw_message
from llmcost_infra.pictures.series import chart_of
from llmcost_infra.pictures.slices import draw_slices, slice_names
from llmcost_infra.pictures.svg import document, moved, rect, text
from llmcost_infra.pictures.table import draw_table
from llmcost_infra.pictures.themes import THEMES, Theme, ThemeName, colours_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.pictures.bodies import Body, Panel
    from llmcost_infra.pictures.series import Chart, PanelData, TimeRange

__all__ = ["COLUMN_WIDTH", "ROW_HEIGHT", "draw_panel", "framed"]

COLUMN_WIDTH: Final = 6.25
"""px of a grid column where nothing else is asked for: 192 of them are 1,200 px."""
ROW_HEIGHT: Final = 17
"""px of a grid row, as in OpenObserve."""

_TITLE: Final = 30
_PAD: Final = 10
_NEEDED: Final = {
    **dict.fromkeys(
        ("area", "area-stacked", "bar", "h-bar", "h-stacked", "line", "scatter", "stacked"), "xy"
    ),
    **dict.fromkeys(("pie", "donut"), "xy"),
    **dict.fromkeys(("metric", "gauge"), "y"),
    "heatmap": "xyz",
    "table": "",
    "markdown": "",
}
"""Panel types that can be drawn, and the axes without which one cannot."""


def draw_panel(  # noqa: PLR0913 - a panel, its data, its look and its size
    panel_body: Body,
    data: PanelData,
    *,
    theme: ThemeName = "light",
    time_range: TimeRange | None = None,
    width: float | None = None,
    height: float | None = None,
) -> Picture:
    """Return a panel as OpenObserve would show it.

    Args:
        panel_body: as OpenObserve takes it in a dashboard of schema version 8.
        data: what its statement was answered with.
        theme: light or dark.
        time_range: what a time axis shows; what the rows cover, if absent.
        width: px; from the panel's place in the grid, if absent.
        height: px; from the panel's place in the grid, if absent.

    Raises:
        PanelNotDrawable: it is of a type, or has axes, that cannot be drawn.
        PictureError: vl-convert is not installed.
    """
    panel = read_panel(panel_body)
    wide = width or panel.cell.width * COLUMN_WIDTH
    high = height or panel.cell.height * ROW_HEIGHT
    colours = THEMES[theme]
    inside = _content(panel, data, wide - 2 * _PAD, high - _TITLE - _PAD, colours, time_range)
    drawn = framed(panel.title, inside, wide, high, colours)
    return Picture(document([drawn], wide, high, panel.title), wide, high)


def framed(title: str, inside: str, width: float, height: float, theme: Theme) -> str:
    """Return a panel's frame and title bar around SVG elements."""
    shown = fitted(plain(title), width - 2 * _PAD, 13, bold=True)
    return "".join(
        [
            rect(*(0.5, 0.5, width - 1, height - 1), rx=4, fill=theme.panel, stroke=theme.border),
            text(shown, _PAD, 20, size=13, fill=theme.ink, bold=True),
            moved([inside], _PAD, _TITLE),
        ]
    )


def _content(  # noqa: PLR0913, PLR0917 - a panel, its data, its place and its look
    panel: Panel,
    data: PanelData,
    width: float,
    height: float,
    theme: Theme,
    time_range: TimeRange | None,
) -> str:
    _refuse(panel)
    if data.refusal:
        refusal = plain(data.refusal)
        return draw_message("The query was refused", refusal, width, height, theme.alarm, theme)
    if data.withheld:
        why = plain(data.withheld)
        return draw_message("Not shown", why, width, height, theme.soft, theme)
    if panel.kind == "markdown":
        return draw_markdown(panel.content, width, height, theme)
    inside = _drawn(panel, data, width, height, theme, time_range) if data.rows else ""
    return inside or draw_message("No data", "", width, height, theme.soft, theme)


def _refuse(panel: Panel) -> None:
    needed = _NEEDED.get(panel.kind)
    kind = plain(panel.kind)
    if needed is None:
        raise PanelNotDrawable(f"A panel of type {kind!r} cannot be drawn.")
    missing = [axis for axis in needed if not getattr(panel, axis)]
    if panel.kind == "table" and not (
        panel.x or panel.y or panel.config.get("table_dynamic_columns")
    ):
        missing = ["x"]
    if missing:
        raise PanelNotDrawable(
            f"A panel of type {kind!r} without {' and '.join(missing)} axis cannot be drawn."
        )
    if panel.queries > 1:
        raise PanelNotDrawable(f"A panel with {panel.queries} queries cannot be drawn.")


def _drawn(  # noqa: PLR0913, PLR0917 - a panel, its data, its place and its look
    panel: Panel,
    data: PanelData,
    width: float,
    height: float,
    theme: Theme,
    time_range: TimeRange | None,
) -> str:
    match panel.kind:
        case "metric":
            return draw_tile(panel, data, width, height, theme)
        case "gauge":
            return draw_dials(panel, data, width, height, theme)
        case "table":
            return draw_table(panel, data, width, height, theme)
        case "heatmap":
            return draw_heatmap(panel, data, width, height, theme)
        case _:
            return _with_legend(panel, chart_of(panel, data, time_range), width, height, theme)


def _with_legend(panel: Panel, chart: Chart, width: float, height: float, theme: Theme) -> str:
    if not any(value is not None for series in chart.series for value in series.values):
        return ""
    sliced = panel.kind in {"pie", "donut"}
    draw = draw_slices if sliced else draw_axes
    names = list(chart.places) if sliced else [series.name for series in chart.series]
    colours = colours_of(names)
    entries = _entries(panel, chart, colours)
    if panel.config.get("show_legends") is False or not entries:
        return draw(panel, chart, width, height, theme, colours)
    if panel.config.get("legends_position") == "right":
        beside = legend.width_beside(entries, width * 0.4)
        inside = draw(panel, chart, width - beside - _PAD, height, theme, colours)
        side = legend.beside(entries, beside, height, theme)
        return inside + moved([side], width - beside, 0)
    high = height - legend.ROW_HEIGHT - 4
    inside = draw(panel, chart, width, high, theme, colours)
    return inside + moved([legend.below(entries, width, theme)], 0, high + 4)


def _entries(panel: Panel, chart: Chart, colours: Mapping[str, str]) -> list[legend.Entry]:
    if panel.kind in {"pie", "donut"}:
        shown = slice_names(panel, chart)
        return [legend.Entry(shown[place], colours[place]) for place in chart.places]
    line = panel.kind not in BARS
    return [legend.Entry(series.name, colours[series.name], line=line) for series in chart.series]
