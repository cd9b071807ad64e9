"""Organizations: which exist, and how one comes to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcost_infra.local.server import Server

__all__ = ["DEFAULT", "every", "exists", "open_organization"]

DEFAULT = "default"
_KIND = "organizations"


def exists(server: Server, org: str) -> bool:
    """Tell whether an organization exists."""
    return org == DEFAULT or server.objects.get("", _KIND, org) is not None


def open_organization(server: Server, org: str, name: str) -> dict[str, Any]:
    """Make an organization.

    Args:
        server: holds it.
        org: its identifier.
        name: what people call it.
    """
    record = {"identifier": org, "name": name, "type": "custom"}
    server.objects.put("", _KIND, org, record)
    return record


def every(server: Server) -> list[dict[str, Any]]:
    """Return all organizations, sorted by name."""
    default = {"identifier": DEFAULT, "name": DEFAULT, "type": DEFAULT}
    return sorted([default, *server.objects.list("", _KIND)], key=lambda record: record["name"])
