"""What people make in the UI: bodies as the real server was sent them, or close to those."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcost_infra.openobserve import Client

__all__ = ["SECRETS", "first_version", "make", "recorded"]

_RECORDINGS = Path(__file__).parents[1] / "data" / "openobserve-transcripts"
_OLD = {"folder": "7530734417803739136"}  # of alerts, on the server that was recorded

SECRETS = {
    "https://hooks.slack.com/services/T/B/X",
    "http://127.0.0.1:5999/hook",
    "R0UT1NGK3Y0F0UR5ERV1CE",
    "grains-of-salt",
    "IK-7f3a",
}
"""What nobody may find in a file or on a screen."""


def recorded(name: str, what: str) -> Any:
    """Return the body of a recorded request.

    Args:
        name: of the file of recordings, without its ending.
        what: the recording's own words for the request.
    """
    for line in (_RECORDINGS / f"{name}.jsonl").read_text().splitlines():
        exchange = json.loads(line)
        if exchange["what"] == what and "json" in (exchange.get("request") or {}):
            return exchange["request"]["json"]
    raise AssertionError(f"{name} has no request {what!r}")


def make(client: Client) -> None:
    """Make objects of every kind, as people do: without a plan, and some of one name."""
    _streams(client)
    _routes(client)
    _alerts(client)
    _pipelines(client)
    _dashboards(client)
    client.post("/api/default/llm/models", _price())
    account = {"email": "ci@acme.example", "first_name": "CI", "last_name": ""}
    client.post("/api/default/service_accounts", account)


def _streams(client: Client) -> None:
    columns = [
        {"name": name, "type": "Utf8"}
        for name in ("feature", "gen_ai_operation_name", "environment", "team")
    ]
    columns.append({"name": "llmcost_cost_usd", "type": "Float64"})
    settings = {"data_retention": 45, "full_text_search_keys": ["feature"], "max_query_range": 48}
    for name, with_settings in (("llm_traces", settings), ("default", {}), ("nobody_cares", {})):
        path = f"/api/default/streams/{name}"
        client.post(path, {"fields": columns, "settings": with_settings}, {"type": "traces"})


def _routes(client: Client) -> None:
    routes, notes = "06-templates-destinations", "18-destination-metadata"
    template = "/api/default/alerts/templates"
    client.post(template, recorded(routes, "create template"))
    page = '{"routing_key": "R0UT1NGK3Y0F0UR5ERV1CE", "dedup_key": "{alert_name}"}'
    client.post(template, {"name": "page", "body": page, "type": "http"})
    mail = {"name": "mail", "body": "<p>{alert_name}</p>\n", "type": "email", "title": "Oh dear"}
    client.post(template, mail)
    destination = "/api/default/alerts/destinations"
    client.post(destination, recorded(routes, "destination with unknown template"))
    client.post(destination, recorded(routes, "destination"))
    client.post(destination, recorded(routes, "slack, prebuilt type"))
    paged = recorded(notes, "pd")
    client.post(destination, {**paged, "metadata": {**paged["metadata"], "routing_key": "IK-7f3a"}})


def _alerts(client: Client) -> None:
    folder = client.post("/api/v2/default/folders/alerts", {"name": "Ops", "description": ""})
    path, where = "/api/v2/default/alerts", {"folder": folder["folderId"]}
    for what in ("create", "multi time range with VRL", "custom aggregation"):
        client.post(path, recorded("07-alerts", what), where)
    # Nobody stops two alerts of one name.
    client.post(path, recorded("07-alerts", "create"), where)
    saved = recorded("07-alerts", "create")
    saved["query_condition"]["conditions"] = {
        "version": 2,
        "conditions": {"filterType": "group", "logicalOperator": "AND", "conditions": []},
    }
    saved["trigger_condition"]["timezone"] = "Europe/Berlin"
    client.post(path, {**saved, "name": "Saved-Twice", "template": "page"})


def _pipelines(client: Client) -> None:
    name = "08-functions-pipelines"
    for what in ("create", "create, body without closing dot", "create the content function"):
        client.post("/api/default/functions", recorded(name, what))
    salted = '.user = sha2(string!(.user) + "grains-of-salt")\n.'
    client.post("/api/default/functions", {"name": "salted", "function": salted, "params": "row"})
    client.post("/api/default/pipelines", recorded(name, "create with own id"))
    client.post("/api/default/pipelines", recorded(name, "scheduled pipeline"))


def _dashboards(client: Client) -> None:
    path = "/api/default/dashboards"
    drawn = json.loads((_RECORDINGS / "dashboard-two-tabs.json").read_text())
    client.post(path, drawn)
    saved = json.loads((_RECORDINGS / "ui-save-without-change.json").read_text())["after"]["v8"]
    folder = client.post("/api/v2/default/folders/dashboards", {"name": "Ops", "description": "x"})
    where = {"folder": folder["folderId"]}
    client.post(path, {**saved, "dashboardId": ""}, where)
    client.post(path, {**saved, "dashboardId": ""}, where)
    client.post(path, first_version(), where)
    client.post(path, {"version": 3, "title": "Odd", "tabs": [{"tabId": "t", "name": "T"}]}, where)


def first_version() -> dict[str, Any]:
    """Return a dashboard of the first schema version: two panels, the first made by the builder."""
    fields = {
        "stream": "llm_traces",
        "stream_type": "traces",
        "x": [
            {
                "label": "Time",
                "alias": "x_axis_1",
                "column": "_timestamp",
                "color": None,
                "aggregationFunction": "histogram",
                "args": [{"value": "5m"}],
            },
            {"label": "Feature", "alias": "x_axis_2", "column": "feature", "color": None},
        ],
        "y": [
            {
                "label": "Calls",
                "alias": "y_axis_1",
                "column": "span_id",
                "color": "#5960b2",
                "aggregationFunction": "count",
            }
        ],
        "filter": [
            {
                "type": "condition",
                "values": [],
                "column": "environment",
                "operator": "=",
                "value": "prod",
            }
        ],
    }
    built = {
        "id": "Panel_ID1",
        "type": "bar",
        "queryType": "sql",
        "query": 'SELECT histogram(_timestamp) as "x_axis_1" FROM "llm_traces"',
        "customQuery": False,
        "fields": fields,
        "config": {"title": "Calls", "description": "", "show_legends": True, "unit": None},
    }
    written = {
        "id": "Panel_ID2",
        "type": "table",
        "queryType": "sql",
        "query": 'SELECT feature AS f, COUNT(*) AS n FROM "llm_traces" GROUP BY feature',
        "customQuery": True,
        "fields": {
            **fields,
            "x": [{"label": "f", "alias": "f", "column": "f"}],
            "y": [{"label": "n", "alias": "n", "column": "n"}],
            "filter": [],
        },
        "config": {"title": "Features", "description": "", "show_legends": True},
    }
    places = [("Panel_ID1", 0, 0, 6, 9), ("Panel_ID2", 6, 0, 6, 9)]
    return {
        "version": 1,
        "title": "From before",
        "description": "Made in 2023",
        "panels": [built, written],
        "layouts": [
            {"panelId": panel, "x": x, "y": y, "w": w, "h": h, "i": number, "static": False}
            for number, (panel, x, y, w, h) in enumerate(places, start=1)
        ],
        "variables": {"list": []},
    }


def _price() -> dict[str, Any]:
    body: dict[str, Any] = recorded("09-model-pricing", "update")
    return body
