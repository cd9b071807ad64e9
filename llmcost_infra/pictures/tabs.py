"""A whole tab of a dashboard, its panels where the grid has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import PanelNotDrawable
from llmcost_infra.pictures.bodies import cells_of, tab_of
from llmcost_infra.pictures.panels import ROW_HEIGHT, draw_panel, framed
from llmcost_infra.pictures.picture import Picture
from llmcost_infra.pictures.prose import draw_message
from llmcost_infra.pictures.series import PanelData
from llmcost_infra.pictures.svg import document, moved, rect
from llmcost_infra.pictures.themes import THEMES, ThemeName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.pictures.bodies import Body, Cell
    from llmcost_infra.pictures.series import TimeRange

__all__ = ["draw_tab"]

_COLUMNS: Final = 192
_GAP: Final = 3
"""px around a panel; twice as much is between two."""


def draw_tab(  # noqa: PLR0913 - a tab, its data and its look
    dashboard_body: Body,
    tab_id: str,
    data_by_panel: Mapping[str, PanelData],
    *,
    theme: ThemeName = "light",
    time_range: TimeRange | None = None,
    width: float = 1200,
) -> Picture:
    """Return a tab as OpenObserve would show it.

    A panel that cannot be drawn has a box in its place that says why.

    Args:
        dashboard_body: a dashboard of schema version 8, as OpenObserve takes it.
        tab_id: id of the tab.
        data_by_panel: by a panel's id, what its statement was answered with.
        theme: light or dark.
        time_range: what time axes show; what each panel's rows cover, if absent.
        width: px; the height follows from the panels.

    Raises:
        PictureError: there is no such tab, or vl-convert is not installed.
    """
    tab = tab_of(dashboard_body, tab_id)
    cells = cells_of(tab)
    rows = max((cell.y + cell.height for cell, _ in cells), default=9)
    height = rows * ROW_HEIGHT + 2 * _GAP
    column = (width - 2 * _GAP) / _COLUMNS
    colours = THEMES[theme]
    parts = [rect(0, 0, width, height, fill=colours.page)]
    for cell, panel in cells:
        data = data_by_panel.get(str(panel.get("id", "")), PanelData())
        inside = _boxed(panel, data, cell, column, theme, time_range)
        parts.append(moved([inside], 2 * _GAP + cell.x * column, 2 * _GAP + cell.y * ROW_HEIGHT))
    title = f"{dashboard_body.get('title', '')}: {tab.get('name', tab_id)}"
    return Picture(document(parts, width, height, title), width, height)


def _boxed(  # noqa: PLR0913, PLR0917 - a panel, its data, its place and its look
    panel: Body,
    data: PanelData,
    cell: Cell,
    column: float,
    theme: ThemeName,
    time_range: TimeRange | None,
) -> str:
    width = max(40.0, cell.width * column - 2 * _GAP)
    height = max(40.0, cell.height * ROW_HEIGHT - 2 * _GAP)
    try:
        drawn = draw_panel(
            panel, data, theme=theme, time_range=time_range, width=width, height=height
        )
    except PanelNotDrawable as error:
        colours = THEMES[theme]
        word = draw_message(
            "Not drawn", error.message, width - 20, height - 40, colours.alarm, colours
        )
        return framed(str(panel.get("title", "")), word, width, height, colours)
    return drawn.inside
