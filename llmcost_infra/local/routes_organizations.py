"""Organizations: list and create."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from llmcost_infra.local.ids import ksuid
from llmcost_infra.local.organizations import every, open_organization
from llmcost_infra.local.requests import caller_of, read_json, server_of
from llmcost_infra.local.responses import Refusal, json_answer
from llmcost_infra.local.shapes import STRING, Field, Struct

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_NEW = Struct("Organization", {"name": Field(STRING, alias="label")})
_ALLOWED = re.compile(r"[A-Za-z0-9_ ]*")
_THRESHOLD = 9_383_939_382  # the server's own constant


async def _list(request: Request) -> Response:
    email = caller_of(request).email
    records = every(server_of(request))
    return json_answer(
        {"data": [_listed(number, record, email) for number, record in enumerate(records, 1)]}
    )


def _listed(number: int, record: dict[str, Any], email: str) -> dict[str, Any]:
    return {
        "id": number,
        "identifier": record["identifier"],
        "name": record["name"],
        "user_email": email,
        "ingest_threshold": _THRESHOLD,
        "search_threshold": _THRESHOLD,
        "type": record["type"],
        "UserObj": {"first_name": "", "last_name": "", "email": email},
        "plan": 0,
    }


async def _create(request: Request) -> Response:
    server = server_of(request)
    name: str = (await read_json(request, _NEW))["name"].strip()
    if not caller_of(request).is_root:
        raise Refusal(400, "Only root user can create organization")
    if not name:
        raise Refusal(400, "Organization name cannot be empty")
    if not _ALLOWED.fullmatch(name):
        raise Refusal(
            400,
            "Only alphanumeric characters (A-Z, a-z, 0-9), spaces, and underscores are allowed",
        )
    record = open_organization(server, ksuid(server.clock()), name)
    return json_answer(
        {
            "identifier": record["identifier"],
            "name": name,
            "org_type": record["type"],
            "service_account": None,
        }
    )


routes = [
    Route("/api/organizations", _list, methods=["GET"]),
    Route("/api/organizations", _create, methods=["POST"]),
]
