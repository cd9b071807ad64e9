"""Pulumi components: what a program declares."""

from llmcost_infra.components.alerts import CostAlerts
from llmcost_infra.components.dashboard import CostDashboard
from llmcost_infra.components.declared import declare_objects
from llmcost_infra.components.llm_cost import LlmCost
from llmcost_infra.components.pipeline import LlmPipeline
from llmcost_infra.components.reporting import stack_settings
from llmcost_infra.components.streams import LlmStreams
from llmcost_infra.components.team_budget import TeamBudget

__all__ = [
    "CostAlerts",
    "CostDashboard",
    "LlmCost",
    "LlmPipeline",
    "LlmStreams",
    "TeamBudget",
    "declare_objects",
    "stack_settings",
]
