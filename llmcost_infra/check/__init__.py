"""Finds what is wrong with what a program would put on the server, before anything is sent."""

from llmcost_infra.check.finding import Finding, Severity
from llmcost_infra.check.running import check

__all__ = ["Finding", "Severity", "check"]
