"""Dashboards to and from the server's form: maps with an order, and arrays with a layout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.layout import HEIGHT, WIDTH, Box, flow
from llmcost_infra.openobserve.kinds.ordering import in_order, numbered
from llmcost_infra.openobserve.kinds.panel_body import canonical_panel, fold_panel, unfold_panel
from llmcost_infra.openobserve.kinds.rules import entries, maps
from llmcost_infra.openobserve.kinds.values import plain, without_defaults
from llmcost_infra.openobserve.kinds.variable_body import (
    canonical_variable,
    fold_variable,
    unfold_variable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.openobserve.kinds.base import Inputs

__all__ = ["ABSOLUTE_RANGE", "boxes", "canonical_dashboard", "fold_dashboard", "unfold_dashboard"]

ABSOLUTE_RANGE = re.compile(r"(\d+)\.\.(\d+)")
"""Start and end (µs since 1970) of a default time range that does not move with the clock."""

_VERSION = 8
_SERVER_MANAGED = frozenset({"created", "dashboardId", "owner", "role", "updatedAt", "version"})


def fold_dashboard(inputs: Inputs) -> dict[str, Any]:
    """Return the body of a dashboard; id, owner and date of creation are the store's business."""
    variables: dict[str, Inputs] = inputs.get("variables") or {}
    body: dict[str, Any] = {
        "version": _VERSION,
        "title": inputs["title"],
        "description": inputs.get("description", ""),
        "tabs": [_fold_tab(name, tab) for name, tab in _ordered(inputs["tabs"])],
        "variables": {
            "list": [fold_variable(name, variable) for name, variable in _ordered(variables)],
            "showDynamicFilters": inputs.get("show_dynamic_filters", False),
        },
    }
    if inputs.get("default_time_range"):
        body["defaultDatetimeDuration"] = _fold_range(inputs["default_time_range"])
    return body


def unfold_dashboard(body: Mapping[str, Any], known: Inputs | None) -> Inputs:
    """Return the inputs of a dashboard as the server has it, without folder, canonical.

    Args:
        body: the dashboard inside the server's wrapper.
        known: inputs of the last state; what did not move keeps its order number.
    """
    rest = {key: value for key, value in body.items() if key not in _SERVER_MANAGED}
    known = known or {}
    known_tabs = entries(known.get("tabs"))
    tabs: list[dict[str, Any]] = rest.pop("tabs", None) or []
    tab_numbers = numbered([tab["tabId"] for tab in tabs], _orders(known_tabs))
    variables: Inputs = rest.pop("variables", None) or {}
    listed: list[dict[str, Any]] = variables.get("list") or []
    numbers = numbered(
        [variable["name"] for variable in listed], _orders(entries(known.get("variables")))
    )
    return canonical_dashboard(
        {
            "default_time_range": _unfold_range(plain(rest.pop("defaultDatetimeDuration", None))),
            "show_dynamic_filters": variables.get("showDynamicFilters"),
            **rest,
            "tabs": {
                tab["tabId"]: {
                    "order": tab_numbers[tab["tabId"]],
                    **_unfold_tab(tab, entries(known_tabs.get(tab["tabId"], {}).get("panels"))),
                }
                for tab in tabs
            },
            "variables": {
                variable["name"]: {
                    "order": numbers[variable["name"]],
                    **unfold_variable(variable),
                }
                for variable in listed
            },
        }
    )


def canonical_dashboard(inputs: Inputs) -> Inputs:
    """Return a dashboard without nulls and defaults, and without places that follow the flow."""
    values: Inputs = plain(inputs)
    values["tabs"] = {
        name: {**tab, "panels": _without_flow_places(entries(tab.get("panels")))}
        for name, tab in entries(values.get("tabs")).items()
    }
    values["variables"] = {
        name: canonical_variable(name, variable)
        for name, variable in entries(values.get("variables")).items()
    }
    defaults: Inputs = {"folder": "default", "show_dynamic_filters": False}
    return without_defaults(values, defaults, frozenset({"tabs"}))


def boxes(panels: Mapping[str, Inputs]) -> dict[str, Box]:
    """Return where each panel of a tab is, in their order.

    A panel with its own place does not push the others: they stay where the flow puts them.
    """
    ordered = _ordered(panels)
    placed = flow(_size(panel) for _, panel in ordered)
    return {
        name: Box(panel.get("x", box.x), panel.get("y", box.y), box.width, box.height)
        for (name, panel), box in zip(ordered, placed, strict=True)
    }


def _fold_tab(name: str, tab: Inputs) -> dict[str, Any]:
    panels: dict[str, Inputs] = tab.get("panels") or {}
    return {
        "tabId": name,
        "name": tab["name"],
        "panels": [
            fold_panel(panel, panels[panel], box, number)
            for number, (panel, box) in enumerate(boxes(panels).items(), start=1)
        ],
    }


def _unfold_tab(tab: Mapping[str, Any], known: Mapping[str, Inputs]) -> Inputs:
    rest = {key: value for key, value in tab.items() if key not in {"panels", "tabId"}}
    panels = {panel["id"]: unfold_panel(panel) for panel in maps(tab.get("panels"))}
    numbers = numbered(_sequence(panels, known), _orders(known))
    return {
        **rest,
        "panels": {name: {"order": numbers[name], **panel} for name, panel in panels.items()},
    }


def _sequence(panels: Mapping[str, Inputs], known: Mapping[str, Inputs]) -> list[str]:
    """Return the order in which panels follow each other: as listed, or as they are read.

    Dragging a panel moves it on the grid but not in the list. Whichever order explains more of
    the places as plain flow is meant; a layout that is as last known stays as it is listed.
    """
    listed = list(panels)
    own_places = {name for name, panel in known.items() if "x" in panel or "y" in panel}
    as_known = [name for name, _ in _ordered(known)]
    if listed == as_known and _apart(listed, panels) == own_places:
        return listed
    read = sorted(listed, key=lambda name: (panels[name].get("y", 0), panels[name].get("x", 0)))
    return min(listed, read, key=lambda names: len(_apart(names, panels)))


def _apart(names: Sequence[str], panels: Mapping[str, Inputs]) -> set[str]:
    """Return the panels that are not where the flow would put them."""
    placed = flow(_size(panels[name]) for name in names)
    return {
        name
        for name, box in zip(names, placed, strict=True)
        if (panels[name].get("x", 0), panels[name].get("y", 0)) != (box.x, box.y)
    }


def _without_flow_places(panels: Mapping[str, Inputs]) -> dict[str, Inputs]:
    """Return canonical panels that say their place only where the flow puts them elsewhere."""
    canonical = {name: canonical_panel(panel) for name, panel in panels.items()}
    ordered = _ordered(canonical)
    placed = flow(_size(panel) for _, panel in ordered)
    for (_, panel), box in zip(ordered, placed, strict=True):
        if panel.get("x", box.x) == box.x and panel.get("y", box.y) == box.y:
            panel.pop("x", None)
            panel.pop("y", None)
    return canonical


def _ordered(items: Mapping[str, Inputs]) -> list[tuple[str, Inputs]]:
    return in_order(items, _orders(items))


def _orders(items: Mapping[str, Inputs]) -> dict[str, float]:
    return {name: item["order"] for name, item in items.items() if item.get("order") is not None}


def _size(panel: Inputs) -> tuple[int, int]:
    return int(panel.get("width") or WIDTH), int(panel.get("height") or HEIGHT)


def _fold_range(text: str) -> Inputs:
    absolute = ABSOLUTE_RANGE.fullmatch(text)
    if absolute is None:
        return {"type": "relative", "relativeTimePeriod": text}
    return {"type": "absolute", "startTime": int(absolute[1]), "endTime": int(absolute[2])}


def _unfold_range(value: Inputs | None) -> str | None:
    if not value:
        return None
    if value.get("type") == "absolute":
        return f"{value.get('startTime')}..{value.get('endTime')}"
    return value.get("relativeTimePeriod")
