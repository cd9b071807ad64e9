"""The rules, by what they look at; importing this registers them all."""

from llmcost_infra.check.rules import alerts, panels, pipelines, policies, statements, streams

__all__ = ["alerts", "panels", "pipelines", "policies", "statements", "streams"]
