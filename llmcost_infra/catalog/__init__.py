"""Declarations become specs, specs become what OpenObserve gets: no Pulumi, no HTTP."""

from llmcost_infra.catalog.dashboards import (
    DashboardSpec,
    PanelSpec,
    TabSpec,
    load_dashboard,
    render_dashboard,
)

__all__ = ["DashboardSpec", "PanelSpec", "TabSpec", "load_dashboard", "render_dashboard"]
