"""Dashboards: create, read, update under the hash, move, delete, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from llmcost_infra.local import folders
from llmcost_infra.local.dashboards import (
    BODY,
    CURRENT_VERSION,
    KIND,
    completed,
    listed,
    store,
    wrapped,
)
from llmcost_infra.local.requests import (
    caller_of,
    org_of,
    read_json,
    read_loose_json,
    server_of,
)
from llmcost_infra.local.responses import Refusal, done, json_answer
from llmcost_infra.local.rows import StreamKey
from llmcost_infra.local.shapes import STRING, ListOf, Struct, required

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from llmcost_infra.local.server import Server

__all__ = ["routes"]

_MOVE = Struct("MoveDashboard", {"from": required(STRING), "to": required(STRING)})
_MOVE_MANY = Struct(
    "MoveDashboardsRequestBody",
    {"dashboard_ids": required(ListOf(STRING)), "dst_folder_id": required(STRING)},
)
_IDS = Struct("BulkDeleteRequest", {"ids": required(ListOf(STRING))})
_STALE = (
    "Conflict: Failed to save due to concurrent changes. "
    "Please refresh the page after backing up your work to avoid losing changes."
)
_NO_HASH = "Request to update existing dashboard with missing or invalid hash value. BUG"
_U64 = 1 << 64


def _existing(server: Server, org: str, dashboard_id: str) -> dict[str, Any]:
    record = server.objects.get(org, KIND, dashboard_id)
    if record is None:
        raise Refusal(404, "Dashboard not found")
    return record


def _need_folder(server: Server, org: str, folder_id: str) -> None:
    if folder_id == folders.DEFAULT:
        folders.ensure_default(server, org, KIND)
    elif folders.find(server, org, KIND, folder_id) is None:
        raise Refusal(404, "Folder not found")


def _need_title(body: dict[str, Any]) -> None:
    if not body["title"].strip():
        raise Refusal(500, "Dashboard should have title")


def _track_distinct_values(server: Server, org: str, body: dict[str, Any]) -> None:
    """Keep the values of each queried variable's field, as the server does on the stream."""
    if body["version"] != CURRENT_VERSION:
        return
    variables: list[dict[str, Any]] = body.get("variables", {}).get("list", [])
    for variable in variables:
        data = variable["query_data"]
        if variable["type"] == "query_values" and data:
            stream = StreamKey(org, data["stream_type"], data["stream"])
            server.streams.track_distinct(stream, data["field"])


async def _create(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    folder_id = request.query_params.get("folder", folders.DEFAULT)
    sent = await read_loose_json(request, BODY)
    _need_folder(server, org, folder_id)
    _need_title(sent)
    body = completed(
        sent,
        dashboard_id=server.snowflake(),
        owner=caller_of(request).email,
        clock=server.now(),
    )
    record = store(server, org, folder_id, body)
    _track_distinct_values(server, org, body)
    return json_answer(wrapped(record))


async def _get(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    return json_answer(wrapped(_existing(server, org, request.path_params["id"])))


async def _update(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    dashboard_id = request.path_params["id"]
    sent = await read_loose_json(request, BODY)
    existing = _existing(server, org, dashboard_id)
    folder_id = request.query_params.get("folder", folders.DEFAULT)
    if existing["folder_id"] != folder_id:
        raise Refusal(404, "Dashboard not found")
    given = request.query_params.get("hash", "")
    if not (given.isdecimal() and int(given) < _U64):
        raise Refusal(500, _NO_HASH)
    if given != existing["hash"]:
        raise Refusal(409, _STALE)
    _need_title(sent)
    body = completed(
        sent, dashboard_id=dashboard_id, owner=caller_of(request).email, clock=server.now()
    )
    record = store(server, org, folder_id, body)
    _track_distinct_values(server, org, body)
    return json_answer(wrapped(record))


async def _delete(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    if not server.objects.delete(org, KIND, request.path_params["id"]):
        raise Refusal(404, "Dashboard not found")
    return done("Dashboard deleted")


async def _delete_many(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    ids: list[str] = (await read_json(request, _IDS))["ids"]
    gone = {key: server.objects.delete(org, KIND, key) for key in ids}
    failed = [key for key, deleted in gone.items() if not deleted]
    return json_answer(
        {
            "successful": [key for key, deleted in gone.items() if deleted],
            "unsuccessful": failed,
            "err": "Dashboard not found" if failed else None,
        }
    )


def _move(server: Server, org: str, ids: list[str], folder_id: str) -> None:
    _need_folder(server, org, folder_id)
    records = {key: _existing(server, org, key) for key in ids}
    for key, record in records.items():
        server.objects.put(org, KIND, key, record | {"folder_id": folder_id})


async def _move_one(request: Request) -> Response:
    target = (await read_json(request, _MOVE))["to"]
    _move(server_of(request), org_of(request), [request.path_params["id"]], target)
    return done("Dashboard moved")


async def _move_many(request: Request) -> Response:
    body = await read_json(request, _MOVE_MANY)
    _move(server_of(request), org_of(request), body["dashboard_ids"], body["dst_folder_id"])
    return done("Dashboard moved")


async def _list(request: Request) -> Response:
    """List a folder; with a title, all folders; with neither, the default folder."""
    server, org, query = server_of(request), org_of(request), request.query_params
    title = query.get("title")
    folder_id = query.get("folder", None if title else folders.DEFAULT)
    by_id = {folder["folderId"]: folder for folder in folders.list_folders(server, org, KIND)}
    found = [
        listed(record, by_id[record["folder_id"]])
        for record in server.objects.list(org, KIND)
        if folder_id in {None, record["folder_id"]}
        and (title or "").lower() in record["body"]["title"].lower()
    ]
    found.sort(key=lambda item: (item["title"], item["folder_name"]))
    size = query.get("pageSize", "")
    return json_answer({"dashboards": found[: int(size)] if title and size.isdecimal() else found})


_BASE = "/api/{org}/dashboards"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE, _create, methods=["POST"]),
    Route(_BASE + "/move", _move_many, methods=["PATCH"]),
    Route(_BASE + "/bulk", _delete_many, methods=["DELETE"]),
    Route(_BASE + "/{id}", _get, methods=["GET"]),
    Route(_BASE + "/{id}", _update, methods=["PUT"]),
    Route(_BASE + "/{id}", _delete, methods=["DELETE"]),
    Route("/api/{org}/folders/dashboards/{id}", _move_one, methods=["PUT"]),
]
