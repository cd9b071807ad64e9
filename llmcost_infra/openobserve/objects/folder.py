"""Folders over REST: an upsert under an id that the client chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.errors import Conflict, NotFound
from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind
from llmcost_infra.openobserve.kinds.folder import FOLDER_TYPES, FolderKind
from llmcost_infra.openobserve.objects.access import (
    chosen_key,
    join_id,
    organization_in,
    split_id,
)
from llmcost_infra.openobserve.objects.shapes import FolderShape, FoldersShape
from llmcost_infra.openobserve.paths import api_path_v2

if TYPE_CHECKING:
    from llmcost_infra.openobserve.objects.access import Access

__all__ = ["Folders"]

_ALWAYS_THERE = "default"


class Folders:
    """Finds, makes, changes and removes folders (``/api/v2/{org}/folders/{type}``)."""

    def __init__(self, access: Access) -> None:
        self.kind: Kind = FolderKind()
        self._access = access
        self._client = access.client

    def chosen_id(self, inputs: Inputs, urn: str) -> str:
        """Return the id that a new folder gets."""
        organization, folder_type = self._place(inputs)
        return join_id(organization, folder_type, chosen_key(urn, organization, folder_type))

    def ids(self, organization: str) -> list[str]:
        """Return the ids of all folders of an organization but the default ones, sorted."""
        return sorted(
            join_id(organization, folder_type, one.folder_id)
            for folder_type in FOLDER_TYPES
            for one in self._list(organization, folder_type)
            if one.folder_id != _ALWAYS_THERE
        )

    def find(self, inputs: Inputs, urn: str) -> Found | None:
        """Return the folder with the chosen id, else the one with the same name."""
        organization, folder_type = self._place(inputs)
        own = split_id(self.kind, self.chosen_id(inputs, urn))[2]
        folders = self._list(organization, folder_type)
        matching = [folder for folder in folders if own == folder.folder_id] or [
            folder for folder in folders if folder.name == inputs["name"]
        ]
        return _found(organization, folder_type, matching[0]) if matching else None

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002, ARG002 - the protocol's words
        """Return the folder, or None when it is gone."""
        organization, folder_type, folder_id = split_id(self.kind, id)
        folders = self._list(organization, folder_type)
        folder = next((one for one in folders if one.folder_id == folder_id), None)
        return _found(organization, folder_type, folder) if folder else None

    def create(self, inputs: Inputs, urn: str) -> Found:
        """Make the folder under its chosen id; doing it twice makes one."""
        return self._put(self.chosen_id(inputs, urn), inputs)

    def update(self, current: Found, target: Inputs) -> Found:
        """Change name and description; a folder that vanished meanwhile is made again."""
        return self._put(current.id, target)

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002, ARG002 - the protocol's words
        """Remove the folder, which must be empty."""
        organization, folder_type, folder_id = split_id(self.kind, id)
        path = api_path_v2(organization, "folders", folder_type)
        try:
            with self._access.lists.changed(path):
                self._client.delete(api_path_v2(organization, "folders", folder_type, folder_id))
        except NotFound:
            pass  # Somebody else did it.
        except Conflict as error:
            error.hint = f"Move or delete the {folder_type} in it, then run this again."
            raise
        return None

    def _put(self, id_: str, inputs: Inputs) -> Found:
        organization, folder_type, folder_id = split_id(self.kind, id_)
        body = self.kind.body(inputs, organization)
        path = api_path_v2(organization, "folders", folder_type)
        with self._access.lists.changed(path):
            self._client.put(api_path_v2(organization, "folders", folder_type, folder_id), body)
        return _found(organization, folder_type, FolderShape(folderId=folder_id, **body))

    def _place(self, inputs: Inputs) -> tuple[str, str]:
        return organization_in(inputs, self._client), inputs["folder_type"]

    def _list(self, organization: str, folder_type: str) -> list[FolderShape]:
        path = api_path_v2(organization, "folders", folder_type)
        return self._access.lists.read(FoldersShape, path).items


def _found(organization: str, folder_type: str, folder: FolderShape) -> Found:
    inputs = {
        "organization": organization,
        "folder_type": folder_type,
        "name": folder.name,
        "description": folder.description,
    }
    return Found(
        join_id(organization, folder_type, folder.folder_id),
        FolderKind().canonical(inputs),
        {"folder_id": folder.folder_id},
    )
