"""What changes on a dashboard: tabs, panels and variables by id, their SQL and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.openobserve.kinds.dashboard_body import boxes
from llmcost_infra.openobserve.kinds.rules import entries
from llmcost_infra.review.finding import Finding, Subject
from llmcost_infra.review.layouts import layout_findings
from llmcost_infra.review.leaves import ABSENT, Leaf, leaves
from llmcost_infra.review.plain_words import added_or_removed, changed, counted
from llmcost_infra.review.texts import line_diff, sql_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs

__all__ = ["comparable", "dashboard_findings"]

_PLACE: Final = frozenset({"height", "order", "width", "x", "y"})
_NAMES: Final = {
    "breakdown": "breakdown",
    "default_time_range": "time range",
    "description": "description",
    "name": "title",
    "title": "title",
    "type": "chart",
    "x_axis": "x axis",
    "y_axis": "y axis",
    "z_axis": "z axis",
}


def comparable(before: Inputs, after: Inputs) -> tuple[Inputs, Inputs]:
    """Return two dashboards in a form in which whatever people see differs at one place.

    Order numbers say nothing but which comes first, so they become lists of what is on both
    sides; sizes become places on the grid.

    Args:
        before: canonical inputs.
        after: the same.
    """
    return _form(before, after), _form(after, before)


def dashboard_findings(subject: Subject, before: Inputs, after: Inputs) -> Iterator[Finding]:
    """Yield what differs between two dashboards.

    Args:
        subject: the dashboard.
        before: canonical inputs.
        after: the same.
    """
    tabs: dict[str, list[Leaf]] = {}
    for leaf in leaves(*comparable(before, after)):
        match leaf.path:
            case ("tabs", tab, *_):
                tabs.setdefault(tab, []).append(leaf)
            case ("tab_order",):
                yield Finding(subject, "order", "tabs follow each other in another order", (leaf,))
            case ("variable_order",):
                yield Finding(subject, "order", "variables are in another order", (leaf,))
            case ("variables", name, *rest):
                variable = subject.inside("variable", name, f"variables.{name}")
                yield changed(variable, leaf) if rest else added_or_removed(variable, leaf)
            case _:
                last = leaf.path[-1]
                yield changed(subject, leaf, name=_NAMES.get(last, ""))
    old_tabs, new_tabs = entries(before.get("tabs")), entries(after.get("tabs"))
    for name, found in tabs.items():
        pair = (old_tabs.get(name, {}), new_tabs.get(name, {}))
        yield from _tab_findings(subject, name, pair, found)


def _form(own: Inputs, other: Inputs) -> Inputs:
    tabs, other_tabs = entries(own.get("tabs")), entries(other.get("tabs"))
    variables = entries(own.get("variables"))
    return {
        **own,
        "tab_order": _common(tabs, other_tabs),
        "tabs": {
            name: {
                **{key: value for key, value in tab.items() if key not in {"order", "panels"}},
                "panels": _panels(entries(tab.get("panels"))),
                "panel_order": _common(
                    entries(tab.get("panels")), entries(other_tabs.get(name, {}).get("panels"))
                ),
            }
            for name, tab in tabs.items()
        },
        "variable_order": _common(variables, entries(other.get("variables"))),
        "variables": {
            name: {key: value for key, value in variable.items() if key != "order"}
            for name, variable in variables.items()
        },
    }


def _common(own: Mapping[str, Inputs], other: Mapping[str, Inputs]) -> list[str]:
    """Return the names that both have, in their own order; of equal numbers the name decides."""
    return sorted(own.keys() & other.keys(), key=lambda name: (own[name].get("order", 0), name))


def _panels(panels: Mapping[str, Inputs]) -> dict[str, Inputs]:
    places = boxes(panels)
    return {
        name: {
            **{key: value for key, value in panel.items() if key not in _PLACE},
            "layout": {
                "x": places[name].x,
                "y": places[name].y,
                "width": places[name].width,
                "height": places[name].height,
            },
        }
        for name, panel in panels.items()
    }


def _tab_findings(
    dashboard: Subject, tab_id: str, pair: tuple[Inputs, Inputs], found: Iterable[Leaf]
) -> Iterator[Finding]:
    name = str((pair[1] or pair[0]).get("name", tab_id))
    tab = dashboard.inside("tab", name, f"tabs.{tab_id}")
    old, new = (entries(one.get("panels")) for one in pair)
    places: list[Leaf] = []
    for leaf in found:
        match leaf.path[2:]:
            case ():
                yield added_or_removed(tab, leaf, counted(len(old or new), "panel"))
            case ("panel_order",) | ("panels", _, "layout", *_):
                places.append(leaf)
            case ("panels", panel_id):
                panel = _panel(tab, panel_id, old, new)
                yield _whole_panel(panel, leaf)
            case ("panels", panel_id, *_):
                yield _panel_finding(_panel(tab, panel_id, old, new), leaf)
            case _:
                yield changed(tab, leaf, name=_NAMES.get(leaf.path[-1], ""))
    named = {panel_id: _panel(tab, panel_id, old, new) for panel_id in old.keys() | new.keys()}
    yield from layout_findings(tab, named, (old, new), places)


def _panel(
    tab: Subject, panel_id: str, old: Mapping[str, Inputs], new: Mapping[str, Inputs]
) -> Subject:
    values = new.get(panel_id) or old.get(panel_id) or {}
    name = str(values.get("title") or panel_id)
    return tab.inside("panel", name, f"{tab.key}.panels.{panel_id}")


def _whole_panel(panel: Subject, leaf: Leaf) -> Finding:
    before, after = (
        "" if one is ABSENT else str(one.get("query", "")) for one in (leaf.before, leaf.after)
    )
    there = leaf.after if leaf.before is ABSENT else leaf.before
    found = added_or_removed(panel, leaf, str(there.get("type", "")))
    return Finding(panel, found.aspect, found.sentence, (leaf,), line_diff(before, after))


def _panel_finding(panel: Subject, leaf: Leaf) -> Finding:
    last = leaf.path[-1]
    both = isinstance(leaf.before, str) and isinstance(leaf.after, str)
    if last == "query" and both:
        words, diff = sql_words(leaf.before, leaf.after), line_diff(leaf.before, leaf.after)
        return Finding(panel, "sql", f"SQL changed ({words})", (leaf,), diff)
    return changed(panel, leaf, name=_NAMES.get(last, ""))
