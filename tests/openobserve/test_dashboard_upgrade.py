"""Dashboards of older schema versions in the present form, or refused with the reason."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from llmcost_infra.openobserve.kinds.dashboard import DashboardKind
from llmcost_infra.openobserve.kinds.dashboard_body import unfold_dashboard
from llmcost_infra.openobserve.kinds.dashboard_upgrade import NotUpgradable, upgraded
from tests.adopt.handmade import first_version

COLUMN = {"field": "environment", "streamAlias": None}


def panels(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels of the first tab."""
    found: list[dict[str, Any]] = body["tabs"][0]["panels"]
    return found


def present(body: dict[str, Any]) -> dict[str, Any]:
    """Return a dashboard of one builder panel in the present form."""
    return upgraded(body, body["version"])


def stored(version: int, **changes: Any) -> dict[str, Any]:
    """Return a body of version 3 to 7: one panel of the builder.

    Args:
        version: of the schema.
        changes: of the panel's first query's fields.
    """
    group = {"filterType": "group", "logicalOperator": "AND", "conditions": []}
    fields = {
        "stream": "s",
        "stream_type": "logs",
        "x": [{"label": "F", "alias": "f", "column": "feature"}],
        "y": [{"label": "N", "alias": "n", "column": "id", "aggregationFunction": "count"}],
        "filter": group if version > 4 else [],
        **changes,
    }
    query = {"query": "q", "customQuery": False, "config": {"promql_legend": ""}, "fields": fields}
    panel = {
        "id": "p",
        "type": "bar",
        "title": "P",
        "description": "",
        "queryType": "sql",
        "config": {"show_legends": True},
        "layout": {"x": 2, "y": 3, "w": 4, "h": 5, "i": 1},
        "queries": [query],
    }
    tabs = [{"tabId": "t", "name": "T", "panels": [panel]}]
    return {"version": version, "title": "Old", "dashboardId": "7", "tabs": tabs}


def test_a_dashboard_of_the_first_version_is_what_the_ui_shows() -> None:
    """All seven steps together: panels in a tab, the fine grid, axes with functions."""
    body = upgraded({**first_version(), "dashboardId": "7"}, 1)
    assert {key: body[key] for key in ("version", "title", "description", "dashboardId")} == {
        "version": 8,
        "title": "From before",
        "description": "Made in 2023",
        "dashboardId": "7",
    }
    assert [(tab["tabId"], tab["name"]) for tab in body["tabs"]] == [("default", "Default")]
    built, written = panels(body)
    assert built["layout"] == {"x": 0, "y": 0, "w": 96, "h": 18, "i": 1}
    assert written["layout"] == {"x": 96, "y": 0, "w": 96, "h": 18, "i": 2}
    (query,) = built["queries"]
    assert query["fields"]["x"] == [
        {
            "label": "Time",
            "alias": "x_axis_1",
            "color": None,
            "functionName": "histogram",
            "type": "build",
            "args": [
                {"type": "field", "value": {"field": "_timestamp", "streamAlias": None}},
                {"type": "histogramInterval", "value": "5m"},
            ],
        }
    ]
    assert [axis["alias"] for axis in query["fields"]["breakdown"]] == ["x_axis_2"]
    assert query["fields"]["y"][0]["functionName"] == "count"
    assert query["fields"]["filter"]["conditions"] == [
        {
            "type": "condition",
            "values": [],
            "column": COLUMN,
            "operator": "=",
            "value": "prod",
            "filterType": "condition",
            "logicalOperator": "AND",
        }
    ]
    assert written["queries"][0]["fields"]["x"] == [
        {"label": "f", "alias": "f", "column": "f", "type": "custom", "args": []}
    ]
    inputs = unfold_dashboard(body, None)
    assert DashboardKind().problems(inputs) == []


@pytest.mark.parametrize(
    ("version", "place"),
    [
        (3, (8, 6, 16, 10)),
        (4, (8, 6, 16, 10)),
        (5, (8, 6, 16, 10)),
        (6, (2, 6, 4, 5)),
        (7, (2, 3, 4, 5)),
        (8, (2, 3, 4, 5)),
    ],
)
def test_a_panel_stays_where_it_was_drawn(version: int, place: tuple[int, ...]) -> None:
    """Each version's grid becomes that of 192 columns and rows of 17 pixels, once."""
    (panel,) = panels(present(stored(version)))
    assert tuple(panel["layout"][side] for side in ("x", "y", "w", "h")) == place


@pytest.mark.parametrize("version", range(3, 8))
def test_the_body_that_was_read_stays_as_it_is(version: int) -> None:
    """Reading changes nothing, and reading again gives the same."""
    body = stored(version)
    before = deepcopy(body)
    assert present(body) == present(body)
    assert body == before


def test_the_present_version_is_left_alone() -> None:
    """There is nothing to do, whatever is in it."""
    body = {"version": 8, "anything": [1]}
    assert upgraded(body, 8) == body


def test_a_table_keeps_its_columns() -> None:
    """Only a chart's further columns are its breakdown."""
    body = stored(3, x=[{"label": c, "alias": c, "column": c} for c in "abc"])
    (panel,) = panels(present(body))
    assert [len(panel["queries"][0]["fields"][key]) for key in ("x", "breakdown")] == [1, 2]
    panels(body)[0]["type"] = "table"
    (panel,) = panels(present(body))
    assert [len(panel["queries"][0]["fields"][key]) for key in ("x", "breakdown")] == [3, 0]


def test_columns_in_nested_groups_become_objects() -> None:
    """A group in a group has conditions as well."""
    condition = {"filterType": "condition", "column": "environment", "operator": "Is Null"}
    inner = {"filterType": "group", "logicalOperator": "OR", "conditions": [condition]}
    outer = {"filterType": "group", "logicalOperator": "AND", "conditions": [inner, condition]}
    (panel,) = panels(present(stored(7, filter=outer)))
    found = panel["queries"][0]["fields"]["filter"]
    assert found["conditions"][0]["conditions"] == [{**condition, "column": COLUMN}]
    assert found["conditions"][1]["column"] == COLUMN


def test_axes_of_maps_are_axes() -> None:
    """Latitude and the like are one axis each, not a list."""
    (panel,) = panels(present(stored(7, latitude={"label": "L", "alias": "l", "column": "lat"})))
    assert panel["queries"][0]["fields"]["latitude"]["args"] == [
        {"type": "field", "value": {"field": "lat", "streamAlias": None}}
    ]


def broken(version: int, what: str) -> dict[str, Any]:
    """Return a body in which something is not as its version has it."""
    body = first_version() if version == 1 else stored(version)
    match what:
        case "no place":
            body["layouts"] = []
        case "no panels":
            del body["tabs"][0]["panels"]
        case "place in words":
            panels(body)[0]["layout"]["w"] = "6"
        case "filter of later":
            panels(body)[0]["queries"][0]["fields"]["filter"] = {"filterType": "group"}
        case "filter of earlier":
            panels(body)[0]["queries"][0]["fields"]["filter"] = [{"column": "a"}]
        case "no column":
            del panels(body)[0]["queries"][0]["fields"]["x"][0]["column"]
        case _:
            body["tabs"] = None
    return body


@pytest.mark.parametrize(
    ("version", "what"),
    [
        (1, "no place"),
        (3, "no panels"),
        (5, "place in words"),
        (4, "filter of later"),
        (7, "filter of earlier"),
        (7, "no column"),
        (6, "no tabs"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(version: int, what: str) -> None:
    """A dashboard is never mangled: a form that is not known is told as such."""
    with pytest.raises(NotUpgradable, match=rf"not in the form of version [{version}-7]"):
        upgraded(broken(version, what), version)


@pytest.mark.parametrize("version", [0, 9])
def test_an_unknown_version_is_refused(version: int) -> None:
    """A later server may have one that this package does not know."""
    with pytest.raises(NotUpgradable, match=f"version {version} is not known here"):
        upgraded({}, version)
