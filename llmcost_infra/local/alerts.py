"""Alerts as stored, their runs included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.local.alert_model import check_query
from llmcost_infra.local.names import check_name
from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.rows import StreamKey
from llmcost_infra.local.templates import find as find_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.local.server import Server

__all__ = ["KIND", "check", "listed", "record_of", "shown"]

KIND = "alerts"
Record = dict[str, Any]
"""`id`, `folder_id`, `body` (as sent, completed) and `run` (what the scheduler knows)."""


def check(server: Server, org: str, alert: Mapping[str, Any]) -> None:
    """Refuse an alert that the server refuses, in its order."""
    check_name("Alert", alert["name"], slash="")
    if not (alert["name"] and alert["stream_name"]):
        raise Refusal(400, "Alert name is required")
    if "/" in alert["name"]:
        raise Refusal(400, "Alert name cannot contain '/'")
    template = alert.get("template")
    if template and find_template(server, org, template) is None:
        raise Refusal(404, f"Alert template {template} not found")
    _check_destinations(server, org, alert["destinations"])
    name = alert["stream_name"]
    stream = server.streams.get(StreamKey(org, alert["stream_type"], name))
    if stream is None:
        raise Refusal(404, f"Stream {name} not found")
    hours = stream["settings"]["max_query_range"]
    if hours and alert["trigger_condition"]["period"] > hours * 60:
        raise Refusal(
            400,
            f'Alert period is greater than max query range of {hours} hours for stream "{name}"',
        )
    check_query(alert)


def _check_destinations(server: Server, org: str, names: list[str]) -> None:
    if not names:
        raise Refusal(400, "Alert destinations is required")
    for name in names:
        destination = server.objects.get(org, "destinations", name)
        if destination is None:
            raise Refusal(404, f"Alert destination {name} not found")
        if destination["module"] == "pipeline":
            raise Refusal(403, "pipeline")


def record_of(server: Server, org: str, alert_id: str) -> Record | None:
    """Return an alert's record, or None."""
    return server.objects.get(org, KIND, alert_id)


def shown(org: str, record: Record) -> dict[str, Any]:
    """Return an alert as the server shows it."""
    body, run = dict(record["body"]), record["run"]
    head = {"id": record["id"], "name": body.pop("name"), "org_id": org}
    owner = body.pop("owner")
    creates_incident = body.pop("creates_incident")
    return {
        **head,
        **body,
        "last_triggered_at": run.get("last_triggered_at", 0),
        "last_satisfied_at": run.get("last_satisfied_at"),
        "owner": owner,
        "last_edited_by": record["last_edited_by"],
        "creates_incident": creates_incident,
    }


def listed(record: Record, folder: Mapping[str, Any]) -> dict[str, Any]:
    """Return an alert as the list shows it: without stream and destinations."""
    body, run = record["body"], record["run"]
    return {
        "alert_id": record["id"],
        "folder_id": folder["folderId"],
        "folder_name": folder["name"],
        "name": body["name"],
        "owner": body["owner"],
        "description": body["description"],
        "alert_type": "realtime" if body["is_real_time"] else "scheduled",
        "condition": body["query_condition"],
        "trigger_condition": body["trigger_condition"],
        "enabled": body["enabled"],
        "last_triggered_at": run.get("last_triggered_at", 0),
        "last_satisfied_at": run.get("last_satisfied_at"),
        "is_real_time": body["is_real_time"],
    }
