"""Every store names all objects of an organization, and only those that one may manage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import ObjectStore

PRICES = {
    "input": 1e-06,
    "output": 2e-06,
    "cache_read_input_tokens": 1e-07,
    "cache_creation_input_tokens": 1e-06,
}


@pytest.fixture
def full(raw: Client) -> dict[str, Any]:
    """Make one object of each kind by hand, and what belongs to the server or to other kinds."""
    made: dict[str, Any] = {}
    for what in ("dashboards", "alerts", "reports"):
        made[what] = raw.post(f"/api/v2/default/folders/{what}", {"name": what, "description": ""})[
            "folderId"
        ]
    raw.post("/api/default/streams/calls", {"fields": [], "settings": {}}, {"type": "traces"})
    raw.post("/api/default/streams/calls", {"fields": [], "settings": {}}, {"type": "logs"})
    raw.post("/api/default/functions", {"name": "f", "function": ".", "params": "row"})
    body = {"version": 8, "title": "T", "tabs": [{"tabId": "t", "name": "t", "panels": []}]}
    for folder in ("default", made["dashboards"]):
        answer = raw.post("/api/default/dashboards", body, {"folder": folder})
        made[f"in {folder}"] = answer["v8"]["dashboardId"]
    raw.post("/api/default/alerts/templates", {"name": "t", "body": "{}", "type": "http"})
    raw.post(
        "/api/default/alerts/destinations",
        {"name": "d", "url": "http://127.0.0.1:1/x", "type": "http", "template": "t"},
        {"module": "alert"},
    )
    raw.post("/api/default/llm/models", {"name": "m", "match_pattern": "^m$", "tiers": [
        {"name": "default", "prices": PRICES}]})  # fmt: skip
    raw.post("/api/default/service_accounts", {"email": "a@b.example"})
    return made


def test_every_object_is_named(objects: dict[str, ObjectStore], full: dict[str, Any]) -> None:
    """Each id can be read; folders that are always there and the server's templates are not."""
    ids = {kind: store.ids("default") for kind, store in objects.items()}
    for kind, store in objects.items():
        assert all(store.read(id_, None) is not None for id_ in ids[kind])
    assert {kind: those for kind, those in ids.items() if kind not in {"Alert", "Pipeline"}} == {
        "Folder": sorted(
            f"default/{what}/{full[what]}" for what in ("dashboards", "alerts", "reports")
        ),
        "Stream": ["default/logs/calls", "default/traces/calls"],
        "Function": ["default/f"],
        "Dashboard": sorted(
            f"default/{full[name]}" for name in ("in default", f"in {full['dashboards']}")
        ),
        "AlertTemplate": ["default/t"],
        "AlertDestination": ["default/d"],
        "ModelPriceTable": ["default"],
        "ServiceAccount": ["default/a@b.example"],
    }


def test_an_empty_organization_has_none(objects: dict[str, ObjectStore]) -> None:
    """Nothing is made up: the server's own templates are not the organization's."""
    assert {kind: store.ids("default") for kind, store in objects.items()} == {
        kind: [] for kind in objects
    }


def test_whoever_lists_dashboards_finds_each_at_once(
    objects: dict[str, ObjectStore], full: dict[str, Any], server: LocalServer
) -> None:
    """Where it lies is known from the list: reading it is one request, whatever its folder."""
    ids = objects["Dashboard"].ids("default")
    server.requests.clear()
    folders = {
        found.inputs.get("folder", "default")
        for id_ in ids
        if (found := objects["Dashboard"].read(id_, None)) is not None
    }
    assert folders == {"default", full["dashboards"]}
    assert [path for _, path, _ in server.requests] == [
        f"/api/default/dashboards/{id_.partition('/')[2]}" for id_ in ids
    ]
