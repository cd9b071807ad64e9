"""Service accounts: let in by a token, for machines."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from llmcost_infra.local.auth import fingerprint
from llmcost_infra.local.requests import caller_of, org_of, read_json, server_of
from llmcost_infra.local.responses import Refusal, done, json_answer
from llmcost_infra.local.shapes import STRING, Struct, defaulted, required

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_KIND = "users"
_SERVICE = "service_account"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TOKEN_LENGTH = 16
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NEW_ACCOUNT = Struct(
    "ServiceAccountRequest",
    {
        "email": required(STRING),
        "first_name": defaulted(STRING, ""),
        "last_name": defaulted(STRING, ""),
    },
)
_NAMES = Struct(
    "UpdateServiceAccountRequest",
    {"first_name": defaulted(STRING, ""), "last_name": defaulted(STRING, "")},
)


def _new_token() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))


def _secret(email: str, token: str) -> dict[str, str]:
    return {"fingerprint": fingerprint(email, token), "redacted": token[:4] + "*" * 8}


def _existing(request: Request) -> dict[str, Any]:
    email = request.path_params["email"].lower()
    account = server_of(request).objects.get(org_of(request), _KIND, email)
    if account is None or account["role"] != _SERVICE:
        raise Refusal(404, "User not found")
    return account


async def _list(request: Request) -> Response:
    accounts = server_of(request).objects.list(org_of(request), _KIND)
    return json_answer(
        {"data": [_shown(account) for account in accounts if account["role"] == _SERVICE]}
    )


def _shown(account: dict[str, Any]) -> dict[str, Any]:
    return {
        "email": account["email"],
        "first_name": account["first_name"],
        "last_name": account["last_name"],
        "role": account["role"],
        "is_external": False,
        "created_at": account["created_at"],
        "token": account["redacted"],
    }


async def _create(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    body = await read_json(request, _NEW_ACCOUNT)
    email = body["email"].strip().lower()
    if not _EMAIL.fullmatch(email):
        raise Refusal(400, "Invalid email")
    if email == server.config.user.lower() or server.objects.get(org, _KIND, email):
        raise Refusal(400, "User already exists")
    token = _new_token()
    account = body | {"email": email, "role": _SERVICE, "created_at": server.now()}
    server.objects.put(org, _KIND, email, account | _secret(email, token))
    return done("User saved successfully", token=token, user=email)


async def _update(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    rotate = request.query_params.get("rotateToken", "false")
    if rotate not in {"true", "false"}:
        raise Refusal(400, "rotateToken must be true or false")
    if rotate == "true":
        return _rotate(request)
    names = await read_json(request, _NAMES)
    account = _existing(request)
    server.objects.put(org, _KIND, account["email"], account | names)
    return done("User updated successfully")


def _rotate(request: Request) -> Response:
    server, org = server_of(request), org_of(request)
    if caller_of(request).role == _SERVICE:
        raise Refusal(403, "Admin or Root role required to rotate service account tokens")
    account, token = _existing(request), _new_token()
    email = account["email"]
    server.objects.put(org, _KIND, email, account | _secret(email, token))
    return json_answer({"token": token, "user": email})


async def _delete(request: Request) -> Response:
    account = _existing(request)
    server_of(request).objects.delete(org_of(request), _KIND, account["email"])
    return done("User removed from organization")


_BASE = "/api/{org}/service_accounts"
routes = [
    Route(_BASE, _list, methods=["GET"]),
    Route(_BASE, _create, methods=["POST"]),
    Route(_BASE + "/{email}", _update, methods=["PUT"]),
    Route(_BASE + "/{email}", _delete, methods=["DELETE"]),
]
