"""The embedded server's page as a reader meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.local.server import LocalServer
from tests.local.telemetry import PROTOBUF, span, spans_body
from tests.pictures.gallery import panel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.browser.conftest import Visiting

USER, PASSWORD = "root@example.com", "Complexpass#123"


def tab(name: str, *panels: dict[str, Any]) -> dict[str, Any]:
    """A tab of a dashboard."""
    return {"tabId": name, "name": f"Tab {name}", "panels": list(panels)}


def tile(name: str, sql: str) -> dict[str, Any]:
    """A tile over the stream of calls."""
    body = panel("metric", name, y="calls", unit="locale", decimals=0)
    (query,) = body["queries"]
    query |= {"query": sql, "customQuery": True, "vrlFunctionQuery": ""}
    query["fields"] |= {"stream": "calls", "stream_type": "traces", "filter": {}}
    query["fields"]["filter"] = {"filterType": "group", "logicalOperator": "AND", "conditions": []}
    query["config"] = {"promql_legend": ""}
    return {**body, "id": name.replace(" ", "-"), "description": "", "queryType": "sql"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A server with a call and a dashboard of two tabs."""
    server = LocalServer(tmp_path_factory.mktemp("page"), user=USER, password=PASSWORD)
    server.start()
    with httpx.Client(base_url=server.url, auth=(USER, PASSWORD), timeout=30) as client:
        sent = spans_body(span("chat", server.server.now() - 60_000_000, {"a": "b"}))
        headers = {**PROTOBUF, "stream-name": "calls"}
        client.post("/api/default/v1/traces", content=sent, headers=headers).raise_for_status()
        board = {
            "version": 8,
            "title": "Calls <b>here</b>",
            "description": "",
            "tabs": [
                tab("one", tile("Number", 'SELECT COUNT(*) AS calls FROM "calls"')),
                tab("two", tile("Refused", 'SELECT COUNT(nothing) AS calls FROM "calls"')),
            ],
        }
        client.post("/api/default/dashboards?folder=default", json=board).raise_for_status()
    yield server
    server.stop()


def log_in(page: Page, password: str = PASSWORD) -> None:
    """Fill the form in."""
    page.fill("input[name=password]", password)
    page.click("#login button")
    page.wait_for_load_state("networkidle")


def test_a_reader_logs_in_and_sees_a_tab(visit: Visiting, server: LocalServer) -> None:
    """The picture is there, nothing was asked for elsewhere and no error is on the console."""
    seen = visit(server.url)
    log_in(seen.page)
    seen.page.wait_for_selector("#picture:not([hidden])")
    assert seen.page.get_attribute("#picture", "alt") == "Calls <b>here</b>: Tab one"
    assert seen.page.evaluate("document.getElementById('picture').naturalWidth") > 800
    assert (seen.elsewhere, seen.complaints) == ([], [])


def test_time_tab_and_theme_are_chosen(visit: Visiting, server: LocalServer) -> None:
    """Each choice asks for another picture and stays for the next visit of the tab."""
    seen = visit(server.url)
    if seen.page.is_visible("#login"):
        log_in(seen.page)
    seen.page.wait_for_selector("#picture:not([hidden])")
    for select, value in (("#range", "720"), ("#theme", "dark")):
        with seen.page.expect_response(lambda answer: "/pictures/" in answer.url) as answered:
            seen.page.select_option(select, value)
        assert answered.value.ok
    assert "hours=720&theme=dark" in answered.value.url
    seen.page.click("text=Tab two")
    seen.page.wait_for_selector("#picture[alt$='Tab two']")
    assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert (seen.elsewhere, seen.complaints) == ([], [])


def test_a_wrong_password_is_told(visit: Visiting, server: LocalServer) -> None:
    """The form comes back with the reason."""
    seen = visit(server.url)
    seen.page.evaluate("sessionStorage.clear()")
    seen.page.reload()
    log_in(seen.page, "wrong")
    seen.page.wait_for_selector("text=not right")
    assert seen.page.is_visible("#login")
