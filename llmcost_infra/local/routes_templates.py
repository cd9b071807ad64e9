"""Alert templates: create, read, update, delete, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from llmcost_infra.local.ids import ksuid
from llmcost_infra.local.names import checked_name
from llmcost_infra.local.recorded import prebuilt_templates
from llmcost_infra.local.requests import org_of, read_json, server_of
from llmcost_infra.local.responses import Refusal, done, json_answer
from llmcost_infra.local.shapes import STRING, Choice, Struct, defaulted
from llmcost_infra.local.templates import KIND, find, home_of, list_templates

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from llmcost_infra.local.server import Server

__all__ = ["routes"]

_BODY = Struct(
    "Template",
    {
        "name": defaulted(STRING, ""),
        "body": defaulted(STRING, ""),
        "type": defaulted(Choice(("http", "email", "sns")), "http"),
        "title": defaulted(STRING, ""),
    },
)


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    if not body["body"]:
        raise Refusal(400, "Template body cannot be empty")
    if body["type"] == "email" and not body["title"]:
        raise Refusal(400, "Email Template cannot have empty title")
    return body


async def _list(request: Request) -> Response:
    return json_answer(list_templates(server_of(request), org_of(request)))


async def _prebuilt(_: Request) -> Response:
    return json_answer(prebuilt_templates())


async def _create(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    body = _checked(await read_json(request, _BODY))
    body["name"] = checked_name("Template", body["name"])
    if find(server, org, body["name"]):
        raise Refusal(400, "Template with the same name already exists")
    template_id = ksuid(server.now())
    server.objects.put(org, KIND, body["name"], {"id": template_id, **body})
    return done("Template saved", id=template_id, name=body["name"])


async def _get(request: Request) -> Response:
    template = find(server_of(request), org_of(request), request.path_params["name"])
    if template is None:
        raise Refusal(404, "Template not found")
    return json_answer(template)


async def _update(request: Request) -> Response:
    """Write the template that the name means, the shared one of `default` included."""
    server, org, name = server_of(request), org_of(request), request.path_params["name"]
    body = _checked(await read_json(request, _BODY))
    home = home_of(server, org, name)
    if home is None:
        raise Refusal(404, "Template not found")
    existing = server.objects.get(home, KIND, name) or {}
    server.objects.put(home, KIND, name, existing | body | {"name": name})
    return done("Template updated")


async def _delete(request: Request) -> Response:
    server, org, name = server_of(request), org_of(request), request.path_params["name"]
    home = home_of(server, org, name)
    if home is None:
        raise Refusal(404, "Template not found")
    _refuse_used(server, org, name)
    server.objects.delete(home, KIND, name)
    return done("Template deleted")


def _refuse_used(server: Server, org: str, name: str) -> None:
    for destination in server.objects.list(org, "destinations"):
        if destination.get("template") == name:
            raise Refusal(409, f"Template is in use for destination {destination['name']}")
    for alert in server.objects.list(org, "alerts"):
        if alert["body"].get("template") == name:
            raise Refusal(400, f"Template is in use for alert {alert['body']['name']}")


_BASE = "/api/{org}/alerts/templates"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE, _create, methods=["POST"]),
    Route(_BASE + "/system/prebuilt", _prebuilt, methods=["GET"]),
    Route(_BASE + "/{name}", _get, methods=["GET"]),
    Route(_BASE + "/{name}", _update, methods=["PUT"]),
    Route(_BASE + "/{name}", _delete, methods=["DELETE"]),
]
