"""Dashboards: tabs, panels and variables as maps with an explicit order."""

from __future__ import annotations

from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.dashboard_body import canonical_dashboard, fold_dashboard
from llmcost_infra.openobserve.kinds.dashboard_problems import dashboard_problems

__all__ = ["DashboardKind"]


class DashboardKind(Kind):
    """A dashboard; the server chooses its id, and its folder can change."""

    token = "openobserve:index:Dashboard"  # noqa: S105 - a type token
    id_form = "organization/dashboard_id"
    required = frozenset({"tabs", "title"})
    optional = frozenset(
        {
            "default_time_range",
            "description",
            "folder",
            "organization",
            "show_dynamic_filters",
            "variables",
        }
    )
    replace_on = frozenset({"organization"})
    computed = frozenset({"dashboard_id"})
    atomic = True
    server_changes = (
        "owner, role, times and hash",
        "empty contents and flags of axes that the editor adds on saving",
        "unset options that it answers as null, and whole numbers as floats",
    )

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs with the default folder if they name none."""
        return {"description": "", "folder": "default", **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse, or accept and draw wrongly."""
        return list(dashboard_problems(inputs, self.required))

    def body(self, inputs: Inputs, organization: str) -> Inputs:  # noqa: ARG002 - it is in the address
        """Return the dashboard in the server's form; its folder is in the address."""
        return fold_dashboard(inputs)

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs without nulls, defaults and what the UI adds by itself."""
        return canonical_dashboard(inputs)
