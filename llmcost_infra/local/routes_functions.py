"""Functions (VRL): create, update, delete, list, and the trial run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from llmcost_infra.errors import EngineError
from llmcost_infra.local.functions import KIND, checked, compiled, dependents
from llmcost_infra.local.requests import org_of, read_json, server_of
from llmcost_infra.local.responses import Refusal, done, json_answer
from llmcost_infra.local.shapes import (
    ANY,
    INTEGER,
    STRING,
    ListOf,
    Struct,
    defaulted,
    optional,
    required,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from llmcost_infra.sql_engine.vrl import Program

__all__ = ["routes"]

_BODY = Struct(
    "Transform",
    {
        "function": required(STRING),
        "name": defaulted(STRING, ""),
        "params": defaulted(STRING, ""),
        "numArgs": defaulted(INTEGER, 0),
        "transType": defaulted(INTEGER, 0),
    },
)
_TEST = Struct(
    "TestVRLRequest",
    {
        "function": required(STRING),
        "events": required(ListOf(ANY)),
        "transType": optional(INTEGER),
    },
)
_COMPARED = ("name", "function", "params")


async def _list(request: Request) -> Response:
    return json_answer({"list": server_of(request).objects.list(org_of(request), KIND)})


async def _create(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    function = checked(await read_json(request, _BODY))
    if server.objects.get(org, KIND, function["name"]):
        raise Refusal(400, "Function already exist")
    server.objects.put(org, KIND, function["name"], function)
    return done("Function saved successfully")


async def _dependents(request: Request) -> Response:
    """Answer who uses a function: the server gives no other answer under its name."""
    server, org = server_of(request), org_of(request)
    return json_answer({"list": dependents(server, org, request.path_params["name"])})


async def _update(request: Request) -> Response:
    """Store under the name in the body, which the server prefers to the one in the path."""
    server, org = server_of(request), org_of(request)
    sent = await read_json(request, _BODY)
    existing = server.objects.get(org, KIND, request.path_params["name"])
    if existing is None:
        raise Refusal(404, "Function not found")
    function = checked(sent)
    if all(function[key] == existing[key] for key in _COMPARED):
        return json_answer(function)
    server.objects.put(org, KIND, function["name"], function)
    return done("Function saved successfully")


async def _delete(request: Request) -> Response:
    server, org, name = server_of(request), org_of(request), request.path_params["name"]
    if server.objects.get(org, KIND, name) is None:
        raise Refusal(404, "Function not found")
    users = dependents(server, org, name)
    if users:
        listed = json.dumps(users, separators=(",", ":"), ensure_ascii=False)
        raise Refusal(
            409,
            f"Warning: Function '{name}' has {len(users)} pipeline dependencies. "
            f"Please remove these pipelines first: {listed}",
        )
    server.objects.delete(org, KIND, name)
    return done("Function deleted")


async def _test(request: Request) -> Response:
    body = await read_json(request, _TEST)
    program = compiled(body["function"].strip())
    return json_answer({"results": [_tried(program, event) for event in body["events"]]})


def _tried(program: Program, event: Any) -> dict[str, Any]:
    try:
        return {"message": "", "event": program.run(event)}
    except EngineError as error:
        return {"message": error.message, "event": event}


_BASE = "/api/{org}/functions"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE, _create, methods=["POST"]),
    Route(_BASE + "/test", _test, methods=["POST"]),
    Route(_BASE + "/{name}", _dependents, methods=["GET"]),
    Route(_BASE + "/{name}", _update, methods=["PUT"]),
    Route(_BASE + "/{name}", _delete, methods=["DELETE"]),
]
