"""Folders of dashboards, alerts and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pulumi

if TYPE_CHECKING:
    from llmcost_infra.source import Source

__all__ = ["Folder"]


class Folder(pulumi.CustomResource):
    """A folder (``/api/v2/{organization}/folders/{folder_type}``).

    Its id, also for import, is ``organization/folder_type/folder_id``. A folder that holds
    something cannot be destroyed: destroy fails and names it.

    Args:
        resource_name: Pulumi name.
        name: what people see; unique in the organization. ``default`` is there by itself.
        folder_type: what it holds; a change replaces the folder.
        description: one line, shown beside the name.
        organization: the provider's unless given; a change replaces the folder.
        source: where it was declared; not sent.
        opts: Pulumi options.
    """

    folder_id: pulumi.Output[str]
    """Id in paths, and in the ``folder`` of a dashboard."""
    name: pulumi.Output[str]
    folder_type: pulumi.Output[str]
    description: pulumi.Output[str]
    organization: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 - the object's own properties
        self,
        resource_name: str,
        /,
        *,
        name: pulumi.Input[str],
        folder_type: pulumi.Input[Literal["dashboards", "alerts", "reports"]] = "dashboards",
        description: pulumi.Input[str] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.source = source
        properties = {
            "name": name,
            "folder_type": folder_type,
            "description": description,
            "organization": organization,
            "folder_id": None,
        }
        super().__init__("openobserve:index:Folder", resource_name, properties, opts)
