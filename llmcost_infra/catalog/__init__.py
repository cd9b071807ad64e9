"""Declarations become specs, specs become what OpenObserve gets: no Pulumi, no HTTP."""

from llmcost_infra.catalog.alert_files import alert_declared_by, load_alert, load_alerts
from llmcost_infra.catalog.alerts import AT, AlertSpec, RenderedAlert, render_alert, render_alerts
from llmcost_infra.catalog.dashboard_files import load_dashboard
from llmcost_infra.catalog.dashboards import DashboardSpec, PanelSpec, render_dashboard
from llmcost_infra.catalog.notifications import load_notification
from llmcost_infra.catalog.pipeline_files import PipelineSpec, load_pipeline
from llmcost_infra.catalog.pipelines import RenderedFunction, RenderedPipeline, render_pipeline
from llmcost_infra.catalog.teams import NO_TEAMS, Teams, load_teams

__all__ = [
    "AT",
    "NO_TEAMS",
    "AlertSpec",
    "DashboardSpec",
    "PanelSpec",
    "PipelineSpec",
    "RenderedAlert",
    "RenderedFunction",
    "RenderedPipeline",
    "Teams",
    "alert_declared_by",
    "load_alert",
    "load_alerts",
    "load_dashboard",
    "load_notification",
    "load_pipeline",
    "load_teams",
    "render_alert",
    "render_alerts",
    "render_dashboard",
    "render_pipeline",
]
