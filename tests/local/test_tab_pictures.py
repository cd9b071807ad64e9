"""Pictures of tabs over HTTP, drawn from the server's own rows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.local.server import LocalServer
from tests.local.telemetry import PROTOBUF, span, spans_body

if TYPE_CHECKING:
    from collections.abc import Iterator

USER, PASSWORD = "root@example.com", "Complexpass#123"
NOON = 1_795_521_600_000_000
"""2026-11-24T12:00:00Z in µs."""
MINUTE = 60_000_000
NO_FILTER = {"filterType": "group", "logicalOperator": "AND", "conditions": []}


def panel(name: str, sql: str, **config: Any) -> dict[str, Any]:
    """A tile of a statement."""
    fields = {"x": [], "y": [{"label": "n", "alias": "n"}], "z": [], "breakdown": []}
    stream = {"stream": "calls", "stream_type": "traces", "filter": NO_FILTER}
    return {
        "id": name,
        "type": "metric",
        "title": name,
        "description": "",
        "config": {"show_legends": False, "decimals": 0, **config},
        "layout": {"x": 0, "y": 0, "w": 48, "h": 9, "i": 1},
        "queries": [
            {
                "query": sql,
                "customQuery": True,
                "fields": fields | stream,
                "config": {"promql_legend": ""},
            }
        ],
    }


def tab(name: str, *panels: dict[str, Any]) -> dict[str, Any]:
    """A tab."""
    return {"tabId": name, "name": name, "panels": list(panels)}


COUNT = 'SELECT COUNT(*) AS n FROM "calls"'
THREE_HOURS = {"type": "relative", "relativeTimePeriod": "3h"}
BOARD = {
    "version": 8,
    "title": "Calls",
    "variables": {
        "list": [
            {"type": "textbox", "name": "one", "label": "", "value": ""},
            {"type": "custom", "name": "many", "label": "", "multiSelect": True, "options": []},
        ]
    },
    "tabs": [
        tab("count", panel("count", COUNT)),
        tab("own-range", panel("own", COUNT, panel_time_range=THREE_HOURS)),
        tab("refused", panel("refused", 'SELECT COUNT(nothing) AS n FROM "calls"')),
        tab("missing", panel("missing", 'SELECT COUNT(*) AS n FROM "no_such_stream"')),
        tab(
            "variables",
            panel("v", COUNT + " WHERE service_name = '${one}' AND service_name IN (${many})"),
        ),
        tab("undeclared", panel("u", COUNT + " WHERE service_name = '${nobody}'")),
    ],
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server with two calls, half an hour and two hours ago."""
    local = LocalServer(
        tmp_path_factory.mktemp("pictures"), user=USER, password=PASSWORD, clock=lambda: NOON
    )
    with local, httpx.Client(base_url=local.url, auth=(USER, PASSWORD), timeout=30) as client:
        spans = [span(str(ago), NOON - ago * MINUTE, {}) for ago in (30, 120)]
        client.post(
            "/api/default/v1/traces",
            content=spans_body(*spans),
            headers={**PROTOBUF, "stream-name": "calls"},
        ).raise_for_status()
        yield client


@pytest.fixture(scope="module")
def board(client: httpx.Client) -> str:
    """Address of the pictures of a dashboard."""
    made = client.post("/api/default/dashboards?folder=default", json=BOARD)
    return f"/pictures/default/{made.raise_for_status().json()['v8']['dashboardId']}"


def test_a_tab_is_drawn_from_rows_of_the_time_range(client: httpx.Client, board: str) -> None:
    """An hour holds one call, four hours hold both."""
    last_hour = client.get(f"{board}/count?hours=1")
    assert last_hour.headers["content-type"] == "image/svg+xml"
    assert ">1</text>" in last_hour.text
    assert ">2</text>" in client.get(f"{board}/count?hours=4").text


def test_a_panel_with_a_time_range_of_its_own_keeps_it(client: httpx.Client, board: str) -> None:
    """As OpenObserve does, whatever the reader chose."""
    assert ">2</text>" in client.get(f"{board}/own-range?hours=1").text


@pytest.mark.parametrize("name", ["refused", "missing"])
def test_a_refused_statement_is_told_in_its_panel(
    client: httpx.Client, board: str, name: str
) -> None:
    """The tab is drawn all the same."""
    answer = client.get(f"{board}/{name}")
    assert answer.status_code == 200
    assert "The query was refused" in answer.text


def test_every_variable_is_at_all(client: httpx.Client, board: str) -> None:
    """As the user interface sends a statement before anybody chose anything."""
    assert ">2</text>" in client.get(f"{board}/variables?hours=4").text
    assert ">0</text>" in client.get(f"{board}/undeclared?hours=4").text


def test_themes_and_widths(client: httpx.Client, board: str) -> None:
    """The picture is as wide as was asked for, and dark if that was."""
    light, dark = (
        client.get(f"{board}/count", params={"theme": theme, "width": 500}).text
        for theme in ("light", "dark")
    )
    assert 'width="500"' in light
    assert light != dark


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("hours=0", "hours is a whole number from 1 to 2160"),
        ("hours=many", "hours is a whole number"),
        ("width=100000", "width is a whole number from 300 to 4000"),
        ("theme=blue", "theme is light or dark"),
    ],
)
def test_what_makes_no_picture_is_refused(
    client: httpx.Client, board: str, query: str, said: str
) -> None:
    """With what would be right."""
    answer = client.get(f"{board}/count?{query}")
    assert answer.status_code == 400
    assert said in answer.json()["message"]


@pytest.mark.parametrize("path", ["/pictures/default/123/count", "/pictures/nowhere/123/count"])
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str) -> None:
    """Neither dashboard nor organization."""
    assert client.get(path).status_code == 404


def test_a_picture_needs_credentials(client: httpx.Client, board: str) -> None:
    """It shows what the REST API would not tell a stranger either."""
    assert httpx.get(f"{client.base_url}{board}/count", timeout=30).status_code == 401


def test_without_vl_convert_it_says_how_to_get_it(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page shows this sentence in the place of the picture."""
    bars = {**panel("bars", COUNT), "type": "bar"}
    bars["queries"][0]["fields"]["x"] = bars["queries"][0]["fields"]["y"]
    board = {**BOARD, "tabs": [tab("bars", bars)]}
    made = client.post("/api/default/dashboards?folder=default", json=board).json()["v8"]
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    answer = client.get(f"/pictures/default/{made['dashboardId']}/bars")
    assert answer.status_code == 501
    assert "pip install 'llmcost-infra[" in answer.json()["message"]
