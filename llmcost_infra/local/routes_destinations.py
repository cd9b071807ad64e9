"""Destinations of alerts and pipelines: create, read, update, delete, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from llmcost_infra.local.destinations import BODY, KIND, checked, shown, user_of
from llmcost_infra.local.ids import ksuid
from llmcost_infra.local.recorded import prebuilt_destinations
from llmcost_infra.local.requests import org_of, read_json, server_of
from llmcost_infra.local.responses import Refusal, done, json_answer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


def _existing(request: Request) -> dict[str, Any]:
    name = request.path_params["name"]
    destination = server_of(request).objects.get(org_of(request), KIND, name)
    if destination is None:
        raise Refusal(404, "Destination not found")
    return destination


def _module(request: Request) -> str:
    return "pipeline" if request.query_params.get("module") == "pipeline" else "alert"


async def _list(request: Request) -> Response:
    wanted = request.query_params.get("module")
    found = server_of(request).objects.list(org_of(request), KIND)
    return json_answer(
        [
            shown(destination)
            for destination in sorted(found, key=lambda item: item["name"])
            if wanted in {None, destination["module"]}
        ]
    )


async def _prebuilt(_: Request) -> Response:
    return json_answer(prebuilt_destinations())


async def _create(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    body = await read_json(request, BODY)
    destination = checked(server, org, body, _module(request))
    if server.objects.get(org, KIND, destination["name"]):
        raise Refusal(400, "Destination with the same name already exists")
    server.objects.put(org, KIND, destination["name"], destination)
    return done("Destination saved", id=ksuid(server.now()), name=destination["name"])


async def _get(request: Request) -> Response:
    return json_answer(shown(_existing(request)))


async def _update(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    body = await read_json(request, BODY)
    name = _existing(request)["name"]
    destination = checked(server, org, body | {"name": name}, _module(request))
    server.objects.put(org, KIND, name, destination)
    return done("Destination updated")


async def _delete(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    name = _existing(request)["name"]
    user = user_of(server, org, name)
    if user:
        raise Refusal(409, f"Destination is currently used by {user}")
    server.objects.delete(org, KIND, name)
    return done("Alert destination deleted")


_BASE = "/api/{org}/alerts/destinations"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE, _create, methods=["POST"]),
    Route(_BASE + "/prebuilt", _prebuilt, methods=["GET"]),
    Route(_BASE + "/{name}", _get, methods=["GET"]),
    Route(_BASE + "/{name}", _update, methods=["PUT"]),
    Route(_BASE + "/{name}", _delete, methods=["DELETE"]),
]
