"""The LLM cost dashboards in their folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.components.reporting import without_traceback
from llmcost_infra.resources import Dashboard, Folder, Source

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.components.streams import LlmStreams
    from llmcost_infra.settings import Settings

__all__ = ["CostDashboard"]

_DASHBOARDS: Final = {"llm_cost": "", "llm_cost_details": "-details"}
"""Declarations in the order in which people read them, and how their Pulumi names end."""


class CostDashboard(pulumi.ComponentResource):
    """A folder with the dashboards that show what LLM calls cost.

    Args:
        name: Pulumi name.
        settings: folder, streams, budget and column profile.
        streams: the streams that the panels read; None where another stack owns them.
        project: folder whose declarations override the shipped ones.
        opts: Pulumi options.
    """

    folder_id: pulumi.Output[str]
    """Id of the folder."""
    dashboard_ids: list[pulumi.Output[str]]
    """Ids of the dashboards, in the order in which people read them."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        streams: LlmStreams | None,
        *,
        project: Path | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llmcost:index:CostDashboard", name, None, opts)
        folder = Folder(
            f"{name}-folder",
            name=settings.folder,
            folder_type="dashboards",
            organization=settings.organization,
            opts=pulumi.ResourceOptions(parent=self),
        )
        narrowed = ("team",) if settings.team else ()
        with without_traceback():
            rendered = [
                render_dashboard(load_dashboard(declared, project, narrowed=narrowed), settings)
                for declared in _DASHBOARDS
            ]
        dashboards = [
            Dashboard(
                f"{name}{suffix}",
                **inputs,
                folder=folder.folder_id,
                organization=settings.organization,
                source=Source(f"dashboards/{declared}.yaml"),
                # A dashboard's variables write to the settings of the streams that they read.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[streams] if streams else None),
            )
            for (declared, suffix), inputs in zip(_DASHBOARDS.items(), rendered, strict=True)
        ]
        self.folder_id = folder.folder_id
        self.dashboard_ids = [dashboard.dashboard_id for dashboard in dashboards]
        self.register_outputs({"folder_id": self.folder_id, "dashboard_ids": self.dashboard_ids})
