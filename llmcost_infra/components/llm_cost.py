"""Everything that an environment needs to see what its LLM calls cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import pulumi

from llmcost_infra.components.alerts import CostAlerts
from llmcost_infra.components.dashboard import CostDashboard
from llmcost_infra.components.pipeline import LlmPipeline
from llmcost_infra.components.reporting import without_traceback
from llmcost_infra.components.streams import LlmStreams
from llmcost_infra.pricing import load_table
from llmcost_infra.pricing.model_prices import model_prices
from llmcost_infra.resources import ModelPriceTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.resources import ModelPrice
    from llmcost_infra.settings import Settings

__all__ = ["LlmCost"]


class LlmCost(pulumi.ComponentResource):
    """Streams, ingest pipeline, cost dashboards and alerts of one environment.

    Args:
        name: Pulumi name; the names of what is inside start with it.
        settings: what the stack chose.
        project: folder whose ``alerts/``, ``dashboards/``, ``pipelines/``, ``pricing/`` and
            ``teams.yaml`` override the shipped declarations; by default the folder of the program.
        opts: Pulumi options.

    Raises:
        DeclarationError: a declaration or a price table is wrong; nothing is registered then.
    """

    streams: LlmStreams
    pipeline: LlmPipeline | None = None
    """None where the stack reads a stream that somebody else fills."""
    dashboard: CostDashboard
    server_prices: ModelPriceTable | None = None
    """OpenObserve's own model prices, where the stack wants them."""
    alerts: CostAlerts | None = None
    """None where the stack has no routes: there is nobody to tell."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        project: Path | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llmcost:index:LlmCost", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        project = project or Path.cwd()  # the engine runs a program in the folder of its project
        self.streams = LlmStreams(f"{name}-streams", settings, inside)
        if settings.profile == "pipeline":
            self.pipeline = LlmPipeline(
                f"{name}-pipeline", settings, self.streams, project=project, opts=inside
            )
        self.dashboard = CostDashboard(
            f"{name}-dashboard", settings, self.streams, project=project, opts=inside
        )
        if settings.server_prices:
            with without_traceback():
                rows = model_prices(load_table(project))
            self.server_prices = ModelPriceTable(
                f"{name}-prices",
                models=cast("Mapping[str, ModelPrice]", rows),
                organization=settings.organization,
                opts=inside,
            )
        if settings.routes:
            self.alerts = CostAlerts(
                f"{name}-alerts", settings, self.streams, project=project, opts=inside
            )
        self.register_outputs({})
