"""What a team spends on LLM calls, and who is told."""

import pulumi

from llmcost_infra.components import TeamBudget
from llmcost_infra.settings import Settings

config = pulumi.Config("llmcost")
owner = config.require("owner")
features = [name.strip() for name in (config.get("features") or "").split(",") if name.strip()]

budget = TeamBudget(
    team=config.require("team"),
    monthly_usd=config.require("monthly_usd"),
    owners=[owner],
    features=dict.fromkeys(features, owner),
    settings=Settings.from_mapping(
        {
            "environment": pulumi.get_stack(),
            "prefix": config.get("prefix") or "",
            "routes": {"hook": {"kind": "webhook", "secret": "alerts_url"}},
        }
    ),
)

pulumi.export("folder_id", budget.dashboard.folder_id)
pulumi.export("dashboard_ids", budget.dashboard.dashboard_ids)
