"""Folders hold dashboards, alerts or reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.rules import check, one_of, text, trimmed
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.rules import Rule

__all__ = ["FOLDER_TYPES", "FolderKind"]

FOLDER_TYPES = ("dashboards", "alerts", "reports")
"""What folders hold."""

_DEFAULTS: Inputs = {"description": ""}


def _name(value: Any) -> str | None:
    if wrong := trimmed(value):
        return wrong
    if value == "default":
        return "the folder default is there by itself: refer to it as default, without declaring it"
    return None


_RULES: dict[str, Rule] = {
    "description": text,
    "folder_type": one_of(*FOLDER_TYPES),
    "name": _name,
    "organization": trimmed,
}


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
        return {**_DEFAULTS, **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse."""
        return check(inputs, _RULES, self.required)

    def body(self, inputs: Inputs, organization: str) -> Inputs:  # noqa: ARG002 - it is in the address
        """Return name and description; the type is in the address."""
        return {"name": inputs["name"], "description": inputs.get("description", "")}

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs without nulls and without an empty description."""
        return without_defaults(plain(inputs), _DEFAULTS)
