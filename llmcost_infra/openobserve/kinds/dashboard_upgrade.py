"""Dashboards of older schema versions as version 8, step by step as the UI reads them.

The server keeps what it was sent; the UI turns it into the present form each time it opens one, and
saves that when somebody saves. What is not in the form of its version is refused, and not guessed.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["PRESENT", "NotUpgradable", "upgraded"]

PRESENT: Final = 8
"""The schema version that the server and this provider speak."""

_AXES: Final = ("x", "y", "z", "breakdown")
_SINGLE_AXES: Final = (
    "latitude",
    "longitude",
    "name",
    "source",
    "target",
    "value",
    "value_for_maps",
    "weight",
)
_SIDES: Final = ("x", "y", "w", "h")
_OF_CONFIG: Final = ("show_legends", "legends_position", "unit", "unit_custom")
_NO_FILTER: Final[dict[str, Any]] = {
    "filterType": "group",
    "logicalOperator": "AND",
    "conditions": [],
}
_CONDITION: Final = ("type", "values", "column", "operator", "value")

Body = dict[str, Any]


class NotUpgradable(ValueError):  # noqa: N818 - it names what is wrong
    """A body is not in the form of its version: says what was looked for and not found."""


def upgraded(body: Mapping[str, Any], version: int) -> Body:
    """Return a dashboard in the present form; the body itself stays as it is.

    Args:
        body: as the server has it.
        version: in which it is stored.

    Raises:
        NotUpgradable: there is no such version, or the body is not in its form.
    """
    if version not in range(1, PRESENT + 1):
        raise NotUpgradable(f"version {version} is not known here")
    found: Body = deepcopy(dict(body))
    for number in range(version, PRESENT):
        try:
            found = _STEPS[number](found)
        except (AttributeError, KeyError, TypeError) as error:
            why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise NotUpgradable(f"it is not in the form of version {number}: {why}") from None
    return {**found, "version": PRESENT}


def _panels_with_queries(body: Body) -> Body:
    """From 1: places move into panels, and what a panel asks becomes its first query."""
    places = {place["panelId"]: place for place in body.pop("layouts")}
    body["panels"] = [_panel_of_first_version(panel, places) for panel in body["panels"]]
    return body


def _panel_of_first_version(panel: Body, places: Mapping[str, Body]) -> Body:
    config, fields, place = panel["config"], panel["fields"], places[panel["id"]]
    return {
        "id": panel["id"],
        "type": panel["type"],
        "title": config["title"],
        "description": config.get("description") or "",
        "queryType": panel.get("queryType") or "sql",
        "config": {key: config[key] for key in _OF_CONFIG if key in config},
        "layout": {key: place[key] for key in (*_SIDES, "i") if key in place},
        "queries": [
            {
                "query": panel["query"],
                "customQuery": panel["customQuery"],
                "config": {"promql_legend": config.get("promql_legend") or ""},
                "fields": {
                    "stream": fields["stream"],
                    "stream_type": fields.get("stream_type") or "logs",
                    **{key: _listed(fields, key) for key in ("x", "y", "filter")},
                    "z": [],
                },
            }
        ],
    }


def _one_tab(body: Body) -> Body:
    """From 2: the panels are a tab, on a grid of 48 columns instead of 12."""
    panels = body.pop("panels")
    body["tabs"] = [{"tabId": "default", "name": "Default", "panels": panels}]
    return _scaled(body, x=4, w=4)


def _breakdown(body: Body) -> Body:
    """From 3: what a chart has on its x axis besides the first column is its breakdown."""
    for panel, query in _queries(body):
        fields = query["fields"]
        along = _listed(fields, "x")
        kept = len(along) if panel["type"] == "table" else 1
        fields["breakdown"] = [*_listed(fields, "breakdown"), *along[kept:]]
        fields["x"] = along[:kept]
    return body


def _filter_groups(body: Body) -> Body:
    """From 4: a list of conditions is a group of them."""
    for _, query in _queries(body):
        query["fields"]["filter"] = {
            "filterType": "group",
            "logicalOperator": "AND",
            "conditions": [
                {
                    **{key: one[key] for key in _CONDITION if key in one},
                    "filterType": "condition",
                    "logicalOperator": "AND",
                }
                for one in _listed(query["fields"], "filter")
            ],
        }
    return body


def _fine_grid(body: Body) -> Body:
    """From 5: 192 columns instead of 48, and rows of half the height."""
    return _scaled(body, x=4, w=4, h=2)


def _fine_rows(body: Body) -> Body:
    """From 6: panels start at rows of half the height as well."""
    return _scaled(body, y=2)


def _functions(body: Body) -> Body:
    """From 7: an axis names its function, and its column is the function's first argument."""
    for _, query in _queries(body):
        custom, fields = bool(query["customQuery"]), query["fields"]
        for key in _AXES:
            fields[key] = [_axis(axis, custom=custom) for axis in _listed(fields, key)]
        for key in _SINGLE_AXES:
            if fields.get(key):
                fields[key] = _axis(fields[key], custom=custom)
        fields["filter"] = _filter_with_columns(fields.get("filter") or _NO_FILTER)
    return body


def _axis(axis: Body, *, custom: bool) -> Body:
    kept = {key: value for key, value in axis.items() if key != "aggregationFunction"}
    function = axis.get("aggregationFunction")
    # Arguments were the interval of a histogram, and nothing else.
    given = _listed(axis, "args") if function == "histogram" else []
    arguments = [{"type": "histogramInterval", **argument} for argument in given]
    if function:
        kept["functionName"] = function
    if not custom:
        column = {"field": kept.pop("column"), "streamAlias": None}
        arguments = [{"type": "field", "value": column}, *arguments]
    return {**kept, "type": "custom" if custom else "build", "args": arguments}


def _filter_with_columns(group: Body) -> Body:
    """Return a group of conditions whose columns are objects."""
    return {**group, "conditions": [_condition_with_column(one) for one in group["conditions"]]}


def _condition_with_column(one: Body) -> Body:
    if one.get("filterType") == "group":
        return _filter_with_columns(one)
    column = one.get("column")
    return {**one, "column": {"field": column, "streamAlias": None}} if column else one


def _scaled(body: Body, **factors: int) -> Body:
    for panel in _panels(body):
        layout = panel["layout"]
        for side, factor in factors.items():
            if not isinstance(layout[side], int | float):
                raise TypeError(f"{side} of a panel is no number")
            layout[side] *= factor
    return body


def _listed(body: Body, key: str) -> list[Body]:
    """Return a list; an absent one is empty.

    Raises:
        TypeError: it is something else.
    """
    found: Any = body.get(key) or []
    if not isinstance(found, list):
        raise TypeError(f"{key} is no list")
    return cast("list[Body]", found)


def _panels(body: Body) -> Iterator[Body]:
    for tab in body["tabs"]:
        yield from tab["panels"]


def _queries(body: Body) -> Iterator[tuple[Body, Body]]:
    for panel in _panels(body):
        for query in panel["queries"]:
            yield panel, query


_STEPS: Final[Mapping[int, Callable[[Body], Body]]] = {
    1: _panels_with_queries,
    2: _one_tab,
    3: _breakdown,
    4: _filter_groups,
    5: _fine_grid,
    6: _fine_rows,
    7: _functions,
}
"""What turns each version into the next."""
