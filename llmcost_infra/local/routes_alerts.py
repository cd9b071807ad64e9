"""Alerts: create, read, update, enable, move, delete, list, and fire now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from llmcost_infra.local import folders
from llmcost_infra.local.alert_model import ALERT, OUTER_KEYS, normalised
from llmcost_infra.local.alerts import KIND, check, listed, record_of, shown
from llmcost_infra.local.ids import is_ksuid, ksuid
from llmcost_infra.local.requests import (
    caller_of,
    org_of,
    query_flag,
    read_flattened_json,
    read_json,
    required_flag,
    server_of,
)
from llmcost_infra.local.responses import Refusal, done, json_answer
from llmcost_infra.local.schedule import first_run
from llmcost_infra.local.shapes import STRING, ListOf, Struct, required

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from llmcost_infra.local.server import Server

__all__ = ["routes"]

_MOVE = Struct(
    "MoveAlertsRequestBody",
    {"alert_ids": required(ListOf(STRING)), "dst_folder_id": required(STRING)},
)
_UNCHANGEABLE = ("name", "stream_name", "stream_type", "owner")
_TWIN = (
    "DbError# SeaORMError# Execution Error: error returned from database: "
    "(code: 1555) UNIQUE constraint failed: alerts.id"
)


def _second(server: Server) -> int:
    return server.now() // 1_000_000 % 60


def _existing(server: Server, org: str, alert_id: str) -> dict[str, Any]:
    if not is_ksuid(alert_id):
        raise Refusal(404, f"invalid alert id {alert_id}")
    record = record_of(server, org, alert_id)
    if record is None:
        raise Refusal(404, f"alert {alert_id} not found")
    return record


async def _create(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    folder_id = request.query_params.get("folder", folders.DEFAULT)
    sent = await read_flattened_json(request, ALERT, OUTER_KEYS)
    body = normalised(sent, _second(server))
    check(server, org, body)
    if folder_id != folders.DEFAULT and not folders.find(server, org, KIND, folder_id):
        raise Refusal(404, "Error creating alert in folder that cannot be found")
    alert_id = _id_for(request, sent.get("id"))
    if folder_id == folders.DEFAULT:
        folders.ensure_default(server, org, KIND)
    caller = caller_of(request).email
    body["owner"] = body["owner"] or caller
    record = {
        "id": alert_id,
        "folder_id": folder_id,
        "body": body,
        "last_edited_by": caller,
        "run": {"next_run_at": first_run(body, server.now())},
    }
    server.objects.put(org, KIND, alert_id, record)
    return done("Alert saved", id=alert_id, name=body["name"])


def _id_for(request: Request, wanted: str | None) -> str:
    """Return the id of a new alert: the wanted one only under `overwrite`, which does not."""
    server, org = server_of(request), org_of(request)
    overwrite = query_flag(request, "overwrite")
    taken = bool(wanted) and record_of(server, org, str(wanted)) is not None
    if taken:
        raise Refusal(500, _TWIN) if overwrite else Refusal(409, "Alert already exists")
    if overwrite and wanted and is_ksuid(wanted):
        return wanted
    return ksuid(server.now())


async def _get(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    return json_answer(shown(org, _existing(server, org, request.path_params["id"])))


async def _update(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    body = normalised(await read_flattened_json(request, ALERT, OUTER_KEYS), _second(server))
    with server.objects.exclusive():
        record = _existing(server, org, request.path_params["id"])
        check(server, org, body)
        # The server writes none of these on an update, and does not say so.
        kept = {key: record["body"][key] for key in _UNCHANGEABLE}
        caller = caller_of(request).email
        _save(server, org, record | {"body": body | kept, "last_edited_by": caller})
    return done("Alert Updated")


def _save(server: Server, org: str, record: dict[str, Any]) -> None:
    """Write an alert; every save makes it due again and ends its silence."""
    run = record["run"] | {"next_run_at": first_run(record["body"], server.now())}
    server.objects.put(org, KIND, record["id"], record | {"run": run})


async def _enable(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    enabled = required_flag(request, "value")
    with server.objects.exclusive():
        record = _existing(server, org, request.path_params["id"])
        check(server, org, record["body"])
        _save(server, org, record | {"body": record["body"] | {"enabled": enabled}})
    return json_answer({"enabled": enabled})


async def _trigger(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    record = _existing(server, org, request.path_params["id"])
    await run_in_threadpool(server.scheduler.fire, org, record)
    return done("Alert triggered")


async def _move(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    body = await read_json(request, _MOVE)
    target = body["dst_folder_id"]
    if target == folders.DEFAULT:
        folders.ensure_default(server, org, KIND)
    elif folders.find(server, org, KIND, target) is None:
        raise Refusal(404, "Folder not found")
    with server.objects.exclusive():
        for record in [_existing(server, org, alert_id) for alert_id in body["alert_ids"]]:
            server.objects.put(org, KIND, record["id"], record | {"folder_id": target})
    return done("Alert moved")


async def _delete(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    record = _existing(server, org, request.path_params["id"])
    server.objects.delete(org, KIND, record["id"])
    return done("Alert deleted")


async def _list(request: Request) -> Response:
    server, org, query = server_of(request), org_of(request), request.query_params
    by_id = {folder["folderId"]: folder for folder in folders.list_folders(server, org, KIND)}
    found = [
        listed(record, by_id[record["folder_id"]])
        for record in server.objects.list(org, KIND)
        if query.get("folder") in {None, record["folder_id"]}
        and query.get("alert_name_substring", "").lower() in record["body"]["name"].lower()
        and _on_stream(query.get("stream_type"), query.get("stream_name"), record["body"])
        and query.get("enabled") in {None, str(record["body"]["enabled"]).lower()}
    ]
    found.sort(key=lambda item: item["name"])
    return json_answer({"list": found})


def _on_stream(stream_type: str | None, name: str | None, body: dict[str, Any]) -> bool:
    if stream_type is None:
        return True
    return body["stream_type"] == stream_type and name in {None, body["stream_name"]}


_BASE = "/api/v2/{org}/alerts"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE, _create, methods=["POST"]),
    Route(_BASE + "/move", _move, methods=["PATCH"]),
    Route(_BASE + "/{id}", _get, methods=["GET"]),
    Route(_BASE + "/{id}", _update, methods=["PUT"]),
    Route(_BASE + "/{id}", _delete, methods=["DELETE"]),
    Route(_BASE + "/{id}/enable", _enable, methods=["PATCH"]),
    Route(_BASE + "/{id}/trigger", _trigger, methods=["PATCH"]),
]
