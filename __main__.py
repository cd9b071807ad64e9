"""The Pulumi program: one stack's settings in, its LLM cost monitoring out."""

import pulumi

from llmcost_infra.components import LlmCost, stack_settings

llm_cost = LlmCost("llm-cost", stack_settings())

pulumi.export("folder_id", llm_cost.dashboard.folder_id)
pulumi.export("dashboard_ids", llm_cost.dashboard.dashboard_ids)
pulumi.export("source_stream", llm_cost.streams.source)
pulumi.export("llm_stream", llm_cost.streams.calls)
