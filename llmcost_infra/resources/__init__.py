"""Typed resources of the OpenObserve provider: what a Pulumi program declares.

Inputs and outputs have the names that the provider uses, so that nothing is translated.
"""

from llmcost_infra.resources.alert import (
    Aggregation,
    Alert,
    Comparison,
    Deduplication,
    QueryCondition,
    TriggerCondition,
)
from llmcost_infra.resources.alert_destination import AlertDestination
from llmcost_infra.resources.alert_template import AlertTemplate
from llmcost_infra.resources.dashboard import Dashboard
from llmcost_infra.resources.folder import Folder
from llmcost_infra.resources.function import Function
from llmcost_infra.resources.panels import Axis, Panel, QueryData, Tab, Variable
from llmcost_infra.resources.pipeline import Node, Pipeline, Position
from llmcost_infra.resources.price_table import ModelPrice, ModelPriceTable, Tier, TierCondition
from llmcost_infra.resources.provider import Provider
from llmcost_infra.resources.service_account import ServiceAccount
from llmcost_infra.resources.stream import Column, Stream
from llmcost_infra.source import Source

__all__ = [
    "Aggregation",
    "Alert",
    "AlertDestination",
    "AlertTemplate",
    "Axis",
    "Column",
    "Comparison",
    "Dashboard",
    "Deduplication",
    "Folder",
    "Function",
    "ModelPrice",
    "ModelPriceTable",
    "Node",
    "Panel",
    "Pipeline",
    "Position",
    "Provider",
    "QueryCondition",
    "QueryData",
    "ServiceAccount",
    "Source",
    "Stream",
    "Tab",
    "Tier",
    "TierCondition",
    "TriggerCondition",
    "Variable",
]
