"""Finds what is wrong with what a program would put on the server, before anything is sent."""

from llmcost_infra.check.finding import Finding, Severity

__all__ = ["Finding", "Severity"]
