"""Kinds of OpenObserve objects: pure knowledge of identity, rules and normal form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.openobserve.kinds.alert import AlertKind
from llmcost_infra.openobserve.kinds.alert_destination import AlertDestinationKind
from llmcost_infra.openobserve.kinds.alert_template import AlertTemplateKind
from llmcost_infra.openobserve.kinds.dashboard import DashboardKind
from llmcost_infra.openobserve.kinds.folder import FolderKind
from llmcost_infra.openobserve.kinds.function import FunctionKind
from llmcost_infra.openobserve.kinds.pipeline import PipelineKind
from llmcost_infra.openobserve.kinds.price_table import ModelPriceTableKind
from llmcost_infra.openobserve.kinds.service_account import ServiceAccountKind
from llmcost_infra.openobserve.kinds.stream import StreamKind

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.base import Kind

__all__ = ["KINDS"]

KINDS: dict[str, Kind] = {
    kind.token: kind
    for kind in (
        FolderKind(),
        StreamKind(),
        FunctionKind(),
        PipelineKind(),
        DashboardKind(),
        AlertTemplateKind(),
        AlertDestinationKind(),
        AlertKind(),
        ModelPriceTableKind(),
        ServiceAccountKind(),
    )
}
"""Every kind by its Pulumi type token, in the order in which objects depend on each other."""
