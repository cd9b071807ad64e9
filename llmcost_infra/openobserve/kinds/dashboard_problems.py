"""What is wrong with a dashboard: what the server refuses, and what its UI would rewrite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.base import Inputs, Problem
from llmcost_infra.openobserve.kinds.dashboard_body import ABSOLUTE_RANGE, boxes
from llmcost_infra.openobserve.kinds.layout import floating, overlapping
from llmcost_infra.openobserve.kinds.panel_problems import panel_problems
from llmcost_infra.openobserve.kinds.rules import (
    Rule,
    boolean,
    check,
    entries,
    mapping,
    non_empty,
    number,
    text,
    trimmed,
)
from llmcost_infra.openobserve.kinds.variable_problems import variable_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["dashboard_problems"]

_RELATIVE = re.compile(r"[1-9]\d*[smhdwM]")
_PLACE = ("height", "order", "width", "x", "y")


def _time_range(value: Any) -> str | None:
    if wrong := text(value):
        return wrong
    if _RELATIVE.fullmatch(value) or ABSOLUTE_RANGE.fullmatch(value):
        return None
    return f"{value!r} is no time range: write a number and s, m, h, d, w or M, like 24h"


_RULES: dict[str, Rule] = {
    "default_time_range": _time_range,
    "description": text,
    "folder": trimmed,
    "organization": trimmed,
    "show_dynamic_filters": boolean,
    "tabs": mapping,
    "title": trimmed,
    "variables": mapping,
}
_TAB_RULES: dict[str, Rule] = {"name": non_empty, "order": number, "panels": mapping}


def dashboard_problems(inputs: Inputs, required: Collection[str]) -> Iterator[Problem]:
    """Yield all that is wrong with a dashboard.

    Args:
        inputs: of the dashboard; what is not known yet is None.
        required: top-level keys that must be there.
    """
    yield from check(inputs, _RULES, required)
    tabs, variables = entries(inputs.get("tabs")), entries(inputs.get("variables"))
    if inputs.get("tabs", None) == {}:
        yield Problem("tabs", "must not be empty: a dashboard without a tab cannot be opened")
    yield from _order_problems("tabs", tabs)
    for name, tab in tabs.items():
        yield from _tab_problems(f"tabs.{name}", tab, variables)
    yield from _twin_problems(tabs)
    yield from _order_problems("variables", variables)
    for name, variable in variables.items():
        yield from variable_problems(name, variable, tabs)


def _tab_problems(path: str, tab: Inputs, variables: Collection[str]) -> Iterator[Problem]:
    yield from check(tab, _TAB_RULES, _TAB_RULES, path)
    panels = entries(tab.get("panels"))
    found = [
        problem
        for name, panel in panels.items()
        for problem in panel_problems(f"{path}.panels.{name}", panel, variables)
    ]
    found += _order_problems(f"{path}.panels", panels)
    yield from found
    if not found:
        yield from _layout_problems(path, panels)


def _layout_problems(path: str, panels: Mapping[str, Inputs]) -> Iterator[Problem]:
    if any(panel.get(key, 0) is None for panel in panels.values() for key in _PLACE):
        return
    places = boxes(panels)
    for one, other in overlapping(places):
        # Only a panel with a place of its own can be the cause.
        moved = other if "x" in panels[other] else one
        lies_on = one if moved is other else other
        yield Problem(
            f"{path}.panels.{moved}.x", f"overlaps {lies_on}: leave out x and y, or move it"
        )
    for name in floating(places):
        yield Problem(
            f"{path}.panels.{name}.y", "nothing is right above it: the UI would move it up and save"
        )


def _order_problems(path: str, things: Mapping[str, Inputs]) -> Iterator[Problem]:
    """Yield things that share an order number: which comes first would be chance."""
    first: dict[Any, str] = {}
    for name, thing in sorted(things.items()):
        order = thing.get("order")
        if order is not None and first.setdefault(order, name) != name:
            yield Problem(
                f"{path}.{name}.order", f"{order:g} is that of {first[order]} too: choose another"
            )


def _twin_problems(tabs: Mapping[str, Inputs]) -> Iterator[Problem]:
    """Yield panels with the id of a panel in another tab: the UI renames one, and saves that."""
    first: dict[str, str] = {}
    for tab, values in sorted(tabs.items()):
        for panel in entries(values.get("panels")):
            if first.setdefault(panel, tab) != tab:
                yield Problem(
                    f"tabs.{tab}.panels.{panel}",
                    f"is the id of a panel in tab {first[panel]} too: choose another",
                )
