"""The policies of `llmcost check` as a policy pack, which Pulumi's engine asks about a stack."""

from llmcost_infra.policy.server import main

__all__ = ["main"]
