"""Users of an organization: let in by a password, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from llmcost_infra.local.auth import fingerprint
from llmcost_infra.local.requests import caller_of, org_of, read_json, server_of
from llmcost_infra.local.responses import Refusal, done, json_answer
from llmcost_infra.local.shapes import STRING, Choice, Struct, defaulted, optional, required

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_KIND = "users"
_SERVICE = "service_account"
_SHORTEST = 8
_ROLES = ("root", "admin", "editor", "viewer", "user")
_NEW = Struct(
    "UserRequest",
    {
        "email": required(STRING),
        "first_name": defaulted(STRING, ""),
        "last_name": defaulted(STRING, ""),
        "password": required(STRING),
        "role": defaulted(Choice(_ROLES), "admin"),
    },
)
_CHANGE = Struct(
    "UpdateUser",
    {
        "first_name": optional(STRING),
        "last_name": optional(STRING),
        "new_password": optional(STRING),
        "role": optional(Choice(_ROLES)),
    },
)


def _hashed(email: str, password: str) -> dict[str, str]:
    if len(password) < _SHORTEST:
        raise Refusal(400, f"Password must be at least {_SHORTEST} characters long")
    return {"fingerprint": fingerprint(email, password.strip())}


def _existing(request: Request) -> dict[str, Any]:
    email = request.path_params["email"].lower()
    user = server_of(request).objects.get(org_of(request), _KIND, email)
    if user is None or user["role"] == _SERVICE:
        raise Refusal(404, "User for the organization not found")
    return user


def _refuse_others(request: Request) -> None:
    if caller_of(request).role not in {"root", "admin"}:
        raise Refusal(403, "Not Allowed")


async def _list(request: Request) -> Response:
    server = server_of(request)
    root = {"email": server.config.user, "first_name": "", "last_name": "", "role": "root"}
    users = [root, *server.objects.list(org_of(request), _KIND)]
    return json_answer(
        {
            "data": [
                {key: user[key] for key in ("email", "first_name", "last_name", "role")}
                | {"is_external": False}
                for user in users
                if user["role"] != _SERVICE
            ]
        }
    )


async def _create(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    body = await read_json(request, _NEW)
    _refuse_others(request)
    email = body["email"].strip().lower()
    if email == server.config.user.lower() or server.objects.get(org, _KIND, email):
        raise Refusal(400, "User already exists")
    password = body.pop("password")
    user = body | {"email": email, "created_at": server.now()}
    server.objects.put(org, _KIND, email, user | _hashed(email, password))
    return done("User saved successfully")


async def _update(request: Request) -> Response:
    change = await read_json(request, _CHANGE)
    _refuse_others(request)
    user = _existing(request)
    password = change.pop("new_password", None)
    if password:
        user |= _hashed(user["email"], password)
    server_of(request).objects.put(org_of(request), _KIND, user["email"], user | change)
    return done("User updated successfully")


async def _delete(request: Request) -> Response:
    _refuse_others(request)
    server_of(request).objects.delete(org_of(request), _KIND, _existing(request)["email"])
    return done("User removed from organization")


_BASE = "/api/{org}/users"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE, _create, methods=["POST"]),
    Route(_BASE + "/{email}", _update, methods=["PUT"]),
    Route(_BASE + "/{email}", _delete, methods=["DELETE"]),
]
