"""Folders as stored: found by id or name, made on first use, empty or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcost_infra.local.server import Server

__all__ = ["DEFAULT", "ensure_default", "find", "is_empty", "list_folders", "store", "twin"]

DEFAULT = "default"


def list_folders(server: Server, org: str, folder_type: str) -> list[dict[str, Any]]:
    """Return all folders of a type."""
    return server.objects.list(org, f"folders/{folder_type}")


def find(server: Server, org: str, folder_type: str, folder_id: str) -> dict[str, Any] | None:
    """Return a folder by id, or None."""
    return server.objects.get(org, f"folders/{folder_type}", folder_id)


def twin(server: Server, org: str, folder_type: str, name: str) -> dict[str, Any] | None:
    """Return the folder of a name, or None."""
    folders = list_folders(server, org, folder_type)
    return next((folder for folder in folders if folder["name"] == name), None)


def store(server: Server, org: str, folder_type: str, folder: dict[str, Any]) -> None:
    """Write a folder."""
    server.objects.put(org, f"folders/{folder_type}", folder["folderId"], folder)


def ensure_default(server: Server, org: str, folder_type: str) -> None:
    """Make the default folder, which appears when something is first put into it."""
    if find(server, org, folder_type, DEFAULT) is None:
        store(
            server,
            org,
            folder_type,
            {"folderId": DEFAULT, "name": DEFAULT, "description": DEFAULT},
        )


def is_empty(server: Server, org: str, folder_type: str, folder_id: str) -> bool:
    """Tell whether nothing lives in a folder."""
    return all(item["folder_id"] != folder_id for item in server.objects.list(org, folder_type))
