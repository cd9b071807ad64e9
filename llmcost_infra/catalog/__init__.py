"""Declarations become specs, specs become what OpenObserve gets: no Pulumi, no HTTP."""

from llmcost_infra.catalog.dashboard_files import load_dashboard
from llmcost_infra.catalog.dashboards import DashboardSpec, PanelSpec, render_dashboard
from llmcost_infra.catalog.pipeline_files import PipelineSpec, load_pipeline
from llmcost_infra.catalog.pipelines import RenderedFunction, RenderedPipeline, render_pipeline
from llmcost_infra.catalog.teams import NO_TEAMS, Teams, load_teams

__all__ = [
    "NO_TEAMS",
    "DashboardSpec",
    "PanelSpec",
    "PipelineSpec",
    "RenderedFunction",
    "RenderedPipeline",
    "Teams",
    "load_dashboard",
    "load_pipeline",
    "load_teams",
    "render_dashboard",
    "render_pipeline",
]
