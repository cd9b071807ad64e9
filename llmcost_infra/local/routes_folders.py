"""Folders of dashboards, alerts and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from llmcost_infra.local.folders import DEFAULT, find, is_empty, list_folders, store, twin
from llmcost_infra.local.requests import org_of, read_json, server_of
from llmcost_infra.local.responses import PlainRefusal, Refusal, done, json_answer
from llmcost_infra.local.shapes import STRING, Field, Struct

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_TYPES = ("dashboards", "alerts", "reports")
_BODY = Struct("CreateFolderRequestBody", {"name": Field(STRING), "description": Field(STRING)})
_TAKEN = "Folder with this name already exists in this organization"


def _type(request: Request) -> str:
    text = str(request.path_params["type"])
    if text not in _TYPES:
        known = ", ".join(f"`{name}`" for name in _TYPES)
        raise PlainRefusal(400, f"Invalid URL: unknown variant `{text}`, expected one of {known}")
    return text


def _existing(request: Request, folder_id: str) -> dict[str, Any]:
    folder = find(server_of(request), org_of(request), _type(request), folder_id)
    if folder is None:
        raise Refusal(404, "Folder not found")
    return folder


async def _list(request: Request) -> Response:
    return json_answer({"list": list_folders(server_of(request), org_of(request), _type(request))})


async def _create(request: Request) -> Response:
    server, org, folder_type = server_of(request), org_of(request), _type(request)
    body = await read_json(request, _BODY)
    name = body["name"].strip()
    if not name:
        raise Refusal(400, "Folder name cannot be empty")
    if twin(server, org, folder_type, name):
        raise Refusal(400, _TAKEN)
    folder = {"folderId": server.snowflake(), "name": name, "description": body["description"]}
    store(server, org, folder_type, folder)
    return json_answer(folder)


async def _get(request: Request) -> Response:
    return json_answer(_existing(request, request.path_params["folder"]))


async def _get_by_name(request: Request) -> Response:
    server, org, folder_type = server_of(request), org_of(request), _type(request)
    folder = twin(server, org, folder_type, request.path_params["name"])
    if folder is None:
        raise Refusal(404, "Folder not found")
    return json_answer(folder)


async def _put(request: Request) -> Response:
    """Update, or make under the chosen id: the server does both."""
    server, org, folder_type = server_of(request), org_of(request), _type(request)
    body = await read_json(request, _BODY)
    folder_id = request.path_params["folder"]
    if folder_id == DEFAULT:
        raise Refusal(400, "Can't update default folder")
    other = twin(server, org, folder_type, body["name"])
    if other and other["folderId"] != folder_id:
        raise Refusal(400, _TAKEN)
    store(server, org, folder_type, {"folderId": folder_id, **body})
    return done("Folder updated")


async def _delete(request: Request) -> Response:
    server, org, folder_type = server_of(request), org_of(request), _type(request)
    folder = _existing(request, request.path_params["folder"])
    if not is_empty(server, org, folder_type, folder["folderId"]):
        raise Refusal(
            400, f"Folder contains {folder_type}, please move/delete {folder_type} from folder"
        )
    server.objects.delete(org, f"folders/{folder_type}", folder["folderId"])
    return done("Folder deleted")


_BASE = "/api/v2/{org}/folders/{type}"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE, _create, methods=["POST"]),
    Route(_BASE + "/name/{name:path}", _get_by_name, methods=["GET"]),
    Route(_BASE + "/{folder}", _get, methods=["GET"]),
    Route(_BASE + "/{folder}", _put, methods=["PUT"]),
    Route(_BASE + "/{folder}", _delete, methods=["DELETE"]),
]
