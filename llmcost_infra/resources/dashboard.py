"""Dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.resources.panels import Tab, Variable
    from llmcost_infra.source import Source

__all__ = ["Dashboard"]


class Dashboard(pulumi.CustomResource):
    """A dashboard (``/api/{organization}/dashboards``).

    Its id, also for import, is ``organization/dashboard_id``; it stays the same when the dashboard
    moves to another folder. Tabs, panels and variables are maps with an explicit order, so that a
    preview shows what changed and nothing else: inserting a panel touches no other one.

    Args:
        resource_name: Pulumi name.
        title: what people see; must not be blank.
        tabs: tabs by id, each with an order, a name, and panels by id.
        folder: ``folder_id`` of a folder of dashboards; ``default`` unless given.
        description: one line, shown beside the name.
        default_time_range: what is shown first: a number and ``s``, ``m``, ``h``, ``d``, ``w``
            or ``M``, e.g. ``24h``.
        variables: variables by name, each with an order and where its choices come from.
        show_dynamic_filters: whether people may add conditions to every panel.
        organization: the provider's unless given; a change replaces the dashboard.
        source: where it was declared; not sent.
        opts: Pulumi options.
    """

    dashboard_id: pulumi.Output[str]
    """Id in paths and links."""
    title: pulumi.Output[str]
    tabs: pulumi.Output[Mapping[str, Any]]
    folder: pulumi.Output[str]
    description: pulumi.Output[str]
    default_time_range: pulumi.Output[str | None]
    variables: pulumi.Output[Mapping[str, Any] | None]
    show_dynamic_filters: pulumi.Output[bool | None]
    organization: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 - the object's own properties
        self,
        resource_name: str,
        /,
        *,
        title: pulumi.Input[str],
        tabs: pulumi.Input[Mapping[str, pulumi.Input[Tab]]],
        folder: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        default_time_range: pulumi.Input[str] | None = None,
        variables: pulumi.Input[Mapping[str, pulumi.Input[Variable]]] | None = None,
        show_dynamic_filters: pulumi.Input[bool] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.source = source
        properties = {
            "title": title,
            "tabs": tabs,
            "folder": folder,
            "description": description,
            "default_time_range": default_time_range,
            "variables": variables,
            "show_dynamic_filters": show_dynamic_filters,
            "organization": organization,
            "dashboard_id": None,
        }
        super().__init__("openobserve:index:Dashboard", resource_name, properties, opts)
