"""Declarations become specs, specs become what OpenObserve gets: no Pulumi, no HTTP."""

from llmcost_infra.catalog.dashboard_files import load_dashboard
from llmcost_infra.catalog.dashboards import DashboardSpec, PanelSpec, render_dashboard

__all__ = ["DashboardSpec", "PanelSpec", "load_dashboard", "render_dashboard"]
