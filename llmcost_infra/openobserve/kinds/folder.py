"""Folders hold dashboards, alerts or reports."""

from __future__ import annotations

from typing import Any

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

__all__ = ["FolderKind"]


class FolderKind(Kind):
    """A folder; its id is chosen by the client, because a PUT to a new id creates it."""

    token = "openobserve:index:Folder"  # noqa: S105 - a type token
    id_form = "organization/folder_type/folder_id"
    required = frozenset({"folder_type", "name"})
    optional = frozenset({"description", "organization"})
    replace_on = frozenset({"folder_type", "organization"})
    computed = frozenset({"folder_id"})

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs with an empty description if there is none."""
        return {"description": "", **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:  # noqa: ARG002 - rules come next
        """Return what the server would refuse."""
        return []

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs without nulls and without an empty description."""
        values: dict[str, Any] = plain(inputs)
        return without_defaults(values, {"description": ""})
