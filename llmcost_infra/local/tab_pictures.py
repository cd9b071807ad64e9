"""Tabs of stored dashboards as pictures, drawn from the server's own rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.errors import EngineError
from llmcost_infra.local.search import Question, ask, restricted
from llmcost_infra.pictures import PanelData, ThemeName, draw_tab
from llmcost_infra.pictures import TimeRange as Shown
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.refusals import SqlRefusal
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from llmcost_infra.local.server import Server
    from llmcost_infra.pictures import Picture

__all__ = ["picture_of"]

Json = dict[str, Any]

_ALL: Final = "_o2_all_"
_VARIABLE: Final = re.compile(r"\$\{\s*([\w-]+)\s*\}")
_PERIOD: Final = re.compile(r"(\d+)([smhdwM])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "M": 2_592_000}
_MICROS: Final = 1_000_000
_MOST_ROWS: Final = 1_000
"""As many as OpenObserve gives to a panel whose statement has no LIMIT."""


def picture_of(  # noqa: PLR0913 - a tab, when, and how it looks
    server: Server,
    org: str,
    dashboard: Json,
    tab_id: str,
    *,
    seconds: int,
    theme: ThemeName,
    width: float,
) -> Picture:
    """Return a tab as the user interface shows it when nobody has chosen any variable.

    Args:
        server: holds the rows.
        org: the organization.
        dashboard: body of schema version 8.
        tab_id: id of the tab.
        seconds: time range up to now; a panel may have its own.
        theme: light or dark.
        width: px.

    Raises:
        PictureError: there is no such tab, or vl-convert is not installed.
    """
    end = server.now()
    panels: list[Json] = [
        panel
        for tab in dashboard.get("tabs", [])
        if tab["tabId"] == tab_id
        for panel in tab.get("panels", [])
    ]
    data = {
        panel["id"]: _data(server, org, dashboard, panel, TimeRange(start, end))
        for panel in panels
        for start in [end - _seconds_of(panel, seconds) * _MICROS]
    }
    shown = Shown(at_microseconds(end - seconds * _MICROS), at_microseconds(end))
    return draw_tab(dashboard, tab_id, data, theme=theme, time_range=shown, width=width)


def _seconds_of(panel: Json, default: int) -> int:
    config: Json = panel.get("config") or {}
    own: Json = config.get("panel_time_range") or {}
    period = _PERIOD.fullmatch(own.get("relativeTimePeriod") or "")
    return int(period[1]) * _SECONDS[period[2]] if period else default


def _data(
    server: Server,
    org: str,
    dashboard: Json,
    panel: Json,
    time_range: TimeRange,
) -> PanelData:
    queries: list[Json] = panel.get("queries") or []
    query: Json = queries[0] if queries else {}
    if not query.get("query"):
        return PanelData()
    question = Question(_with_all_chosen(query["query"], dashboard), time_range, _MOST_ROWS)
    kind = query["fields"]["stream_type"]
    try:
        answer = ask(server, org, kind, restricted(server, org, kind, question))
    except SqlRefusal as refusal:
        return PanelData(refusal=refusal.server_message)
    except EngineError as error:
        return PanelData(refusal=error.message)
    if answer.fault:
        return PanelData(refusal=answer.fault)
    return PanelData(answer.rows, answer.bucket)


def _with_all_chosen(sql: str, dashboard: Json) -> str:
    listed: Json = dashboard.get("variables") or {}
    variables: list[Json] = listed.get("list") or []
    several = {str(variable["name"]): bool(variable.get("multiSelect")) for variable in variables}

    def chosen(match: re.Match[str]) -> str:
        if match[1] not in several:
            return match[0]
        return f"'{_ALL}'" if several[match[1]] else _ALL

    return _VARIABLE.sub(chosen, sql)
