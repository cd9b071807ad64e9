"""Model prices: define, list, and try one out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from llmcost_infra.local.ids import ksuid
from llmcost_infra.local.model_prices import BODY, KIND, check, costs_of, matching, tier_for
from llmcost_infra.local.requests import org_of, read_json, server_of
from llmcost_infra.local.responses import Refusal, done, json_answer
from llmcost_infra.local.shapes import FLOAT, INTEGER, STRING, MapOf, Struct, optional, required

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from llmcost_infra.local.server import Server

__all__ = ["routes"]

_TEST = Struct(
    "TestModelMatchRequest",
    {
        "model_name": required(STRING),
        "usage": required(MapOf(FLOAT)),
        "timestamp": optional(INTEGER),
    },
)


def _existing(request: Request) -> dict[str, Any]:
    definition = server_of(request).objects.get(org_of(request), KIND, request.path_params["id"])
    if definition is None:
        raise Refusal(404, "Model pricing definition not found")
    return definition


def _refuse_twin(server: Server, org: str, name: str, own_id: str) -> None:
    for other in server.objects.list(org, KIND):
        if other["name"] == name and other["id"] != own_id:
            raise Refusal(
                400,
                f"A model pricing definition with name '{name}' "
                "already exists in this organization",
            )


async def _list(request: Request) -> Response:
    return json_answer(server_of(request).objects.list(org_of(request), KIND))


async def _create(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    body = check(await read_json(request, BODY))
    _refuse_twin(server, org, body["name"], "")
    now = server.now()
    times = {"created_at": now, "updated_at": now}
    new_id = ksuid(now)
    definition = {"id": new_id, "org_id": org, **body, "source": "org", **times}
    server.objects.put(org, KIND, new_id, definition)
    return json_answer(definition, 201)


async def _get(request: Request) -> Response:
    return json_answer(_existing(request))


async def _update(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    body = check(await read_json(request, BODY))
    old = _existing(request)
    _refuse_twin(server, org, body["name"], old["id"])
    kept = {key: old[key] for key in ("id", "org_id", "source", "created_at")}
    definition = {**body, **kept, "updated_at": server.now()}
    server.objects.put(org, KIND, old["id"], definition)
    return json_answer(definition)


async def _delete(request: Request) -> Response:
    server_of(request).objects.delete(org_of(request), KIND, _existing(request)["id"])
    return done("Model pricing definition deleted")


async def _test(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    body = await read_json(request, _TEST)
    at = body.get("timestamp") or server.now()
    definition = matching(server.objects.list(org, KIND), body["model_name"], at)
    if definition is None:
        return json_answer({"matched": None, "tier": None, "costs": {}, "total_cost": 0.0})
    tier = tier_for(definition, body["usage"])
    costs = costs_of(tier, body["usage"])
    return json_answer(
        {
            "matched": definition,
            "tier": tier["name"],
            "costs": costs,
            "total_cost": sum(costs.values()),
        }
    )


_BASE = "/api/{org}/llm/models"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE, _create, methods=["POST"]),
    Route(_BASE + "/test", _test, methods=["POST"]),
    Route(_BASE + "/{id}", _get, methods=["GET"]),
    Route(_BASE + "/{id}", _update, methods=["PUT"]),
    Route(_BASE + "/{id}", _delete, methods=["DELETE"]),
]
