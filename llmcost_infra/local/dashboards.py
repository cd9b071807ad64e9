"""Dashboards as stored: their wrapper, their hash, and what their variables do to streams."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.dashboard_model import DASHBOARD
from llmcost_infra.local.shapes import ANY, Mismatch, is_list, is_object
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from llmcost_infra.local.json_text import JsonPath
    from llmcost_infra.local.server import Server

__all__ = [
    "BODY",
    "CURRENT_VERSION",
    "KIND",
    "completed",
    "hash_of",
    "listed",
    "rfc3339",
    "store",
    "wrapped",
]

KIND = "dashboards"
CURRENT_VERSION = 8
_VERSIONS = range(1, CURRENT_VERSION + 1)


class _Versioned:
    """A dashboard of any version; only the current one has a model here."""

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        version = value.get("version") if is_object(value) else None
        if not isinstance(version, int) or isinstance(version, bool):
            version = CURRENT_VERSION
        if version not in _VERSIONS:
            raise Mismatch(f"unsupported version: {version}", path)
        body = (DASHBOARD if version == CURRENT_VERSION else ANY).read(value, path)
        return {"title": "", "owner": "", "created": "", **body, "version": version}


BODY = _Versioned()
"""The body of a create or update."""


def rfc3339(clock: int) -> str:
    """Write a time in microseconds as the server writes `created`."""
    return f"{at_microseconds(clock):%Y-%m-%dT%H:%M:%S.%f}Z"


def completed(body: dict[str, Any], *, dashboard_id: str, owner: str, clock: int) -> dict[str, Any]:
    """Return a sent body with what the server fills in.

    Args:
        body: as read by `BODY`.
        dashboard_id: its id, whatever the body says.
        owner: who sent it; used when the body names nobody.
        clock: now, in microseconds; used when the body has no `created`.
    """
    return body | {
        "dashboardId": dashboard_id,
        "title": body["title"].strip(),
        "owner": body["owner"] or owner,
        "created": body["created"] or rfc3339(clock),
    }


def hash_of(body: dict[str, Any]) -> str:
    """Return the hash of a body: another number exactly when the content is another."""
    text = json.dumps(_by_value(body), sort_keys=True)
    return str(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big"))


def _by_value(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if is_object(value):
        return {key: _by_value(item) for key, item in value.items()}
    if is_list(value):
        return [_by_value(item) for item in value]
    return value


def store(server: Server, org: str, folder_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Write a completed body and return the record."""
    record = {"folder_id": folder_id, "body": body, "hash": hash_of(body)}
    server.objects.put(org, KIND, body["dashboardId"], record)
    return record


def wrapped(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record in the server's wrapper."""
    body = dict(record["body"])
    updated_at = body.pop("updatedAt", 0)
    version = body["version"]
    return {
        **{f"v{number}": body if number == version else None for number in _VERSIONS},
        "version": version,
        "hash": record["hash"],
        "updatedAt": updated_at,
    }


def listed(record: dict[str, Any], folder: dict[str, Any]) -> dict[str, Any]:
    """Return a record as the list shows it."""
    whole = wrapped(record)
    body = record["body"]
    updated_at = whole.pop("updatedAt")
    return {
        **whole,
        "folder_id": folder["folderId"],
        "folder_name": folder["name"],
        "dashboard_id": body["dashboardId"],
        **{key: body.get(key, "") for key in ("title", "description", "role", "owner", "created")},
        "updatedAt": updated_at,
    }
