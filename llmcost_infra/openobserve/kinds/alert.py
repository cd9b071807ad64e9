"""Alerts: a query that runs on a schedule, or on each row, and tells when it finds rows."""

from __future__ import annotations

from llmcost_infra.openobserve.kinds.alert_body import canonical_alert, fold_alert
from llmcost_infra.openobserve.kinds.alert_problems import RULES, alert_problems
from llmcost_infra.openobserve.kinds.base import Inputs, Kind, Problem

__all__ = ["AlertKind"]


class AlertKind(Kind):
    """An alert; its id is chosen by the client, because names are not unique on the server.

    ``owner`` is never a difference: the server takes it from whoever makes the alert and keeps it.
    """

    token = "openobserve:index:Alert"  # noqa: S105 - a type token
    id_form = "organization/alert_id"
    required = frozenset(
        {
            "destinations",
            "name",
            "query_condition",
            "stream_name",
            "stream_type",
            "trigger_condition",
        }
    )
    optional = frozenset(RULES) - required
    replace_on = frozenset({"name", "organization", "stream_name", "stream_type"})
    computed = frozenset({"alert_id"})
    server_changes = (
        "when it ran and fired last, and who edited it when",
        "an empty group of conditions and a time zone that the editor adds on saving",
        "the frequency of a cron expression, and the dot that ends a VRL text",
    )

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs, enabled and in the default folder unless they say otherwise."""
        return {"description": "", "enabled": True, "folder": "default", **inputs}

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse, or accept and never or always fire."""
        return list(alert_problems(inputs, self.required))

    def body(self, inputs: Inputs, organization: str) -> Inputs:  # noqa: ARG002 - in the path
        """Return the body, without the id that the store chooses."""
        return fold_alert(inputs)

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs without nulls, defaults, and what the UI adds by itself."""
        return canonical_alert(inputs)
