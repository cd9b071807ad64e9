"""Pictures of panels and tabs, in the manner of OpenObserve's charts: bodies and rows in, SVG out.

The room stands alone: what asks for the rows, and where pictures go, is known elsewhere.
"""

from llmcost_infra.pictures.bodies import Body
from llmcost_infra.pictures.panels import draw_panel
from llmcost_infra.pictures.picture import Picture
from llmcost_infra.pictures.series import PanelData, Row, TimeRange
from llmcost_infra.pictures.tabs import draw_tab
from llmcost_infra.pictures.themes import ThemeName
from llmcost_infra.pictures.time_series import draw_time_series
from llmcost_infra.pictures.units import Unit

__all__ = [
    "Body",
    "PanelData",
    "Picture",
    "Row",
    "ThemeName",
    "TimeRange",
    "Unit",
    "draw_panel",
    "draw_tab",
    "draw_time_series",
]
